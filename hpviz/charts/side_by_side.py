"""The same curves, a small chart for each label: for many runs, whose lines would hide one another."""

import dataclasses

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.curves import Look, Metric, curve, drawn_rows

HEIGHT = 220


def side_by_side(frame: pd.DataFrame, metric: Metric, look: Look) -> list[alt.LayerChart]:
    """One metric over training, a chart a label, all on one y axis; `frame` as `analysis.frames.curves` makes it."""
    shared = on_one_axis(frame, metric, look)
    return [one_of_them(frame[frame["label"] == label], metric, shared, label) for label in look.labels]


def on_one_axis(frame: pd.DataFrame, metric: Metric, look: Look) -> Look:
    """The look of charts that can be held against each other: up to the highest and lowest finite figure of all."""
    shown = drawn_rows(frame, look.x, look.log_loss)
    figures = shown[[metric, f"{metric}_low", f"{metric}_high"]].to_numpy()
    ends = (float(np.nanmin(figures)), float(np.nanmax(figures))) if np.isfinite(figures).any() else None
    return dataclasses.replace(look, own_legend=False, end_labels=False, loss_ends=ends)


def one_of_them(frame: pd.DataFrame | alt.NamedData, metric: Metric, shared: Look, label: str) -> alt.LayerChart:
    """The chart of one label, whose rows alone `frame` holds or names."""
    return curve(frame, metric, shared).properties(height=HEIGHT, title=label)
