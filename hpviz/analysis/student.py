"""Student's t for whole degrees of freedom, in closed form: Abramowitz & Stegun (1964), 26.7.3 and 26.7.4."""

import math
from functools import cache


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


@cache
def critical(alpha: float, freedom: int) -> float:
    """The t that is exceeded, on either side, with probability `alpha`; by bisection."""
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > alpha:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > alpha else (low, middle)
    return high
