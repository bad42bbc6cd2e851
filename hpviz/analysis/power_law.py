"""The learning curve: test error against training images as a power law, with what is known of its exponent.

error = scale · images^(-exponent) is a straight line where both axes are logarithmic. So test errors of classifiers
fall over a wide middle range (Cortes et al., Learning Curves: Asymptotic Values and Rate of Convergence, 1994; Hestness
et al., Deep Learning Scaling Is Predictable, Empirically, 2017). With very few images they stand near guessing, with
very many they level off at a floor that no number of images lowers. A floor is a third unknown, and four values that
may lie off the line by luck do not tell it: none is fitted, and it is said where the values bend.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

import numpy as np

from hpviz.analysis.student import critical

# Two values have a line through them whatever they are; with two seeds a spread can be told at all.
VALUES_NEEDED, SEEDS_NEEDED = 3, 2
ALPHA = 0.05
ROUNDING = 1e-9
TEN = 10  # a rule of thumb is told for ten times the images


class NoLaw(ValueError):
    """There is no power law to be told of these runs; the message is one sentence that says why."""


@dataclass(frozen=True)
class PowerLaw:
    """error = exp(level) · (images / centre)^(-exponent), fitted to the mean log errors of `values` numbers of images.

    `reach` is how far such a mean may lie off the line with 95% (Student's t times its standard deviation), `width` the
    sum of squares of log images about `centre`. `bends`: the means lie off the line by more than seeds explain.
    """

    exponent: float
    level: float
    centre: float
    width: float
    reach: float
    values: int
    fewest: float
    most: float
    bends: bool

    @property
    def interval(self) -> tuple[float, float]:
        """95% for the exponent."""
        reach = self.reach / math.sqrt(self.width)
        return self.exponent - reach, self.exponent + reach

    def error(self, images: float) -> float:
        """The error on the line at that many images a class."""
        return math.exp(self.level - self.exponent * math.log(images / self.centre))

    def band(self, images: float) -> tuple[float, float]:
        """95% for the line at that many images, one place at a time; no error is above 1."""
        away = math.log(images / self.centre)
        reach = self.reach * math.sqrt(1 / self.values + away**2 / self.width)
        middle = self.error(images)
        return middle * math.exp(-reach), min(1.0, middle * math.exp(reach))


def fit(errors: Mapping[float, Sequence[float]]) -> PowerLaw:
    """The power law through test errors (0..1), one a seed, by number of training images.

    A straight line by least squares through the means of log errors. Its uncertainty is Student's t on how far the
    means lie off the line, with two degrees of freedom fewer than there are values: seeds of one value share their
    images, so they do not tell how far a value lies off. Where the means happen to lie nearer to the line than seeds
    allow, the pooled spread of seeds, on its own degrees of freedom, counts instead. So the interval covers in 95% of
    cases or more. Values of which there is one seed are passed over. Raises NoLaw where there is nothing to fit or no
    fall is shown.
    """
    known = {images: list(each) for images, each in sorted(errors.items()) if len(each) >= SEEDS_NEEDED}
    if len(known) < VALUES_NEEDED:
        raise NoLaw(_too_few(len(errors), len(known)))
    if any(error <= 0 for each in known.values() for error in each):
        raise NoLaw("A test error of 0 has no place on a power law, so none is fitted.")
    logs = {images: [math.log(error) for error in each] for images, each in known.items()}
    images = np.log(np.array(list(logs)))
    means = np.array([fmean(each) for each in logs.values()])
    away = images - images.mean()
    width = float(away @ away)
    slope = float(away @ means) / width
    off = means - means.mean() - slope * away
    freedom = len(known) - 2
    misfit = float(off @ off) / freedom
    seeds = _seed_variance(list(logs.values()))
    law = PowerLaw(
        exponent=-slope,
        level=float(means.mean()),
        centre=float(np.exp(images.mean())),
        width=width,
        reach=max(
            critical(ALPHA, freedom) * math.sqrt(misfit), critical(ALPHA, seeds.freedom) * math.sqrt(seeds.of_mean)
        ),
        values=len(known),
        fewest=min(known),
        most=max(known),
        bends=_bends(misfit, seeds, freedom),
    )
    low, high = law.interval
    if low > 0 and law.exponent > ROUNDING:
        return law
    if law.exponent <= ROUNDING:
        raise NoLaw("Test error does not fall with more images here, so no power law is drawn.")
    raise NoLaw(
        f"These values leave the fall of the test error open (n^−b, b 95%: {_signed(low)} to {high:.2f}), so no power "
        "law is drawn: more values, or more seeds, would tell."
    )


@dataclass(frozen=True)
class _SeedVariance:
    of_mean: float
    freedom: int


def _seed_variance(logs: Sequence[Sequence[float]]) -> _SeedVariance:
    """What the spread of seeds, pooled over the values, leaves of the variance of a value's mean."""
    freedom = sum(len(each) - 1 for each in logs)
    pooled = sum(float(np.var(each)) * len(each) for each in logs) / freedom
    return _SeedVariance(pooled * fmean([1 / len(each) for each in logs]), freedom)


def _bends(misfit: float, seeds: _SeedVariance, freedom: int) -> bool:
    """Whether means lie off their line by more than seeds explain; what rounding leaves is nothing."""
    return misfit > ROUNDING**2 and misfit > seeds.of_mean * _f_limit(freedom, seeds.freedom)


@cache
def _f_limit(above: int, below: int) -> float:
    """The ratio of two variances on so many degrees of freedom that luck exceeds in 5% of cases.

    The incomplete beta function by its sines (Abramowitz & Stegun, 1964, 26.6), which has no poles.
    """
    angles = np.linspace(0, math.pi / 2, 4001)
    density = np.sin(angles) ** (below - 1) * np.cos(angles) ** (above - 1)
    angle = float(np.interp(ALPHA, np.cumsum(density) / density.sum(), angles))
    return below / (above * math.tan(angle) ** 2)


# Sentences


def _too_few(values: int, repeated: int) -> str:
    if values < VALUES_NEEDED:
        return "A power law takes three numbers of images at least, and four to tell its exponent well."
    if repeated == 0:
        return "One seed each: how far seeds spread is not known, so no power law is fitted; +2 seeds would tell."
    return "A power law takes three numbers of images with two seeds each; +2 seeds would tell."


def told(law: PowerLaw) -> str:
    """What the law says: how steep it is, what ten times the images are worth, and what it predicts beyond them."""
    low, high = law.interval
    falls = (
        f"Test error falls as n^−{law.exponent:.2f} (95%: {low:.2f} to {high:.2f}): ten times the images, "
        f"{_share(TEN**-law.exponent)} the errors."
    )
    if law.bends:
        return f"{falls} But the values lie off this line by more than their seeds explain, so it predicts nothing."
    further = TEN * law.most
    least, most = law.band(further)
    return (
        f"{falls} Extrapolated, if the line goes on: {further:,.0f} images a class would leave an error of "
        f"{law.error(further):.0%} (95%: {least:.0%} to {most:.0%})."
    )


def _share(share: float) -> str:
    """About half, about 62% of."""
    return "about half" if 0.47 <= share <= 0.53 else f"about {share:.0%} of"


def _signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")
