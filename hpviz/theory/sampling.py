"""How well a mean over n examples stands for the mean over all: σ/√n, and the correction for a finite set.

Sources: Goodfellow et al., Deep Learning (2016), section 8.1.3; Cochran, Sampling Techniques (1977), section 2.5.
"""

import math


def standard_error(count: float, sigma: float = 1.0, population: int | None = None) -> float:
    """The standard deviation of the mean of `count` examples whose own is `sigma`.

    Drawn independently it is σ/√n. Drawn without replacement from `population` examples, as an epoch draws its
    batches, it is smaller by √((N - n)/(N - 1)), down to 0 for the whole set. Raises ValueError unless 0 < n ≤ N.
    """
    if count <= 0 or (population is not None and count > population):
        raise ValueError(f"{count} examples cannot be drawn from {population or 'any number of'} without replacement.")
    independent = sigma / math.sqrt(count)
    if population is None:
        return independent
    if population == 1:
        return 0.0
    return independent * math.sqrt((population - count) / (population - 1))


def gain(few: float, many: float, population: int | None = None) -> float:
    """How many times smaller the error of `many` examples is than that of `few`; infinite for the whole set."""
    error = standard_error(many, population=population)
    return standard_error(few, population=population) / error if error else math.inf
