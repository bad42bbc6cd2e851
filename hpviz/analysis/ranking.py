"""Which value is ahead, asked honestly: are there equals, and does noise tell it from the others?"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Generic, TypeVar

from hpviz.analysis.noise import ALPHA, compare, contrast
from hpviz.analysis.trails import Trail
from hpviz.notation import figure

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True)
class Leader(Generic[Value]):
    """The value of the highest (or lowest) `mean`.

    `equals` have the same mean as it is written, so that none of them is ahead; `alike` are all that noise does not
    tell from it, the equals among them.
    """

    value: Value
    mean: float
    equals: tuple[Value, ...]
    alike: tuple[Value, ...]


def leader(
    accuracies: Mapping[Value, Sequence[float]],
    test_images: int | None,
    lost: Mapping[Value, int] | None = None,
    trails: Mapping[Value, Trail] | None = None,
) -> Leader[Value] | None:
    """The value of the highest mean accuracy (0..1), of at least one; where it is not known on how many images the
    accuracies were measured, nothing is told from it. `lost` and `trails` are as `noise.compare` takes them.
    """
    groups = {value: each for value, each in accuracies.items() if each}
    if not groups:
        return None
    first = max(groups, key=lambda value: fmean(groups[value]))
    pairs = compare(groups, test_images, lost=lost, trails=trails) if test_images else []
    apart = [{pair.first, pair.second} for pair in pairs if pair.verdict == "different"]
    different = set().union(*(pair for pair in apart if first in pair))
    return _leader(groups, first, different, "{:.1%}".format)


def lowest(losses: Mapping[Value, Sequence[float]]) -> Leader[Value] | None:
    """The value of the lowest mean loss (nats)."""
    groups = {value: each for value, each in losses.items() if each}
    if not groups:
        return None
    first = min(groups, key=lambda value: fmean(groups[value]))
    repeated = [value for value, each in groups.items() if len(each) > 1]
    different = {
        value
        for value in repeated
        if first in repeated and value != first
        if contrast(groups, {value: 1, first: -1}, means=len(repeated)).p <= ALPHA
    }
    return _leader(groups, first, different, partial(figure, decimals=2))


def only_highest(figures: Sequence[float | None]) -> int | None:
    """The place of the one highest figure; None if there is no figure, or two that are equal."""
    known = [figure for figure in figures if figure is not None]
    if not known or known.count(max(known)) > 1:
        return None
    return list(figures).index(max(known))


def _leader(
    groups: Mapping[Value, Sequence[float]], first: Value, different: set[Value], written: Callable[[float], str]
) -> Leader[Value]:
    means = {value: fmean(each) for value, each in groups.items()}
    others = [value for value in groups if value != first]
    equals = tuple(value for value in others if written(means[value]) == written(means[first]))
    alike = tuple(value for value in others if value not in different or value in equals)
    return Leader(first, means[first], equals, alike)
