"""Runs in an address: their ids, and their specs in short, so that a machine that lacks them can train them.

Plain JSON, bounded, and validated like any other spec; nothing in an address is ever executed or opened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hpviz.spec import MAX_EPOCHS, RunSpec

MOST_RUNS = 60
MOST_CHARACTERS = 12_000


@dataclass(frozen=True)
class Wanted:
    """What an address says of runs: the specs by run id, and how many epochs they had."""

    specs: Mapping[str, RunSpec]
    epochs: int


def encode(specs: Mapping[str, Mapping[str, Any]], epochs: int) -> str:
    """The specs (at least one) by run id: what they share once, what differs by id, defaults left out.

    Fields that an older hpviz does not know are in it only where they say something.
    """
    defaults = {name: field.default for name, field in RunSpec.model_fields.items()}
    plain = {run: RunSpec(**spec).plain() for run, spec in specs.items()}
    first = next(iter(plain.values()))
    shared = {
        name: first[name]
        for name in first
        if all(name in each and each[name] == first[name] for each in plain.values())
    }
    told = {
        "epochs": epochs,
        "same": {name: value for name, value in shared.items() if value != defaults[name]},
        "runs": {run: {name: each[name] for name in each if name not in shared} for run, each in plain.items()},
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> Wanted:
    """What `encode` wrote. Raises ValueError for anything else, and for a spec whose id is not the one it is given."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError("too long")
    try:
        told = json.loads(text)
        epochs, same, runs = told["epochs"], told["same"], told["runs"]
        if not (isinstance(epochs, int) and 1 <= epochs <= MAX_EPOCHS and 1 <= len(runs) <= MOST_RUNS):
            raise ValueError("out of bounds")
        specs = {str(run): RunSpec(**{**same, **own}) for run, own in runs.items()}
    except (KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise ValueError("no specs") from error
    if any(spec.run_id != identity_of(run) for run, spec in specs.items()):
        raise ValueError("an id that is not its spec's")
    return Wanted(specs, epochs)


def identity_of(run_id: str) -> str:
    """The id of the spec, of a run from here or from elsewhere."""
    return run_id.partition("-")[0]


def ids(text: str) -> tuple[str, ...]:
    """Run ids, separated by commas, each once. Raises ValueError for what cannot be ids."""
    found = tuple(dict.fromkeys(each for each in text.split(",") if each))
    if len(found) > MOST_RUNS or not all(_is_id(each) for each in found):
        raise ValueError("not run ids")
    return found


def _is_id(text: str) -> bool:
    return len(text) <= 40 and all(character in "0123456789abcdef-" for character in text)


def spelled(chosen: Any) -> str:
    return ",".join(chosen)
