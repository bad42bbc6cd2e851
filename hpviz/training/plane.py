"""The plane through the weights of paths that comes closest to all of them, and where they lie on it.

Weights are rows of a matrix that may be larger than memory: everything is computed a few columns at a time.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpviz.data.progress import Progress

Floats = NDArray[np.float64]
Weights = NDArray[np.float32]

BYTES_AT_A_TIME = 2**26
# Of the paths' variance: where a direction has less, rounding made it and no path leads that way.
SLIGHT = 1e-10
Region = tuple[float, float, float, float]  # x from, to, y from, to
# Around the paths, in the longer of their two extents; and how narrow the view may be, height to width or inverse.
MARGIN, NARROWEST = 0.15, 0.5


@dataclass(frozen=True)
class Plane:
    """`origin` (P,), the mean of the points, and `directions` (2, P), orthonormal, both in float32.

    `places` (N, 2) are the points' orthogonal projections, in the unit of the weights' own L2 distance; `explained` is
    the share of their variance about the mean that lies in the plane.
    """

    origin: Weights
    directions: Weights
    places: Floats
    explained: float

    def at(self, x: float, y: float) -> Weights:
        """The weights at a place of the plane."""
        found: Weights = self.origin + np.float32(x) * self.directions[0] + np.float32(y) * self.directions[1]
        return found


def plane_through(points: Weights, shapes: Sequence[Sequence[int]]) -> Generator[Progress, None, Plane]:
    """The plane of the two principal directions of `points` (N, P), all of equal weight, about their mean.

    As in Li et al. (2018), section 7, where the paths' own directions are not filter-normalised, for then projections
    would no longer be orthogonal; only a direction that no path has is drawn at random, and that one is. `shapes` are
    those of the parameters in a row.
    """
    count, length = points.shape
    origin, gram = np.empty(length, np.float32), np.zeros((count, count))
    for part in _parts(count, length):
        yield Progress("the plane through the paths", 0, 0)
        origin[part], centred = _centred(points, part)
        gram += centred @ centred.T
    values, vectors = np.linalg.eigh(gram)
    total = float(np.trace(gram))
    chosen = [place for place in (-1, -2) if count >= -place and values[place] > SLIGHT * total]
    directions = np.zeros((2, length))
    for part in _parts(count, length):
        yield Progress("the plane through the paths", 0, 0)
        centred = _centred(points, part)[1]
        for row, place in enumerate(chosen):
            directions[row, part] = vectors[:, place] @ centred
    random = np.random.default_rng(0)
    for row in range(2):
        if row >= len(chosen):
            directions[row] = filter_normalised(random, origin, shapes)
        for before in directions[:row]:
            directions[row] -= (directions[row] @ before) * before
        directions[row] /= np.linalg.norm(directions[row])
    places = np.zeros((count, 2))
    for part in _parts(count, length):
        yield Progress("the plane through the paths", 0, 0)
        places += _centred(points, part)[1] @ directions[:, part].T
    turned = np.where(places[-1] < places[0], -1.0, 1.0)  # the last path goes to the right, and up
    explained = 1.0 if total == 0 else min(float((places**2).sum()) / total, 1.0)
    kept = (directions * turned[:, None]).astype(np.float32)
    return Plane(origin, kept, places * turned, explained)


def filter_normalised(random: np.random.Generator, origin: Weights, shapes: Sequence[Sequence[int]]) -> Floats:
    """A random direction of which every filter is as long as the net's own; biases and norms have none (Li et al.)."""
    pieces, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        if len(shape) > 1:
            own, drawn = (
                origin[start:end].reshape(shape[0], -1),
                random.standard_normal((shape[0], (end - start) // shape[0])),
            )
            lengths = np.linalg.norm(drawn, axis=1, keepdims=True)
            pieces.append((drawn / lengths * np.linalg.norm(own, axis=1, keepdims=True)).ravel())
        else:
            pieces.append(np.zeros(end - start))
        start = end
    direction = np.concatenate(pieces)
    return direction if direction.any() else random.standard_normal(len(origin))


def around(places: Floats) -> Region:
    """The rectangle that shows all places with some room around them, neither very flat nor very narrow."""
    low, high = places.min(0), places.max(0)
    extents = high - low
    longer = float(extents.max()) or 1.0
    sides = np.maximum(extents + 2 * MARGIN * longer, NARROWEST * (1 + 2 * MARGIN) * longer)
    (left, bottom), (right, top) = (low + high - sides) / 2, (low + high + sides) / 2
    return float(left), float(right), float(bottom), float(top)


def _parts(count: int, length: int) -> list[slice]:
    step = max(1, BYTES_AT_A_TIME // (8 * count))
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def _centred(points: Weights, part: slice) -> tuple[Weights, Floats]:
    """The mean of some columns, and the columns about it."""
    columns = np.asarray(points[:, part], np.float64)
    mean = columns.mean(0).astype(np.float32)
    return mean, columns - mean
