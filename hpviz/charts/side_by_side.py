"""The same curves, a small chart for each label: for many runs, whose lines would hide one another."""

import dataclasses

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.curves import Look, Metric, curve, for_logarithms

HEIGHT = 220


def side_by_side(frame: pd.DataFrame, metric: Metric, look: Look) -> list[alt.LayerChart]:
    """One metric over training, a chart a label, all on one y axis; `frame` as `analysis.frames.curves` makes it.

    So that they can be held against each other, the axis is that of the highest and lowest finite figure of all.
    """
    shown = for_logarithms(frame) if look.log_loss else frame
    figures = shown[[metric, f"{metric}_low", f"{metric}_high"]].to_numpy()
    ends = (np.nanmin(figures), np.nanmax(figures)) if np.isfinite(figures).any() else None
    shared = dataclasses.replace(look, own_legend=False, loss_ends=ends)
    return [
        curve(frame[frame["label"] == label], metric, shared).properties(height=HEIGHT, title=label)
        for label in look.labels
    ]
