"""What measured errors of mini-batch gradients say: how they fall with the batch size, and the simple noise scale.

Source: McCandlish, Kaplan, Amodei et al., An Empirical Model of Large-Batch Training (2018), section 2.2, appendix A.1.
"""

import math
from collections.abc import Sequence

import numpy as np

# Up to this share of a finite set its end hardly shows: the error is within 7% of σ/√n.
FAR_FROM_ALL = 1 / 8


def deviation(counts: Sequence[int], errors: Sequence[float], draws: Sequence[int], population: int) -> float:
    """The σ that best explains root-mean-square errors of means of n examples drawn without replacement.

    `draws` are how many each error comes from. `theory.sampling.standard_error` leads back to the errors.
    """
    n, squared = np.asarray(counts, float), np.asarray(errors) ** 2
    return math.sqrt(np.average(squared * n * (population - 1) / (population - n), weights=draws))


def slope(counts: Sequence[int], errors: Sequence[float], draws: Sequence[int], population: int) -> float | None:
    """The exponent with which errors fall, by least squares on logarithmic axes; None with fewer than two to go by.

    Only batches far from the whole set count, for at its end the error falls to zero faster than any power. An error
    from more draws weighs more.
    """
    used = [each for each in zip(counts, errors, draws, strict=True) if each[0] <= population * FAR_FROM_ALL]
    if len(used) < 2:
        return None
    n, error, weights = np.array(used).T
    return float(np.polyfit(np.log(n), np.log(error), 1, w=np.sqrt(weights))[0])


def simple_noise_scale(relative_deviation: float, population: int) -> float | None:
    """tr(Σ)/|G|², in examples: beyond that batch size averaging buys little.

    `relative_deviation` is σ over the length of the mean gradient of all `population` examples. That mean is noisy
    too, and longer than the true G for it; where noise makes up more than half of its square, G is not known and the
    answer None.
    """
    scatter = relative_deviation**2 * population / (population - 1)
    noise = scatter / population
    return scatter / (1 - noise) if noise <= 0.5 else None


def spanned(slopes: Sequence[float]) -> str:
    """Measured exponents as they are written: −0.51, or −0.53 to −0.48."""
    low, high = (f"{each:.2f}".replace("-", "−") for each in (min(slopes), max(slopes)))
    return low if low == high else f"{low} to {high}"
