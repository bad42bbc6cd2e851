"""The fairness guard: what else differs between runs that are held against each other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hpviz.analysis.comparison import told
from hpviz.analysis.evidence import (
    Evidence,
    as_ended,
    common_epoch,
    comparable,
    is_whole,
    last,
    nearest_epoch,
    up_to,
)
from hpviz.analysis.ranking import leader
from hpviz.analysis.tuned import at_one_for_all, at_what_was_tuned, differing, is_tuned
from hpviz.analysis.words import listed, name_of, plural, spell
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import Run, images_of
from hpviz.studies import STUDIES

Kind = Literal[
    "data", "several", "diverged", "epochs", "updates", "learning rate", "tuned", "edge", "precision", "machine"
]

# Half as many updates again cannot be made good within an epoch or two.
UNEQUAL_UPDATES = 1.5
# With two values the better one is always an edge.
EDGE_VALUES = 3
# Runs that hold the others back, as many as a sentence takes.
SHORT_TOLD = 3
# Where a range ends by nature, there is nothing beyond.
NATURAL_ENDS = {name: each.natural_end for name, each in HYPERPARAMETERS.items() if each.knob.ends_there}

DATA = {name: each.label.lower() for name, each in HYPERPARAMETERS.items() if each.knob.data}
# Of a spec, what is no choice of a hyperparameter; pretrained weights are one.
NOT_KNOBS = {*DATA, "precision"}


@dataclass(frozen=True)
class Caution:
    """Something that makes a comparison less than fair, in a sentence."""

    kind: Kind
    sentence: str


def fairness(runs: Sequence[Run], epochs: int | None = None, updates: int | None = None) -> list[Caution]:
    """Every caution about holding these runs against each other after `epochs` (None: the last that all values have).

    With `updates` each is held against the others after the epoch that is nearest to so many. Runs without an epoch are
    passed over; those that diverged have a caution of their own and no part in the others.
    """
    trained = [run for run in runs if run["epochs"]]
    if len(trained) < 2:
        return []
    knobs = _knobs(trained)
    if updates is not None:
        whole = [run for run in trained if is_whole(up_to(run, nearest_epoch(run, updates)))]
        lengths = [*_at_equal_updates(whole, knobs, updates)]
        ended = as_ended(trained, updates)
    else:
        whole = [run for run in trained if is_whole(run if epochs is None else up_to(run, epochs))]
        compared = epochs or _common_epoch(whole or trained, knobs)
        lengths = [*_epochs(whole, knobs, compared), *_updates(whole, knobs, compared)]
        ended = [up_to(run, compared) for run in trained]
    return [
        *_data(trained, knobs),
        *_several(knobs),
        *_lost(trained, whole, knobs),
        *lengths,
        *_learning_rate(trained),
        *_tuned(trained, knobs),
        *_edge(ended, knobs),
        *_precision(trained),
        *_machine(trained),
    ]


@dataclass(frozen=True)
class Edge:
    """The best value stands at the edge of what was tried; `alike` are values that noise does not tell from it."""

    field: str
    value: float
    is_lowest: bool
    alike: tuple[float | str, ...]


def edge_of(runs: Sequence[Run], field: str) -> Edge | None:
    """Whether the best of three or more values of a hyperparameter is the lowest or the highest that was tried.

    None on a tie: where several end alike none is best. A seed that diverged counts as guessing; without knowing what
    that has, its value is left out. Runs of different settings are not mixed: the first setting that shows it counts.
    Of the images there is no best choice that more of them may lie beyond.
    """
    if HYPERPARAMETERS[field].knob.data:
        return None
    for evidence in comparable(runs, field):
        classes = {len(run["inputs"].get("classes", ())) for each in evidence.runs.values() for run in each} - {0}
        chance = 1 / classes.pop() if len(classes) == 1 else None
        groups: dict[float | str, list[float]] = {
            value: evidence.accuracies(last("test_accuracy"), chance or 0.0)[value]
            for value in evidence.values
            if isinstance(value, (int, float)) and (chance or not evidence.lost(value))
        }
        tried = sorted(
            float(value) for value in {*evidence.values, *evidence.diverged} if isinstance(value, (int, float))
        )
        found = (
            leader(groups, _test_images(evidence), evidence.diverged, evidence.trails)
            if len(tried) >= EDGE_VALUES
            else None
        )
        if found is None or found.equals or found.value == NATURAL_ENDS.get(field):
            continue
        if found.value in (tried[0], tried[-1]):
            return Edge(field, float(found.value), found.value == tried[0], found.alike)
    return None


def _test_images(evidence: Evidence) -> int | None:
    noted = (run["inputs"].get("test_images") for runs in evidence.runs.values() for run in runs)
    return min((count for count in noted if count), default=None)


def different_machines(runs: Iterable[Run]) -> list[str]:
    """In what the machines differ on which the runs were trained: device, torch …"""
    machines = [run["machine"] for run in runs if run["machine"]]
    names = dict.fromkeys(name for machine in machines for name in machine)
    return [name for name in names if len({_bearing(name, machine) for machine in machines}) > 1]


def _bearing(name: str, machine: Mapping[str, Any]) -> str:
    """Of the platform its system only: a kernel's build changes with every update of one machine."""
    told = repr(machine.get(name))
    return told.partition("-")[0] if name == "platform" else told


def _distinct(runs: Iterable[Run], name: str) -> set[Any]:
    return {run["spec"][name] for run in runs}


def _knobs(runs: Sequence[Run]) -> list[str]:
    """What is chosen otherwise; of the images, what a study compares, for the test images are the same."""
    found = differing([run["spec"] for run in runs])
    if len(found) == 1 and found[0] in {study.field for study in STUDIES.values()}:
        return list(found)
    return [name for name in found if name not in NOT_KNOBS]


def _data(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    compared = {name: words for name, words in DATA.items() if name not in knobs}
    if different := [words for name, words in compared.items() if len(_distinct(runs, name)) > 1]:
        yield Caution("data", f"The runs differ in their data ({listed(different)}): their figures do not compare.")


def _several(knobs: Sequence[str]) -> Iterator[Caution]:
    if len(knobs) > 1:
        names = listed([name.replace("_", " ") for name in knobs])
        yield Caution(
            "several", f"More than one thing differs ({names}): no difference can be put down to one of them."
        )


def _lost(runs: Sequence[Run], whole: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    """Seeds that diverged: a mean over the others would tell of those that were lucky."""
    kept = {run["id"] for run in whole}
    seeds: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        seeds[_name(run, knobs)].append(run["id"] in kept)
    told = [
        f"{len(each) - sum(each)} of {plural(len(each), 'seed')} of {name}"
        for name, each in seeds.items()
        if not all(each)
    ]
    left = {any(each) for each in seeds.values() if not all(each)}
    if told:
        means = "means are those of the others" if True in left else "no seed is left for a mean"
        some = ", where there are any" if len(left) > 1 else ""
        yield Caution(
            "diverged",
            f"{listed(told)} diverged: {means}{some}, and where differences are judged, a seed that diverged counts as "
            "guessing.",
        )


def _epochs(runs: Sequence[Run], knobs: Sequence[str], epochs: int) -> Iterator[Caution]:
    lengths = {len(run["epochs"]) for run in runs}
    if len(lengths) < 2:
        return
    short = [run for run in runs if len(run["epochs"]) == epochs < max(lengths)]
    yield Caution(
        "epochs",
        f"The runs have {min(lengths)} to {max(lengths)} epochs and are compared after {plural(epochs, 'epoch')}"
        f"{_no_more(short, knobs)}.",
    )


def _no_more(short: Sequence[Run], knobs: Sequence[str]) -> str:
    """Which runs hold the others back, as the end of a sentence."""
    names = [f"{_name(run, knobs)} (seed {run['spec']['seed']})" for run in short]
    shown = names if len(names) <= SHORT_TOLD else [*names[: SHORT_TOLD - 1], f"{len(names) - SHORT_TOLD + 1} more"]
    return f", for {listed(shown)} {'has' if len(short) == 1 else 'have'} no more" if short else ""


def _updates(runs: Sequence[Run], knobs: Sequence[str], epochs: int) -> Iterator[Caution]:
    long_enough = [run for run in runs if len(run["epochs"]) >= epochs]
    if not long_enough:
        return
    counts = {run["id"]: run["epochs"][epochs - 1]["updates"] for run in long_enough}
    most = max(long_enough, key=lambda run: counts[run["id"]])
    fewest = min(long_enough, key=lambda run: counts[run["id"]])
    high, low = counts[most["id"]], counts[fewest["id"]]
    if high < UNEQUAL_UPDATES * low:
        return
    yield Caution(
        "updates",
        f"Same epochs, {_times(high, low)}× fewer updates: {low:,} for {_name(fewest, knobs)}, {high:,} for "
        f"{_name(most, knobs)}.",
    )


def _times(high: int, low: int) -> str:
    return f"{high / low:.0f}" if high >= 10 * low else f"{high / low:.1f}"


def _at_equal_updates(runs: Sequence[Run], knobs: Sequence[str], updates: int) -> Iterator[Caution]:
    """Who goes further, who sees its images more often, and whose first epoch is more than others make in all."""
    there = [(run, end) for run in runs if len(run["epochs"]) >= (end := nearest_epoch(run, updates))]
    if not there:
        return
    if further := [run for run, end in there if len(run["epochs"]) > end]:
        most = max(run["epochs"][-1]["updates"] for run in further)
        short = [run for run, end in there if len(run["epochs"]) == end and run["epochs"][-1]["updates"] <= updates]
        yield Caution(
            "epochs",
            f"The runs have up to {plural(most, 'update')} and are compared after {updates:,}{_no_more(short, knobs)}.",
        )
    longest, shortest = (choose(there, key=lambda each: each[1]) for choose in (max, min))
    if longest[1] >= UNEQUAL_UPDATES * shortest[1]:
        yield Caution(
            "updates",
            f"Same updates, {_times(longest[1], shortest[1])}× more epochs: {shortest[1]:,} for "
            f"{_name(shortest[0], knobs)}, {longest[1]:,} for {_name(longest[0], knobs)}.",
        )
    first = max((run for run, _ in there), key=lambda run: run["epochs"][0]["updates"])
    if (made := first["epochs"][0]["updates"]) >= UNEQUAL_UPDATES * updates:
        yield Caution(
            "updates",
            f"Not equal after all: the first epoch of {_name(first, knobs)} is {plural(made, 'update')} already, "
            f"{_times(made, updates)}× as many as the {updates:,} that all have.",
        )


def _learning_rate(runs: Sequence[Run]) -> Iterator[Caution]:
    """A batch size has its own best rate, so one rate for all favours the size it was chosen at."""
    rates = defaultdict(set)
    for run in runs:
        rates[run["spec"]["batch_size"]].add(run["spec"]["learning_rate"])
    if len(rates) > 1 and len(tried := set.union(*rates.values())) == 1:
        sizes, rate = listed([spell(size) for size in sorted(rates)]), name_of("learning_rate", *tried)
        yield Caution(
            "learning rate",
            f"The learning rate was not re-tuned for this batch size: {sizes} all ran at {rate}.",
        )


def _tuned(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    """What values bring with them is told; so is one rate for all, which favours the value that it suits."""
    for study in STUDIES.values():
        if not study.tuned or study.field not in knobs:
            continue
        specs = [run["spec"] for run in runs]
        values = [study.value_of(spec) for spec in specs]
        if is_tuned(study, specs):
            yield Caution("tuned", at_what_was_tuned(study, values))
        elif list(knobs) == [study.field]:
            yield Caution("tuned", at_one_for_all(study, specs[0], values))


def _edge(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    fields = [study.field for study in STUDIES.values() if list(knobs) == [study.field]]
    for edge in filter(None, (edge_of(runs, field) for field in fields)):
        name, side = edge.field.replace("_", " "), "lowest" if edge.is_lowest else "highest"
        if edge.alike:
            others = listed([spell(value) for value in edge.alike])
            sentence = (
                f"The {side} {name} you tried, {spell(edge.value)}, ended highest, though noise does not tell it from "
                f"{others}: a better one may lie beyond."
            )
        else:
            sentence = f"The best {name}, {spell(edge.value)}, is the {side} you tried: a better one may lie beyond."
        yield Caution("edge", sentence)


def _precision(runs: Sequence[Run]) -> Iterator[Caution]:
    if len(found := _distinct(runs, "precision")) > 1:
        yield Caution("precision", f"The runs were computed in different precisions ({listed(sorted(found))}).")


def _machine(runs: Sequence[Run]) -> Iterator[Caution]:
    different = different_machines(runs)
    if different == ["threads"]:
        # A sum over a batch is cut into as many parts as there are threads.
        counts = sorted({threads for run in runs if (threads := run["machine"].get("threads"))})
        yield Caution(
            "machine",
            f"The runs were trained on different numbers of threads ({listed(list(map(str, counts)))}): their seconds "
            "do not compare, and their losses may differ in the last bits for that alone.",
        )
    elif different:
        yield Caution(
            "machine", f"The runs come from machines that differ in {listed(different)}: their seconds do not compare."
        )


def _common_epoch(runs: Sequence[Run], knobs: Sequence[str]) -> int:
    groups = defaultdict(list)
    for run in runs:
        groups[tuple(run["spec"][name] for name in knobs)].append(run)
    return common_epoch(list(groups.values()))


def _name(run: Run, knobs: Sequence[str]) -> str:
    """What tells a run from the others: batch 450."""
    if not knobs:
        return f"{images_of(run)} with {run['spec']['per_class'] or 'all'} images a class"
    return listed([_setting(name, run["spec"][name], run) for name in knobs])


def _setting(name: str, value: Any, run: Run) -> str:
    if name == "weights":
        return "pretrained" if value else "from scratch"
    return told(name, value, run) if name in DATA else name_of(name, value)
