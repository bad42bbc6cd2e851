"""Which test images runs got right, and as what: confusion matrices, accuracy by class, the photos that changed.

Runs remember their answers after their newest and their best epoch. Those recorded before answers were kept have none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.words import listed, plural
from hpviz.runs.document import Run
from hpviz.training.recorded_answers import Classes, Recorded, sound, unpack

Which = Literal["newest", "best"]
Value = TypeVar("Value", bound=Hashable)

DRAWS, SEED = 10_000, 0  # of runs dealt out to values by chance: how often that changes an image is then known to 3%


@dataclass(frozen=True, eq=False)
class Answers:
    """What was answered after an epoch: `said` and `labels` are indices into the classes, (N,), read-only."""

    epoch: int
    said: Classes
    labels: Classes

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each image was classified right, (N,)."""
        found: NDArray[np.bool_] = self.said == self.labels
        return found


def answers_of(run: Run, which: Which = "newest") -> Answers | None:
    """The answers a run remembers; None where it has none, and where they contradict its test accuracy."""
    classes, images = len(run["inputs"].get("classes", ())), run["inputs"].get("test_images", 0)
    recorded = sound(run.get("answers"), run["epochs"], classes, images)
    return read(recorded, which, classes, images) if recorded else None


def read(recorded: Recorded, which: Which, classes: int, images: int) -> Answers | None:
    """The answers in a sound record, if it has them."""
    if (said := recorded.get(which)) is None:
        return None
    return Answers(said["epoch"], unpack(said["said"], classes, images), unpack(recorded["labels"], classes, images))


def confusion(answers: Answers, classes: int) -> NDArray[np.int64]:
    """Test images by label (rows) and answer (columns), (C, C): trace over sum is that epoch's test accuracy."""
    flat = answers.labels * classes + answers.said
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def accuracy_by_class(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of each class's images that was classified right, (C,); NaN for a class without a test image.

    The confusion matrices of several seeds may be given as their sum.
    """
    images = matrix.sum(1)
    return np.where(images > 0, np.diagonal(matrix) / np.maximum(images, 1), np.nan)


@dataclass(frozen=True)
class ChangedImage(Generic[Value]):
    """A test image that some values get right and others wrong.

    `place` is its index in the test set, `label` its class, `said` the answer of each run by id; `right` and `wrong`
    are the values whose every seed got it right, or wrong.
    """

    place: int
    label: int
    said: Mapping[str, int]
    right: tuple[Value, ...]
    wrong: tuple[Value, ...]


@dataclass(frozen=True)
class Changed(Generic[Value]):
    """The images that changed, the most telling first.

    `by_chance` is how many would have if the value made no difference: the mean over the ways in which the same runs
    could have been dealt out to the values. `epochs` are those of the answers, by run id; only these runs were put
    together. `seeds` is the fewest of any value: with one, nothing is consistent. `notes` are sentences on all that
    limits what the images tell.
    """

    images: tuple[ChangedImage[Value], ...]
    by_chance: float
    epochs: Mapping[str, int]
    seeds: int
    notes: tuple[str, ...]


def changed(
    groups: Mapping[Value, Sequence[Run]],
    which: Which = "newest",
    found: Mapping[str, Answers] | None = None,
) -> Changed[Value]:
    """The test images that one value gets right and another wrong, with all seeds of each.

    `groups` are the runs of each value; only those on the images of the first are put together. `found` are answers by
    run id that the runs themselves do not remember. First come the images on which most runs side with their value,
    then those whose wrong answers agree most; among equals classes take turns.
    """
    known = {run["id"]: (found or {}).get(run["id"]) or answers_of(run, which) for run in _all(groups)}
    together = _on_the_same_images(groups, known)
    answers = {run["id"]: known[run["id"]] for run in _all(together)}
    epochs = {run_id: each.epoch for run_id, each in answers.items() if each}
    seeds = min(map(len, together.values()), default=0)
    notes = _notes(groups, together, known, epochs, seeds)
    if len(together) < 2:
        return Changed((), 0.0, epochs, seeds, notes)
    said = np.stack([each.said for each in answers.values() if each])
    labels = next(each.labels for each in answers.values() if each)
    sizes = [len(runs) for runs in together.values()]
    starts = np.cumsum([0, *sizes[:-1]])
    rights = np.add.reduceat(said == labels, starts, axis=0, dtype=np.int64)  # (values, images)
    all_right, all_wrong = rights == np.array(sizes)[:, None], rights == 0
    places = np.flatnonzero(all_right.any(0) & all_wrong.any(0))
    values = list(together)
    images = [
        ChangedImage(
            int(place),
            int(labels[place]),
            dict(zip(answers, said[:, place].tolist(), strict=True)),
            tuple(value for value, right in zip(values, all_right[:, place], strict=True) if right),
            tuple(value for value, wrong in zip(values, all_wrong[:, place], strict=True) if wrong),
        )
        for place in places
    ]
    by_chance = float(_chance(tuple(sizes))[rights.sum(0)].sum())
    return Changed(tuple(_most_telling_first(images, together)), by_chance, epochs, seeds, notes)


def _all(groups: Mapping[Value, Sequence[Run]]) -> list[Run]:
    return [run for runs in groups.values() for run in runs]


def _on_the_same_images(
    groups: Mapping[Value, Sequence[Run]], known: Mapping[str, Answers | None]
) -> dict[Value, list[Run]]:
    """The runs with answers on the images of the first of them, by value."""
    first = next((run for run in _all(groups) if known[run["id"]]), None)
    if first is None:
        return {}
    fingerprint, labels = first["spec"]["fingerprint"], _labels(known, first)
    kept = {
        value: [
            run
            for run in runs
            if run["spec"]["fingerprint"] == fingerprint and np.array_equal(_labels(known, run), labels)
        ]
        for value, runs in groups.items()
    }
    return {value: runs for value, runs in kept.items() if runs}


def _labels(known: Mapping[str, Answers | None], run: Run) -> Classes:
    answers = known[run["id"]]
    return np.empty(0, np.int64) if answers is None else answers.labels


def _notes(
    groups: Mapping[Value, Sequence[Run]],
    together: Mapping[Value, Sequence[Run]],
    known: Mapping[str, Answers | None],
    epochs: Mapping[str, int],
    seeds: int,
) -> tuple[str, ...]:
    runs = _all(groups)
    without = sum(known[run["id"]] is None for run in runs)
    elsewhere = len(runs) - without - len(epochs)
    told = []
    if without:
        told.append(f"{plural(without, 'run')} of {len(runs):,} recorded before answers were kept: left out.")
    if elsewhere:
        told.append(f"{plural(elsewhere, 'run')} of {len(runs):,} tested on other images: left out.")
    if len(ends := sorted(set(epochs.values()))) > 1:
        told.append(f"The answers are of different epochs: {listed([str(end) for end in ends])}.")
    if len(together) > 1 and seeds == 1:
        told.append("A value with a single seed: another seed of it would get other photos right.")
    return tuple(told)


@lru_cache(maxsize=64)
def _chance(sizes: tuple[int, ...]) -> NDArray[np.float64]:
    """How likely an image that r of the runs get right, r = 0 … n, changes where runs are dealt out by chance."""
    total, starts = sum(sizes), np.cumsum([0, *sizes[:-1]])
    dealt = np.argsort(np.random.RandomState(SEED).random_sample((DRAWS, total)), axis=1)
    likely = []
    for right in range(total + 1):
        rights = np.add.reduceat(dealt < right, starts, axis=1, dtype=np.int64)
        likely.append(np.mean((rights == sizes).any(1) & (rights == 0).any(1)))
    return np.array(likely)


def _most_telling_first(
    images: Sequence[ChangedImage[Value]], groups: Mapping[Value, Sequence[Run]]
) -> list[ChangedImage[Value]]:
    """Ordered by how many runs side with their value, then by the share of the commonest wrong answer."""

    def telling(image: ChangedImage[Value]) -> tuple[int, float]:
        agreeing = sum(len(groups[value]) for value in (*image.right, *image.wrong))
        wrong = [said for said in image.said.values() if said != image.label]
        return agreeing, max(map(wrong.count, wrong)) / len(wrong)

    # Among equally telling ones the first of each class, then the second of each.
    turns: dict[tuple[int, float, int], int] = {}
    keys = []
    for image in images:
        key = (*telling(image), image.label)
        turns[key] = turns.get(key, 0) + 1
        keys.append((-key[0], -key[1], turns[key], image.label))
    return [image for _, image in sorted(zip(keys, images, strict=True), key=lambda pair: pair[0])]
