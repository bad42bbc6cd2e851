"""What a value's runs tell besides their last accuracies: how these moved before, and which images they got right.

A run's accuracy jumps from epoch to epoch by about as much as two seeds differ, and hardly remembers where it was: over
the second half of recorded runs at a constant rate the seeds' deviations correlate by 0.1 in the mean (by 0.9 where the
rate fades out). So the spread of seeds is seen several times over. And of nets that are tested on the same images the
answers tell how much of their difference is the luck of these images.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.answers import Answers, Which, answers_of
from hpviz.runs.document import Run

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trail:
    """The runs of a value, one a row: their test `accuracies` (0..1) from half way on, the compared epoch last.

    `right` is whether each test image was classified right after that epoch, (seeds, images); None where not all
    remember it.
    """

    accuracies: Matrix
    right: NDArray[np.bool_] | None = None

    @cached_property
    def share_right(self) -> Matrix:
        """How many of the seeds get each image right, (images,)."""
        assert self.right is not None
        return np.asarray(self.right.mean(0))

    @cached_property
    def of_one_run(self) -> float:
        """The variance of one answer by what its run happens to get right: of seeds × images the mean square."""
        assert self.right is not None
        right = self.right.astype(float)
        seeds, images = right.shape
        rest = right - right.mean(1, keepdims=True) - self.share_right + right.mean()
        return float((rest**2).sum() / ((seeds - 1) * (images - 1)))

    @property
    def luck_of_a_run(self) -> float:
        """The variance of a run's accuracy by what it happens to get right; 0 where nothing tells of it."""
        if self.right is None or min(self.right.shape) < 2:
            return 0.0
        return self.of_one_run / int(self.right.shape[1])


def trail_of(runs: Sequence[Run]) -> Trail | None:
    """The trail of seeds of one value, cut to the compared epoch (`evidence.up_to`); None without a run."""
    if not runs:
        return None
    length = min(len(run["epochs"]) for run in runs) // 2 + 1
    accuracies = [[row["test_accuracy"] for row in run["epochs"][-length:]] for run in runs]
    shortest = min(map(len, accuracies))  # of one epoch there is one
    return Trail(np.array([each[-shortest:] for each in accuracies], dtype=float), _right(runs))


def trails_of(groups: Mapping[Any, Sequence[Run]]) -> dict[Any, Trail]:
    """The trail of each value that has a run."""
    return {value: trail for value, runs in groups.items() if (trail := trail_of(runs))}


def _right(runs: Sequence[Run]) -> NDArray[np.bool_] | None:
    found = [_answers_at_the_end(run) for run in runs]
    right = [each.right for each in found if each]
    return np.array(right) if len(right) == len(runs) and len({each.shape for each in right}) == 1 else None


def _answers_at_the_end(run: Run) -> Answers | None:
    kinds: tuple[Which, ...] = ("newest", "best")  # a run that went on may have been best at the compared epoch
    answers = (answers_of(run, which) for which in kinds)
    return next((each for each in answers if each and each.epoch == len(run["epochs"])), None)


# The spread of seeds, seen at several epochs


@dataclass(frozen=True)
class Watched:
    """The variance of a seed's accuracy at the compared epoch, and that of each value's own; `looks` is how many
    independent looks at it the epochs are worth.
    """

    pooled: float
    own: Mapping[Any, float]
    looks: float


def watch(trails: Mapping[Any, Trail], values: Collection[Any]) -> Watched | None:
    """How far seeds spread by the epochs that all these values have; None if that is the compared one alone.

    Each value has two seeds or more. The looks are those of Box (1954): what the covariance over epochs leaves of their
    number, estimated without bias (Huynh & Feldt, 1976). Where seeds spread further at the compared epoch than at the
    others, that counts for the root of so many looks: for one of them, 7% of like scenes were called different, and by
    the wider of the two alone, a tenth of what there is to find was missed.
    """
    if not values or any(value not in trails for value in values):
        return None
    epochs = min(trails[value].accuracies.shape[1] for value in values)
    if epochs == 1:
        return None
    squares, freedom = {}, {}
    for value in values:
        apart = trails[value].accuracies[:, -epochs:]
        apart = apart - apart.mean(0)
        freedom[value] = len(apart) - 1
        squares[value] = apart.T @ apart / freedom[value]
    together = sum(freedom.values())
    pooled = sum(squares[value] * freedom[value] for value in values) / together
    looks = _looks(pooled, together)
    own = {value: _at_the_end(each, looks) for value, each in squares.items()}
    return Watched(_at_the_end(pooled, looks), own, looks)


def _looks(covariance: Matrix, freedom: int) -> float:
    """Of how many independent epochs a covariance between epochs is; that of one degree of freedom tells of none."""
    trace, squared = float(np.trace(covariance)) ** 2, float((covariance**2).sum())
    alike = squared - trace / freedom
    if freedom < 2 or not trace:
        return 1.0
    most = len(covariance)
    looks = ((freedom + 1) / freedom * trace - 2 / freedom * squared) / alike if alike > 0 else float(most)
    return min(max(looks, 1.0), float(most))


def _at_the_end(covariance: Matrix, looks: float) -> float:
    """The variance over all epochs, or more where the last one asks for it."""
    over_all, last = float(np.trace(covariance)) / len(covariance), float(covariance[-1, -1])
    return over_all + max(0.0, last - over_all) / math.sqrt(looks)


# The luck of the images


def luck_of_images(weights: Mapping[Any, float], trails: Mapping[Any, Trail], seeds: Mapping[Any, int]) -> float | None:
    """The variance that other test images would add to a weighted sum of mean accuracies, measured on its answers.

    It is how unlike the values are from image to image, beyond what single runs happen to get right; images that all
    find as hard cancel. None where the weights do not sum to 0 or not all `seeds` of each value, two at least, have
    answers on the same images.
    """
    found = [trails[value] for value in weights if value in trails]
    shapes = [trail.right.shape if trail.right is not None else (0, 0) for trail in found]
    if len(found) < len(weights) or abs(sum(weights.values())) > 1e-9 or len({images for _, images in shapes}) != 1:
        return None
    if any(count != seeds[value] or count < 2 for value, (count, _) in zip(weights, shapes, strict=True)):
        return None
    images = int(shapes[0][1])
    if images < 2:
        return None
    apart = sum(weight * trail.share_right for weight, trail in zip(weights.values(), found, strict=True))
    of_runs = sum(
        weight**2 * trail.of_one_run / count
        for weight, trail, (count, _) in zip(weights.values(), found, shapes, strict=True)
    )
    return max(0.0, float(np.var(apart, ddof=1)) - float(of_runs)) / images
