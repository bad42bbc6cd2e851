"""Any runs held against each other: what differs, what they share, what each is called, how far they all go."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from hpviz.analysis import tuned
from hpviz.analysis.evidence import (
    common_epoch,
    common_updates,
    holding_back,
    is_settled,
    is_whole,
    last,
    nearest_epoch,
    up_to,
    updates_each,
)
from hpviz.analysis.noise import Pair, compare
from hpviz.analysis.origin import kind_of
from hpviz.analysis.trails import Trail, trails_of
from hpviz.analysis.words import name_of, plural, symbol_of
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import ACTIVE, Run, images_of
from hpviz.studies import STUDIES, Study

# What is equal for all where runs are compared: how often each has seen its images, or how often its weights moved.
At = Literal["epochs", "updates"]

# Fields in the order in which people ask for them. The images are told by their data set's name.
FIELDS = tuple(name for name in HYPERPARAMETERS if name != "seed")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs in the order of their values, and what tells them apart.

    `differing` are the spec's fields, but for seed and label, in which they differ (or the ones asked for); `labels`
    their short names by run id, the same for seeds of one value; `epochs` how many are compared. At equal `updates`
    each label is compared after the epoch that is nearest to so many; `epochs` is then the most that any label has.

    `ahead` are runs without an epoch yet, `hidden` those that somebody put out of sight: they have a name and a colour,
    and count nowhere. `asked` is how far the runs were asked to go, in epochs or, at equal updates, in updates; None
    where nothing but their lengths tells.
    """

    runs: tuple[Run, ...]
    differing: tuple[str, ...]
    labels: Mapping[str, str]
    epochs: int
    updates: int | None = None
    ahead: tuple[Run, ...] = ()
    hidden: tuple[Run, ...] = ()
    asked: int | None = None

    @cached_property
    def drawn(self) -> "Comparison":
        """The same along all that was asked for, as charts and tables show it while some have not got there."""
        if self.asked is None:
            return self
        return replace(self, epochs=self.asked) if self.updates is None else at_updates(self, self.asked)

    @property
    def at(self) -> At:
        return "epochs" if self.updates is None else "updates"

    @property
    def after(self) -> str:
        """After what the runs are compared: 8 epochs, or 7,200 updates."""
        return plural(self.epochs, "epoch") if self.updates is None else plural(self.updates, "update")

    def end(self, run: Run) -> int:
        """The epoch after which a run is compared."""
        return self.epochs if self.updates is None else nearest_epoch(run, self.updates)

    @cached_property
    def ends(self) -> dict[str, int]:
        """By label, the epoch after which its runs are compared."""
        return {label: self.end(runs[0]) for label, runs in self.groups.items()}

    @cached_property
    def cut(self) -> tuple[Run, ...]:
        """The runs as they stood when they are compared."""
        return tuple(up_to(run, self.end(run)) for run in self.runs)

    @property
    def shared(self) -> dict[str, Any]:
        """The spec's fields that are the same for all, but for the seed."""
        first = self.runs[0]["spec"]
        return {name: first[name] for name in FIELDS if all(run["spec"][name] == first[name] for run in self.runs)}

    @property
    def study(self) -> Study | None:
        """The study of the one hyperparameter that differs, if it is one."""
        return next((study for study in STUDIES.values() if self.differing == (study.field,)), None)

    @property
    def legend(self) -> str:
        """What the labels are values of."""
        return self.study.symbol if self.study else "run"

    @cached_property
    def groups(self) -> dict[str, list[Run]]:
        """The seeds of each label, in order."""
        groups: dict[str, list[Run]] = {}
        for run in self.runs:
            groups.setdefault(self.labels[run["id"]], []).append(run)
        return groups

    @cached_property
    def named(self) -> dict[str, list[Run]]:
        """The seeds of each label, those ahead among them, in the order of the labels."""
        runs = {run["id"]: run for run in (*self.runs, *self.ahead)}
        groups: dict[str, list[Run]] = {}
        for run_id, label in self.labels.items():
            if run_id in runs:
                groups.setdefault(label, []).append(runs[run_id])
        return groups

    @property
    def chance(self) -> float | None:
        """The accuracy of guessing; None if the runs have different classes, or it was not noted how many."""
        counts = {len(run["inputs"].get("classes", ())) for run in self.runs or self.ahead or self.hidden}
        return 1 / counts.pop() if len(counts) == 1 and 0 not in counts else None

    @property
    def has_same_images(self) -> bool:
        """Whether every test accuracy was measured on the same images."""
        return len({run["spec"]["fingerprint"] for run in self.runs}) == 1

    @property
    def test_images(self) -> int | None:
        """How many images test accuracies were measured on; None where the images differ or it was not noted.

        Of one set of images some runs may have read fewer than others: the fewest count, which promises least.
        """
        return min(self.noted_images) if self.noted_images and self.has_same_images else None

    @property
    def noted_images(self) -> set[int]:
        """How many images the runs were tested on, as far as they have noted it."""
        return {count for run in self.runs if (count := run["inputs"].get("test_images"))}

    @cached_property
    def lost(self) -> dict[str, int]:
        """By label, how many seeds that have ended diverged; labels that lost none are left out."""
        counts = {label: len(_ended(runs)) - len(self._whole(runs)) for label, runs in self.groups.items()}
        return {label: count for label, count in counts.items() if count}

    @cached_property
    def held_back(self) -> tuple[Run, ...]:
        """The runs at whose end the comparison stops, though others go further."""
        whole = {label: [run for run in _ended(runs) if is_whole(run)] for label, runs in self.groups.items()}
        counted = [label for label, runs in whole.items() if runs]
        return holding_back([whole[label] for label in counted], [self.ends[label] for label in counted])

    @cached_property
    def unjudged(self) -> tuple[Run, ...]:
        """The runs that have ended, without diverging, before the compared epoch or before the one they were asked for.

        What was stopped is not judged, for nobody knows what would have become of it.
        """
        return tuple(run for runs in self.groups.values() for run in self._whole(runs) if not self._has_arrived(run))

    @property
    def names(self) -> dict[str, str]:
        """The labels as sentences say them: lr 1e-4."""
        return {label: f"{self.legend} {label}" if self.study else label for label in self.groups}

    @cached_property
    def arrived(self) -> dict[str, list[Run]]:
        """By label, the runs that came as far as asked and as they are compared, without diverging; cut there."""
        return {
            label: [run for run in self._whole(runs) if self._has_arrived(run)] for label, runs in self.groups.items()
        }

    @cached_property
    def accuracies(self) -> dict[str, list[float]]:
        """By label, the last accuracies that a judgement rests on: of seeds that have ended, and are long enough.

        A seed that diverged counts as guessing, for that is all it can do; where it is not known what guessing has, a
        label that lost one is not judged.
        """
        judged = {label: self._accuracies(label) for label in self.groups}
        return {label: seeds for label, seeds in judged.items() if seeds}

    @cached_property
    def trails(self) -> dict[str, Trail]:
        """By label, what the runs that are judged tell besides their last accuracies."""
        return trails_of({label: self.arrived[label] for label in self.accuracies})

    def pairs(self) -> list[Pair[str]]:
        """Every two labels, different or noise? Empty where `test_images` is not known. Runs under way do not count."""
        return self._pairs

    @cached_property
    def _pairs(self) -> list[Pair[str]]:
        if self.test_images is None:
            return []
        return compare(self.accuracies, self.test_images, self.names, self.lost, self.trails)

    def _accuracies(self, label: str) -> list[float]:
        found = [last("test_accuracy")(run["epochs"]) for run in self.arrived[label]]
        lost = self.lost.get(label, 0)
        if not lost:
            return found
        return [] if self.chance is None else [*found, *[self.chance] * lost]

    def _whole(self, runs: Sequence[Run]) -> list[Run]:
        """Those that have ended without diverging, up to the compared epoch."""
        return [cut for run in _ended(runs) if is_whole(cut := up_to(run, self.end(run)))]

    def _has_arrived(self, cut: Run) -> bool:
        return self._has_end and is_settled(cut) and len(cut["epochs"]) == self.end(cut)

    @cached_property
    def _has_end(self) -> bool:
        """Whether any run came as far as asked: where all were stopped, no epoch is one to judge them at."""
        return any(map(is_settled, self.runs))


def _ended(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run["status"] not in ACTIVE]


def compare_runs(
    runs: Sequence[Run],
    field: str | None = None,
    at: At = "epochs",
    *,
    asked: int | None = None,
    hidden: Collection[str] = (),
) -> Comparison:
    """Compare runs by `field` or by whatever differs, without those whose labels are `hidden`.

    The compared epochs, or at equal updates the number of updates, are the last that all labels have, with two seeds
    where they have two; a run that still trains, was stopped or diverged does not hold the others back.
    """
    specs = tuned.seen_as_tuned([run["spec"] for run in runs], field)
    runs = [Run(**{**run, "spec": dict(spec)}) for run, spec in zip(runs, specs, strict=True)]
    differing = (field,) if field else tuned.differing(specs)
    names = {run["id"]: _name(run, differing) for run in runs}
    # Of a study each value is one's own or from elsewhere, which the page says; a name for both would mix them.
    kinds = {(names[run["id"]] if field else "", kind_of(run)) for run in runs if run["epochs"]}
    mixed = {name for name, count in Counter(name for name, _ in kinds).items() if count > 1}
    foreign = [run for run in runs if run["origin"] and (names[run["id"]] if field else "") in mixed]
    names |= {run["id"]: f"{names[run['id']]} ({_from(run)})".strip() for run in foreign}
    ordered = sorted(runs, key=lambda run: (_sort_key(run, differing), names[run["id"]], run["spec"]["seed"]))
    # A run that is on its way may stand beside the same run from elsewhere, and is no second recording of it.
    known = names | _distinct([run for run in ordered if run["epochs"]], names)
    labels = {run["id"]: known[run["id"]] for run in ordered}
    out = tuple(run for run in ordered if labels[run["id"]] in hidden)
    seen = [run for run in ordered if labels[run["id"]] not in hidden]
    started = tuple(run for run in seen if run["epochs"])
    ahead = tuple(run for run in seen if not run["epochs"])
    comparison = Comparison(started, differing, labels, 1, ahead=ahead, hidden=out, asked=asked)
    steady = _steady(started, labels)
    if at == "epochs":
        return replace(comparison, epochs=common_epoch(steady))
    return at_updates(comparison, common_updates(steady))


def at_updates(comparison: Comparison, updates: int) -> Comparison:
    """The same runs, each after the epoch that is nearest to so many updates."""
    most = max((nearest_epoch(run, updates) for run in comparison.runs), default=0)
    return replace(comparison, epochs=most, updates=updates)


def differ_in_updates(runs: Sequence[Run]) -> bool:
    """Whether an epoch is not as many updates for one of the runs as for another, so that it matters what is equal."""
    return len({updates_each(run) for run in runs if run["epochs"]}) > 1


def _name(run: Run, differing: Sequence[str]) -> str:
    """What tells a run from the others: 1e-4, or lr 1e-4 · batch 32."""
    if not differing:
        return str(run["spec"]["model"])
    if len(differing) == 1 and differing[0] in {study.field for study in STUDIES.values()}:
        return HYPERPARAMETERS[differing[0]].spell(run["spec"][differing[0]])
    return " · ".join(told(name, run["spec"][name], run) for name in differing)


def told(field: str, value: Any, run: Run) -> str:
    """A field's value in words: lr 1e-4, 300 a class, from scratch."""
    match field:
        case "model":
            return str(value)
        case "fingerprint":
            return images_of(run)
        case "weights":
            return "from ImageNet weights" if value else "from scratch"
        case "image_size":
            return f"{value} px"
        case "per_class":
            return "all training images" if value is None else f"{value:,} a class"
        case "precision":
            return str(value)
        case _ if value is None:
            return f"{symbol_of(field)} {HYPERPARAMETERS[field].knob.unset}"
        case _:
            return name_of(field, value)


def _from(run: Run) -> str:
    return "reference" if kind_of(run) == "reference" else str(run["machine"].get("name") or "imported")


def _sort_key(run: Run, differing: Sequence[str]) -> tuple[tuple[bool, float, str], ...]:
    """Numbers by size and what is not set after them, words as their list has them or else by letter."""
    values = [(HYPERPARAMETERS[name], run["spec"][name]) for name in differing]
    return tuple((*each.order(value), value if isinstance(value, str) else "") for each, value in values)


def _distinct(runs: Sequence[Run], names: Mapping[str, str]) -> dict[str, str]:
    """Names in which one seed occurs once: two recordings of one run are told apart by their ids."""
    seeds = Counter((names[run["id"]], run["spec"]["seed"]) for run in runs)
    twice = {name for (name, _), count in seeds.items() if count > 1}
    return {run["id"]: f"{name} ({run['id']})" if (name := names[run["id"]]) in twice else name for run in runs}


def _steady(runs: Sequence[Run], labels: Mapping[str, str]) -> list[list[Run]]:
    """The seeds of each label that tell how far all go."""
    steady = [run for run in runs if is_settled(run) and is_whole(run)] or list(runs)
    groups: dict[str, list[Run]] = {}
    for run in steady:
        groups.setdefault(labels[run["id"]], []).append(run)
    return list(groups.values())
