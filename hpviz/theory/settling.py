"""Noisy descent on a line under a learning rate that changes: where the loss settles, exactly and in one draw.

On ½·h·w² with gradient noise of standard deviation σ an update multiplies w by 1 - ηh and adds ησ of noise, so the
mean of w² obeys E[w²] ← (1 - ηh)²E[w²] + η²σ². A constant rate settles at the loss ½ησ²/(2 - ηh), which falls with the
rate (Bottou, Curtis & Nocedal, Optimization Methods for Large-Scale Machine Learning, 2018, section 4.2).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def expected_losses(rates: Floats, start: float, noise: float, curvature: float = 1.0) -> Floats:
    """The mean loss (T + 1,) over all draws of the noise, at the rates (T,) of the updates one by one."""
    squares = [start**2]
    for rate in rates:
        squares.append((1 - rate * curvature) ** 2 * squares[-1] + (rate * noise) ** 2)
    return 0.5 * curvature * np.array(squares)


def drawn_losses(rates: Floats, start: float, noise: float, curvature: float = 1.0, seed: int = 0) -> Floats:
    """The loss (T + 1,) of one descent; the same seed is the same noise at every update, whatever the rates."""
    weights = [start]
    for rate, jolt in zip(rates, np.random.default_rng(seed).normal(0.0, noise, len(rates)), strict=True):
        weights.append(weights[-1] - rate * (curvature * weights[-1] + float(jolt)))
    return 0.5 * curvature * np.array(weights) ** 2


def floor(rate: float, noise: float, curvature: float = 1.0) -> float:
    """The mean loss at which a constant rate settles; infinite from 2/h on."""
    return 0.5 * rate * noise**2 / (2 - rate * curvature) if rate * curvature < 2 else float("inf")
