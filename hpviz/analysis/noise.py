"""Different, or noise? What the spread of seeds and the luck of the test images leave of a difference.

A difference of two means is held against two sources of noise. The first is the spread of runs that differ in their
seed alone, pooled over all values on the screen and over the epochs from half way on (`analysis.trails`): one value
with two seeds hardly knows its own spread, several together do, and what runs of this size showed before counts as
well. The second is the luck of the test images: measured on the answers where runs remember them, else assumed. One
seed a value never shows a difference, however large. All pairs on a screen are judged at once, by Tukey's range: their
intervals cover all true differences together in 95% of screens, and a pair is called different exactly if its interval
leaves out 0.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, variance
from typing import Any, Generic, Literal, TypeVar

from hpviz.analysis.student import any_pair_p, critical
from hpviz.analysis.trails import Trail, luck_of_images, watch

Verdict = Literal["different", "within noise", "one seed only"]
Value = TypeVar("Value", bound=Hashable)

# The probability, over the whole screen, of calling anything different that is not. By last accuracies alone and with
# two seeds a value it is kept while seeds spread by up to 4 points; where they spread by 6 points it is 9%, and with
# their trails 4%.
ALPHA = 0.05

# Where runs remember no answers: the part of the binomial variance that remains in a difference on the same images.
# About half of it is what one run happens to get right, which is in the spread of seeds already; the other half is how
# hard the images are, and nets agree on that far beyond what their accuracies ask for (Mania et al., Model Similarity
# Mitigates Test Set Overuse, 2019), so most of it cancels: `benchmarks.shared_images` finds a tenth in the median, and
# this at most.
SHARED_IMAGES = 0.35

# What is known of seeds before any run on the screen: at the size of the quick preset they spread accuracies by 3
# points, which is worth as much as 3 degrees of freedom. Two seeds a value know their own spread so badly that λ = 0
# and 1.0 were told apart in 73% of tries; so `benchmarks.calibrate_noise` finds them in 95% and calls 1.5% of like
# pairs different. This is the moderated t of Smyth (2004), but that it only widens: seeds that were seen to spread
# further than expected are taken at their word.
PRIOR_SPREAD, PRIOR_FREEDOM = 0.03, 3


@dataclass(frozen=True)
class Spread:
    """The standard error of a difference, and on how many degrees of freedom it rests."""

    error: float
    freedom: int


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of group means, against every one of `spreads`: it has to stand out from each.

    `means` is from how many means the contrast was chosen as the difference of any two (2: it was not chosen). `p` is
    two-sided, against 0.
    """

    estimate: float
    spreads: tuple[Spread, ...]
    means: int = 2

    @property
    def error(self) -> float:
        return max(spread.error for spread in self.spreads)

    @property
    def freedom(self) -> int:
        return min(spread.freedom for spread in self.spreads)

    @property
    def p(self) -> float:
        return max(self._p(spread) for spread in self.spreads)

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """The interval that covers the true sum, and all others it was chosen from, with probability 1 - alpha."""
        reach = max(critical(alpha, spread.freedom, self.means) * spread.error for spread in self.spreads)
        return self.estimate - reach, self.estimate + reach

    def _p(self, spread: Spread) -> float:
        if spread.error:
            return any_pair_p(self.estimate / spread.error, self.means, spread.freedom)
        return 0.0 if self.estimate else 1.0


@dataclass(frozen=True)
class Pair(Generic[Value]):
    """Two values of a hyperparameter: is `first` different from `second`?

    `difference` is the mean of `first` less that of `second`, `seeds` how many runs each has. The intervals of all
    pairs of a screen cover their true differences together with probability 95%; `interval` leaves out 0 exactly if
    the verdict is "different", and `p` is corrected for all pairs too. Both are None with one seed only.
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
    groups: Mapping[Value, Sequence[float]],
    test_images: int,
    names: Mapping[Value, str] | None = None,
    lost: Mapping[Value, int] | None = None,
    trails: Mapping[Value, Trail] | None = None,
) -> list[Pair[Value]]:
    """Every pair of values on the screen, in the order of `groups`, corrected together (Tukey & Kramer, 1956).

    `groups` holds the test accuracies (0..1), one a seed, of each value; `names` what to call the values; `lost` how
    many of a value's accuracies, the last ones, are the guess that a diverged seed counts as, which the sentences then
    say; `trails` what its runs tell besides. Groups without a run are passed over. Raises ValueError unless
    `test_images` is positive.
    """
    if test_images < 1:
        raise ValueError(f"Accuracies are measured on at least one test image, not on {test_images}.")
    measured = {value: list(figures) for value, figures in groups.items() if figures}
    names, lost = names or {value: str(value) for value in measured}, lost or {}
    repeated = [value for value, figures in measured.items() if len(figures) > 1]
    told = _Told(measured, names, lost, len(repeated) * (len(repeated) - 1) // 2)
    spread = seed_spread(measured, lost, trails) if repeated else None  # of all pairs alike: each anew takes n³ steps
    pairs = []
    for pair in combinations(measured, 2):
        if spread and len(measured[pair[0]]) > 1 and len(measured[pair[1]]) > 1:
            weights = {pair[0]: 1, pair[1]: -1}
            found = _contrast(measured, weights, test_images, spread, means=len(repeated), trails=trails)
            pairs.append(_tested(pair, found, told))
        else:
            pairs.append(_untested(pair, told))
    return pairs


def contrast(
    groups: Mapping[Value, Sequence[float]],
    weights: Mapping[Any, float],
    test_images: int | None = None,
    offset: float = 0.0,
    means: int = 2,
    lost: Mapping[Any, int] | None = None,
    spread: "SeedSpread[Any] | None" = None,
    trails: Mapping[Any, Trail] | None = None,
) -> Contrast:
    """The sum of weight × mean over the weighted groups, plus `offset`; all groups tell how far seeds spread.

    With `test_images` the figures are accuracies: the luck of the test images counts too, and so does what is known of
    the spread of seeds beforehand. Where the weighted groups' own seeds spread further than all together, theirs counts
    as well, on their own degrees of freedom (Welch & Satterthwaite), so that one wild value is not judged by its calm
    neighbours: beside six others it is called different from its like on 7% of screens if it spreads three times as
    far, on 9% if nine times. So it is with `lost` seeds, by group how many of its last figures are guesses: they widen
    what is said of their own group alone. `spread` is that of these groups, for who holds many contrasts against it;
    `trails` are what the runs of each group tell besides. Raises ValueError if no group has two seeds, because then
    these runs say nothing of it.
    """
    spread = spread or seed_spread(groups, lost or {}, trails)
    return _contrast(groups, weights, test_images, spread, offset, means, trails)


@dataclass(frozen=True)
class SeedSpread(Generic[Value]):
    """How far seeds spread: the variance of each group that has two, and all of them together, on so many degrees.

    A seed is worth as many degrees as there were `looks` at it; one that was lost, one.
    """

    squares: Mapping[Value, float]
    freedoms: Mapping[Value, float]
    pooled: float
    freedom: float
    looks: float = 1.0


def seed_spread(
    groups: Mapping[Value, Sequence[float]], lost: Mapping[Any, int], trails: Mapping[Any, Trail] | None = None
) -> SeedSpread[Value]:
    """How far the seeds of these groups spread. Raises ValueError if no group has two."""
    squares = {value: variance(figures) for value, figures in groups.items() if len(figures) > 1}
    if not squares:
        raise ValueError("One seed a value tells nothing about the spread of seeds.")
    freedoms = {value: float(len(groups[value]) - 1) for value in squares}
    kept = {value: figures[: len(figures) - lost.get(value, 0)] for value, figures in groups.items()}
    if not any(len(figures) > 1 for figures in kept.values()):
        kept = dict(groups)
    freedom = sum(len(figures) - 1 for figures in kept.values() if figures)
    pooled = sum(variance(figures) * (len(figures) - 1) for figures in kept.values() if len(figures) > 1) / freedom
    several = {value: figures for value, figures in kept.items() if len(figures) > 1}
    if not trails or not _are_of(trails, several):
        return SeedSpread(squares, freedoms, pooled, freedom)
    whole = [value for value in several if not lost.get(value)]
    looks = 1.0
    if found := watch(trails, several):
        squares |= {value: found.own[value] for value in whole}
        freedoms |= {value: freedoms[value] * found.looks for value in whole}
        pooled, looks = found.pooled, found.looks
    # Seeds that agree by chance spread no less than by what each happens to get right.
    least = {value: trails[value].luck_of_a_run for value in several}
    squares |= {value: max(squares[value], least[value]) for value in whole}
    pooled = max(pooled, sum(least[value] * (len(kept[value]) - 1) for value in several) / freedom)
    return SeedSpread(squares, freedoms, pooled, freedom * looks, looks)


def _are_of(trails: Mapping[Any, Trail], kept: Mapping[Any, Sequence[float]]) -> bool:
    """Whether the trails are those of these figures, and of all of them."""
    return all(value in trails and len(trails[value].accuracies) == len(figures) for value, figures in kept.items())


def _contrast(
    groups: Mapping[Value, Sequence[float]],
    weights: Mapping[Any, float],
    test_images: int | None,
    spread: SeedSpread[Value],
    offset: float = 0.0,
    means: int = 2,
    trails: Mapping[Any, Trail] | None = None,
) -> Contrast:
    """`contrast` where it is known how far seeds spread."""
    prior = PRIOR_FREEDOM if test_images else 0
    expected = _expected(spread, prior)
    freedom = spread.freedom + prior
    parts = {value: weight**2 / len(groups[value]) for value, weight in weights.items()}
    together = sum(part * expected for part in parts.values())
    own, own_freedom = _own(parts, spread, expected, prior)
    images = _luck(groups, weights, test_images, trails)
    spreads = [Spread(math.sqrt(together + images), math.floor(freedom))]
    if own > together:
        spreads.append(Spread(math.sqrt(own + images), own_freedom))
    estimate = offset + sum(weight * fmean(groups[value]) for value, weight in weights.items())
    return Contrast(estimate, tuple(spreads), means)


@dataclass(frozen=True)
class Noise(Generic[Value]):
    """What blurs a difference: the variance of one `seed` of each value, on so many degrees of `freedom`, and that of
    the `images`, by pair. Another seed is worth as many degrees as there are `looks` at it.

    A value without a second seed, or a run, is expected to be like the others.
    """

    seed: Mapping[Value, float]
    images: Mapping[tuple[Value, Value], float]
    freedom: float
    looks: float


def noise(
    groups: Mapping[Value, Sequence[float]],
    test_images: int,
    lost: Mapping[Value, int] | None = None,
    trails: Mapping[Value, Trail] | None = None,
) -> Noise[Value]:
    """What `compare` would hold a difference against, of values that have no second seed or no run yet too."""
    figures = [figure for each in groups.values() for figure in each]
    repeated = any(len(each) > 1 for each in groups.values())
    spread = seed_spread(groups, lost or {}, trails) if repeated else SeedSpread({}, {}, 0.0, 0)
    expected = _expected(spread, PRIOR_FREEDOM)
    seed = {
        value: max(expected, _drawn_to(expected, spread.squares[value], spread.freedoms[value], PRIOR_FREEDOM))
        if value in spread.squares
        else expected
        for value in groups
    }
    filled = {value: each or figures or [0.5] for value, each in groups.items()}
    counts = {value: len(each) for value, each in groups.items()}
    differences = {pair: {pair[0]: 1, pair[1]: -1} for pair in combinations(groups, 2)}
    found = {pair: luck_of_images(weights, trails or {}, counts) for pair, weights in differences.items()}
    measured = [luck for luck in found.values() if luck is not None]
    images = {
        pair: fmean(measured)
        if measured and min(map(counts.__getitem__, pair)) < 2
        else _luck(filled, weights, test_images, trails)
        for pair, weights in differences.items()
    }
    return Noise(seed, images, spread.freedom + PRIOR_FREEDOM, spread.looks)


def _own(parts: Mapping[Any, float], spread: SeedSpread[Any], expected: float, prior: int) -> tuple[float, int]:
    """The variance of a sum by the spread of its own groups, drawn to the one expected, and its degrees of freedom."""
    most = spread.freedom + prior
    terms, spent, seeds = 0.0, 0.0, float(prior)
    for value, part in parts.items():
        count = spread.freedoms.get(value, 0.0)
        term = part * _drawn_to(expected, spread.squares[value], count, prior) if count else part * expected
        terms += term
        spent += term**2 / (prior + count if count else most)
        seeds += count
    return terms, max(1, math.floor(min(most, seeds, terms**2 / spent))) if spent else math.floor(most)


def _expected(spread: SeedSpread[Value], prior: int) -> float:
    """The variance of a seed by all groups together, widened by what was known of it beforehand."""
    return max(spread.pooled, _drawn_to(PRIOR_SPREAD**2, spread.pooled, spread.freedom, prior))


def _drawn_to(expected: float, square: float, freedom: float, prior: int) -> float:
    """A variance from so many degrees of freedom, drawn towards the one expected, which has the prior's."""
    return (prior * expected + freedom * square) / (prior + freedom)


# Enough degrees of freedom to be a normal distribution.
KNOWN = 1_000


def sampling_error(accuracy: float, test_images: int) -> float:
    """The standard error of one run's accuracy that comes from which images were tested: a binomial's.

    All of it counts where one seed is all there is, for then nothing of it is in any spread of seeds.
    """
    share = (accuracy * test_images + 2) / (test_images + 4)
    return math.sqrt(share * (1 - share) / test_images)


def apart_by_images(first: float, second: float, test_images: int, means: int) -> bool:
    """Whether two accuracies of one seed each, chosen from so many, differ by more than the luck of the test images.

    How far seeds spread is not in it, so two that are not told apart here are none the less alike; two that are may be.
    """
    error = math.hypot(sampling_error(first, test_images), sampling_error(second, test_images))
    return any_pair_p((first - second) / error, max(means, 2), KNOWN) <= ALPHA


def _luck(
    groups: Mapping[Any, Sequence[float]],
    weights: Mapping[Any, float],
    test_images: int | None,
    trails: Mapping[Any, Trail] | None,
) -> float:
    """The variance of a sum that comes from which images were tested: measured on its answers, or what is assumed."""
    if test_images is None:
        return 0.0
    measured = luck_of_images(weights, trails, {value: len(groups[value]) for value in weights}) if trails else None
    if measured is not None:
        return measured
    return sum(weight**2 * _sampling(groups[value], test_images) for value, weight in weights.items())


def _sampling(accuracies: Sequence[float], test_images: int) -> float:
    """The variance of an accuracy that comes from which images were tested.

    Two right and two wrong answers are added (Agresti & Coull, 1998), so that 100% on few images is no certainty.
    """
    share = (fmean(accuracies) * test_images + 2) / (test_images + 4)
    return SHARED_IMAGES * share * (1 - share) / test_images


# Sentences


@dataclass(frozen=True)
class _Told(Generic[Value]):
    """What the sentences on a screen's pairs share."""

    groups: Mapping[Value, Sequence[float]]
    names: Mapping[Value, str]
    lost: Mapping[Value, int]
    tests: int


def _tested(pair: tuple[Value, Value], found: Contrast, told: _Told[Value]) -> Pair[Value]:
    p, interval = found.p, found.interval()
    verdict: Verdict = "different" if p <= ALPHA else "within noise"
    low, high = interval if found.estimate >= 0 else (-interval[1], -interval[0])
    together = f" for {told.tests} pairs together" if told.tests > 1 else ""
    seeds = (len(told.groups[pair[0]]), len(told.groups[pair[1]]))
    sentence = (
        f"{verdict.capitalize()}: {_lead(pair, found.estimate, told.names)} ({100 * low:.1f} to {100 * high:.1f} "
        f"at 95%{together}; {seeds[0]} and {seeds[1]} seeds, p {probability(p)}{_of_lost(pair, told)})."
    )
    return Pair(*pair, found.estimate, seeds, interval, p, verdict, sentence)


def _untested(pair: tuple[Value, Value], told: _Told[Value]) -> Pair[Value]:
    difference = fmean(told.groups[pair[0]]) - fmean(told.groups[pair[1]])
    single = " and ".join(told.names[value] for value in pair if len(told.groups[value]) == 1)
    sentence = (
        f"One seed only of {single}: that {_lead(pair, difference, told.names)} may be luck{_of_lost(pair, told)}; "
        "+2 seeds would tell."
    )
    seeds = (len(told.groups[pair[0]]), len(told.groups[pair[1]]))
    return Pair(*pair, difference, seeds, None, None, "one seed only", sentence)


def _lead(pair: tuple[Value, Value], difference: float, names: Mapping[Value, str]) -> str:
    """Which of the two is above the other: lr 1e-4 is 30.8 points above lr 1e-7. Equal values are equal."""
    above, below = pair if difference >= 0 else pair[::-1]
    if abs(difference) < EQUAL:
        return f"{names[above]} and {names[below]} are equal"
    points = f"{100 * abs(difference):.1f}"
    return f"{names[above]} is {'less than 0.1' if points == '0.0' else points} points above {names[below]}"


# Means of the same accuracies differ in their last bit by the order in which they are added.
EQUAL = 1e-9


def _of_lost(pair: tuple[Value, Value], told: _Told[Value]) -> str:
    """What counts as guessing: ; 2 of 4 seeds of lr 0.1 diverged and count as guessing."""
    lost = [
        f"{told.lost[value]} of {len(told.groups[value])} seeds of {told.names[value]}"
        for value in pair
        if told.lost.get(value)
    ]
    return f"; {' and '.join(lost)} diverged and count as guessing" if lost else ""


def probability(p: float) -> str:
    """0.04, 0.003, < 0.001: no more digits than matter."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.01 else f"= {p:.2f}"
