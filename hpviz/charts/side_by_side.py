"""The same curves, a small chart for each label: for many runs, whose lines would hide one another."""

import dataclasses

import altair as alt
import pandas as pd

from hpviz.charts.curves import Look, Metric, curve

WIDTH, HEIGHT, COLUMNS = 330, 200, 3


def side_by_side(frame: pd.DataFrame, metric: Metric, look: Look) -> alt.ConcatChart:
    """One metric over training, a chart a label, all on one y axis; `frame` as `analysis.frames.curves` makes it."""
    bare = dataclasses.replace(look, own_legend=False)
    charts = [
        curve(frame[frame["label"] == label], metric, bare).properties(width=WIDTH, height=HEIGHT, title=label)
        for label in look.labels
    ]
    return alt.ConcatChart(concat=charts, columns=COLUMNS).resolve_scale(y="shared", color="shared")  # type: ignore[no-any-return]
