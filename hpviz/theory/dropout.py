"""What dropout does to the input of a unit, exactly: every way of leaving units out, with its probability.

Each unit is left out with probability p by itself and the kept ones are scaled by 1/(1 - p), so that the mean stays
(Srivastava et al., Dropout, 2014; scaled in training rather than in testing, as PyTorch does it). Around that mean the
input has the variance p/(1 - p)·Σw²x².
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def all_masks(units: int) -> NDArray[np.bool_]:
    """(2^units, units): every choice of units that are kept, each choice one net."""
    return np.asarray(np.arange(2**units)[:, None] >> np.arange(units) & 1, dtype=bool)


def probabilities(masks: NDArray[np.bool_], dropout: float) -> Floats:
    """(M,): how likely an update draws each mask (M, N) when each unit is left out with probability `dropout`."""
    kept = masks.sum(axis=1)
    return np.asarray((1 - dropout) ** kept * dropout ** (masks.shape[1] - kept))


def inputs(masks: NDArray[np.bool_], parts: Floats, dropout: float) -> Floats:
    """(M,): what reaches the unit through each mask, `parts` (N,) being w·x of every unit, those kept scaled up."""
    return np.asarray(masks @ parts / (1 - dropout))


def deviation(parts: Floats, dropout: float) -> float:
    """√(p/(1 - p)·Σw²x²), the standard deviation of the input over the masks."""
    return math.sqrt(dropout / (1 - dropout) * float(parts @ parts))
