"""Accuracy by class, and the confusion matrix. The specifications depend on labels and classes, not on figures."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from hpviz.charts.grid import heat, ink_on
from hpviz.charts.palette import BACKGROUND, INK

LANE, AROUND = 9, 84  # px: a label's lane in the row of a class, and legend and axis
LEAST_ROW = 30
CELL = 40  # px
FULL = 12  # classes whose cells have room for words


def class_accuracies(
    frame: pd.DataFrame | alt.NamedData,
    labels: Sequence[str],
    colours: Sequence[str],
    classes: Sequence[str],
    legend: str,
    dark: bool,
) -> alt.LayerChart:
    """A row a class and in it a dot a label, from its lowest seed to its highest; `frame` as ByClass.accuracies."""
    axis = alt.Axis(ticks=False, domain=False, labelLimit=130, labelColor=INK[dark], grid=True, tickBand="extent")
    names = alt.Legend(orient="top", direction="horizontal", title=legend, titleOrient="left", columns=8, offset=4)
    base = alt.Chart(frame).encode(
        y=alt.Y("class:N", title=None, sort=list(classes), axis=axis, scale=alt.Scale(domain=list(classes))),
        yOffset=alt.YOffset("label:N", sort=list(labels), scale=alt.Scale(domain=list(labels), paddingOuter=0.8)),
        color=alt.Color("label:N", legend=names, scale=alt.Scale(domain=list(labels), range=list(colours))),
    )
    x = alt.Axis(format="%", tickCount=5)
    tooltip = [
        "class:N",
        alt.Tooltip("label:N", title="value"),
        alt.Tooltip("accuracy:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%", title="lowest seed"),
        alt.Tooltip("high:Q", format=".1%", title="highest seed"),
        alt.Tooltip("seeds:Q"),
        alt.Tooltip("images:Q", title="test images"),
    ]
    rules = base.mark_rule(strokeWidth=2, opacity=0.7).encode(x=alt.X("low:Q", axis=x), x2="high:Q")
    dots = base.mark_circle(size=75, opacity=1).encode(
        x=alt.X("accuracy:Q", title="right, of the class", scale=alt.Scale(domain=[0, 1]), axis=x), tooltip=tooltip
    )
    row = max(LANE * len(labels) + 12, LEAST_ROW)
    return alt.LayerChart(layer=[rules, dots]).properties(height=row * len(classes) + AROUND)


def confusion_matrix(frame: pd.DataFrame | alt.NamedData, classes: Sequence[str], dark: bool) -> alt.LayerChart:
    """A cell a class (row) and answer (column): the share of the class's images; `frame` as `coloured` makes it."""
    tight = len(classes) > FULL
    names = alt.Axis(ticks=False, domain=False, labelLimit=110, labelColor=INK[dark])
    turned = alt.Axis(ticks=False, domain=False, labelLimit=90, labelAngle=-40, orient="top", labelColor=INK[dark])
    scale = alt.Scale(domain=list(classes), paddingInner=0, paddingOuter=0)
    base = alt.Chart(frame).encode(
        x=alt.X("answer:N", title="answer", sort=list(classes), axis=turned, scale=scale),
        y=alt.Y("class:N", title="label", sort=list(classes), axis=names, scale=scale),
    )
    tooltip = [
        alt.Tooltip("class:N", title="label"),
        "answer:N",
        alt.Tooltip("share:Q", format=".1%"),
        alt.Tooltip("images:Q", title="images, all seeds"),
    ]
    cells = base.mark_rect(stroke=BACKGROUND[dark], strokeWidth=0.5 if tight else 2).encode(
        color=alt.Color("fill:N", scale=None), tooltip=tooltip
    )
    words = base.mark_text(fontSize=12).encode(text="words:N", color=alt.Color("ink:N", scale=None))
    layers = [cells] if tight else [cells, words]
    return alt.LayerChart(layer=layers).properties(height=(CELL if not tight else CELL // 2) * len(classes) + 110)


def coloured(frame: pd.DataFrame, dark: bool) -> pd.DataFrame:
    """The cells of ByClass.confused with what is drawn of each: its colour, its words and their ink."""
    fills = [heat(share, dark) for share in frame["share"]]
    words = ["" if share == 0 else "<1" if share < 0.005 else f"{100 * share:.0f}" for share in frame["share"]]
    return frame.assign(fill=fills, ink=[ink_on(fill) for fill in fills], words=words)
