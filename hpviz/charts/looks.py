"""How a comparison looks: one colour a value, the same in every chart, and dashes where colours do not suffice."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.learning_curve import has_place, is_learning_curve, place_of
from hpviz.analysis.words import spell
from hpviz.charts.curves import Axis, Look
from hpviz.charts.isolation import Ground, is_logarithmic
from hpviz.charts.palette import CHANCE, DIVERGED, INK, colour, spread
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import Run
from hpviz.spec import ARTICLE_KERNELS

# So many colours of one ramp are told apart at a glance.
COLOURS_ALONE = 5
# Solid, dashed, dotted, dash-dot: neighbours on the ramp never share one.
DASHES: tuple[tuple[float, ...], ...] = ((1, 0), (7, 3), (2, 2.5), (9, 3, 2, 3))
# The article's three widths have one place among the others: their mean.
ARTICLE_WIDTH = sum(ARTICLE_KERNELS) / len(ARTICLE_KERNELS)


def look_of(comparison: Comparison, x: Axis, log_loss: bool, dark: bool, reach: float = 0.0) -> Look:
    """The look of a comparison's curves along `x`, runs without an epoch yet among them, which `reach` so far."""
    by_label = colours_by_label(comparison, dark)
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
        dashes=dashes_of(colours),
    )


def ground_of(comparison: Comparison, dark: bool) -> Ground | None:
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
        colours=tuple(colours_by_label(comparison, dark)[label] for label in comparison.groups),
        logarithmic=hyperparameter.scale == "log" and (study is not None or is_logarithmic(numbers)),
        chance=comparison.chance,
        chance_colour=CHANCE[dark],
        diverged_colour=DIVERGED[dark],
        ink=INK[dark],
        ticks=tuple("all" if value is None else spell(value) for value in values),
        errors=is_learning_curve(comparison),
    )


def dashes_of(colours: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    """A pattern for each line: none while every line has a colour of its own and they are few.

    Lines of one colour, such as one value recorded on two machines, differ in their pattern.
    """
    order = {each: place for place, each in enumerate(dict.fromkeys(colours))}
    many = len(colours) > COLOURS_ALONE
    if not many and len(order) == len(colours):
        return ()
    seen: Counter[str] = Counter()
    dashes = []
    for each in colours:
        dashes.append(DASHES[((order[each] if many else 0) + seen[each]) % len(DASHES)])
        seen[each] += 1
    return tuple(dashes)


def colours_by_label(comparison: Comparison, dark: bool) -> dict[str, str]:
    """The colour of every label, of those out of sight too, in the order of the labels.

    By the study's scale, where a value has its colour on every page, else evenly along the ramp.
    """
    known = {run["id"]: run for run in (*comparison.runs, *comparison.ahead, *comparison.hidden)}
    firsts: dict[str, Run] = {}
    for run_id, label in comparison.labels.items():
        if run_id in known:
            firsts.setdefault(label, known[run_id])
    values = {label: _values(run, comparison) for label, run in firsts.items()}
    if study := comparison.study:
        place = HYPERPARAMETERS[study.field].place
        numbers = {label: ARTICLE_WIDTH if value == "article" else place(value) for label, (value,) in values.items()}
        return {label: colour(number, study.places, dark) for label, number in numbers.items()}
    distinct = list(dict.fromkeys(values.values()))
    ramp = dict(zip(distinct, spread(len(distinct), dark), strict=True))
    return {label: ramp[each] for label, each in values.items()}


def _values(run: Run, comparison: Comparison) -> tuple[Any, ...]:
    return tuple(run["spec"][name] for name in comparison.differing)
