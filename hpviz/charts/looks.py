"""How a comparison looks: one colour a value, the same in every chart, and dashes where colours do not suffice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.learning_curve import has_place, is_learning_curve, place_of
from hpviz.analysis.words import spell
from hpviz.charts.curves import Axis, Look
from hpviz.charts.isolation import Ground, is_logarithmic
from hpviz.charts.palette import CHANCE, DIVERGED, INK, on_ramp, places, position
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import Run
from hpviz.spec import ARTICLE_KERNELS

# So many colours of one ramp are told apart at a glance, and none that stand closer on it than these do.
COLOURS_ALONE, LEAST_APART = 5, 0.22
# Solid, dashed, dotted, dash-dot: neighbours on the ramp never share one.
DASHES: tuple[tuple[float, ...], ...] = ((1, 0), (7, 3), (2, 2.5), (9, 3, 2, 3))
# The article's three widths have one place among the others: their mean.
ARTICLE_WIDTH = sum(ARTICLE_KERNELS) / len(ARTICLE_KERNELS)


# What tells a label's colour: its values of the fields that differ.
Values = tuple[Any, ...]


def look_of(
    comparison: Comparison,
    x: Axis,
    log_loss: bool,
    dark: bool,
    reach: float = 0.0,
    shown: Mapping[Values, float] | None = None,
) -> Look:
    """The look of a comparison's curves along `x`, runs without an epoch yet among them, which `reach` so far.

    `shown` are the places of colours that are on the screen already (`places_of`), so that each keeps its own.
    """
    by_label = colours_by_label(comparison, dark, shown)
    colours = tuple(by_label[label] for label in comparison.named)
    ends = [run["epochs"][0][x] * comparison.end(run) for run in comparison.runs] if x != "seconds" else []
    ends += [reach] if reach and x != "seconds" else []
    return Look(
        labels=tuple(comparison.named),
        colours=colours,
        legend=comparison.legend,
        x=x,
        x_max=max(ends, default=None),
        log_loss=log_loss,
        chance=comparison.chance,
        chance_colour=CHANCE[dark],
        diverged_colour=DIVERGED[dark],
        dashes=dashes_of(colours, is_crowded(places_of(comparison, shown).values())),
        ink=INK[dark],
    )


def ground_of(comparison: Comparison, dark: bool, shown: Mapping[Values, float] | None = None) -> Ground | None:
    """What the isolation plot stands on, or None unless one number, or a word that is studied, is all that differs."""
    if len(comparison.differing) != 1:
        return None
    field, firsts = comparison.differing[0], [runs[0] for runs in comparison.groups.values()]
    values = [run["spec"][field] for run in firsts]
    hyperparameter, study = HYPERPARAMETERS[field], comparison.study
    as_words = study is not None and hyperparameter.kind is None
    if any(isinstance(value, str) != as_words for value in values) or not all(has_place(run, field) for run in firsts):
        return None
    numbers = [place_of(run, field) for run in firsts]
    return Ground(
        title=hyperparameter.label + (" (px)" if hyperparameter.knob.unit == "px" else ""),
        values=tuple(numbers),
        labels=tuple(comparison.groups),
        colours=tuple(colours_by_label(comparison, dark, shown)[label] for label in comparison.groups),
        logarithmic=hyperparameter.scale == "log" and (study is not None or is_logarithmic(numbers)),
        chance=comparison.chance,
        chance_colour=CHANCE[dark],
        diverged_colour=DIVERGED[dark],
        ink=INK[dark],
        ticks=tuple("all" if value is None else spell(value) for value in values),
        errors=is_learning_curve(comparison),
    )


def is_crowded(ramp: Iterable[float]) -> bool:
    """Whether two colours stand closer than is told apart at a glance."""
    return any(high - low < LEAST_APART for low, high in pairwise(sorted(ramp)))


def dashes_of(colours: Sequence[str], crowded: bool = False) -> tuple[tuple[float, ...], ...]:
    """A pattern for each line: none while every line has a colour of its own, they are few and not `crowded`.

    Lines of one colour, such as one value recorded on two machines, differ in their pattern.
    """
    order = {each: place for place, each in enumerate(dict.fromkeys(colours))}
    many = crowded or len(order) > COLOURS_ALONE
    if not many and len(order) == len(colours):
        return ()
    seen: Counter[str] = Counter()
    dashes = []
    for each in colours:
        dashes.append(DASHES[((order[each] if many else 0) + seen[each]) % len(DASHES)])
        seen[each] += 1
    return tuple(dashes)


def places_of(comparison: Comparison, shown: Mapping[Values, float] | None = None) -> dict[Values, float]:
    """Where the comparison's values stand on the ramp of colours, those out of sight too; `shown` ones as before.

    To be kept while a page is open, and given again when a value has joined.
    """
    order = list(dict.fromkeys(_by_label(comparison).values()))
    study = comparison.study
    if study is None:
        return places(order, shown)
    place = HYPERPARAMETERS[study.field].place
    numbers = {(value,): ARTICLE_WIDTH if value == "article" else place(value) for (value,) in order}
    along = {values: position(number, study.places) for values, number in numbers.items()}
    return places(sorted(order, key=numbers.__getitem__), shown, along)


def colours_by_label(comparison: Comparison, dark: bool, shown: Mapping[Values, float] | None = None) -> dict[str, str]:
    """The colour of every label, of those out of sight too, in the order of the labels."""
    ramp = places_of(comparison, shown)
    return {label: on_ramp(ramp[values], dark) for label, values in _by_label(comparison).items()}


def _by_label(comparison: Comparison) -> dict[str, Values]:
    known = {run["id"]: run for run in (*comparison.runs, *comparison.ahead, *comparison.hidden)}
    firsts: dict[str, Run] = {}
    for run_id, label in comparison.labels.items():
        if run_id in known:
            firsts.setdefault(label, known[run_id])
    return {label: _values(run, comparison) for label, run in firsts.items()}


def _values(run: Run, comparison: Comparison) -> Values:
    return tuple(run["spec"][name] for name in comparison.differing)
