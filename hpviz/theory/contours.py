"""Descent with all, some or one example at a time, on one least-squares surface with two weights.

The loss is the mean over the examples of ½(x·w - y)², so the full gradient is the mean of the examples' gradients and a
batch of them estimates it. The examples are whitened, stretched and turned: the Hessian XᵀX/N is exactly what was
asked for, with eigenvalues 1 and 1/condition.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """Inputs (N, 2) and targets (N,) of a least-squares problem, lowest at w = (0, 0)."""

    inputs: Floats
    targets: Floats

    @property
    def hessian(self) -> Floats:
        """(2, 2), the same everywhere."""
        return self.inputs.T @ self.inputs / len(self.inputs)


def draw_examples(condition: float, count: int = 48, noise: float = 0.8, angle: float = 0.5, seed: int = 0) -> Examples:
    """Examples whose surface is `condition` times as steep across its valley as along it.

    `angle` turns the valley against the first axis (radians); `noise` is the standard deviation of the targets, which
    no weights can explain: it is what keeps single examples disagreeing at the bottom.
    """
    random = np.random.default_rng(seed)
    raw = random.standard_normal((count, 3))
    white = np.linalg.qr(raw)[0] * np.sqrt(count)  # columns orthogonal, of mean square 1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inputs = white[:, :2] * np.sqrt([1 / condition, 1.0]) @ turn.T
    return Examples(inputs, noise * white[:, 2])


def loss(examples: Examples, weights: Floats) -> Floats:
    """The mean loss at weights (…, 2), giving (…)."""
    errors = weights @ examples.inputs.T - examples.targets
    return np.asarray(0.5 * np.mean(errors**2, axis=-1))


def gradients(examples: Examples, weights: Floats) -> Floats:
    """Each example's gradient at weights (2,), giving (N, 2); their mean is the full gradient."""
    errors = examples.inputs @ weights - examples.targets
    return errors[:, None] * examples.inputs


def descend(
    examples: Examples,
    batch_size: int,
    rate: float,
    updates: int,
    start: tuple[float, float],
    limit: float = 10.0,
    seed: int = 0,
) -> Floats:
    """Weights (T + 1, 2), T ≤ `updates`, the examples shuffled before every pass as training does it.

    The last one is where the weights first are farther than `limit` from the bottom.
    """
    batches = _batches(len(examples.targets), batch_size, seed)
    path = [np.array(start, dtype=float)]
    for drawn in itertools.islice(batches, updates):
        path.append(path[-1] - rate * gradients(examples, path[-1])[drawn].mean(axis=0))
        if np.linalg.norm(path[-1]) > limit:
            break
    return np.array(path)


def _batches(count: int, batch_size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The examples of one update after another, for ever; the last batch of a pass may be smaller."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(count)
        yield from (order[first : first + batch_size] for first in range(0, count, batch_size))


def contour(hessian: Floats, level: float, points: int = 49) -> Floats:
    """The closed ellipse (points, 2) on which the loss is `level` above its lowest."""
    around = np.linspace(0, 2 * np.pi, points)
    values, vectors = np.linalg.eigh(hessian)
    circle = np.stack([np.cos(around), np.sin(around)], axis=1) * np.sqrt(2 * level)
    return np.asarray(circle / np.sqrt(values) @ vectors.T)
