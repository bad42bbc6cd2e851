"""The curves of a comparison on a page, as far as they are measured and as they grow."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import get_args

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.charts.curves import LIVE, READINGS, Axis, Look, Metric, drawn_rows, readable
from hpviz.charts.specification import table
from hpviz.runs.trail import Point
from hpviz.ui.chart import show_chart
from hpviz.ui.resources import get_runner

METRICS: tuple[Metric, ...] = get_args(Metric)
# Comparisons whose rows are kept, for all sessions.
KEPT = 64


def show_curve(key: str, metric: Metric, drawn: Comparison, look: Look, alt: str) -> None:
    """One metric over training, read at any epoch; that of the train loss goes on within the epochs under way."""
    beside = {READINGS: _readings(drawn, look.labels)}
    if metric == "train_loss":
        beside[LIVE] = _live(drawn, look.log_loss)
    show_chart(key, readable, metric, look, rows=_rows(drawn, look.x, look.log_loss), beside=beside, alt=alt)


def points() -> Mapping[str, Sequence[Point]]:
    """By run, how the train loss of its epoch under way has gone so far; of runs that train in this process."""
    return {entry["id"]: trail for entry in get_runner().queue() if (trail := entry["view"].get("trail"))}


@lru_cache(maxsize=KEPT)
def _rows(drawn: Comparison, x: Axis, log_loss: bool) -> pa.Table:
    return table(drawn_rows(_curves(drawn), x, log_loss))


@lru_cache(maxsize=KEPT)
def _readings(drawn: Comparison, labels: tuple[str, ...]) -> pa.Table:
    return table(frames.readings(_curves(drawn), labels))


def _curves(drawn: Comparison) -> pd.DataFrame:
    return frames.curves(drawn.cut, drawn.labels, drawn.epochs)


_TRAIL = pa.schema([(name, pa.string() if name in ("label", "run") else pa.float64()) for name in frames.TRAIL])


def _live(drawn: Comparison, log_loss: bool) -> pa.Table:
    rows = frames.trails((*drawn.runs, *drawn.ahead), drawn.labels, points())
    return pa.Table.from_pylist([row for row in rows if row["train_loss"] > 0 or not log_loss], _TRAIL)
