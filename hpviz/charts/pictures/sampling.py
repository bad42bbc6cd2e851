"""How much better more examples are: σ/√n under the hand, with the correction for a finite set."""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.pictures.picture import (
    FAINT,
    INK,
    Picture,
    at,
    frame_of,
    slider,
    stack,
    three_colours,
    words,
)
from hpviz.theory.noise_scale import spanned
from hpviz.theory.sampling import gain, standard_error
from hpviz.training.inside import GradientNoise

FROM = 100  # examples, the article's comparison
STEP, HIGHEST = 0.25, 4.0  # decades; the last is the article's 10,000
INDEPENDENT, FINITE = "independent: σ/√n", "without replacement"
TRAIN_IMAGES = 14_034  # Intel's training set


@lru_cache(maxsize=32)
def sampling_picture(dark: bool, population: int = TRAIN_IMAGES, measured: tuple[GradientNoise, ...] = ()) -> Picture:
    """The standard error of a mean against the number of examples, both logarithmic, n on a slider.

    `population` is the size of the training set, from which an epoch draws its batches without replacement. `measured`
    are gradients of one's own nets, as crosses: each one's errors over its own σ.
    """
    highest = min(HIGHEST, math.floor(math.log10(population) / STEP) * STEP)
    power = slider("power", "examples = 10^", 0.0, highest, STEP, highest)
    frames = pd.DataFrame(_frames(population, highest))
    kept = at("power", power, STEP)
    layers = [_curves(population, dark), *_marks(frames, population, kept, dark), words(frames, [kept], dark)]
    layers += [_crosses(measured, population, dark)] if measured else []
    article = gain(FROM, 10_000, population) if population > 10_000 else None
    drawn = f"; drawn without replacement from {population:,} it is {article:.1f}×" if article else ""
    return Picture(
        stack(*layers, sliders=[power]),
        "The error of a mean against the number of examples on logarithmic axes: a straight line of slope -½ for "
        f"independent draws, and below it a curve that falls to zero at all {population:,}.",
        " ".join([f"100 → 10,000 examples: 100× the work, 10× less error{drawn}.", *_said_of(measured)]),
    )


def _said_of(measured: tuple[GradientNoise, ...]) -> Iterator[str]:
    """What the crosses are, and how far one may believe their end."""
    if measured:
        nets = (
            "one of your nets, over its σ" if len(measured) == 1 else f"{len(measured)} of your nets, each over its σ"
        )
        yield f"Crosses: errors of mini-batch gradients measured in {nets}."
        slopes = [noise.slope for noise in measured if noise.slope is not None]
        if slopes:
            yield f"They fall as n to the power {spanned(slopes)}, where σ/√n says −0.50."
        images = min(noise.images for noise in measured)
        yield f"They are drawn without replacement from {images} images, so that the last lie lower."


def _crosses(measured: tuple[GradientNoise, ...], population: int, dark: bool) -> alt.Chart:
    records = [
        {"examples": each.batch_size, "error": round(each.error / noise.deviation, 5), "draws": each.draws}
        for noise in measured
        for each in noise.errors
        if each.error > 0 and noise.deviation > 0 and each.batch_size <= population
    ]
    tooltip = [
        alt.Tooltip("examples:Q", title="batch size", format=","),
        alt.Tooltip("error:Q", title="measured error / σ", format=".3g"),
        alt.Tooltip("draws:Q", title="batches drawn"),
    ]
    crosses: alt.Chart = (
        alt.Chart(pd.DataFrame(records, columns=["examples", "error", "draws"]))
        .mark_point(shape="cross", size=60, color=INK[dark], filled=True, opacity=0.8, clip=True)
        .encode(x=_examples(population), y=_error("error"), tooltip=tooltip)
    )
    return crosses


def _frames(population: int, highest: float) -> Iterator[dict[str, Any]]:
    """One record a position of the slider: both errors there, and what they mean against `FROM` examples."""
    for power in np.arange(0.0, highest + STEP / 2, STEP):
        count = round(10**power)
        yield {
            "power": float(power),
            "examples": count,
            "independent": round(standard_error(count), 5),
            "finite": round(standard_error(count, population=population), 5),
            "sentence": _sentence(count, population),
        }


def _sentence(count: int, population: int) -> str:
    if count == FROM:
        return f"{FROM} examples: the error is σ/10\nmove the slider to compare"
    less, more = sorted((count, FROM))
    independent, finite = gain(less, more), gain(less, more, population)
    work = f"{count / FROM:.3g}×" if count > FROM else f"{count / FROM:.0%} of"
    change = "× less error" if count > FROM else "× the error"
    return f"{FROM} → {count:,}: {work} the work\n{independent:.3g}{change}; without replacement {finite:.3g}×"


def _curves(population: int, dark: bool) -> alt.Chart:
    counts = np.unique(np.round(np.geomspace(1, population, 61)))
    # The whole set has no error at all, and a logarithmic axis has no zero.
    records = [
        {"examples": int(count), "error": round(standard_error(count, population=size), 5), "draw": draw}
        for draw, size in ((INDEPENDENT, None), (FINITE, population))
        for count in counts
        if size is None or count < size
    ]
    blue, _, orange = three_colours(dark)
    scale = alt.Scale(domain=[INDEPENDENT, FINITE], range=[blue, orange])
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", columns=2, offset=4)
    curves: alt.Chart = (
        alt.Chart(pd.DataFrame(records))
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=_examples(population),
            y=_error("error"),
            color=alt.Color("draw:N", scale=scale, legend=legend),
            strokeDash=alt.StrokeDash("draw:N", scale=alt.Scale(domain=[INDEPENDENT, FINITE], range=[[1, 0], [6, 3]])),
            tooltip=[alt.Tooltip("examples:Q", format=","), alt.Tooltip("error:Q", title="error / σ"), "draw:N"],
        )
    )
    return curves


def _marks(frames: pd.DataFrame, population: int, kept: str, dark: bool) -> list[alt.Chart]:
    """A rule at n with a ball on each line, and a ring where the comparison starts."""
    base = frame_of(frames, [kept]).encode(x=_examples(population))
    blue, _, orange = three_colours(dark)
    return [
        base.mark_rule(color=FAINT[dark], strokeDash=[2, 4]).encode(y=_error("independent"), y2=alt.Y2Value("height")),
        base.mark_circle(color=blue, size=170, opacity=1).encode(y=_error("independent")),
        base.mark_circle(color=orange, size=170, opacity=1).encode(y=_error("finite")),
        base.transform_calculate(examples=str(FROM), independent=str(standard_error(FROM)))
        .mark_point(color=INK[dark], size=120, strokeWidth=2, filled=False)
        .encode(y=_error("independent")),
    ]


def _examples(population: int) -> alt.X:
    axis = alt.Axis(grid=False, values=[10**power for power in range(6)], format=",")
    return alt.X(
        "examples:Q", title="examples n", scale=alt.Scale(type="log", domain=[1, population], nice=False), axis=axis
    )


def _error(field: str) -> alt.Y:
    axis = alt.Axis(values=[1, 0.1, 0.01, 0.001], format="~g")
    return alt.Y(
        f"{field}:Q", title="error of the mean / σ", scale=alt.Scale(type="log", domain=[0.003, 12]), axis=axis
    )
