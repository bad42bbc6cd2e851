"""Dropout under the hand: each update trains another part of the net."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.pictures.picture import FAINT, INK, Picture, at, frame_of, slider, stack, three_colours, words

INPUTS, HIDDEN, OUTPUTS = 4, 10, 3
UPDATES = 12
STEP, HIGHEST = 0.1, 0.9
SIZE = 90  # of a hidden unit's area, in square pixels: that of a kept one grows as what it sends on
DRAW = 1  # which dice


@cache
def dropout_net_picture(dark: bool) -> Picture:
    """A small net, its hidden units left out with the probability on a slider, anew at each update of another."""
    share = slider("dropout", "dropout p", 0.0, HIGHEST, STEP, 0.5)
    update = slider("update", "next update", 1, UPDATES, 1, 1)
    units, edges = pd.DataFrame(_units()), pd.DataFrame(_edges())
    kept = [at("update", update, 1)]
    sentences = words(pd.DataFrame(_sentences()), [at("dropout", share, STEP), *kept], dark)
    layers = [_wires(edges, kept, dark), *_hidden(units, kept, dark), _others(dark), sentences]
    return Picture(
        stack(*layers, sliders=[share, update]),
        f"A net of {INPUTS} inputs, {HIDDEN} hidden units and {OUTPUTS} outputs. At dropout p each update leaves out "
        "every hidden unit with probability p, with all its connections, and scales the kept ones by 1/(1-p): "
        "twice as much at p = 0.5.",
        f"Each update trains another of 2^{HIDDEN} = {2**HIDDEN:,} nets that share their weights; the test uses all "
        "units, unscaled. The article's network leaves out half of its 1,024 and of its 512 hidden units "
        "(Srivastava et al., 2014).",
    )


def dice() -> np.ndarray:
    """(UPDATES, HIDDEN), in 0…1: a unit is left out of an update if its number lies below p."""
    return np.random.default_rng(DRAW).random((UPDATES, HIDDEN)).round(3)


def _units() -> Iterator[dict[str, Any]]:
    for (update, unit), luck in np.ndenumerate(dice()):
        yield {"update": update + 1, "x": float(unit), "y": 1.0, "luck": float(luck)}


def _edges() -> Iterator[dict[str, Any]]:
    """A record an update and connection of a hidden unit, from below to above."""
    for unit in _units():
        hidden = {"update": unit["update"], "luck": unit["luck"]}
        for x in _spread(INPUTS):
            yield {**hidden, "x": x, "y": 0.0, "x2": unit["x"], "y2": 1.0}
        for x in _spread(OUTPUTS):
            yield {**hidden, "x": unit["x"], "y": 1.0, "x2": x, "y2": 2.0}


def _spread(count: int) -> list[float]:
    """Places of a layer's units, as wide apart as the hidden layer allows."""
    return [round(float(place), 2) for place in np.linspace(1.0, HIDDEN - 2.0, count)]


def _sentences() -> Iterator[dict[str, Any]]:
    for share in np.arange(0, HIGHEST + STEP / 2, STEP).round(1):
        for update, lucks in enumerate(dice(), start=1):
            kept, times = int((lucks >= share).sum()), f"{1 / (1 - share):.3g}"
            sentence = f"update {update} trains {kept} of {HIDDEN} hidden units,\neach sends on {times}× what it has"
            if kept == 0:
                sentence = f"update {update} trains no hidden unit:\nthe outputs see only their biases"
            yield {"dropout": float(share), "update": update, "sentence": sentence}


def _wires(edges: pd.DataFrame, kept: list[str], dark: bool) -> alt.Chart:
    """The connections of units that are left out are not drawn."""
    wires: alt.Chart = (
        frame_of(edges, [*kept, "datum.luck >= dropout - 1e-9"])
        .mark_rule(color=three_colours(dark)[0], opacity=0.35, strokeWidth=1)
        .encode(x=_x(), y=_y(), x2=alt.X2("x2"), y2=alt.Y2("y2"))
    )
    return wires


def _hidden(units: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    base = frame_of(units, kept).encode(x=_x(), y=_y())
    left_out = base.transform_filter("datum.luck < dropout - 1e-9")
    trained = base.transform_filter("datum.luck >= dropout - 1e-9")
    return [
        left_out.mark_point(color=FAINT[dark], size=SIZE, filled=False, strokeWidth=1.5, strokeDash=[2, 2], opacity=1),
        trained.mark_circle(color=three_colours(dark)[0], opacity=1, size=alt.expr(f"{SIZE} / (1 - dropout)")),
    ]


def _others(dark: bool) -> alt.Chart:
    """Inputs and outputs are never left out."""
    places = [{"x": x, "y": y} for y, count in ((0.0, INPUTS), (2.0, OUTPUTS)) for x in _spread(count)]
    marked: alt.Chart = (
        alt.Chart(pd.DataFrame(places)).mark_circle(color=INK[dark], size=SIZE, opacity=1).encode(x=_x(), y=_y())
    )
    return marked


def _x() -> alt.X:
    return alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.7, HIDDEN - 0.3], nice=False))


def _y() -> alt.Y:
    """Three floors; the room above is for the sentence."""
    names = "datum.value == 0 ? 'inputs' : datum.value == 1 ? 'hidden' : 'outputs'"
    axis = alt.Axis(values=[0, 1, 2], labelExpr=names, grid=False, ticks=False, domain=False)
    return alt.Y("y:Q", title=None, axis=axis, scale=alt.Scale(domain=[-0.2, 2.75], nice=False))
