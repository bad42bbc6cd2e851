"""The fairness guard: what else differs between runs that are held against each other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hpviz.analysis.evidence import common_epoch, comparable, last
from hpviz.analysis.words import listed, name_of, plural, spell
from hpviz.runs.document import Run
from hpviz.spec import RunSpec
from hpviz.studies import STUDIES

Kind = Literal["data", "several", "epochs", "updates", "learning rate", "edge", "precision", "machine"]

# Half as many updates again cannot be made good within an epoch or two.
UNEQUAL_UPDATES = 1.5
# With two values the better one is always an edge.
EDGE_VALUES = 3
# Where a range ends by nature, there is nothing beyond.
NATURAL_ENDS = {"weight_decay": 0, "batch_size": 1, "kernel_width": 1}

DATA = {
    "fingerprint": "data set",
    "per_class": "training images a class",
    "validation_fraction": "validation split",
    "image_size": "image size",
    "normalisation": "normalisation",
}
# Of a spec, what is no choice of a hyperparameter; pretrained weights are one.
NOT_KNOBS = {*DATA, "dataset", "seed", "precision"}


@dataclass(frozen=True)
class Caution:
    """Something that makes a comparison less than fair, in a sentence."""

    kind: Kind
    sentence: str


def fairness(runs: Sequence[Run]) -> list[Caution]:
    """Every caution about holding these runs against each other; runs without an epoch are passed over."""
    trained = [run for run in runs if run["epochs"]]
    if len(trained) < 2:
        return []
    knobs = [name for name in RunSpec.model_fields if name not in NOT_KNOBS and len(_distinct(trained, name)) > 1]
    return [
        *_data(trained),
        *_several(knobs),
        *_epochs(trained, knobs),
        *_updates(trained, knobs),
        *_learning_rate(trained),
        *_edge(trained, knobs),
        *_precision(trained),
        *_machine(trained),
    ]


def different_machines(runs: Iterable[Run]) -> list[str]:
    """In what the machines differ on which the runs were trained: device, torch …"""
    machines = [run["machine"] for run in runs if run["machine"]]
    names = dict.fromkeys(name for machine in machines for name in machine)
    return [name for name in names if len({repr(machine.get(name)) for machine in machines}) > 1]


def _distinct(runs: Iterable[Run], name: str) -> set[Any]:
    return {run["spec"][name] for run in runs}


def _data(runs: Sequence[Run]) -> Iterator[Caution]:
    if different := [words for name, words in DATA.items() if len(_distinct(runs, name)) > 1]:
        yield Caution("data", f"The runs differ in their data ({listed(different)}): their figures do not compare.")


def _several(knobs: Sequence[str]) -> Iterator[Caution]:
    if len(knobs) > 1:
        names = listed([name.replace("_", " ") for name in knobs])
        yield Caution(
            "several", f"More than one thing differs ({names}): no difference can be put down to one of them."
        )


def _epochs(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    lengths = {len(run["epochs"]) for run in runs}
    if len(lengths) > 1:
        compared = plural(_common_epoch(runs, knobs), "epoch")
        yield Caution(
            "epochs", f"The runs have {min(lengths)} to {max(lengths)} epochs and are compared after {compared}."
        )


def _updates(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    epochs = _common_epoch(runs, knobs)
    long_enough = [run for run in runs if len(run["epochs"]) >= epochs]
    counts = {run["id"]: run["epochs"][epochs - 1]["updates"] for run in long_enough}
    most = max(long_enough, key=lambda run: counts[run["id"]])
    fewest = min(long_enough, key=lambda run: counts[run["id"]])
    high, low = counts[most["id"]], counts[fewest["id"]]
    if high < UNEQUAL_UPDATES * low:
        return
    times = f"{high / low:.0f}" if high >= 10 * low else f"{high / low:.1f}"
    yield Caution(
        "updates",
        f"Same epochs, {times}× fewer updates: {low:,} for {_name(fewest, knobs)}, {high:,} for {_name(most, knobs)}.",
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


def _edge(runs: Sequence[Run], knobs: Sequence[str]) -> Iterator[Caution]:
    fields = [study.field for study in STUDIES.values() if list(knobs) == [study.field]]
    for evidence in (found for field in fields for found in comparable(runs, field)):
        means = {value: mean for value, mean in evidence.means(last("test_accuracy")).items() if value != "article"}
        if len(means) < EDGE_VALUES:
            continue
        best = max(means, key=lambda value: means[value])
        if best in (min(means), max(means)) and best != NATURAL_ENDS.get(evidence.field):
            name, side = evidence.field.replace("_", " "), "lowest" if best == min(means) else "highest"
            yield Caution(
                "edge", f"The best {name}, {spell(best)}, is the {side} you tried: a better one may lie beyond."
            )


def _precision(runs: Sequence[Run]) -> Iterator[Caution]:
    if len(found := _distinct(runs, "precision")) > 1:
        yield Caution("precision", f"The runs were computed in different precisions ({listed(sorted(found))}).")


def _machine(runs: Sequence[Run]) -> Iterator[Caution]:
    if different := different_machines(runs):
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
        return f"{run['spec']['dataset']} with {run['spec']['per_class'] or 'all'} images a class"
    return listed([_setting(name, run["spec"][name]) for name in knobs])


def _setting(name: str, value: Any) -> str:
    if name == "weights":
        return "pretrained" if value else "from scratch"
    return name_of(name, value)
