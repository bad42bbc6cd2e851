"""Gradient descent on a line: what the learning rate does where the answer is known.

On a quadratic of curvature h every update multiplies the distance to the bottom by 1 - rate·h, so descent converges
if and only if rate < 2/h (Goodfellow et al., Deep Learning, 2016, section 4.3).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Regime = Literal["crawls", "descends", "lands", "oscillates", "circles", "leaves"]


@dataclass(frozen=True)
class Landscape:
    """A loss of one weight with its derivative, where descent starts, and the curvature at the lowest `minimum`."""

    name: str
    loss: Callable[[Floats], Floats]
    gradient: Callable[[Floats], Floats]
    start: float
    minimum: float
    curvature: float


def bowl(curvature: float = 1.0, start: float = -1.8) -> Landscape:
    """The quadratic ½·h·w², lowest at 0."""
    return Landscape(
        name="bowl",
        loss=lambda w: 0.5 * curvature * w**2,
        gradient=lambda w: curvature * w,
        start=start,
        minimum=0.0,
        curvature=curvature,
    )


def two_valleys(scale: float = 3.0, tilt: float = 0.12, start: float = -1.6) -> Landscape:
    """The quartic scale·(¼w⁴ - ½w² - tilt·w) above its lowest: a poorer valley first, the deeper one beyond a hill."""
    minimum = float(max(np.roots([1.0, 0.0, -1.0, -tilt]).real))

    def height(w: Floats) -> Floats:
        return scale * (0.25 * w**4 - 0.5 * w**2 - tilt * w)

    lowest = float(height(np.array(minimum)))
    return Landscape(
        name="two valleys",
        loss=lambda w: height(w) - lowest,
        gradient=lambda w: scale * (w**3 - w - tilt),
        start=start,
        minimum=minimum,
        curvature=scale * (3 * minimum**2 - 1),
    )


def descend(landscape: Landscape, rate: float, updates: int, limit: float = 10.0) -> Floats:
    """Weights (T + 1,) from the start through T ≤ `updates` updates; the last one is where |w| first passes `limit`."""
    weights = [landscape.start]
    for _ in range(updates):
        weights.append(weights[-1] - rate * float(landscape.gradient(np.array(weights[-1]))))
        if abs(weights[-1]) > limit:
            break
    return np.array(weights)


def regime(rate: float, curvature: float) -> Regime:
    """What descent on a quadratic does: everything depends on rate · curvature."""
    product = rate * curvature
    if math.isclose(product, 1.0, abs_tol=1e-9):
        return "lands"
    if math.isclose(product, 2.0, abs_tol=1e-9):
        return "circles"
    if product > 1:
        return "oscillates" if product < 2 else "leaves"
    return "crawls" if product < 0.2 else "descends"


def remaining(rate: float, curvature: float, updates: int) -> float:
    """The share of the distance to the bottom of a quadratic that is left, |1 - rate·h|^updates."""
    return abs(1 - rate * curvature) ** updates
