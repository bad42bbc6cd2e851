"""Runs that can be held against each other: they differ in one hyperparameter and in their seeds, in nothing else."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from hpviz.analysis.diagnosis import is_finite
from hpviz.analysis.origin import from_elsewhere
from hpviz.analysis.words import listed, name_of, plural
from hpviz.runs.document import ACTIVE, EpochRow, Run

# With two seeds a spread can be told at all; a claim is settled with three.
SEEDS_NEEDED = 2

Value = float | str
Figure = Callable[[Sequence[EpochRow]], float]
Admits = Callable[[Value], bool]


def anything(_: Value) -> bool:
    return True


def nothing(_: Value) -> bool:
    return False


@dataclass(frozen=True)
class Evidence:
    """Runs by value of `field`, one a seed, all of them at least `epochs` long.

    `setting` is the rest of their spec, the same for all. `diverged` counts runs by value that were left out because a
    loss was not finite.
    """

    field: str
    setting: Mapping[str, Any]
    runs: Mapping[Value, tuple[Run, ...]]
    epochs: int
    diverged: Mapping[Value, int]

    @property
    def values(self) -> list[Value]:
        return list(self.runs)

    def seeds(self, value: Value) -> int:
        return len(self.runs.get(value, ()))

    def rows(self, value: Value) -> list[list[EpochRow]]:
        """The compared epochs of each seed."""
        return [run["epochs"][: self.epochs] for run in self.runs[value]]

    def figures(self, figure: Figure) -> dict[Value, list[float]]:
        """The figure of every run, by value."""
        return {value: [figure(rows) for rows in self.rows(value)] for value in self.runs}

    def means(self, figure: Figure) -> dict[Value, float]:
        return {value: fmean(each) for value, each in self.figures(figure).items()}

    def stated(self) -> str:
        """What the comparison rests on: data, size, epochs, seeds."""
        newest = max((run for runs in self.runs.values() for run in runs), key=lambda run: run["updated"])
        per_class = self.setting["per_class"]
        counts = sorted({self.seeds(value) for value in self.runs})
        parts = [
            newest["spec"]["dataset"],
            f"{self.setting['image_size']} px",
            f"{per_class} training images a class" if per_class else "all training images",
            plural(self.epochs, "epoch"),
            plural(counts[-1], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds",
        ]
        if lost := sum(self.diverged.values()):
            parts.append(f"{plural(lost, 'diverged run')} left out")
        if foreign := from_elsewhere([run for runs in self.runs.values() for run in runs]):
            parts.append(foreign)
        return ", ".join(parts)


def comparable(runs: Iterable[Run], field: str, wanted: Admits = anything, also: Admits = nothing) -> list[Evidence]:
    """One piece of evidence for each setting that has runs with a wanted value of `field`.

    Comparisons use the last epoch that all wanted values have. Values that `also` admits join where they have two seeds
    of that length: they never hold the wanted ones back.
    """
    settings: dict[str, dict[Value, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        rest = {name: of for name, of in run["spec"].items() if name not in (field, "seed", "dataset")}
        settings[json.dumps(rest, sort_keys=True)][run["spec"][field]].append(run)
    found = [_align(field, json.loads(setting), by_value, wanted, also) for setting, by_value in settings.items()]
    return [evidence for evidence in found if evidence.runs or evidence.diverged]


def _align(
    field: str, setting: dict[str, Any], by_value: Mapping[Value, list[Run]], wanted: Admits, also: Admits
) -> Evidence:
    whole = {value: [run for run in runs if run["epochs"] and is_whole(run)] for value, runs in by_value.items()}
    epochs = common_epoch([runs for value, runs in whole.items() if runs and wanted(value)])
    long_enough = {value: [run for run in runs if len(run["epochs"]) >= epochs] for value, runs in whole.items()}
    compared = {
        value: tuple(sorted(runs, key=lambda run: run["spec"]["seed"]))
        for value, runs in sorted(long_enough.items(), key=lambda item: (isinstance(item[0], str), item[0]))
        if runs and epochs and (wanted(value) or (also(value) and len(runs) >= SEEDS_NEEDED))
    }
    lost = {value: sum(not is_whole(run) for run in runs) for value, runs in by_value.items() if wanted(value)}
    return Evidence(field, setting, compared, epochs, {value: count for value, count in lost.items() if count})


def repeated(evidence: Evidence) -> Evidence:
    """The same without values that have one seed only, at the last epoch that the others have."""
    values = [value for value in evidence.values if evidence.seeds(value) >= SEEDS_NEEDED]
    runs = [run for value in values for run in evidence.runs[value]]
    return next(iter(comparable(runs, evidence.field)), evidence)


def common_epoch(groups: Sequence[Sequence[Run]]) -> int:
    """The last epoch that all values have, with two seeds where they have two; 0 without a group.

    A run that is still training does not hold back those that have ended, nor does one seed of three that was stopped.
    """
    return min((_reach(runs) for runs in groups), default=0)


def _reach(runs: Sequence[Run]) -> int:
    ended = [run for run in runs if run["status"] not in ACTIVE] or runs
    lengths = sorted((len(run["epochs"]) for run in ended), reverse=True)
    return lengths[:SEEDS_NEEDED][-1]


def is_whole(run: Run) -> bool:
    """Whether every figure so far is a number."""
    return run["status"] != "diverged" and all(map(is_finite, run["epochs"]))


def up_to(run: Run, epochs: int | None) -> Run:
    """The run as it stood after that many epochs (None: as it stands)."""
    return {**run, "epochs": run["epochs"][:epochs]}


# Figures of a run


def last(name: str) -> Figure:
    return lambda rows: float(rows[-1][name])


def first(name: str) -> Figure:
    return lambda rows: float(rows[0][name])


def lowest(name: str) -> Figure:
    return lambda rows: float(min(row[name] for row in rows))


def highest(name: str) -> Figure:
    return lambda rows: float(max(row[name] for row in rows))


def gap(rows: Sequence[EpochRow]) -> float:
    """Test loss less train loss, both without dropout, after the last epoch."""
    return float(rows[-1]["test_loss"] - rows[-1]["train_loss_eval"])


# Figures in a sentence


def percents(evidence: Evidence, figure: Figure) -> str:
    """Mean accuracies by value: 61.6% (lr 1e-7) and 92.4% (lr 1e-4)."""
    return listed([f"{mean:.1%} ({name_of(evidence.field, value)})" for value, mean in evidence.means(figure).items()])


def losses(evidence: Evidence, figure: Figure) -> str:
    """Mean losses by value, in nats: 1.251 (lr 1e-7) and 0.021 (lr 1e-4)."""
    return listed([f"{mean:.3f} ({name_of(evidence.field, value)})" for value, mean in evidence.means(figure).items()])
