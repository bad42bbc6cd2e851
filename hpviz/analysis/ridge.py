"""The ridge of a grid: for each value of the second hyperparameter the best of the first, and how sure that is.

Its uncertainty is a set: the values whose accuracies noise does not tell from the best one's, by the test of `noise`,
corrected for the values of a column; the spread of seeds is pooled over the whole grid. Where a column has one seed a
cell, the luck of the test images is all there is to go by, and the set may be too small. Between the values tried, the
top of a parabola through the best and its two neighbours says where the optimum lies, along the axis's own scale.

The slope of the ridge is a straight line through those tops. Its interval comes from drawing the grid again a thousand
times, with the error that each mean has (a parametric bootstrap), and looking for tops and slope in each anew. It
leaves room for tops that are no parabolas, so it covers the truth somewhat more often than it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.grid import Grid, Place, places
from hpviz.analysis.noise import ALPHA, KNOWN, apart_by_images, contrast, sampling_error
from hpviz.analysis.words import listed, name_of
from hpviz.hyperparameters import HYPERPARAMETERS, Value, spell

DRAWS = 1_000
# Tops are no parabolas: how far, in steps between values, the optimum may lie from where a parabola has it. It can lie
# no further than half a step from the best value, or another one would be best.
OFF_BY = 0.25


@dataclass(frozen=True)
class Rule:
    """A power law for the best value of one hyperparameter by another: `first` ∝ `second` to the power `power`.

    `short` is what a chart writes beside its line.
    """

    name: str
    short: str
    power: float
    source: str


RULES: Mapping[tuple[str, str], tuple[Rule, ...]] = {
    ("learning_rate", "batch_size"): (
        Rule("linear rule", "∝ batch", 1.0, "Goyal et al., 2017"),
        Rule("square-root rule", "∝ √batch", 0.5, "Krizhevsky, 2014; for Adam Malladi et al., 2022"),
    )
}


@dataclass(frozen=True)
class Best:
    """The best value of the first hyperparameter under one value of the second.

    `value` is None on a tie, of which `equals` are all members. `alike` are the values that noise does not tell from
    the best, itself among them. `top` is where the optimum lies on the axis of `grid.places`: None on a tie and at the
    `edge` of what was tried, where it may lie beyond. `by_images` says that one seed a cell was all there was.
    """

    value2: Value
    value: Value | None
    mean: float
    equals: tuple[Value, ...]
    alike: tuple[Value, ...]
    top: float | None
    edge: bool
    by_images: bool


def ridge(grid: Grid) -> list[Best]:
    """The best of every column that has two values with a result, in the order of the columns."""
    columns = ((value2, grid.column(value2)) for value2 in grid.values2)
    return [_best(grid, value2, column) for value2, column in columns if len(column) > 1]


def _best(grid: Grid, value2: Value, column: Mapping[Value, Sequence[float]]) -> Best:
    means = {value: fmean(each) for value, each in column.items()}
    first = max(means, key=lambda value: means[value])
    equals = tuple(value for value in means if f"{means[value]:.1%}" == f"{means[first]:.1%}")
    by_images = all(len(each) == 1 for each in column.values())
    alike = tuple(value for value in means if value in equals or not _is_apart(grid, value2, column, value, first))
    edge = first in _open_ends(grid.first, list(means))
    tied = len(equals) > 1
    return Best(
        value2=value2,
        value=None if tied else first,
        mean=means[first],
        equals=equals if tied else (),
        alike=alike,
        top=None if tied or edge else _top(grid, means, first),
        edge=edge and not tied,
        by_images=by_images,
    )


def _is_apart(grid: Grid, value2: Value, column: Mapping[Value, Sequence[float]], value: Value, first: Value) -> bool:
    """Whether a value of a column is beyond noise worse than its best one."""
    if value == first or grid.test_images is None:
        return False
    if all(len(each) == 1 for each in column.values()):
        return apart_by_images(column[first][0], column[value][0], grid.test_images, len(column))
    repeated = [each for each in column if len(column[each]) > 1]
    if value not in repeated or first not in repeated:
        return False  # one seed never shows a difference
    weights = {(first, value2): 1.0, (value, value2): -1.0}
    found = contrast(
        grid.judged, weights, grid.test_images, means=len(repeated), spread=grid.spread, trails=grid.trails
    )
    return found.p <= ALPHA


def _open_ends(field: str, values: Sequence[Value]) -> tuple[Value, ...]:
    """The first and the last of the values that were tried, but for one where the range ends by nature."""
    each = HYPERPARAMETERS[field]
    if each.kind is None:
        return ()
    return tuple(value for value in (values[0], values[-1]) if value != each.natural_end)


def _top(grid: Grid, means: Mapping[Value, float], first: Value) -> float:
    """Where the parabola through the best value and its neighbours is highest; the value itself if it has not two."""
    on_axis = places(grid.first, grid.values)
    tried = list(means)
    place = tried.index(first)
    if HYPERPARAMETERS[grid.first].kind is None or not 0 < place < len(tried) - 1:
        return on_axis[first]
    heights = np.array([[means[value] for value in tried]])
    return float(_tops(heights, np.array([on_axis[value] for value in tried]))[0])


def _tops(heights: NDArray[np.float64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """The top of each row of heights: by parabola, or at the end where that is highest."""
    rows = np.arange(len(heights))
    best = heights.argmax(axis=1)
    middle = best.clip(1, len(where) - 2)
    left, right = where[middle - 1] - where[middle], where[middle + 1] - where[middle]
    below, above = (heights[rows, middle + step] - heights[rows, middle] for step in (-1, 1))
    curved = left * right * (below * right - above * left)
    shift = np.divide(
        above * left**2 - below * right**2,
        2 * (above * left - below * right),
        out=np.zeros(len(rows)),
        where=curved != 0,
    )
    tops: NDArray[np.float64] = np.where(best == middle, where[middle] + shift, where[best])
    return tops


# The slope


@dataclass(frozen=True)
class Slope:
    """The power of the second hyperparameter with which the best of the first goes, with its 95% interval.

    It rests on the columns `values2`; `left_out` are those whose best is at the edge or tied. `by_images` says that no
    cell has two seeds, so that only the luck of the test images is in the interval.
    """

    power: float
    low: float
    high: float
    values2: tuple[Value, ...]
    left_out: tuple[Value, ...]
    by_images: bool

    def agrees(self, power: float) -> bool:
        return self.low <= power <= self.high


def slope(grid: Grid, bests: Sequence[Best]) -> Slope | None:
    """The ridge's slope along two logarithmic axes; None with fewer than two columns that have a top."""
    if not all(HYPERPARAMETERS[field].scale == "log" for field in (grid.first, grid.second)):
        return None
    used = [best for best in bests if best.top is not None and len(grid.column(best.value2)) > 2]
    if len(used) < 2 or grid.test_images is None:
        return None
    errors, freedom = _errors(grid)
    random = np.random.default_rng(0)
    scale = np.sqrt(freedom / random.chisquare(freedom, DRAWS))
    drawn = np.stack([_drawn_tops(grid, best.value2, errors, scale, random) for best in used])
    across = places(grid.second, grid.values2)
    where = np.array([across[best.value2] for best in used])
    weights = 1 / drawn.var(axis=1)
    slopes = _slopes(drawn, where, weights)
    power = _slopes(np.array([[best.top] for best in used], dtype=float), where, weights)[0]
    low, high = np.quantile(slopes, [ALPHA / 2, 1 - ALPHA / 2])
    used_values = tuple(best.value2 for best in used)
    left_out = tuple(best.value2 for best in bests if best.value2 not in used_values)
    return Slope(float(power), float(low), float(high), used_values, left_out, freedom == KNOWN)


def _errors(grid: Grid) -> tuple[dict[Place, float], int]:
    """The standard error of each cell's mean, and on how many degrees of freedom they rest."""
    images, judged = grid.test_images or 1, grid.judged
    if grid.spread is None:
        return {place: sampling_error(each[0], images) for place, each in judged.items()}, KNOWN
    found = {place: contrast(judged, {place: 1.0}, images, spread=grid.spread) for place in judged}
    return {place: each.error for place, each in found.items()}, max(each.freedom for each in found.values())


def _drawn_tops(
    grid: Grid,
    value2: Value,
    errors: Mapping[Place, float],
    scale: NDArray[np.float64],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """The tops of one column, drawn again with the errors of its means and that of taking them for parabolas."""
    column = grid.column(value2)
    on_axis = places(grid.first, grid.values)
    where = np.array([on_axis[value] for value in column])
    means = np.array([fmean(each) for each in column.values()])
    error = np.array([errors[value, value2] for value in column])
    noise = random.standard_normal((len(scale), len(means))) * error * scale[:, None]
    off = OFF_BY * float(np.diff(where).mean())
    tops: NDArray[np.float64] = _tops(means + noise, where) + random.uniform(-off, off, len(scale))
    return tops


def _slopes(tops: NDArray[np.float64], where: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The slope of a weighted straight line through the tops, a column of them a draw."""
    centred = where - np.average(where, weights=weights)
    slopes: NDArray[np.float64] = (weights * centred) @ tops / (weights * centred @ centred)
    return slopes


# Lines to hold against it


@dataclass(frozen=True)
class RuleLine:
    """A rule drawn through the top of one column: (where along the second axis, where along the first)."""

    rule: Rule
    points: tuple[tuple[float, float], tuple[float, float]]


def rule_lines(grid: Grid, bests: Sequence[Best]) -> list[RuleLine]:
    """The rules for these two hyperparameters, through the top of the column where it is best determined."""
    rules, anchor = RULES.get((grid.first, grid.second), ()), anchor_of(grid, bests)
    if anchor is None or anchor.top is None:
        return []
    along, across = places(grid.first, grid.values), places(grid.second, grid.values2)
    reach = _half_step(list(across.values()))
    low, high = min(along.values()), max(along.values())
    slack = _half_step(list(along.values()))
    lines = []
    for rule in rules:
        at, top = across[anchor.value2], anchor.top
        # As far as the grid goes, to the side and up and down.
        span = sorted(at + (end - top) / rule.power for end in (low - slack, high + slack))
        left, right = max(span[0], min(across.values()) - reach), min(span[1], max(across.values()) + reach)
        lines.append(RuleLine(rule, tuple((x, top + rule.power * (x - at)) for x in (left, right))))  # type: ignore[arg-type]
    return lines


def anchor_of(grid: Grid, bests: Sequence[Best]) -> Best | None:
    """The column whose best value has the fewest that are like it; of several that nearest the middle of the axis."""
    known = [best for best in bests if best.top is not None]
    across = places(grid.second, grid.values2)
    middle = (min(across.values()) + max(across.values())) / 2
    return min(known, key=lambda best: (len(best.alike), abs(across[best.value2] - middle)), default=None)


def _half_step(where: Sequence[float]) -> float:
    return (max(where) - min(where)) / (len(where) - 1) / 2 if len(where) > 1 else 0.5


# Sentences


def told(best: Best) -> str:
    """What a column's best is, in words for a table: 1e-3; 1e-2, at the edge of what was tried; none, …"""
    if best.value is None:
        return f"none: {listed([spell(value) for value in best.equals])} are equal"
    return spell(best.value) + (", at the edge: better ones may lie beyond" if best.edge else "")


def ridge_columns(grid: Grid) -> tuple[str, ...]:
    """What `ridge_rows` tells of each column of the grid."""
    first, second = (HYPERPARAMETERS[field].label for field in (grid.first, grid.second))
    return second, f"best {first[:1].lower()}{first[1:]}", "accuracy", "alike", "optimum by parabola"


def ridge_rows(grid: Grid, bests: Sequence[Best]) -> list[tuple[str, ...]]:
    """A row a column of the grid: its best value, the accuracy there, what noise does not tell from it, the optimum."""
    return [
        (
            spell(best.value2),
            told(best),
            f"{best.mean:.1%}",
            ", ".join(map(spell, best.alike)),
            _optimum(best, grid.first),
        )
        for best in bests
    ]


def _optimum(best: Best, field: str) -> str:
    """Where the parabola has its top, to two digits; words lie on no line."""
    if best.top is None or HYPERPARAMETERS[field].kind is None:
        return "–"
    return spell(float(f"{10**best.top if HYPERPARAMETERS[field].scale == 'log' else best.top:.2g}"))


def resting_on(bests: Sequence[Best]) -> str:
    """What the sets of alike values rest on, in a sentence; empty without a column."""
    if not bests:
        return ""
    if all(best.by_images for best in bests):
        return (
            "One seed a cell: what is called alike is so by the luck of the test images alone; seeds spread too, so "
            "more values may be."
        )
    some = (
        " Columns of one seed a cell go by the luck of the test images alone."
        if any(b.by_images for b in bests)
        else ""
    )
    return f"Alike: not told from the best at 95%, by the spread of seeds and the luck of the test images.{some}"


def verdict(grid: Grid, bests: Sequence[Best]) -> str:
    """Whether the ridge goes as a rule has it, in a sentence; empty where there are no rules for the two."""
    rules = RULES.get((grid.first, grid.second), ())
    if not rules:
        return ""
    found = slope(grid, bests)
    first, second = (HYPERPARAMETERS[field].label.lower() for field in (grid.first, grid.second))
    if found is None:
        return (
            f"Whether the best {first} goes with the {second} cannot be told yet: that takes two columns whose best "
            "value lies between others that were tried."
        )
    choices = {"no dependence (0)": 0.0} | {f"the {rule.name} ({_power(rule.power)})": rule.power for rule in rules}
    yes = [name for name, power in choices.items() if found.agrees(power)]
    no = [name for name in choices if name not in yes]
    power, low, high = (
        f"{round(each, 2) + 0.0:.2f}".replace("-", "−") for each in (found.power, found.low, found.high)
    )
    opening = f"The best {first} goes as {second} to the power {power} ({low} to {high} at 95%)"
    if not yes:
        outcome = f"which agrees with none of {listed(no)}."
    elif len(yes) == 1:
        outcome = f"which agrees with {yes[0]} and not with {' or '.join(no)}."
    else:
        outcome = f"which cannot tell {listed(yes)} apart" + (f" and rules out {listed(no)}." if no else ".")
    return " ".join([f"{opening}, {outcome}", *_caveats(found, grid)])


def _power(power: float) -> str:
    return "½" if power == 0.5 else f"{power:g}"


def _caveats(found: Slope, grid: Grid) -> list[str]:
    said = []
    if found.left_out:
        names = listed([name_of(grid.second, value) for value in found.left_out])
        said.append(f"Without {names}, whose best is at the edge, tied or between too few values.")
    if found.by_images:
        said.append("One seed a cell: only the luck of the test images is in that interval.")
    return said
