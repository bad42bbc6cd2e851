"""The rules of optimisers on a quadratic ½·wᵀHw with exact gradients, step by step as PyTorch takes them.

Momentum after Sutskever et al. (2013) in PyTorch's form, v ← μv + g and w ← w - ηv; Adam after Kingma & Ba (2015),
with its default constants. AdamW without decay is Adam.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpviz.theory.shrinkage import BETA1, BETA2, EPSILON

Floats = NDArray[np.float64]
Rule = Callable[[Floats, Floats, Floats, int], Floats]
"""From a Hessian (2, 2), a start (2,), rates (R,) and a number of updates T to weights (T + 1, R, 2)."""


def sgd(hessian: Floats, start: Floats, rates: Floats, updates: int, momentum: float = 0.0) -> Floats:
    """Plain SGD, or with momentum."""
    path = [np.tile(start, (len(rates), 1))]
    velocity = np.zeros_like(path[0])
    for _ in range(updates):
        velocity = momentum * velocity + path[-1] @ hessian
        path.append(path[-1] - rates[:, None] * velocity)
    return np.array(path)


def adam(hessian: Floats, start: Floats, rates: Floats, updates: int) -> Floats:
    """Adam: its first step is one rate long on every axis, however steep the surface is there."""
    path = [np.tile(start, (len(rates), 1))]
    mean, square = np.zeros_like(path[0]), np.zeros_like(path[0])
    for update in range(1, updates + 1):
        gradient = path[-1] @ hessian
        mean = BETA1 * mean + (1 - BETA1) * gradient
        square = BETA2 * square + (1 - BETA2) * gradient**2
        corrected = np.sqrt(square / (1 - BETA2**update)) + EPSILON
        path.append(path[-1] - rates[:, None] * mean / (1 - BETA1**update) / corrected)
    return np.array(path)


def losses(hessian: Floats, weights: Floats) -> Floats:
    """½·wᵀHw of weights (…, 2), giving (…)."""
    return np.asarray(0.5 * np.einsum("...i,ij,...j->...", weights, hessian, weights))


def tuned(rule: Rule, hessian: Floats, start: Floats, updates: int, rates: Floats) -> float:
    """The one of the rates (R,) whose worst loss in the last quarter of the updates is lowest: landing by chance is no
    merit."""
    path = rule(hessian, start, rates, updates)
    return float(rates[np.argmin(losses(hessian, path[-updates // 4 :]).max(axis=0))])
