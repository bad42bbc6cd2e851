"""Runs in an address: their specs in short, so that a machine that lacks them can train them.

Plain JSON, packed and bounded, and validated like any other spec; nothing in an address is ever executed or opened.
An id is that of its spec, so it need not be told; a run from elsewhere has its own ending.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from hpviz.spec import MAX_EPOCHS, RunSpec

MOST_RUNS = 60
MOST_CHARACTERS = 12_000
MOST_BYTES = 100_000  # of what was packed
ENDING = "-"
# What specs often say, the commonest last, so that saying it costs three bytes. It is part of every link that was ever
# sent: nothing in it may change. What it lacks is only longer.
COMMON = (
    b'"normalisation":"channel""validation_fraction":0.1"momentum":0.9"precision":"bf16""augmentation":"flip-crop"'
    b'"schedule":"warmup-cosine","horizon":"crop":"depth":4"width":0.5"dropout":0.2"optimizer":"adamw""sgd""weights":"'
    b'"dataset":"intel","dataset":"cifar10","dataset":"fashion-mnist","padding":"valid""image_size":150,"per_class":null'
    b'"dataset":"scenes","fingerprint":"87fac7310de26864edf019e5333af876d8c645654d0a981e01d008122bc2673b"'
    b'"seed":1},{"seed":2},{"batch_size":256},{"weight_decay":0.01,"learning_rate":0.0001,"seed":0},{"kernel_width":3},'
    b'"model":"resnet18","image_size":64,"per_class":300,"padding":"same"},"runs":[{{"epochs":8,"same":{'
)


@dataclass(frozen=True)
class Wanted:
    """What an address says of runs: the specs by run id, and how many epochs they had."""

    specs: Mapping[str, RunSpec]
    epochs: int


def encode(specs: Mapping[str, Mapping[str, Any]], epochs: int) -> str:
    """The specs (at least one) of runs by id: what they share once, then what each has of its own, defaults left out.

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
    runs = [{name: each[name] for name in each if name not in shared} | _ending(run) for run, each in plain.items()]
    same = {name: value for name, value in shared.items() if value != defaults[name]}
    told = json.dumps({"epochs": epochs, "same": same, "runs": runs}, separators=(",", ":"), ensure_ascii=False)
    packing = zlib.compressobj(9, zdict=COMMON)
    packed = packing.compress(told.encode()) + packing.flush()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str) -> Wanted:
    """What `encode` wrote, now or in an earlier version, which did not pack it.

    Raises ValueError for anything else, and for a spec whose id is not the one it is given.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError("too long")
    try:
        told = json.loads(text if text.startswith("{") else _unpacked(text))
        epochs, same, runs = told["epochs"], told["same"], told["runs"]
        if not (isinstance(epochs, int) and 1 <= epochs <= MAX_EPOCHS and 1 <= len(runs) <= MOST_RUNS):
            raise ValueError("out of bounds")
        if isinstance(runs, list):
            specs = dict(_identified({**same, **own}) for own in runs)
        else:
            specs = {str(run): RunSpec(**{**same, **own}) for run, own in runs.items()}
    except (KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise ValueError("no specs") from error
    if any(spec.run_id != identity_of(run) for run, spec in specs.items()):
        raise ValueError("an id that is not its spec's")
    return Wanted(specs, epochs)


def _ending(run_id: str) -> dict[str, str]:
    ending = run_id.partition("-")[2]
    return {ENDING: ending} if ending else {}


def _identified(told: dict[str, Any]) -> tuple[str, RunSpec]:
    ending = told.pop(ENDING, "")
    spec = RunSpec(**told)
    run_id = f"{spec.run_id}-{ending}" if ending else spec.run_id
    return ids(run_id)[0], spec


def _unpacked(text: str) -> bytes:
    """The JSON in a packed text; ValueError for one that was cut short, altered, or holds more than it may."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj(zdict=COMMON)
        told = unpacking.decompress(packed, MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError("not packed specs") from error
    if not unpacking.eof:
        raise ValueError("too long, or cut short")
    return told


def is_only_here(address: str) -> bool:
    """Whether an address leads to the machine on which it is opened, whatever machine that is."""
    host = urlsplit(address).hostname or "localhost"
    try:
        found = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return found.is_loopback or found.is_unspecified


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
