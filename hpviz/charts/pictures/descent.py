"""The learning rate under the hand: a ball on a curve crawls, lands, bounces or leaves."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.charts.palette import DIVERGED
from hpviz.charts.pictures.picture import (
    FAINT,
    INK,
    Picture,
    at,
    choice,
    frame_of,
    rounded,
    slider,
    stack,
    three_colours,
    words,
)
from hpviz.theory.descent import Landscape, bowl, descend, regime, remaining, two_valleys

UPDATES = 15
STEP, HIGHEST = 0.05, 2.4  # learning rates, in units of 1/h
EDGE, TOP = 2.4, 3.9  # of the picture, in weight and loss; its uppermost part is for the sentence
EXIT = 3.0  # the loss at which the mark of a ball that left stands

SENTENCES = {
    "crawls": "falls very slowly\n{updates} updates leave {share} of the way",
    "descends": "falls steadily\n{updates} updates leave {share} of the way",
    "lands": "reaches the minimum in one update\nthe rate is exactly 1/h",
    "oscillates": "overshoots in every update\n{updates} updates leave {share} of the way",
    "circles": "oscillates for ever\nthe rate is exactly 2/h",
    "leaves": "diverges\npast 2/h every step is longer than the last",
}


@cache
def descent_picture(dark: bool) -> Picture:
    """Descent on a bowl or between two valleys, the learning rate on a slider in units of 1/h."""
    rate = slider("rate", "rate × curvature", STEP, HIGHEST, STEP, 0.3)
    surface = choice("surface", "surface", ["bowl", "two valleys"], ["bowl", "two valleys"], "bowl")
    landscapes = (bowl(), two_valleys())
    balls = pd.DataFrame(record for landscape in landscapes for record in _balls(landscape))
    endings = pd.DataFrame(record for landscape in landscapes for record in _endings(landscape))
    curves = pd.DataFrame(record for landscape in landscapes for record in _curve(landscape))
    kept = ["datum.surface == surface", at("rate", rate, STEP)]
    layers = [_surface(curves, dark), *_ball(balls, kept, dark), words(endings, kept, dark)]
    return Picture(
        stack(*layers, sliders=[rate, surface]),
        "A ball goes down a curve by gradient descent. Far below 1/h (h: the curvature) it falls very slowly, at 1/h "
        "it reaches the minimum at once, between 1/h and 2/h it jumps from side to side, and past 2/h it diverges.",
        "In a bowl of curvature h, the rate 1/h reaches the minimum in one update, and above 2/h descent diverges. "
        "Between two valleys, a high rate can jump over the hill into the deeper one.",
    )


def _paths(landscape: Landscape) -> Iterator[tuple[float, NDArray[np.float64]]]:
    """Every learning rate of the slider, in units of 1/h, with the weights it visits."""
    for step in range(1, round(HIGHEST / STEP) + 1):
        rate = round(step * STEP, 2)
        yield rate, descend(landscape, rate / landscape.curvature, UPDATES, limit=EDGE)


def _balls(landscape: Landscape) -> Iterator[dict[str, Any]]:
    """One record an update of each learning rate."""
    for rate, weights in _paths(landscape):
        places = zip(rounded(weights), rounded(landscape.loss(weights)), strict=True)
        for update, (weight, loss) in enumerate(places):
            yield {"surface": landscape.name, "rate": rate, "update": update, "weight": weight, "loss": loss}


def _endings(landscape: Landscape) -> Iterator[dict[str, Any]]:
    """One record a learning rate: the sentence that says what happened."""
    for rate, weights in _paths(landscape):
        sentence = _bowl_sentence(rate) if landscape.name == "bowl" else _valley_sentence(landscape, weights)
        yield {"surface": landscape.name, "rate": rate, "sentence": sentence}


def _bowl_sentence(rate: float) -> str:
    left = remaining(rate, 1.0, UPDATES)
    share = f"{left:.1%}" if left >= 0.001 else "less than 0.1%"
    return SENTENCES[regime(rate, 1.0)].format(updates=UPDATES, share=share)


def _valley_sentence(landscape: Landscape, weights: NDArray[np.float64]) -> str:
    """What the whole path and its last jump show; there is no closed form here."""
    last_jump = abs(weights[-1] - weights[-2])
    if abs(weights[-1]) > EDGE:
        return "leaves\nthe jumps carry it off the picture"
    if last_jump > 0.2:
        return "keeps jumping\nand settles nowhere"
    if abs(weights[-1] - landscape.minimum) < 0.1:
        return "leaps over the hill\ninto the deeper valley"
    return "stays in the first valley\nthe poorer of the two"


def _curve(landscape: Landscape) -> Iterator[dict[str, Any]]:
    weights = np.linspace(-EDGE, EDGE, 97)
    weights = weights[landscape.loss(weights) < EXIT]
    for weight, loss in zip(rounded(weights), rounded(landscape.loss(weights)), strict=True):
        yield {"surface": landscape.name, "weight": weight, "loss": loss}


def _surface(curves: pd.DataFrame, dark: bool) -> alt.Chart:
    line = frame_of(curves, ["datum.surface == surface"]).mark_line(color=FAINT[dark], strokeWidth=2, clip=True)
    curve: alt.Chart = line.encode(x=_x(), y=_y())
    return curve


def _ball(balls: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """The path, the ball at every update (paler the older), and where it ends up."""
    base = frame_of(balls, kept).encode(x=_x(), y=_y())
    blue, purple, _ = three_colours(dark)
    path = base.mark_line(color=blue, strokeWidth=1.5, opacity=0.55, clip=True).encode(order=alt.Order("update:Q"))
    stops = base.mark_circle(color=blue, size=90, clip=True).encode(
        opacity=alt.Opacity("update:Q", scale=alt.Scale(domain=[0, UPDATES], range=[0.25, 0.9]), legend=None),
        tooltip=[alt.Tooltip("update:Q"), alt.Tooltip("weight:Q", format=".3f"), alt.Tooltip("loss:Q", format=".3f")],
    )
    start = base.transform_filter("datum.update == 0").mark_point(
        color=INK[dark], size=120, strokeWidth=2, filled=False
    )
    end = base.transform_filter(f"datum.update == {UPDATES}").mark_circle(color=purple, size=260, opacity=1, clip=True)
    left = (
        base.transform_filter(f"abs(datum.weight) > {EDGE}")
        .transform_calculate(weight=f"clamp(datum.weight, -{EDGE - 0.1}, {EDGE - 0.1})", loss=str(EXIT))
        .mark_point(shape="triangle-up", filled=True, size=180, opacity=1, color=DIVERGED[dark])
    )
    return [path, stops, start, end, left]


def _x() -> alt.X:
    return alt.X(
        "weight:Q", title="weight", scale=alt.Scale(domain=[-EDGE, EDGE], nice=False), axis=alt.Axis(grid=False)
    )


def _y() -> alt.Y:
    axis = alt.Axis(grid=False, values=[0, 1, 2, 3])
    return alt.Y("loss:Q", title="loss", scale=alt.Scale(domain=[-0.12, TOP], nice=False), axis=axis)
