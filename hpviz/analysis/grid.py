"""Runs that differ in two hyperparameters and their seeds, as a grid of cells with their test accuracies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev

from hpviz.analysis.evidence import common_epoch, is_whole, last, up_to
from hpviz.analysis.noise import SeedSpread, seed_spread
from hpviz.analysis.trails import Trail, trails_of
from hpviz.hyperparameters import HYPERPARAMETERS, Value, value_of
from hpviz.runs.document import ACTIVE, Run

Place = tuple[Value, Value]
# Zero has no place on a logarithmic axis: it stands that many decades below the smallest value.
ZERO_BELOW = 1.0


@dataclass(frozen=True)
class Cell:
    """One value of each hyperparameter.

    `accuracies` (0..1) are those, one a seed, of the runs that have ended and come as far as the grid compares; `lost`
    counts the seeds that diverged; `training` are the runs that wait or train, `arrived` those of the accuracies, cut.
    """

    runs: tuple[Run, ...] = ()
    accuracies: tuple[float, ...] = ()
    lost: int = 0
    training: tuple[Run, ...] = ()
    arrived: tuple[Run, ...] = ()

    @property
    def seeds(self) -> int:
        """How many have a result: an accuracy, or that they diverged."""
        return len(self.accuracies) + self.lost

    @property
    def mean(self) -> float | None:
        """Over the seeds that did not diverge."""
        return fmean(self.accuracies) if self.accuracies else None

    @property
    def spread(self) -> float | None:
        """The standard deviation over the same seeds; None of fewer than two."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class Grid:
    """Cells by the values of `first` and `second`, two fields of a spec; every value has a cell, which may be empty.

    `epochs` is the last epoch that all cells have (0: none has ended), or None where each cell has its own. `chance` is
    the accuracy of guessing, `test_images` on how many images accuracies were measured; None where it is not known.
    """

    first: str
    second: str
    values: tuple[Value, ...]
    values2: tuple[Value, ...]
    cells: Mapping[Place, Cell]
    epochs: int | None
    chance: float | None
    test_images: int | None

    @cached_property
    def judged(self) -> dict[Place, list[float]]:
        """The accuracies that judgements rest on, by cell: a seed that diverged counts as guessing.

        Where it is not known what guessing has, a cell that lost a seed is not judged.
        """
        known = {
            place: cell for place, cell in self.cells.items() if cell.seeds and not (cell.lost and not self.chance)
        }
        return {place: [*cell.accuracies, *[self.chance or 0.0] * cell.lost] for place, cell in known.items()}

    @cached_property
    def spread(self) -> SeedSpread[Place] | None:
        """How far seeds spread, over the whole grid; None where no cell has two."""
        several = any(len(each) > 1 for each in self.judged.values())
        return seed_spread(self.judged, self.lost, self.trails) if several else None

    @cached_property
    def trails(self) -> dict[Place, Trail]:
        """What the runs of the judged cells tell besides their accuracies."""
        return trails_of({place: self.cells[place].arrived for place in self.judged})

    @property
    def lost(self) -> dict[Place, int]:
        """Of the judged cells, how many of the last accuracies are guesses."""
        return {place: self.cells[place].lost for place in self.judged if self.cells[place].lost}

    def column(self, value2: Value) -> dict[Value, list[float]]:
        """The judged accuracies under one value of the second hyperparameter, by the first's."""
        return {value: self.judged[value, value2] for value in self.values if (value, value2) in self.judged}


def grid_of(
    runs: Sequence[Run],
    first: str,
    second: str,
    values: Sequence[Value],
    values2: Sequence[Value],
    ends: Mapping[str, int] | None = None,
) -> Grid:
    """The grid of runs that differ in those two fields and their seeds only; others must be left out before.

    Accuracies are those after the last epoch that all cells have, as in every comparison; or, with `ends`, after as
    many epochs as it gives for each run, by id: a run that has not got there has no accuracy.
    """
    found: dict[Place, list[Run]] = {(value, value2): [] for value2 in values2 for value in values}
    for run in sorted(runs, key=lambda run: int(run["spec"]["seed"])):
        place = value_of(run["spec"], first), value_of(run["spec"], second)
        if place in found:
            found[place].append(run)
    epochs = None if ends else common_epoch([steady for each in found.values() if (steady := _steady(each))])
    cells = {place: _cell(each, epochs, ends or {}) for place, each in found.items()}
    inside = [run for each in found.values() for run in each]
    classes = {len(run["inputs"].get("classes", ())) for run in inside} - {0}
    tested = {count for run in inside if (count := run["inputs"].get("test_images"))}
    return Grid(
        first=first,
        second=second,
        values=tuple(values),
        values2=tuple(values2),
        cells=cells,
        epochs=epochs,
        chance=1 / classes.pop() if len(classes) == 1 else None,
        test_images=min(tested, default=None),
    )


def places(field: str, values: Sequence[Value]) -> dict[Value, float]:
    """Where values stand on an axis along which equal steps are alike.

    Decades where the field's scale is logarithmic, numbers where it is linear, and words one after the other.
    """
    each = HYPERPARAMETERS[field]
    if each.kind is None:
        return {value: float(place) for place, value in enumerate(values)}
    numbers = {value: float(value) for value in values}
    if each.scale != "log":
        return numbers
    least = min((math.log10(number) for number in numbers.values() if number > 0), default=0.0)
    return {value: math.log10(number) if number > 0 else least - ZERO_BELOW for value, number in numbers.items()}


def _steady(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run["status"] not in ACTIVE and run["epochs"] and is_whole(run)]


def _cell(runs: Sequence[Run], epochs: int | None, ends: Mapping[str, int]) -> Cell:
    ended = [(run, ends.get(run["id"], 0) if epochs is None else epochs) for run in runs if run["status"] not in ACTIVE]
    cut = [(up_to(run, end), end) for run, end in ended]
    arrived = [run for run, end in cut if end and len(run["epochs"]) == end and is_whole(run)]
    return Cell(
        runs=tuple(runs),
        accuracies=tuple(last("test_accuracy")(run["epochs"]) for run in arrived),
        lost=sum(not is_whole(run) for run, _ in cut),
        training=tuple(run for run in runs if run["status"] in ACTIVE),
        arrived=tuple(arrived),
    )


# Words


def words_of(cell: Cell) -> str:
    """What stands in a cell: 71.2%, with … while more seeds train; how far its run has come; nothing."""
    more = " …" if cell.training else ""
    if cell.mean is not None:
        return f"{100 * cell.mean:.1f}%{more}"
    if cell.lost:
        return f"diverged{more}"
    running = [run for run in cell.training if run["status"] == "running"]
    return _progress(running[0]) if running else "waits" if cell.training else ""


def state_of(cell: Cell) -> str:
    """A cell in words: 2 seeds, 1 of them diverged; 1 trains or waits."""
    if not cell.runs:
        return "not run yet"
    words = [f"{cell.seeds} {'seed' if cell.seeds == 1 else 'seeds'}"] if cell.seeds else []
    words += [f"{cell.lost} of them diverged"] if cell.lost else []
    words += [f"{len(cell.training)} under way"] if cell.training else []
    return ", ".join(words) or "no result yet"


def _progress(run: Run) -> str:
    return f"epoch {min(len(run['epochs']) + 1, run['target'])}/{run['target']}"
