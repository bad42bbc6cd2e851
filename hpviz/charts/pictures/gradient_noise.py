"""The error of a mini-batch's gradient against the batch size, as measured in a network."""

import math
from collections.abc import Iterator
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.palette import MUTED
from hpviz.charts.pictures.picture import FAINT, INK, Picture, stack, three_colours
from hpviz.theory.sampling import standard_error
from hpviz.training.inside import GradientNoise

MEASURED, INDEPENDENT, FINITE = "measured", "σ/√n", "without replacement"


def gradient_noise_picture(noise: GradientNoise, batch_size: int, dark: bool) -> Picture:
    """Dots where batches were drawn, the −½ line of independent draws, and the curve of a finite set below it.

    `batch_size` is that of the run, which is marked. Both axes are logarithmic.
    """
    blue, _, orange = three_colours(dark)
    kinds = [MEASURED, INDEPENDENT, FINITE]
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", columns=3, offset=4)
    tooltip = [
        alt.Tooltip("batch:Q", title="batch size", format=","),
        alt.Tooltip("error:Q", title="error / gradient", format=".3g"),
        alt.Tooltip("draws:Q", title="batches drawn"),
    ]
    base = alt.Chart(pd.DataFrame(_records(noise))).encode(
        x=_batch(noise),
        y=_error(),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[orange, blue, blue]), legend=legend),
    )
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=kinds, range=[[1, 0], [1, 0], [6, 3]]), legend=legend)
    lines = base.transform_filter(f"datum.kind != '{MEASURED}'").mark_line(strokeWidth=2, clip=True)
    dots = base.transform_filter(f"datum.kind == '{MEASURED}'").mark_circle(size=90, opacity=1)
    return Picture(
        stack(*_landmarks(noise, batch_size, dark), lines.encode(strokeDash=dash), dots.encode(tooltip=tooltip)),
        _in_words(noise),
        f"{slope_in_words(noise)} {scale_in_words(noise, batch_size)}",
    )


def slope_in_words(noise: GradientNoise) -> str:
    """How the error falls, beside how it should."""
    if noise.slope is None:
        return f"{noise.images} images are too few to tell how the error falls with the batch size."
    return f"The error of a batch falls as n to the power {_signed(noise.slope)}; σ/√n says −0.50."


def scale_in_words(noise: GradientNoise, batch_size: int) -> str:
    """The simple noise scale and what it says about the run's batch."""
    if noise.noise_scale is None:
        return (
            f"Noise outweighs the gradient even over all {noise.images} images, so the batch size beyond which "
            "averaging buys little is larger than can be told from them."
        )
    side = "below" if batch_size < noise.noise_scale else "beyond"
    return (
        f"Beyond about {noise.noise_scale:,.0f} images averaging buys little (the simple noise scale tr(Σ)/|G|²); "
        f"this run's batch of {batch_size:,} is {side} it."
    )


def _signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def _in_words(noise: GradientNoise) -> str:
    first, last = noise.errors[0], noise.errors[-1]
    return (
        "Error of a mini-batch's gradient against the batch size, on logarithmic axes: measured dots fall from "
        f"{first.error:.2g} times the gradient's length at {first.batch_size} to {last.error:.2g} times at "
        f"{last.batch_size}, along a line of slope −½ and a curve that falls to zero at all {noise.images}."
    )


def _records(noise: GradientNoise) -> Iterator[dict[str, Any]]:
    for each in noise.errors:
        if each.batch_size < noise.images:  # a batch of all has no error, and a logarithmic axis no zero
            yield {"kind": MEASURED, "batch": each.batch_size, "error": round(each.error, 5), "draws": each.draws}
    counts = np.geomspace(1, noise.images, 61)
    for kind, population in ((INDEPENDENT, None), (FINITE, noise.images)):
        for count in counts[: None if population is None else -1]:
            error = standard_error(count, noise.deviation, population=population)
            yield {"kind": kind, "batch": round(float(count), 3), "error": round(error, 5), "draws": None}


def _landmarks(noise: GradientNoise, batch_size: int, dark: bool) -> list[alt.Chart]:
    """The run's own batch, and the height at which the error is as long as the gradient itself."""
    level = alt.Chart(pd.DataFrame([{"error": 1.0, "name": "as long as the gradient"}]))
    own = alt.Chart(pd.DataFrame([{"batch": batch_size, "name": f"batch {batch_size:,}"}]))
    marks = [
        level.mark_rule(color=FAINT[dark], strokeDash=[2, 4]).encode(y=_error()),
        level.mark_text(align="left", baseline="bottom", dy=-3, color=MUTED[dark]).encode(
            x=alt.XValue(4), y=_error(), text=alt.Text("name:N")
        ),
    ]
    if batch_size <= noise.images:
        rule = own.mark_rule(color=FAINT[dark], strokeDash=[2, 4]).encode(x=_batch(noise))
        name = own.mark_text(align="left", baseline="top", dx=5, color=INK[dark]).encode(
            x=_batch(noise), y=alt.YValue(4), text=alt.Text("name:N")
        )
        marks += [rule, name]
    return marks


def _batch(noise: GradientNoise) -> alt.X:
    powers = [4**power for power in range(math.ceil(math.log(noise.images, 4)))]
    scale = alt.Scale(type="log", domain=[0.8, noise.images * 1.1], nice=False)
    return alt.X("batch:Q", title="batch size n", scale=scale, axis=alt.Axis(grid=False, values=powers, format=","))


def _error() -> alt.Y:
    axis = alt.Axis(values=[100, 10, 1, 0.1, 0.01], format="~g")
    title = "error / length of the full gradient"
    return alt.Y("error:Q", title=title, scale=alt.Scale(type="log", nice=False, padding=14), axis=axis)
