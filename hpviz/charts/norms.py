"""Lengths of weights and gradients over training. Like the curves: new epochs change the data, never the drawing."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from hpviz.charts.axes import of_epochs

Norm = Literal["weight_norm", "gradient_norm"]

TITLES: dict[Norm, str] = {"weight_norm": "Weight norm", "gradient_norm": "Gradient norm"}
HEIGHT = 300


def norm_curve(
    frame: pd.DataFrame | alt.NamedData,
    norm: Norm,
    labels: Sequence[str],
    colours: Sequence[str],
    legend: str,
    epochs: int,
) -> alt.LayerChart:
    """One norm by epoch, a line a label; `frame` as `analysis.norms.norms` makes it, or the name of data `for_decades`.

    Gradients span decades and are drawn on a logarithmic axis, on which a zero has no place.
    """
    if isinstance(frame, pd.DataFrame):
        frame = for_decades(frame)
    scale = alt.Scale(domain=list(labels), range=list(colours))
    title = alt.Legend(orient="top", direction="horizontal", title=legend, titleOrient="left", columns=8, offset=4)
    base = alt.Chart(frame).encode(x=_epoch(epochs), y=_norm(norm))
    lines = base.mark_line(strokeWidth=2, point=True, invalid="break-paths-filter-domains").encode(
        color=alt.Color("label:N", scale=scale, legend=title),
        detail=alt.Detail("seeds:N"),
        tooltip=[
            alt.Tooltip("label:N", title=legend),
            alt.Tooltip("epoch:Q", format="d"),
            alt.Tooltip(f"{norm}:Q", title=TITLES[norm], format=".3g"),
            alt.Tooltip("seeds:Q", format="d"),
        ],
    )
    counts = base.transform_filter("datum.told != ''").mark_text(dx=6, dy=-10, align="left", fontSize=11)
    told = counts.encode(text=alt.Text("told:N"), color=alt.Color("label:N", scale=scale))
    return alt.LayerChart(layer=[lines, told]).properties(height=HEIGHT, title=TITLES[norm])


def for_decades(frame: pd.DataFrame) -> pd.DataFrame:
    """The norms without gradients of zero."""
    return frame.assign(gradient_norm=frame["gradient_norm"].where(frame["gradient_norm"] > 0))


def _epoch(epochs: int) -> alt.X:
    return alt.X("epoch:Q", scale=alt.Scale(domain=[0, epochs], nice=False), axis=of_epochs())


def _norm(norm: Norm) -> alt.Y:
    if norm == "gradient_norm":
        axis = alt.Axis(format="~g", tickCount=5)
        return alt.Y(f"{norm}:Q", title=None, scale=alt.Scale(type="log", nice=False, padding=8), axis=axis)
    return alt.Y(f"{norm}:Q", title=None, scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=5))
