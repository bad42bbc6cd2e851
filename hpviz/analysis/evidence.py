"""Runs that can be held against each other: they differ in one hyperparameter and in their seeds, in nothing else."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from hpviz.analysis.diagnosis import is_cut_short, is_finite
from hpviz.analysis.origin import from_elsewhere
from hpviz.analysis.trails import Trail, trails_of
from hpviz.analysis.words import listed, name_of, plural
from hpviz.hyperparameters import HYPERPARAMETERS, is_neutral, seen
from hpviz.runs.document import ACTIVE, EpochRow, Run, images_of
from hpviz.spec import RunSpec
from hpviz.studies import STUDIES, Study

# With two seeds a spread can be told at all; a claim is settled with three.
SEEDS_NEEDED = 2

# What tells runs apart but for their seeds; the data set's name is a label, its fingerprint counts.
ALL_BUT_SEEDS = tuple(name for name in RunSpec.model_fields if name not in ("seed", "dataset"))

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

    `setting` is the rest of their spec, the same for all. `diverged` counts the seeds of each value that are lost,
    because a loss was not finite: they have no figure, and weigh in a verdict as guesses or by leaving it open. `short`
    are seeds that ended before `epochs`, `last` those at whose end the comparison stops though others go on.
    """

    field: str
    setting: Mapping[str, Any]
    runs: Mapping[Value, tuple[Run, ...]]
    epochs: int
    diverged: Mapping[Value, int]
    short: tuple[Run, ...] = ()
    last: tuple[Run, ...] = ()

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

    def accuracies(self, figure: Figure, chance: float) -> dict[Value, list[float]]:
        """The accuracy of every seed, by value; one that diverged counts as guessing, which is all that it can do."""
        return {value: [*each, *[chance] * self.lost(value)] for value, each in self.figures(figure).items()}

    @property
    def trails(self) -> dict[Value, Trail]:
        """By value, what the runs tell besides the last accuracies of the compared epochs."""
        return trails_of({value: [up_to(run, self.epochs) for run in runs] for value, runs in self.runs.items()})

    def lost(self, value: Value) -> int:
        return self.diverged.get(value, 0)

    def means(self, figure: Figure) -> dict[Value, float]:
        """Over the seeds that have the figure."""
        return {value: fmean(each) for value, each in self.figures(figure).items()}

    def stated(self) -> str:
        """What the comparison rests on: data, size, epochs, seeds."""
        newest = max((run for runs in self.runs.values() for run in runs), key=lambda run: run["updated"])
        told = self.setting  # all but what is compared
        counts = sorted({self.seeds(value) for value in self.runs})
        parts = [
            images_of(newest),
            *([f"{told['image_size']} px"] if "image_size" in told else []),
            *([_drawn(told["per_class"])] if "per_class" in told else []),
            plural(self.epochs, "epoch") + self._held_back(),
            plural(counts[-1], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds",
        ]
        parts += [self._lost(value) for value in self.diverged]
        if self.short:
            parts.append(f"{plural(len(self.short), 'shorter run')} left out")
        if foreign := from_elsewhere([run for runs in self.runs.values() for run in runs]):
            parts.append(foreign)
        return ", ".join(parts)

    def _lost(self, value: Value) -> str:
        """2 of 4 seeds with lr 0.1 diverged; of a value that is not compared, how many."""
        lost, whole = self.lost(value), self.seeds(value)
        count = f"{lost} of {plural(lost + whole, 'seed')}" if value in self.runs else plural(lost, "seed")
        return f"{count} with {name_of(self.field, value)} diverged (in no mean, judged as guessing)"

    def _held_back(self) -> str:
        """Which runs the others are held back by."""
        names = [f"{name_of(self.field, run['spec'][self.field])} seed {run['spec']['seed']}" for run in self.last]
        return f" (no more of {listed(names)})" if names else ""


def _drawn(per_class: int | None) -> str:
    return f"{per_class} training images a class" if per_class else "all training images"


@dataclass(frozen=True)
class Seeds:
    """The runs of one spec but for their seeds; how many more are left out because they diverged."""

    spec: Mapping[str, Any]
    whole: list[Run]
    lost: int


def by_spec(runs: Iterable[Run]) -> list[Seeds]:
    """The runs by what they are but for the seed and the name of the images."""
    found: dict[tuple[Any, ...], list[Run]] = defaultdict(list)
    for run in runs:
        found[tuple(map(run["spec"].get, ALL_BUT_SEEDS))].append(run)
    return [_seeds(each) for each in found.values()]


def _seeds(runs: Sequence[Run]) -> Seeds:
    spec = {name: of for name, of in runs[0]["spec"].items() if name in ALL_BUT_SEEDS}
    whole = [run for run in runs if is_whole(run)]
    return Seeds(spec, [run for run in whole if run["epochs"]], len(runs) - len(whole))


@dataclass(frozen=True)
class Group:
    """What differs in `field` and in nothing else: the seeds of each of its values."""

    field: str
    setting: Mapping[str, Any]
    seeds: Mapping[Value, Seeds]

    def align(self, wanted: Admits = anything, also: Admits = nothing) -> Evidence:
        """The evidence at the last epoch that all wanted values have.

        Values that `also` admits join where they have two seeds of that length: they never hold the wanted ones back.
        """
        whole = {value: each.whole for value, each in self.seeds.items()}
        epochs = common_epoch([runs for value, runs in whole.items() if runs and wanted(value)])
        long_enough = {value: [run for run in runs if len(run["epochs"]) >= epochs] for value, runs in whole.items()}
        compared = {
            value: tuple(sorted(runs, key=lambda run: run["spec"]["seed"]))
            for value, runs in sorted(long_enough.items(), key=lambda item: HYPERPARAMETERS[self.field].order(item[0]))
            if runs and epochs and (wanted(value) or (also(value) and len(runs) >= SEEDS_NEEDED))
        }
        counted = {value for value in self.seeds if wanted(value) or value in compared}
        lost = {value: each.lost for value, each in self.seeds.items() if each.lost and value in counted}
        ended = [run for value in counted for run in whole[value] if run["status"] not in ACTIVE]
        short = tuple(run for run in ended if len(run["epochs"]) < epochs)
        wanted_runs = [runs for value, runs in whole.items() if runs and wanted(value)]
        last = holding_back(wanted_runs, [epochs] * len(wanted_runs))
        return Evidence(self.field, self.setting, compared, epochs, lost, short, last)


def group(found: Iterable[Seeds], field: str) -> list[Group]:
    """The same by setting, that is by everything but `field`."""
    groups: dict[tuple[Any, ...], list[Seeds]] = defaultdict(list)
    parts = HYPERPARAMETERS[field].knob.parts
    others = [name for name in ALL_BUT_SEEDS if name != field and name not in parts]
    for each in found:
        spec = seen(each.spec, field)
        groups[tuple(map(spec.get, others))].append(each if spec is each.spec else replace(each, spec=spec))
    sorted_out = [by_value for alike in groups.values() for by_value in _by_value(alike, field, parts)]
    return [Group(field, _setting(by_value, field), by_value) for by_value in sorted_out]


def _by_value(alike: Sequence[Seeds], field: str, parts: Sequence[str]) -> list[dict[Value, Seeds]]:
    """Seeds that differ in a field, and perhaps in its parts, by value: once for each way the parts are set.

    Values that leave the parts neutral join each: a constant rate is held against a cosine over 8 epochs, and against
    one over 16.
    """
    ways: dict[tuple[Any, ...], dict[Value, Seeds]] = defaultdict(dict)
    for each in alike:
        way = tuple(None if is_neutral(each.spec, part) else each.spec[part] for part in parts)
        ways[way][each.spec[field]] = each
    plain = ways.pop((None,) * len(parts), {})
    joined = [{**plain, **way} for way in ways.values()]
    return joined if joined and not any(plain.keys() & way.keys() for way in ways.values()) else [*joined, plain]


def _setting(by_value: Mapping[Value, Seeds], field: str) -> dict[str, Any]:
    spec = next(iter(by_value.values())).spec
    return {name: of for name, of in spec.items() if name != field}


class SortedRuns:
    """Runs sorted out by setting, once for each field asked about: of a thousand runs, that is most of the work."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._seeds = by_spec(runs)
        self._groups: dict[str, list[Group]] = {}

    def by(self, field: str) -> list[Group]:
        """The runs by setting, to be held against each other in that field."""
        if field not in self._groups:
            self._groups[field] = group(self._seeds, field)
        return self._groups[field]


def comparable(runs: Iterable[Run], field: str, wanted: Admits = anything, also: Admits = nothing) -> list[Evidence]:
    """One piece of evidence for each setting that has runs with a wanted value of `field`.

    What was tuned for each value may differ with it, and is then no part of the setting.
    """
    found = by_spec(runs)
    return aligned(_with_tuned(group(found, field), found, field), wanted, also)


def _with_tuned(plain: Sequence[Group], found: Iterable[Seeds], field: str) -> list[Group]:
    """Groups, and those whose values come each with what was tuned for it, in place of the parts of these."""
    study = next((study for study in STUDIES.values() if study.field == field and study.tuned), None)
    if study is None:
        return [*plain]
    ours = [
        replace(each, spec={name: of for name, of in each.spec.items() if name not in study.tuned_fields})
        for each in found
        if study.is_tuned(each.spec)
    ]
    tuned = [
        each for each in group(ours, field) if len({tuple(study.tuned[value].items()) for value in each.seeds}) > 1
    ]
    others = [each for each in plain if not any(_is_part(each, whole, study) for whole in tuned)]
    return [*tuned, *others]


def _is_part(small: Group, whole: Group, study: Study) -> bool:
    same = all(small.setting[name] == of for name, of in whole.setting.items())
    return same and all(study.is_tuned(each.spec) for each in small.seeds.values())


def aligned(groups: Iterable[Group], wanted: Admits = anything, also: Admits = nothing) -> list[Evidence]:
    """The evidence of each group that has any."""
    found = [each.align(wanted, also) for each in groups]
    return [evidence for evidence in found if evidence.runs or evidence.diverged]


def repeated(evidence: Evidence) -> Evidence:
    """The same without values that have one seed only, at the last epoch that the others have."""
    values = [value for value in evidence.values if evidence.seeds(value) >= SEEDS_NEEDED]
    runs = [run for value in values for run in evidence.runs[value]]
    return replace(next(iter(comparable(runs, evidence.field)), evidence), diverged=evidence.diverged)


def common_epoch(groups: Sequence[Sequence[Run]]) -> int:
    """The last epoch that all values have, with two seeds where they have two; 0 without a group.

    Runs that still train or were stopped hold nobody back who has come as far as asked.
    """
    return min(map(_reach, _settled(groups)), default=0)


def _settled(groups: Sequence[Sequence[Run]]) -> list[list[Run]]:
    """Of each group the runs that tell how far it goes: those that came as far as asked; if there is none, all."""
    settled = [[run for run in runs if is_settled(run)] for runs in groups]
    return [runs for runs in settled if runs] or [list(runs) for runs in groups]


def is_settled(run: Run) -> bool:
    """Whether a run has come as far as it was asked to: no longer training, and not stopped before."""
    return run["status"] not in ACTIVE and not is_cut_short(run, len(run["epochs"]))


def _reach(runs: Sequence[Run]) -> int:
    lengths = sorted((len(run["epochs"]) for run in runs), reverse=True)
    return lengths[:SEEDS_NEEDED][-1]


def holding_back(groups: Sequence[Sequence[Run]], ends: Sequence[int]) -> tuple[Run, ...]:
    """The runs at whose end a comparison stops, though other runs in it go further; `ends` are the groups' last epochs.

    At equal updates each group has an end of its own.
    """
    settled = [([run for run in runs if is_settled(run)], end) for runs, end in zip(groups, ends, strict=True)]
    if all(len(run["epochs"]) <= end for runs, end in settled for run in runs):
        return ()
    short = [(runs, end) for runs, end in settled if runs and _reach(runs) == end]
    return tuple(run for runs, end in short for run in runs if len(run["epochs"]) == end)


# Equal updates


def updates_each(run: Run) -> int:
    """How many updates an epoch of a run makes; it has one at least."""
    return max(1, int(run["epochs"][0]["updates"]))


def nearest_epoch(run: Run, updates: int) -> int:
    """The epoch after which a run has made about that many updates, to half an epoch; the first if it ends later."""
    return max(1, round(updates / updates_each(run)))


def common_updates(groups: Sequence[Sequence[Run]]) -> int:
    """The last number of updates that all values have, with two seeds where they have two; 0 without a group."""
    return min((_reach(runs) * updates_each(runs[0]) for runs in _settled(groups)), default=0)


def as_ended(runs: Iterable[Run], updates: int) -> list[Run]:
    """Runs with their row after that many updates alone, so that whatever compares last epochs compares these.

    One that has not come so far is left out; one that diverged keeps its last row.
    """
    ends = [(run, nearest_epoch(run, updates)) for run in runs if run["epochs"]]
    return [
        Run(**{**run, "epochs": run["epochs"][:end][-1:], "target": 1})
        for run, end in ends
        if len(run["epochs"]) >= end or not is_whole(run)
    ]


def is_whole(run: Run) -> bool:
    """Whether every figure so far is a number."""
    return run["status"] != "diverged" and all(map(is_finite, run["epochs"]))


def up_to(run: Run, epochs: int | None) -> Run:
    """The run as it stood after that many epochs (None: as it stands); one that went on had come as far as asked."""
    if epochs is None or len(run["epochs"]) <= epochs:
        return {**run}
    return {**run, "epochs": run["epochs"][:epochs], "target": epochs}


def furthest(runs: Iterable[Run], epochs: int) -> list[Run]:
    """Of runs as they stood after that many epochs, those that are whole and had come furthest.

    So a seed that is under way or was stopped is not averaged, at an epoch of its own, with those that arrived.
    """
    whole = [run for run in (up_to(run, epochs) for run in runs) if run["epochs"] and is_whole(run)]
    reached = max((len(run["epochs"]) for run in whole), default=0)
    return [run for run in whole if len(run["epochs"]) == reached]


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
