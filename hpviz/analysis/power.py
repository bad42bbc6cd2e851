"""Would more seeds tell two values apart? How probable that is, and how many it would take.

It follows from the difference seen so far and from what blurs it, as the predictive power of interim analyses does
(Spiegelhalter, Freedman & Blackburn, 1986): the difference is the best guess of the one to come, the seeds to come
shift it as far as seeds spread, and then it has to stand out from Tukey's range over all values (`noise.compare`). The
luck of the test images counts too, and no seed lessens it: on 600 of them, no number of seeds tells 80 from 82% apart.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import NormalDist, fmean
from typing import Generic, Literal

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.noise import ALPHA, Noise, Value, compare, noise
from hpviz.analysis.student import below, critical
from hpviz.analysis.trails import Trail

Standing = Literal["different", "not worth more", "open"]

# More seeds are worth it as long as they make it so much more probable that a pair is told apart. Trials are stopped
# for futility at 0.1 to 0.2. At 0.2 `benchmarks.next_run` takes a sixth fewer runs than at 0.1, and still gives the
# verdicts of a whole grid more often than another whole grid does.
WORTH = 0.2

# As many seeds of a value as a comparison is likely to get. Ten leave less than half the blur of two.
MOST_SEEDS = 10

# How far a value that was never run may lie from the others: the standard deviation of an accuracy. Of the article's
# four studies the values of two lie further apart, of two less far.
NEVER_RUN = 0.1

# More degrees of freedom shorten the range by less than 3%, and each number of them takes a while to work out.
MOST_FREEDOM = 60

# A pair that would take more seeds than anybody trains might as well take any number.
MOST_TOLD = 1_000

# Whoever plans wants to find a difference four times in five (Cohen, 1988).
SURELY = 0.8

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class OutOfReach(Generic[Value]):
    """Two values that no affordable number of seeds tells apart; about `seeds` of each would (None: no number would).

    `difference` is the mean of `first` less that of `second`.
    """

    first: Value
    second: Value
    difference: float
    seeds: int | None


def seeds_for(apart: float, blur: Noise[Value], values: int) -> int | None:
    """How many seeds of each of so many values it takes to tell two that are truly so far `apart` (0..1) from each
    other, four times in five; None if no number would. The two are as blurred as any pair is on average.
    """
    seed, images = fmean(blur.seed.values()), fmean(blur.images.values())
    return _seeds(apart, 2 * seed, images, values, NormalDist().inv_cdf(SURELY))


def _seeds(apart: float, of_seeds: float, of_images: float, values: int, beyond: float = 0.0) -> int | None:
    """Of how many seeds the range is exceeded by so many standard errors."""
    far = critical(ALPHA, MOST_FREEDOM, max(2, values)) + beyond
    left = (apart / far) ** 2 - of_images
    needed = max(of_seeds / left, 2.0) if left > 0 else math.inf
    return math.ceil(needed) if needed <= MOST_TOLD else None


class Power(Generic[Value]):
    """Of every two values on a screen: are they told apart, and how probably would more seeds do it?

    `groups`, `lost` and `trails` are as `noise.compare` takes them, but that values without a run count too, as empty.
    `most` is as many seeds as a value gets. Raises ValueError unless `test_images` is positive.
    """

    def __init__(
        self,
        groups: Mapping[Value, Sequence[float]],
        test_images: int,
        lost: Mapping[Value, int] | None = None,
        most: int = MOST_SEEDS,
        trails: Mapping[Value, Trail] | None = None,
    ) -> None:
        self.values, self.most = list(groups), most
        self.pairs = list(combinations(self.values, 2))
        self.one, self.other = np.array(list(combinations(range(len(groups)), 2)), int).reshape(-1, 2).T
        self.have = np.array([float(len(each)) for each in groups.values()])
        self._blur = noise(groups, test_images, lost, trails)
        self._seed = np.array([self._blur.seed[value] for value in groups])
        self._images = np.array([self._blur.images[pair] for pair in self.pairs])
        overall = fmean([figure for each in groups.values() for figure in each] or [0.0])
        means = np.array([fmean(each) if each else overall for each in groups.values()])
        self.differences = means[self.one] - means[self.other]
        pairs = compare(groups, test_images, lost=lost, trails=trails)
        apart = {(pair.first, pair.second) for pair in pairs if pair.verdict == "different"}
        self.different = np.array([pair in apart for pair in self.pairs], bool)

    def chances(self, seeds: Counts) -> Counts:
        """How probably each pair (column) is told apart once each value has as many seeds, row by row.

        0 where a value would have less than two seeds.
        """
        tested = np.minimum(seeds[:, self.one], seeds[:, self.other]) > 1
        left = self._seed / np.maximum(seeds, 1)
        shifts = np.where(self.have, self._seed / np.maximum(self.have, 1) - left, NEVER_RUN**2 + left)
        reach = self._range(seeds)[:, None] * np.sqrt(left[:, self.one] + left[:, self.other] + self._images)
        shift = np.sqrt(np.maximum(shifts[:, self.one] + shifts[:, self.other], 1e-20))
        apart = np.abs(self.differences)
        return np.where(tested, below((apart - reach) / shift) + below((-apart - reach) / shift), 0.0)

    @cached_property
    def at_most(self) -> Counts:
        """How probably the whole grid would tell each pair apart: every value under the most seeds."""
        return np.asarray(self.chances(np.maximum(self.have, self.most)[None])[0])

    def in_play(self, seeds: Counts) -> NDArray[np.bool_]:
        """The pairs that are worth more seeds, once each value has as many as are given here."""
        has_room = np.minimum(seeds[self.one], seeds[self.other]) < self.most
        is_worth = self.at_most - self.chances(seeds[None])[0] >= WORTH
        return np.asarray(~self.different & has_room & is_worth)

    @cached_property
    def standing(self) -> dict[tuple[Value, Value], Standing]:
        """Where every two values stand now. A pair is open if the whole grid would tell it apart one time in five."""
        has_room = np.minimum(self.have[self.one], self.have[self.other]) < self.most
        is_open = has_room & (self.at_most >= WORTH)
        return {
            pair: "different" if different else "open" if more else "not worth more"
            for pair, different, more in zip(self.pairs, self.different, is_open, strict=True)
        }

    @cached_property
    def out_of_reach(self) -> tuple[OutOfReach[Value], ...]:
        """The pairs of values with runs that are not worth more seeds, the furthest apart first."""
        found = [
            OutOfReach(*pair, float(self.differences[place]), self._needed(place))
            for place, pair in enumerate(self.pairs)
            if self.standing[pair] == "not worth more" and min(self.have[self.one[place]], self.have[self.other[place]])
        ]
        return tuple(sorted(found, key=lambda each: -abs(each.difference)))

    def _needed(self, place: int) -> int | None:
        """Of how many seeds each the pair is told apart as often as not, if it differs as much as it seems to."""
        one, other = self.one[place], self.other[place]
        apart, of_seeds = float(self.differences[place]), float(self._seed[one] + self._seed[other])
        return _seeds(apart, of_seeds, float(self._images[place]), len(self.values))

    def _range(self, seeds: Counts) -> Counts:
        """How many standard errors a difference has to have, row by row."""
        means = (seeds > 1).sum(axis=1)
        added = self._blur.looks * (np.maximum(seeds, 1) - np.maximum(self.have, 1)).sum(axis=1)
        freedom = np.minimum(self._blur.freedom + added, MOST_FREEDOM)
        return np.array([critical(ALPHA, int(free), max(2, int(of))) for free, of in zip(freedom, means, strict=True)])
