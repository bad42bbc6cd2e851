"""Different, or noise? What the spread of seeds and the size of the test set leave of a difference.

A difference of two means is held against two sources of noise. The first is the spread of runs that differ in their
seed alone, pooled over all values on the screen: one value with two seeds hardly knows its own spread, several
together do, and what runs of this size showed before counts as well. The second is the luck of the test images. One
seed a value never shows a difference, however large.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, variance
from typing import Any, Generic, Literal, TypeVar

from hpviz.analysis.student import critical, two_sided_p

Verdict = Literal["different", "within noise", "one seed only"]
Value = TypeVar("Value", bound=Hashable)

# The probability, over the whole screen, of calling anything different that is not.
ALPHA = 0.05

# The part of the binomial variance that remains in a difference measured on the same test images. About half of it is
# what one run happens to get right, which is in the spread of seeds already; the other half is how hard the images are,
# and nets agree on that far beyond what their accuracies ask for (Mania et al., Model Similarity Mitigates Test Set
# Overuse, 2019), so most of it cancels: `benchmarks.shared_images` finds a tenth in the median, and this at most.
SHARED_IMAGES = 0.35

# What is known of seeds before any run on the screen: at the size of the quick preset they spread accuracies by 3
# points, which is worth as much as 3 degrees of freedom. Two seeds a value know their own spread so badly that λ = 0
# and 1.0 were told apart in 73% of tries; so `benchmarks.calibrate_noise` finds them always and calls 2% of like
# pairs different. This is the moderated t of Smyth (2004); with five seeds a value the prior is outweighed.
PRIOR_SPREAD, PRIOR_FREEDOM = 0.03, 3


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of group means: its standard error, degrees of freedom and two-sided p against 0."""

    estimate: float
    error: float
    freedom: int
    p: float

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """The interval that covers the true sum with probability 1 - alpha."""
        reach = critical(alpha, self.freedom) * self.error
        return self.estimate - reach, self.estimate + reach


@dataclass(frozen=True)
class Pair(Generic[Value]):
    """Two values of a hyperparameter: is `first` different from `second`?

    `difference` is the mean of `first` less that of `second`, `seeds` how many runs each has. `interval` is as wide as
    the correction for several pairs asks, so it leaves out 0 exactly if the verdict is "different"; `p` is corrected
    too. Both are None with one seed only.
    """

    first: Value
    second: Value
    difference: float
    seeds: tuple[int, int]
    interval: tuple[float, float] | None
    p: float | None
    verdict: Verdict
    sentence: str


def compare(
    groups: Mapping[Value, Sequence[float]], test_images: int, names: Mapping[Value, str] | None = None
) -> list[Pair[Value]]:
    """Every pair of values on the screen, in the order of `groups`, Holm-corrected (Holm, 1979).

    `groups` holds the test accuracies (0..1), one a seed, of each value; `names` what to call the values. Groups
    without a run are passed over. Raises ValueError unless `test_images` is positive.
    """
    if test_images < 1:
        raise ValueError(f"Accuracies are measured on at least one test image, not on {test_images}.")
    measured = {value: list(figures) for value, figures in groups.items() if figures}
    pairs = list(combinations(measured, 2))
    contrasts = {
        (first, second): contrast(measured, {first: 1, second: -1}, test_images)
        for first, second in pairs
        if min(len(measured[first]), len(measured[second])) > 1
    }
    corrected = _holm({pair: found.p for pair, found in contrasts.items()})
    names = names or {value: str(value) for value in measured}
    return [
        _tested(pair, measured, contrasts[pair], *corrected[pair], len(contrasts), names)
        if pair in contrasts
        else _untested(pair, measured, names)
        for pair in pairs
    ]


def contrast(
    groups: Mapping[Value, Sequence[float]],
    weights: Mapping[Any, float],
    test_images: int | None = None,
    offset: float = 0.0,
) -> Contrast:
    """The sum of weight × mean over the weighted groups, plus `offset`; all groups tell how far seeds spread.

    With `test_images` the figures are accuracies: the luck of the test images counts too, and so does what is known of
    the spread of seeds beforehand. The weighted groups' own spread counts where it is larger than the pooled one, so
    that one wild value is not judged by its calm neighbours. Raises ValueError if no group has two seeds, because then
    these runs say nothing of it.
    """
    freedom = sum(len(figures) - 1 for figures in groups.values() if figures)
    if freedom < 1:
        raise ValueError("One seed a value tells nothing about the spread of seeds.")
    prior = PRIOR_FREEDOM if test_images else 0
    squares = {value: variance(figures) for value, figures in groups.items() if len(figures) > 1}
    pooled = sum(squares[value] * (len(groups[value]) - 1) for value in squares) / freedom
    expected = _moderated(pooled, freedom, prior)
    own = {value: _moderated(squares[value], len(groups[value]) - 1, prior) for value in squares}
    seeds = max(
        sum(weight**2 * expected / len(groups[value]) for value, weight in weights.items()),
        sum(weight**2 * own.get(value, expected) / len(groups[value]) for value, weight in weights.items()),
    )
    freedom += prior
    images = sum(weight**2 * _sampling(groups[value], test_images) for value, weight in weights.items())
    estimate = offset + sum(weight * fmean(groups[value]) for value, weight in weights.items())
    error = math.sqrt(seeds + images)
    if error:
        return Contrast(estimate, error, freedom, two_sided_p(estimate / error, freedom))
    return Contrast(estimate, error, freedom, 0.0 if estimate else 1.0)


def _moderated(square: float, freedom: int, prior: int) -> float:
    """A variance from so many degrees of freedom, drawn towards the one expected beforehand."""
    return (prior * PRIOR_SPREAD**2 + freedom * square) / (prior + freedom)


def _sampling(accuracies: Sequence[float], test_images: int | None) -> float:
    """The variance of an accuracy that comes from which images were tested.

    Two right and two wrong answers are added (Agresti & Coull, 1998), so that 100% on few images is no certainty.
    """
    if test_images is None:
        return 0.0
    share = (fmean(accuracies) * test_images + 2) / (test_images + 4)
    return SHARED_IMAGES * share * (1 - share) / test_images


def _holm(p: Mapping[tuple[Value, Value], float]) -> dict[tuple[Value, Value], tuple[float, float]]:
    """(corrected p, the level it was held against) of each pair: p rises, and so do the levels, until one fails."""
    corrected: dict[tuple[Value, Value], tuple[float, float]] = {}
    highest, level, failed = 0.0, ALPHA, False
    for place, pair in enumerate(sorted(p, key=lambda pair: p[pair])):
        remaining = len(p) - place
        highest = max(highest, min(1.0, remaining * p[pair]))
        if not failed:
            level, failed = ALPHA / remaining, highest > ALPHA
        corrected[pair] = highest, level
    return corrected


# Sentences


def _tested(
    pair: tuple[Value, Value],
    groups: Mapping[Value, Sequence[float]],
    found: Contrast,
    p: float,
    level: float,
    tests: int,
    names: Mapping[Value, str],
) -> Pair[Value]:
    verdict: Verdict = "different" if p <= ALPHA else "within noise"
    interval = found.interval(level)
    low, high = interval if found.estimate >= 0 else (-interval[1], -interval[0])
    together = f" for {tests} pairs together" if tests > 1 else ""
    seeds = (len(groups[pair[0]]), len(groups[pair[1]]))
    sentence = (
        f"{verdict.capitalize()}: {_lead(pair, found.estimate, names)} ({100 * low:.1f} to {100 * high:.1f} "
        f"at 95%{together}; {seeds[0]} and {seeds[1]} seeds, p {probability(p)})."
    )
    return Pair(*pair, found.estimate, seeds, interval, p, verdict, sentence)


def _untested(
    pair: tuple[Value, Value], groups: Mapping[Value, Sequence[float]], names: Mapping[Value, str]
) -> Pair[Value]:
    difference = fmean(groups[pair[0]]) - fmean(groups[pair[1]])
    single = " and ".join(names[value] for value in pair if len(groups[value]) == 1)
    sentence = f"One seed only of {single}: that {_lead(pair, difference, names)} may be luck; +2 seeds would tell."
    return Pair(*pair, difference, (len(groups[pair[0]]), len(groups[pair[1]])), None, None, "one seed only", sentence)


def _lead(pair: tuple[Value, Value], difference: float, names: Mapping[Value, str]) -> str:
    """Which of the two is above the other: lr 1e-4 is 30.8 points above lr 1e-7."""
    above, below = pair if difference >= 0 else pair[::-1]
    return f"{names[above]} is {100 * abs(difference):.1f} points above {names[below]}"


def probability(p: float) -> str:
    """0.04, 0.003, < 0.001: no more digits than matter."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.01 else f"= {p:.2f}"
