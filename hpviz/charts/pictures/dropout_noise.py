"""The noise that dropout puts on what a unit receives: every sub-net of ten units, with its probability."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.pictures.picture import INK, Picture, at, frame_of, slider, stack, three_colours, words
from hpviz.theory.dropout import all_masks, deviation, inputs, probabilities

STEP, HIGHEST = 0.1, 0.9
BAR = 0.25  # of the histogram, in units of the input
LEFT, RIGHT, TOP = -4.0, 6.0, 2.0  # of the picture; what lies outside is in the outermost bars

# What each of ten units contributes, w·x: most push the input up, some down, together exactly 1.
PARTS = np.array([0.45, -0.3, 0.25, 0.35, -0.15, 0.2, -0.35, 0.3, 0.15, 0.1])


@cache
def dropout_noise_picture(dark: bool) -> Picture:
    """The distribution of a unit's input over all masks, the dropout on a slider."""
    share = slider("dropout", "dropout p", 0.0, HIGHEST, STEP, 0.5)
    kept = [at("dropout", share, STEP)]
    shares = [round(float(each), 1) for each in np.arange(0, HIGHEST + STEP / 2, STEP)]
    bars = pd.DataFrame(record for each in shares for record in _bars(each))
    bands = pd.DataFrame(map(_band, shares))
    layers = [_span(bands, kept, dark), _histogram(bars, kept, dark), _mean(dark), words(bands, kept, dark)]
    return Picture(
        stack(*layers, sliders=[share]),
        "How likely each input of a unit is over all 1,024 ways to leave out ten units: one bar at 1.00 without "
        f"dropout, a heap with a deviation of {deviation(PARTS, 0.5):.2f} at p = 0.5 and of "
        f"{deviation(PARTS, 0.9):.2f} at p = 0.9, the mean always 1.00.",
        "Dropout is noise: the mean of what a unit receives stays, for kept units are scaled by 1/(1-p), and its "
        "variance is p/(1-p)·Σw²x², which grows without bound as p nears 1 (exact, ten units).",
    )


def _bars(dropout: float) -> Iterator[dict[str, Any]]:
    """The probability of each bar's inputs; bars that nothing falls into are left out."""
    masks = all_masks(len(PARTS))
    chances, received = probabilities(masks, dropout), inputs(masks, PARTS, dropout)
    # Bars stand on multiples of their width; sums that should be equal differ in their last bits.
    places = np.round(np.clip(received, LEFT, RIGHT) / BAR + 1e-9).astype(int)
    for place in np.unique(places[chances > 0]):
        chance = chances[places == place].sum()
        middle = float(place) * BAR
        yield {
            "dropout": dropout,
            "from": round(middle - BAR / 2, 3),
            "to": round(middle + BAR / 2, 3),
            "chance": round(float(chance), 5),
        }


def _band(dropout: float) -> dict[str, Any]:
    spread = deviation(PARTS, dropout)
    sentence = f"p = {dropout:g}: the input is {PARTS.sum():.2f} ± {spread:.2f}\n"
    sentence += "all units, always" if dropout == 0 else f"over {2 ** len(PARTS):,} nets, as likely as they are"
    low, high = max(PARTS.sum() - spread, LEFT), min(PARTS.sum() + spread, RIGHT)
    return {"dropout": dropout, "low": round(float(low), 3), "high": round(float(high), 3), "sentence": sentence}


def _histogram(bars: pd.DataFrame, kept: list[str], dark: bool) -> alt.Chart:
    """On a root scale, or the one bar without dropout would flatten all others."""
    tooltip = [alt.Tooltip("from:Q"), alt.Tooltip("to:Q"), alt.Tooltip("chance:Q", format=".1%")]
    chart: alt.Chart = (
        frame_of(bars, kept)
        .mark_rect(color=three_colours(dark)[0], opacity=0.75, clip=True)
        .encode(x=_x("from"), x2=alt.X2("to"), y=_y("chance"), y2=alt.Y2Datum(0), tooltip=tooltip)
    )
    return chart


def _span(bands: pd.DataFrame, kept: list[str], dark: bool) -> alt.Chart:
    """One standard deviation to each side."""
    span: alt.Chart = (
        frame_of(bands, kept)
        .mark_rect(color=three_colours(dark)[2], opacity=0.2)
        .encode(x=_x("low"), x2=alt.X2("high"), y=alt.YValue(60), y2=alt.Y2Value("height"))
    )
    return span


def _mean(dark: bool) -> alt.Chart:
    place = pd.DataFrame([{"from": float(round(PARTS.sum(), 3)), "name": "mean"}])
    rule: alt.Chart = (
        alt.Chart(place)
        .mark_rule(color=INK[dark], strokeDash=[4, 3])
        .encode(x=_x("from"), y=alt.YValue(60), y2=alt.Y2Value("height"))
    )
    return rule


def _x(field: str) -> alt.X:
    axis = alt.Axis(grid=False, values=[-4, -2, 0, 1, 2, 4, 6])
    title = "input of the unit, Σ w·x"
    return alt.X(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(domain=[LEFT, RIGHT], nice=False))


def _y(field: str) -> alt.Y:
    axis = alt.Axis(grid=False, format=".0%", values=[0, 0.02, 0.1, 0.25, 0.5, 1])
    return alt.Y(
        f"{field}:Q",
        title="probability (root scale)",
        axis=axis,
        scale=alt.Scale(type="sqrt", domain=[0, TOP], nice=False),
    )
