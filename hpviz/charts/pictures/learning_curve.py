"""More training images under the hand: the power law of the learning curve, and the floor that bends it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.palette import MUTED
from hpviz.charts.pictures.picture import FAINT, INK, Picture, at, frame_of, slider, stack, three_colours, words
from hpviz.theory.error_floor import Floats, power_law, scale_through

FEWEST, MOST, POINTS = 10, 10_000, 13  # images a class; four points a decade
START = 0.6  # the error with the fewest, that all laws begin with; guessing among six classes has 0.83
EXPONENTS = [round(0.05 * step, 2) for step in range(2, 15)]
FLOORS = [round(0.02 * step, 2) for step in range(11)]
LAW, BENT = "without a floor", "with floor c"
TOP, BOTTOM = 9.0, 0.0045  # of the axis; its uppermost part is for the sentence


@cache
def learning_curve_picture(dark: bool) -> Picture:
    """Test error against training images a class on logarithmic axes, exponent and floor on sliders."""
    exponent = slider("exponent", "exponent b", EXPONENTS[0], EXPONENTS[-1], 0.05, 0.35)
    floor = slider("floor", "floor c", FLOORS[0], FLOORS[-1], 0.02, 0.1)
    lines, sentences = pd.DataFrame(_lines()), pd.DataFrame(_sentences())
    kept = [at("exponent", exponent, 0.05), at("floor", floor, 0.02)]
    layers = [*_floor(sentences, kept, dark), *_curves(lines, kept, dark), words(sentences, kept, dark)]
    return Picture(
        stack(*layers, sliders=[exponent, floor]),
        f"Test error against training images a class, both logarithmic, from {START:.0%} at {FEWEST}. Without a floor "
        f"a straight line: at exponent 0.35 it ends at {errors(0.35, 0.0)[-1]:.1%} with {MOST:,}. With a floor of 10% "
        f"the curve bends and ends at {errors(0.35, 0.1)[-1]:.1%}.",
        "Error a·n⁻ᵇ + c, the power law of learning curves (Hestness et al., 2017, who found b from 0.07 to 0.35). Ten "
        "times the images divide what lies above the floor by 10ᵇ. The floor c is what no number of images removes: "
        "wrong labels, scenes that two classes share, a net too small or trained too briefly.",
    )


def errors(exponent: float, floor: float) -> Floats:
    """At every number of images drawn, by the law with that exponent and floor that begins at the usual error."""
    return power_law(_counts(), scale_through(FEWEST, START, exponent, floor), exponent, floor)


def _counts() -> Floats:
    return np.geomspace(FEWEST, MOST, POINTS)


def _lines() -> Iterator[dict[str, Any]]:
    """A record a point of every law; those at ten times the images have the error in words."""
    for exponent in EXPONENTS:
        for floor in FLOORS:
            for place, (count, error) in enumerate(zip(_counts(), errors(exponent, floor), strict=True)):
                text = f"{error:.1%}" if place % 4 == 0 else ""
                frame = {"exponent": exponent, "floor": floor, "text": text}
                yield {**frame, "images": round(float(count), 1), "error": round(float(error), 5)}


def _sentences() -> Iterator[dict[str, Any]]:
    for exponent in EXPONENTS:
        for floor in FLOORS:
            frame = {"exponent": exponent, "floor": floor, "straight": round(float(errors(exponent, 0.0)[-1]), 5)}
            yield {**frame, "sentence": _sentence(exponent, floor)}


def _sentence(exponent: float, floor: float) -> str:
    """How many times smaller the error is with ten times the images, the first time and the last."""
    at_tens = errors(exponent, floor)[::4]
    first, *_, last = at_tens[:-1] / at_tens[1:]
    if not floor:
        return f"no floor: ten times the images\ndivide the error by {first:.2f}, every time"
    return f"ten times the images divide the error\nby {first:.2f} at first, by {last:.2f} at last"


def _curves(lines: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """The law without its floor, the law, and a ball wherever the images are ten times as many."""
    blue, _, orange = three_colours(dark)
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", offset=4)
    scale = alt.Scale(domain=[LAW, BENT], range=[blue, orange])
    straight = frame_of(lines, [kept[0], "datum.floor == 0"]).transform_calculate(law=f"'{LAW}'")
    bent = frame_of(lines, kept).transform_calculate(law=f"'{BENT}'")
    curves = [
        line.mark_line(strokeWidth=2.5, strokeDash=dash).encode(
            x=_images(), y=_error(), color=alt.Color("law:N", scale=scale, legend=legend)
        )
        for line, dash in ((straight, [6, 4]), (bent, [1, 0]))
    ]
    balls = bent.transform_filter("datum.text != ''").encode(x=_images(), y=_error())
    tooltip = [alt.Tooltip("images:Q", format=","), alt.Tooltip("error:Q", format=".1%")]
    return [
        *curves,
        balls.mark_circle(color=orange, size=170, opacity=1).encode(tooltip=tooltip),
        balls.mark_text(dy=-16, fontSize=12, fontWeight=600, color=INK[dark]).encode(text=alt.Text("text:N")),
    ]


def _floor(sentences: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """What no number of images goes below."""
    base = frame_of(sentences, [*kept, "datum.floor > 0"]).transform_calculate(
        error="datum.floor", name="'floor ' + format(datum.floor, '.0%')"
    )
    return [
        base.mark_rule(strokeDash=[2, 4], color=FAINT[dark]).encode(y=_error()),
        base.mark_text(align="left", baseline="top", dx=6, dy=5, fontSize=12, color=MUTED[dark]).encode(
            x=alt.XValue(0), y=_error(), text=alt.Text("name:N")
        ),
    ]


def _images() -> alt.X:
    scale = alt.Scale(type="log", domain=[FEWEST, MOST], nice=False, padding=28)
    axis = alt.Axis(values=[10**power for power in range(1, 5)], format=",", grid=False)
    return alt.X("images:Q", title="training images a class", scale=scale, axis=axis)


def _error() -> alt.Y:
    axis = alt.Axis(values=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], format=".0%")
    scale = alt.Scale(type="log", domain=[BOTTOM, TOP], nice=False)
    return alt.Y("error:Q", title="test error", scale=scale, axis=axis)
