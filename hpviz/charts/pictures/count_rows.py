"""Counts a row each on one logarithmic axis: a ring at every position of the slider, a dot where it stands."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from hpviz.charts.palette import MUTED
from hpviz.charts.pictures.picture import FAINT, INK, at, frame_of, stack, three_colours

ROW_HEIGHT, MARGIN = 44, 96  # px; the second for legend, axis and title
INSET = 8  # px of the words from either side
PARAMETERS, WORK = "parameters", "multiply-adds an image"
TICKS = [10.0**power for power in range(11)]


def count_rows(
    data: pd.DataFrame, names: Sequence[str], moved: alt.Parameter, step: float, dark: bool
) -> alt.LayerChart:
    """A record a row and position of the slider `moved`, which is a field of the data as well.

    `row` names it (one of `names`, from the top), `label` stands over it and may change as the slider moves, `count` is
    drawn and `figure` written; `kind` is one of PARAMETERS and WORK.
    """
    blue, _, orange = three_colours(dark)
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="circle", offset=4)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=[PARAMETERS, WORK], range=[blue, orange]), legend=legend)
    every = alt.Chart(data).encode(x=_count(), y=_row(names))
    here = frame_of(data, [at(moved.name, moved, step)]).encode(y=_row(names))
    tooltip = [alt.Tooltip("label:N", title="row"), alt.Tooltip("count:Q", format=","), alt.Tooltip("kind:N")]
    over, under = -9, 9  # px from the middle of a row: its words, its track
    return stack(
        every.mark_line(color=FAINT[dark], strokeWidth=1, opacity=0.7, yOffset=under).encode(
            detail=alt.Detail("row:N")
        ),
        every.mark_point(color=FAINT[dark], size=22, opacity=0.9, strokeWidth=1, yOffset=under),
        here.mark_circle(size=190, opacity=1, yOffset=under).encode(x=_count(), color=colour, tooltip=tooltip),
        here.mark_text(align="left", dy=over, fontSize=12, color=MUTED[dark]).encode(
            x=alt.XValue(INSET), text=alt.Text("label:N")
        ),
        here.mark_text(align="right", dy=over, fontSize=13, fontWeight=600, color=INK[dark]).encode(
            x=alt.XValue(alt.expr(f"width - {INSET}")), text=alt.Text("figure:N")
        ),
        sliders=[moved],
        height=ROW_HEIGHT * len(names) + MARGIN,
    )


def _row(names: Sequence[str]) -> alt.Y:
    return alt.Y("row:N", title=None, sort=list(names), axis=None)


def _count() -> alt.X:
    axis = alt.Axis(format="~s", values=TICKS, labelOverlap=True, grid=False)
    return alt.X("count:Q", title="count", scale=alt.Scale(type="log", nice=False, padding=14), axis=axis)
