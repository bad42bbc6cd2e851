"""From a person's choices to requests for runs: one way for the page and for the command line."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hpviz.data.catalogue import Identity, Source
from hpviz.data.prepared import hold_out
from hpviz.hyperparameters import HYPERPARAMETERS, Value
from hpviz.runs.document import Inputs
from hpviz.runs.runner import Request
from hpviz.spec import MAX_EPOCHS, MAX_SEEDS, BadInput, RunSpec, build_spec, six_digits
from hpviz.studies import Study, crossed, tuned_for

DEFAULT_DATA = "scenes"
DEFAULT_EPOCHS = 8
MAX_GRID_RUNS = 1_000


@dataclass(frozen=True)
class Setting:
    """What all runs of a comparison share: the images, how far to train, and fixed RunSpec fields."""

    source: Source
    identity: Identity
    epochs: int
    fixed: Mapping[str, Any]
    weights: Path | None = None


def request(setting: Setting, **varied: Any) -> Request:
    """One run of that setting with some fields set otherwise; BadInput, in a sentence, if it cannot be.

    What was tuned for a value that is compared goes with it, unless the setting fixes that field for all.
    """
    demand_epochs(setting.epochs)
    demand_images(setting.identity, varied.get("per_class"))
    named = {"dataset": setting.source.name, "fingerprint": setting.identity.fingerprint}
    fields = {**named, **tuned_for(varied), **setting.fixed, **varied}
    spec = build_spec(**_with_horizon(_with_parts(fields, varied), setting.epochs))
    return Request(spec, setting.epochs, inputs(setting.source, setting.identity, setting.weights))


def demand_epochs(epochs: int) -> None:
    """Raise BadInput, in a sentence, for a number of epochs that nobody trains."""
    if not 1 <= epochs <= MAX_EPOCHS:
        raise BadInput(f"Epochs should be from 1 to {MAX_EPOCHS}; {epochs} was given.")


def demand_images(images: Identity, per_class: int | None) -> None:
    """Raise BadInput, in a sentence, if more training images a class are compared than any class has.

    As a setting that many are as good as all; among values that are compared they would be the same images twice.
    """
    most = max(images.train_counts.values(), default=0)
    if per_class is not None and per_class > most:
        raise BadInput(
            f"There are no {per_class:,} training images of any class: the largest has {most:,}, so compare numbers up "
            "to that."
        )


def _with_parts(fields: Mapping[str, Any], varied: Collection[str]) -> dict[str, Any]:
    """The fields without those that belong to other values of what is compared.

    Where schedules are, a horizon that was given is none of the constant rate's; where optimisers are, a momentum is
    none of Adam's.
    """
    declared = [HYPERPARAMETERS[name] for name in varied if name in HYPERPARAMETERS]
    parts = {part for each in declared for part in each.knob.parts if part not in varied}
    silent = {part for part in parts if not HYPERPARAMETERS[part].says_something(fields)}
    return {name: value for name, value in fields.items() if name not in silent}


def _with_horizon(fields: dict[str, Any], epochs: int) -> dict[str, Any]:
    """A schedule that ends has the epochs asked for as its horizon, unless another was given."""
    if HYPERPARAMETERS["horizon"].says_something(fields) and fields.get("horizon") is None:
        return {**fields, "horizon": epochs}
    return fields


def inputs(source: Source, identity: Identity, weights: Path | None = None) -> Inputs:
    """Where a run's images (and weights) lie, and what a run remembers of them."""
    return Inputs(
        data=source.given,
        weights=str(weights) if weights else None,
        classes=list(identity.classes),
        test_images=sum(identity.test_counts.values()),
    )


# What an epoch's updates depend on: how many images are trained on, and in what batches.
UPDATES_FIELDS = ("batch_size", "per_class", "validation_fraction")


def at_equal_updates(requests: Sequence[Request], identity: Identity) -> list[Request]:
    """The same runs for as many epochs as give each the updates of the one that makes most, to the nearest epoch.

    Equal epochs favour whoever has many small batches; of ten images a class an epoch is over after two. A schedule
    that was to end with the run still does. Raises BadInput if a run would take more epochs than one may have.
    """
    made = [updates_an_epoch(one.spec, identity) for one in requests]
    most = max((one.epochs * updates for one, updates in zip(requests, made, strict=True)), default=0)
    return [_lasting(one, max(1, round(most / updates))) for one, updates in zip(requests, made, strict=True)]


def drawn(spec: RunSpec, identity: Identity) -> list[int]:
    """How many training images of each class that run draws."""
    counts = identity.train_counts.values()
    return [count if spec.per_class is None else min(count, spec.per_class) for count in counts]


def images_an_epoch(spec: RunSpec, identity: Identity) -> int:
    """How many images an epoch of that run trains on."""
    counts = drawn(spec, identity)
    labels = np.repeat(np.arange(len(counts)), counts)
    return len(hold_out(labels, spec.validation_fraction)[0])


def updates_an_epoch(spec: RunSpec, identity: Identity) -> int:
    """How many updates an epoch of that run makes, the last partial batch counted."""
    return math.ceil(images_an_epoch(spec, identity) / spec.batch_size)


def _lasting(one: Request, epochs: int) -> Request:
    if epochs > MAX_EPOCHS:
        raise BadInput(
            f"Equal updates would take a run of {epochs:,} epochs, and {MAX_EPOCHS:,} are the most: leave out the "
            "values with the fewest updates an epoch, or ask for fewer epochs."
        )
    horizon = {"horizon": epochs} if one.spec.horizon == one.epochs else {}
    return replace(one, spec=one.spec.model_copy(update=horizon), epochs=epochs)


def sweep(setting: Setting, study: Study, values: Sequence[Value], first_seed: int, seeds: int) -> list[Request]:
    """Every value under every seed, one seed after the other, so that a first comparison is whole early."""
    demand_seeds(seeds)
    distinct = list(dict.fromkeys(values))
    return [
        request(setting, **{study.field: value, "seed": first_seed + number})
        for number in range(seeds)
        for value in distinct
    ]


def demand_seeds(seeds: int) -> None:
    """Raise BadInput, in a sentence, for a number of seeds that nobody trains."""
    if not 1 <= seeds <= MAX_SEEDS:
        raise BadInput(f"Seeds should be from 1 to {MAX_SEEDS}; {seeds} was given.")


@dataclass(frozen=True)
class Axes:
    """The two hyperparameters of a grid and their values, each once; BadInput if they make too many runs."""

    first: Study
    second: Study
    values: tuple[Value, ...]
    values2: tuple[Value, ...]
    seeds: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _in_order(self.first, self.values))
        object.__setattr__(self, "values2", _in_order(self.second, self.values2))
        demand_seeds(self.seeds)
        cells = len(self.values) * len(self.values2)
        if (runs := cells * self.seeds) > MAX_GRID_RUNS:
            raise BadInput(
                f"This grid has {runs:,} runs ({cells:,} cells of {self.seeds}) and {MAX_GRID_RUNS:,} are the most: "
                "take fewer values or fewer seeds."
            )

    @property
    def cells(self) -> list[tuple[Value, Value]]:
        return [(value, value2) for value2 in self.values2 for value in self.values]


def _in_order(study: Study, values: Sequence[Value]) -> tuple[Value, ...]:
    """Each value once, as a spec holds it."""
    held = (six_digits(value) if isinstance(value, float) else value for value in values)
    return tuple(sorted(dict.fromkeys(held), key=study.hyperparameter.order))


def grid(setting: Setting, axes: Axes, first_seed: int) -> list[Request]:
    """Every cell under every seed, one seed of all after the other; BadInput, in a sentence, if a cell cannot be."""
    return [of_cell(setting, axes, cell, first_seed + number) for number in range(axes.seeds) for cell in axes.cells]


def of_cell(setting: Setting, axes: Axes, cell: tuple[Value, Value], seed: int) -> Request:
    """One run of a cell."""
    return request(setting, **{axes.first.field: cell[0], axes.second.field: cell[1], "seed": seed})


def grid_spec(setting: Setting, axes: Axes) -> dict[str, Any]:
    """The spec of a grid's first cell, for a command that trains all: what belongs to single values is as it was given.

    Of a schedule's horizon or an optimiser's momentum, one option holds for all values; what was tuned for each is no
    option at all, unless it was given.
    """
    spec = of_cell(setting, axes, axes.cells[0], int(setting.fixed.get("seed", 0))).spec.model_dump(mode="json")
    parts = {part for study in (axes.first, axes.second) for part in study.hyperparameter.knob.parts}
    tuned = {name for name in crossed(axes.first, axes.second).tuned_fields if name not in setting.fixed}
    given = spec | {part: setting.fixed.get(part, HYPERPARAMETERS[part].neutral) for part in parts}
    return {name: value for name, value in given.items() if name not in tuned}
