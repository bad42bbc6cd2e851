"""The figures of a label: what came of its seeds, the same on every page, card and file."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from hpviz.analysis.evidence import furthest, gap, highest, is_whole, last, up_to
from hpviz.analysis.measured import peak_memory
from hpviz.analysis.words import plural
from hpviz.runs.document import EpochRow, Run


@dataclass(frozen=True)
class Figures:
    """What came of a label: means over the `counted` seeds that went furthest, after `epochs` (0: there is no figure).

    `is_behind` tells that these are fewer epochs than the others are compared after. `last` and `best` are test
    accuracies in 0..1, their spreads standard deviations in points (None for one seed), `gap` the test loss less the
    train loss without dropout (nats). Seconds of an epoch and `peak_memory` (MB) are those of all seeds, the
    `diverged` among them, which have no other figure.
    """

    label: str
    seeds: int
    counted: int
    diverged: int
    epochs: int
    is_behind: bool
    last: float | None
    spread: float | None
    best: float | None
    best_spread: float | None
    gap: float | None
    train_seconds: float | None
    test_seconds: float | None
    peak_memory: float | None

    @property
    def name(self) -> str:
        """The label, with its epoch where that is not the one of the others."""
        return f"{self.label} (epoch {self.epochs})" if self.is_behind else self.label

    @property
    def lost(self) -> str:
        """How many seeds diverged, in words; empty if none did."""
        return lost_in_words(self.diverged, self.seeds)


def figures_of(label: str, runs: Sequence[Run], epochs: int) -> Figures:
    """The figures of a label's seeds as they stood after that many epochs."""
    compared = [run["epochs"] for run in furthest(runs, epochs)]
    reached = len(compared[0]) if compared else 0
    ends = [last("test_accuracy")(rows) for rows in compared]
    bests = [highest("test_accuracy")(rows) for rows in compared]
    trained = [run["epochs"][:epochs] for run in runs]
    peaks = [peak / 1e6 for rows in trained if (peak := peak_memory(rows))]
    return Figures(
        label=label,
        seeds=len(runs),
        counted=len(compared),
        diverged=count_diverged(runs, epochs),
        epochs=reached,
        is_behind=0 < reached < epochs,
        last=_mean(ends),
        spread=_points(ends),
        best=_mean(bests),
        best_spread=_points(bests),
        gap=_mean([gap(rows) for rows in compared]),
        train_seconds=_mean_of("train_seconds", trained),
        test_seconds=_mean_of("test_seconds", trained),
        peak_memory=_mean(peaks),
    )


def lost_in_words(lost: int, seeds: int) -> str:
    """2 of 4 seeds diverged; empty if none did."""
    return f"{lost} of {plural(seeds, 'seed')} diverged" if lost else ""


def count_diverged(runs: Sequence[Run], epochs: int) -> int:
    """How many of the runs have a figure up to that epoch that is no number, or ended so later."""
    return sum(not is_whole(up_to(run, epochs)) for run in runs)


def _mean_of(name: str, seeds: Sequence[Sequence[EpochRow]]) -> float | None:
    """Over all epochs that have noted it."""
    return _mean([row[name] for rows in seeds for row in rows if row[name] is not None])


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _points(accuracies: Sequence[float]) -> float | None:
    return 100 * stdev(accuracies) if len(accuracies) > 1 else None
