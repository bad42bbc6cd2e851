"""Student's t and the studentised range: how far from 0 a mean, or the extremes of several, go by luck alone.

Student's t is in closed form for whole degrees of freedom: Abramowitz & Stegun (1964), 26.7.3 and 26.7.4. The range of
several means is integrated over how large the spread may be and where the means may lie.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

# Standard normal: a table fine enough that straight lines between its entries are right to seven digits.
_PLACES = np.linspace(-9, 9, 18 * 512 + 1)
_BELOW = np.array([0.5 * math.erfc(-place / math.sqrt(2)) for place in _PLACES])
# Where a mean may lie, and the weights that integrate over it: beyond 8 standard deviations there is nothing.
_MEANS = np.linspace(-8, 8, 65)
_BELOW_MEANS = np.interp(_MEANS, _PLACES, _BELOW)
_DENSITY = np.exp(-(_MEANS**2) / 2) / math.sqrt(2 * math.pi) * (_MEANS[1] - _MEANS[0])


def two_sided_p(t: float, freedom: int) -> float:
    """The probability of a value at least as far from 0 as `t`. Raises ValueError if `freedom` is below 1."""
    if freedom < 1:
        raise ValueError(f"Student's t has at least 1 degree of freedom, not {freedom}.")
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    series = 0.0
    for power in range(odd, freedom - 1, 2):
        series += term
        term *= cosine**2 * (power + 1) / (power + 2)
    within = math.sin(angle) * series
    if odd:
        within = 2 / math.pi * (angle + within)
    return max(0.0, 1 - within)


def any_pair_p(t: float, means: int, freedom: int) -> float:
    """The probability that any two of so many equal means are as far apart as `t` standard errors of a difference.

    Tukey's range over √2; of two means it is Student's t. Raises ValueError for fewer than two means or no freedom.
    """
    if means < 2:
        raise ValueError(f"It takes two means to be apart, not {means}.")
    if means == 2:
        return two_sided_p(t, freedom)
    if freedom < 1:
        raise ValueError(f"The studentised range has at least 1 degree of freedom, not {freedom}.")
    if math.isinf(t):
        return 0.0
    spreads, weights = _spreads(freedom)
    reach = abs(t) * math.sqrt(2) * spreads
    near = _BELOW_MEANS - below(_MEANS - reach[:, None])
    within = means * (near ** (means - 1)) @ _DENSITY
    return float(min(1.0, max(0.0, 1 - weights @ within)))


@cache
def critical(alpha: float, freedom: int, means: int = 2) -> float:
    """The t that is exceeded, by any two of so many equal means, with probability `alpha`, right to twelve digits.

    By false position, with the Illinois rule of Dowell & Jarratt (1971) against an end that stays: a fifth of the
    integrals that halving the interval takes.
    """

    def excess(t: float) -> float:
        return any_pair_p(t, means, freedom) - alpha

    low, at_low, high, stayed = 0.0, 1 - alpha, 1.0, ""
    while (at_high := excess(high)) > 0:
        low, at_low, high = high, at_high, 2 * high
    while high - low > 1e-13 * high:
        between = low + (high - low) * at_low / (at_low - at_high)
        if not low < between < high:  # one end is it as far as numbers can tell
            between = (low + high) / 2
        if (here := excess(between)) > 0:
            low, at_low = between, here
            at_high /= 2 if stayed == "high" else 1
            stayed = "high"
        else:
            high, at_high = between, here
            at_low /= 2 if stayed == "low" else 1
            stayed = "low"
    return high


def below(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the standard normal below each place, right to seven digits."""
    return np.asarray(np.interp(places, _PLACES, _BELOW))


@cache
def _spreads(freedom: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the measured spread may be in units of the true one (a scaled chi), and how probable each is."""
    far = 8 / math.sqrt(2 * freedom)
    low, steps = max(0.0, 1 - far), (np.arange(64) + 0.5) / 64
    # Of few degrees of freedom much hangs on spreads near 0, so the steps are finest there.
    spreads = low + (1 + far - low) * steps**3
    logs = (freedom - 1) * np.log(spreads) - freedom * spreads**2 / 2 + 2 * np.log(steps)
    weights = np.exp(logs - logs.max())
    return spreads, weights / weights.sum()
