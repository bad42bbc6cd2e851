"""Accuracy against the hyperparameter alone: a dot a run, a bar at the mean of a value's seeds, and who is missing.

As with the curves, the specification depends on which values are compared, never on their figures.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import altair as alt
import pandas as pd

from hpviz.charts.axes import of_shares
from hpviz.charts.lettering import measured

HEIGHT = 340
# A scale that spans more than two decades is read in ratios.
LOGARITHMIC_FROM = 100.0
# Zero has no place on a logarithmic axis: it stands a decade below the smallest value, and is called 0 there.
ZERO_BELOW = 10.0
# More means than this are drawn narrow.
MANY = 9
# Pixels: how wide the narrowest plot is, the size of its axis's letters and what is kept free between two names.
NARROWEST, NAME_SIZE, BETWEEN = 280, 11, 5


@dataclass(frozen=True)
class Ground:
    """What the plot stands on: the values in order, their labels and colours, and whether the axis is logarithmic.

    `chance` is None where it is not known. `ticks` are the values as the axis writes them, if not as their labels.
    `errors`: test errors on a logarithmic axis instead of accuracies, and the line of a power law with its band.
    """

    title: str
    values: tuple[float, ...]
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    logarithmic: bool
    chance: float | None
    chance_colour: str
    diverged_colour: str
    ink: str
    ticks: tuple[str, ...] = ()
    errors: bool = False

    @property
    def figure(self) -> str:
        return "error" if self.errors else "accuracy"


def is_logarithmic(scale: Sequence[float]) -> bool:
    """Whether a study's values span more than two decades, 0 left out."""
    positive = [value for value in scale if value > 0]
    return max(positive) / min(positive) > LOGARITHMIC_FROM


def isolation(frame: pd.DataFrame | alt.NamedData, ground: Ground) -> alt.LayerChart:
    """The plot; `frame` as `analysis.frames.isolation` makes it, or the name of data that `placed` has prepared."""
    if isinstance(frame, pd.DataFrame):
        frame = placed(frame, ground)
    base = alt.Chart(frame).encode(x=_x(ground), color=_colour(ground))
    accuracy = _y(ground)
    name = alt.Tooltip("label:N", title=ground.title)
    shown = alt.Tooltip(f"{ground.figure}:Q", format=".1%")
    epochs, seed, seeds = (alt.Tooltip(f"{field}:Q", format="d") for field in ("epochs", "seed", "seeds"))
    dots = base.transform_filter("datum.kind == 'run'").mark_circle(size=60, opacity=0.55)
    bars = base.transform_filter("datum.kind == 'mean'").mark_tick(
        thickness=3, size=34 if len(ground.values) <= MANY else 18, orient="horizontal", opacity=1
    )
    edges = base.transform_filter("datum.edge").mark_text(dy=-14, fontSize=12, text="edge of the range")
    lost = base.transform_filter("datum.kind == 'lost'").mark_point(shape="triangle-up", size=140, filled=True)
    words = base.transform_filter("datum.told != ''")
    layers = [
        *_break(ground),
        *_chance(ground),
        *_law(base, ground),
        dots.encode(y=accuracy, tooltip=[name, seed, shown, epochs]),
        bars.encode(y=accuracy, tooltip=[name, seeds, shown]),
        edges.encode(y=accuracy, color=alt.ColorValue(ground.ink)),
        lost.encode(y=alt.YValue(12), color=alt.ColorValue(ground.diverged_colour), tooltip=[name, seed]),
        words.transform_filter("datum.kind == 'lost'")
        .mark_text(fontSize=11)
        .encode(y=alt.YValue(30), color=alt.ColorValue(ground.diverged_colour), text=alt.Text("told:N")),
        words.transform_filter("datum.kind != 'lost'")
        .mark_text(fontSize=11, dy=14)
        .encode(y=accuracy, color=alt.ColorValue(ground.ink), text=alt.Text("told:N")),
    ]
    return alt.LayerChart(layer=layers).properties(height=HEIGHT, title=title_of(ground))


def title_of(ground: Ground) -> str:
    """What the plot shows: Last test accuracy against weight decay."""
    return f"Last test {ground.figure} against {ground.title[0].lower()}{ground.title[1:]}"


def key_to(ground: Ground) -> str:
    """What its marks stand for."""
    law = " Line: the power law, with 95% for it; dashed: beyond what was tried." if ground.errors else ""
    return f"A dot a run, a bar at the mean of its seeds; ▲ diverged (in no mean); dotted: guessing.{law}"


def placed(frame: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """The frame with the place of each value along x."""
    return frame.assign(place=[_place(value, ground) for value in frame["value"]])


def _place(value: float, ground: Ground) -> float:
    """Where a value stands along x."""
    if value > 0 or not ground.logarithmic:
        return value
    return min((other for other in ground.values if other > 0), default=1.0) / ZERO_BELOW


def _x(ground: Ground) -> alt.X:
    names = dict(zip(ground.values, ground.ticks or ground.labels, strict=True))
    places = [_place(value, ground) for value in names]
    low, high = _ends(ground)
    shares = [_share(place, low, high, ground.logarithmic) for place in places]
    lines, upright = written(shares, list(names.values()))
    labels = f"{json.dumps(lines, ensure_ascii=False)}[indexof({json.dumps(places)}, datum.value)]"
    turned = {"labelAngle": -90, "labelAlign": "right", "labelBaseline": "middle"} if upright else {"labelAngle": 0}
    axis = alt.Axis(values=places, labelExpr=labels, grid=False, labelOverlap=False, labelBound=False, **turned)
    kind = {"type": "log"} if ground.logarithmic else {"zero": False}
    scale = alt.Scale(domain=[low, high], nice=False, **kind)
    return alt.X("place:Q", title=ground.title, scale=scale, axis=axis)


def _ends(ground: Ground) -> tuple[float, float]:
    """Where the axis begins and ends."""
    places = [_place(value, ground) for value in ground.values]
    low, high = min(places), max(places)
    if ground.logarithmic:
        return low / 2, high * 2
    margin = 1 if all(float(value).is_integer() for value in ground.values) else 0.1 * (high - low) or 1
    return low - margin, high + margin


def _share(place: float, low: float, high: float, logarithmic: bool) -> float:
    """How far along the axis a place is, 0..1."""
    if logarithmic:
        place, low, high = math.log(place), math.log(low), math.log(high)
    return (place - low) / (high - low)


def written(shares: Sequence[float], names: Sequence[str]) -> tuple[list[list[str]], bool]:
    """The names at those shares of the axis in lines, so that none meets another on the narrowest plot; and whether
    they stand upright.

    In one row if they fit, words one below another, else in two rows by turns, else upright; what does not fit even so
    is left out, for its dots are in their place all the same.
    """
    order = sorted(range(len(shares)), key=shares.__getitem__)
    in_words = [name.split(" ") for name in names]
    if _fit(order, shares, in_words):
        return in_words, False
    by_turns = [[""] * (order.index(place) % 2) + [name] for place, name in enumerate(names)]
    if all(_fit(order[row::2], shares, by_turns) for row in range(2)):
        return by_turns, False
    last, kept = -math.inf, []
    for place in order:
        if shares[place] * NARROWEST - last >= NAME_SIZE + 2:
            last = shares[place] * NARROWEST
            kept.append(place)
    return [[name if place in kept else ""] for place, name in enumerate(names)], True


def _fit(order: Sequence[int], shares: Sequence[float], lines: Sequence[Sequence[str]]) -> bool:
    """Whether names, centred at their shares, leave a gap between each other."""
    half = [max(measured(line, NAME_SIZE) for line in each) / 2 for each in lines]
    return all(
        (shares[after] - shares[before]) * NARROWEST >= half[before] + half[after] + BETWEEN
        for before, after in pairwise(order)
    )


def _break(ground: Ground) -> list[alt.Chart]:
    """Where a logarithmic axis is broken, for 0 has no place on it: between 0 and the smallest value."""
    positive = [value for value in ground.values if value > 0]
    if not ground.logarithmic or not positive or len(positive) == len(ground.values):
        return []
    between = min(positive) / math.sqrt(ZERO_BELOW)
    data = alt.Chart(alt.InlineData(values=[{"place": between, "words": "//"}])).encode(x=_x(ground))
    return [
        data.mark_rule(strokeDash=[1, 4], color=ground.chance_colour),
        data.mark_text(fontSize=13, fontWeight="bold", color=ground.ink, baseline="middle").encode(
            y=alt.YValue("height"), text=alt.Text("words:N")
        ),
    ]


def _y(ground: Ground, field: str = "") -> alt.Y:
    scale = alt.Scale(type="log", nice=False, padding=8) if ground.errors else alt.Scale(zero=False)
    return alt.Y(f"{field or ground.figure}:Q", title=None, scale=scale, axis=of_shares())


def _law(base: alt.Chart, ground: Ground) -> list[alt.Chart]:
    """The fitted power law with its band, dashed where nothing was tried. Without a law its rows are not there."""
    if not ground.errors:
        return []
    tried = base.transform_filter("datum.kind == 'law'")
    beyond = base.transform_filter("datum.kind == 'beyond'")
    ink, tooltip = alt.ColorValue(ground.ink), alt.Tooltip("error:Q", title="power law", format=".1%")
    band = tried.mark_area(opacity=0.12, line=False)
    return [
        band.encode(y=_y(ground, "low"), y2=alt.Y2("high:Q"), color=ink),
        tried.mark_line(strokeWidth=1.5, opacity=0.8).encode(y=_y(ground), color=ink, tooltip=tooltip),
        beyond.mark_line(strokeWidth=1.5, opacity=0.8, strokeDash=[4, 3]).encode(y=_y(ground), color=ink),
    ]


def _colour(ground: Ground) -> alt.Color:
    scale = alt.Scale(domain=list(ground.labels), range=list(ground.colours))
    return alt.Color("label:N", scale=scale, legend=None)


def _chance(ground: Ground) -> list[alt.Chart]:
    """Guessing, which also keeps the axis from magnifying small differences."""
    if ground.chance is None:
        return []
    datum = {"chance": 1 - ground.chance if ground.errors else ground.chance, "name": f"chance {ground.chance:.0%}"}
    rule = alt.Chart(alt.InlineData(values=[datum])).mark_rule(strokeDash=[2, 4], color=ground.chance_colour)
    return [rule.encode(y=alt.Y("chance:Q"), tooltip=alt.Tooltip("name:N", title="guessing"))]
