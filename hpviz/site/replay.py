"""A training played again: the curves as they stood after each epoch, their marks and names where they were then."""

from math import ceil
from typing import Any

import pandas as pd

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.frames import METRICS
from hpviz.charts.curves import Axis, drawn_rows
from hpviz.charts.specification import table
from hpviz.site.charts import Charts

FRAMES = 30  # at most; of a longer training every so many epochs are shown
X: Axis = "epoch"

# What is otherwise at every epoch: which is the best so far and the newest, who was lost by then, where names stand.
MARKS = ("best", "last", "lost", *(f"{metric}_end" for metric in METRICS))
UNMARKED: dict[str, Any] = {"best": False, "last": False, "lost": ""}


def replay_of(comparison: Comparison, charts: Charts) -> dict[str, Any]:
    """The rows without their marks, the epoch of each frame, and by frame the marks of rows as [row, {mark: value}].

    The last frame is the whole comparison.
    """
    whole = rows_until(comparison, comparison.epochs)
    plain = whole.assign(**{mark: UNMARKED.get(mark) for mark in MARKS})
    plain = plain.astype({mark: float for mark in MARKS if mark not in UNMARKED})
    place = {key: row for row, key in enumerate(zip(whole["label"], whole["epoch"], strict=True))}
    ends = _ends(comparison.epochs)
    return {
        "rows": charts.keep(table(plain)),
        "ends": ends,
        "marks": [_marks(rows_until(comparison, end), place) for end in ends],
    }


def rows_until(comparison: Comparison, epoch: int) -> pd.DataFrame:
    """The curves as they are drawn after that epoch."""
    return drawn_rows(frames.curves(comparison.cut, comparison.labels, epoch), X, log_loss=False)


def _ends(epochs: int) -> list[int]:
    step = ceil(epochs / FRAMES)
    return [*range(step, epochs, step), epochs]


def _marks(rows: pd.DataFrame, place: dict[tuple[str, float], int]) -> list[list[Any]]:
    """What is marked in a frame, by its row in the whole."""
    marks = []
    for row in rows[["label", "epoch", *MARKS]].to_dict("records"):
        found = {mark: _value(row[mark]) for mark in MARKS if row[mark] is not None and not pd.isna(row[mark])}
        told = {mark: value for mark, value in found.items() if value != UNMARKED.get(mark)}
        if told:
            marks.append([place[row["label"], row["epoch"]], told])
    return marks


def _value(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value if isinstance(value, str) else bool(value)
