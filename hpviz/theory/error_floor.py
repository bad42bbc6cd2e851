"""How test error falls with the number of training images: a power law down to a floor, a·n^(-b) + c.

Source: Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017), section 3: generalisation error is a
power law in the number of examples between a region of guessing and an error that no number of examples removes.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def power_law(counts: Floats, scale: float, exponent: float, floor: float) -> Floats:
    """The error at each number of images."""
    return np.asarray(scale * np.asarray(counts, dtype=float) ** -exponent + floor)


def scale_through(count: float, error: float, exponent: float, floor: float) -> float:
    """The scale of the law that has that error at that number of images."""
    return float((error - floor) * count**exponent)
