"""From a person's choices to requests for runs: one way for the page and for the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpviz.data.catalogue import Identity, Source
from hpviz.hyperparameters import Value
from hpviz.runs.document import Inputs
from hpviz.runs.runner import Request
from hpviz.spec import MAX_EPOCHS, MAX_SEEDS, BadInput, build_spec
from hpviz.studies import Study

DEFAULT_DATA = "scenes"
DEFAULT_EPOCHS = 8


@dataclass(frozen=True)
class Setting:
    """What all runs of a comparison share: the images, how far to train, and fixed RunSpec fields."""

    source: Source
    identity: Identity
    epochs: int
    fixed: Mapping[str, Any]
    weights: Path | None = None


def request(setting: Setting, **varied: Any) -> Request:
    """One run of that setting with some fields set otherwise; BadInput, in a sentence, if it cannot be."""
    demand_epochs(setting.epochs)
    named = {"dataset": setting.source.name, "fingerprint": setting.identity.fingerprint}
    spec = build_spec(**{**named, **setting.fixed, **varied})
    return Request(spec, setting.epochs, inputs(setting.source, setting.identity, setting.weights))


def demand_epochs(epochs: int) -> None:
    """Raise BadInput, in a sentence, for a number of epochs that nobody trains."""
    if not 1 <= epochs <= MAX_EPOCHS:
        raise BadInput(f"Epochs should be from 1 to {MAX_EPOCHS}; {epochs} was given.")


def inputs(source: Source, identity: Identity, weights: Path | None = None) -> Inputs:
    """Where a run's images (and weights) lie, and what a run remembers of them."""
    return Inputs(
        data=source.given,
        weights=str(weights) if weights else None,
        classes=list(identity.classes),
        test_images=sum(identity.test_counts.values()),
    )


def sweep(setting: Setting, study: Study, values: Sequence[Value], first_seed: int, seeds: int) -> list[Request]:
    """Every value under every seed, one seed after the other, so that a first comparison is whole early."""
    if not 1 <= seeds <= MAX_SEEDS:
        raise BadInput(f"Seeds should be from 1 to {MAX_SEEDS}; {seeds} was given.")
    distinct = list(dict.fromkeys(values))
    return [
        request(setting, **{study.field: value, "seed": first_seed + number})
        for number in range(seeds)
        for value in distinct
    ]
