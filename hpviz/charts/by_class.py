"""Accuracy by class, and a confusion matrix, on a page: they depend on labels and classes, not on figures."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from hpviz.charts.answers import confusion
from hpviz.charts.axes import of_shares
from hpviz.charts.palette import INK

LANE, AROUND = 9, 84  # px: a label's lane in the row of a class, and legend and axis
LEAST_ROW = 30
BELOW = 90  # px: names and title under a matrix


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
    x = of_shares()
    tooltip = [
        "class:N",
        alt.Tooltip("label:N", title="value"),
        alt.Tooltip("accuracy:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%", title="lowest seed"),
        alt.Tooltip("high:Q", format=".1%", title="highest seed"),
        alt.Tooltip("seeds:Q"),
        alt.Tooltip("images:Q", title="test images"),
    ]
    rules = base.mark_rule(strokeWidth=2, opacity=0.7).encode(x=alt.X("low:Q", axis=x), x2=alt.X2("high:Q"))
    dots = base.mark_circle(size=75, opacity=1).encode(
        x=alt.X("accuracy:Q", title="right, of the class", scale=alt.Scale(domain=[0, 1]), axis=x), tooltip=tooltip
    )
    row = max(LANE * len(labels) + 12, LEAST_ROW)
    return alt.LayerChart(layer=[rules, dots]).properties(height=row * len(classes) + AROUND)


def confusion_matrix(frame: pd.DataFrame | alt.NamedData, classes: Sequence[str], dark: bool) -> alt.LayerChart:
    """One confusion matrix, as wide as the page gives it; `frame` as ByClass.confused, `answers.coloured`."""
    chart = confusion(frame, classes, dark, names_labels=True, title="")
    chart.title = chart.width = alt.Undefined
    chart.height += BELOW  # which a page counts as part of it
    return chart
