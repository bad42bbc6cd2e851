"""Which run next? The runs that are expected to settle most of what is open between values, for the least time.

A pair of values is settled if noise tells it apart, and not worth more if even the whole grid would hardly do so
(`analysis.power`); what is between is open. Runs are picked greedily, by how many open pairs they are expected to
settle a second, looking several seeds of one value or of two ahead.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.noise import Value
from hpviz.analysis.power import MOST_SEEDS, WORTH, Counts, OutOfReach, Power, Standing
from hpviz.analysis.trails import Trail
from hpviz.analysis.words import listed, plural

# Seeds that are looked ahead, besides all that are left: a pair may take several before anything comes of them.
AHEAD = (1, 2, 4)

# A step that is expected to settle less is left, even if there is time for it.
LEAST = WORTH / 2


@dataclass(frozen=True)
class NextRun(Generic[Value]):
    """A run to train: the `seconds` it takes (None: not known), the pairs it helps to `settle`, and why."""

    value: Value
    seed: int
    seconds: float | None
    settles: tuple[tuple[Value, Value], ...]
    why: str


@dataclass(frozen=True)
class Advice(Generic[Value]):
    """The `runs` to train in the time given, in order, and those for which it takes more time (`later`).

    `standing` is where every two values stand now; `out_of_reach` are those that seeds will hardly tell apart.
    """

    runs: tuple[NextRun[Value], ...]
    later: tuple[NextRun[Value], ...]
    standing: Mapping[tuple[Value, Value], Standing]
    out_of_reach: tuple[OutOfReach[Value], ...]


@dataclass(frozen=True)
class Known(Generic[Value]):
    """What is known of the values of a list, in its order.

    `accuracies` (0..1, one a seed), `test_images`, `lost` and `trails` are as `noise.compare` takes them, but that
    values without a run are there too, with none. `seconds` is what one run takes, `under_way` how many runs wait or
    train already, `taken` which seeds are not to be named again, `names` what sentences call the values.
    """

    accuracies: Mapping[Value, Sequence[float]]
    test_images: int
    seconds: Mapping[Value, float | None]
    names: Mapping[Value, str]
    lost: Mapping[Value, int]
    under_way: Mapping[Value, int]
    taken: Mapping[Value, Collection[int]]
    trails: Mapping[Value, Trail] = field(default_factory=dict)


def advise(known: Known[Value], budget: float, first_seed: int = 0, most: int = MOST_SEEDS) -> Advice[Value]:
    """What to train in `budget` seconds, and what with more time.

    Every value gets a first seed before any gets another. What is under way counts as trained. Where nobody knows how
    long any of the runs takes, the first step alone is for now. Raises ValueError unless there are test images.
    """
    power = Power(known.accuracies, known.test_images, known.lost, most, known.trails)
    steps = list(_steps(power, known, budget))
    count = sum(int((step.after - step.before).sum()) for step in steps if step.fits)
    runs = tuple(_runs(steps, power, known, first_seed))
    return Advice(runs[:count], runs[count:], power.standing, power.out_of_reach)


def next_run(known: Known[Value], first_seed: int = 0, most: int = MOST_SEEDS) -> NextRun[Value] | None:
    """The run that `advise` names first if there is time enough; None if no run is worth it."""
    power = Power(known.accuracies, known.test_images, known.lost, most, known.trails)
    return next(_runs(_steps(power, known, math.inf), power, known, first_seed), None)


@dataclass(frozen=True)
class _Step:
    """From so many seeds of each value to more, how probable each pair is then and now, and whether there is time."""

    before: Counts
    after: Counts
    odds: tuple[Counts, Counts]
    fits: bool


def _prices(known: Known[Value]) -> Counts | None:
    """Seconds a run, by value; one that is not known is taken for the dearest. None if none is known."""
    seconds = [known.seconds.get(value) for value in known.accuracies]
    dearest = max((each for each in seconds if each is not None), default=None)
    if dearest is None:
        return None
    return np.array([max(dearest if each is None else each, 1e-3) for each in seconds])


def _steps(power: Power[Value], known: Known[Value], budget: float) -> Iterator[_Step]:
    """First those that fit into the budget, then, as if there were time without end, those that do not."""
    prices = _prices(known)
    seeds = power.have + np.array([float(known.under_way.get(value, 0)) for value in power.values])
    if prices is None:
        for place, step in enumerate(_all_steps(power, seeds, np.ones(len(seeds)), math.inf)):
            yield replace(step, fits=not place)
        return
    for step in _all_steps(power, seeds, prices, budget):
        yield step
        seeds = step.after
    for step in _all_steps(power, seeds, prices, math.inf):
        yield replace(step, fits=False)


def _all_steps(power: Power[Value], seeds: Counts, prices: Counts, left: float) -> Iterator[_Step]:
    first = seeds.copy()
    for place in np.flatnonzero(seeds == 0):
        if prices[place] <= left:
            first[place], left = 1, left - prices[place]
    if (first > seeds).any():
        yield _step(power, seeds, first)
        seeds = first
    while (best := _best(power, seeds, prices, left)) is not None:
        yield _step(power, seeds, best)
        left -= float((best - seeds) @ prices)
        seeds = best


def _step(power: Power[Value], before: Counts, after: Counts) -> _Step:
    odds = power.chances(np.stack([before, after]))
    return _Step(before, after, (odds[0], odds[1]), fits=True)


def _best(power: Power[Value], seeds: Counts, prices: Counts, left: float) -> Counts | None:
    """The seeds after the step that settles most a second, of those that fit; None if none is worth it."""
    wanted = power.in_play(seeds)
    options = _options(power, seeds, wanted)
    if not len(options):
        return None
    costs = (options - seeds) @ prices
    gains = (power.chances(options) - power.chances(seeds[None]))[:, wanted].sum(axis=1)
    # Rounded, so that what is equal stays equal on every machine; of equals the first of the list, with fewest seeds.
    rates = np.where((costs <= left) & (gains >= LEAST), np.round(gains / costs, 9), -1.0)
    best = int(np.argmax(rates))
    return options[best] if rates[best] > 0 else None


def _options(power: Power[Value], seeds: Counts, wanted: NDArray[np.bool_]) -> Counts:
    """More seeds of one value, or of two that are to be told apart; none beyond the most."""
    pairs = [(power.one[place], power.other[place]) for place in np.flatnonzero(wanted)]
    groups = [[place] for place in sorted({place for pair in pairs for place in pair})] + [list(pair) for pair in pairs]
    options = []
    for more in (*AHEAD, power.most):
        for group in groups:
            option = seeds.copy()
            option[group] = np.maximum(np.minimum(option[group] + more, power.most), option[group])
            if (option > seeds).any():
                options.append(option)
    return np.array(options)


# What the steps come to


def _runs(
    steps: Iterable[_Step], power: Power[Value], known: Known[Value], first_seed: int
) -> Iterator[NextRun[Value]]:
    """The runs of the steps, one seed of every value after the other."""
    free = {value: _free(known.taken.get(value, ()), first_seed) for value in power.values}
    for step in steps:
        for place in _in_turn(step):
            value = power.values[place]
            yield NextRun(value, next(free[value]), known.seconds.get(value), *_purpose(step, place, power, known))


def _free(taken: Collection[int], first: int) -> Iterator[int]:
    return (seed for seed in count(first) if seed not in taken)


def _in_turn(step: _Step) -> Iterator[int]:
    """The places of a step's runs: whoever has fewest seeds goes first."""
    seeds = step.before.copy()
    while (step.after > seeds).any():
        place = int(np.argmin(np.where(step.after > seeds, seeds, np.inf)))
        seeds[place] += 1
        yield place


def _purpose(
    step: _Step, place: int, power: Power[Value], known: Known[Value]
) -> tuple[tuple[tuple[Value, Value], ...], str]:
    """The pairs that a run of this step helps to settle, the likeliest first, and a sentence on that one."""
    before, after = step.odds
    more = np.where((power.one == place) | (power.other == place), after - before, 0.0)
    helped = [
        int(each) for each in np.argsort(-more, kind="stable") if more[each] >= LEAST and not power.different[each]
    ]
    name = known.names[power.values[place]]
    if not step.before[place]:
        return (), f"{name} has no run yet."
    return tuple(power.pairs[each] for each in helped), _why(step, name, helped[:1], power, known)


def _why(step: _Step, name: str, helped: Sequence[int], power: Power[Value], known: Known[Value]) -> str:
    if not helped:
        return f"More seeds of {name} tell how far seeds spread."
    (pair,) = helped
    one, other = (known.names[value] for value in power.pairs[pair])
    places = [power.one[pair], power.other[pair]]
    seeds = " and ".join(str(int(each)) for each in dict.fromkeys(step.after[places]))
    if not power.have[places].all():
        return f"One seed shows no difference: {seeds} may tell {one} from {other}."
    return (
        f"{one} and {other} are {100 * abs(power.differences[pair]):.1f} points apart so far; {seeds} seeds would tell "
        f"them apart with a probability of {min(step.odds[1][pair], 0.99):.0%}."
    )


# In words


def brief(runs: Sequence[NextRun[Value]], names: Mapping[Value, str]) -> str:
    """The runs in a line: +1 seed of 1e-4 and 1e-3, +2 seeds of 1e-2."""
    added: dict[Value, int] = {}
    for run in runs:
        added[run.value] = added.get(run.value, 0) + 1
    counts = sorted(set(added.values()))
    of = {each: listed([names[value] for value in names if added.get(value) == each]) for each in counts}
    return ", ".join(f"+{plural(each, 'seed')} of {of[each]}" for each in counts)


def why_not(pair: OutOfReach[Value], names: Mapping[Value, str], test_images: int) -> str:
    """What it would take to tell two values apart that are hardly apart: some 40 seeds of each, or more test images."""
    points = 100 * abs(pair.difference)
    apart = f"{points:.1f} points apart" if points >= 0.05 else "equal so far"
    what = f"{names[pair.first]} and {names[pair.second]} are {apart}"
    if pair.seeds is None:
        return f"{what}: on {plural(test_images, 'test image')} no number of seeds would tell."
    return f"{what}: some {_rounded(pair.seeds)} seeds of each would be needed to tell."


def _rounded(count: int) -> int:
    """To one digit, upwards: 37 seeds are some 40."""
    power: int = 10 ** (len(str(count)) - 1)
    return math.ceil(count / power) * power
