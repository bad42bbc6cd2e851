"""The curves of a comparison on a page, as far as they are measured and as they grow."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.charts.curves import LIVE, READINGS, TITLES, Axis, Look, Metric, drawn_rows, readable
from hpviz.charts.looks import look_of
from hpviz.charts.side_by_side import on_one_axis, one_of_them
from hpviz.charts.specification import table
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.runner import Runner
from hpviz.runs.trail import Point
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import show_chart
from hpviz.ui.resources import get_runner
from hpviz.ui.theme import is_dark

METRICS: tuple[Metric, ...] = get_args(Metric)
HEIGHT = 290
NARROWEST = 320  # pixels of a chart; where three do not fit, they stand in a row that is swiped through
# Comparisons whose rows are kept, for all sessions.
KEPT = 64


def as_far_as_asked(run: Run, x: Axis) -> float:
    """Where a run without an epoch yet will end along `x`; 0 where that is not known."""
    return run["target"] if x == "epoch" else 0.0


def show_curves(
    name: str, comparison: Comparison, reach: Callable[[Run, Axis], float], article: Mapping[str, float]
) -> None:
    """Accuracy, train loss and test loss with everything over one another, or a chart a label.

    Runs without an epoch yet have their place on the axis from the first: as far as they will `reach`. `article` are
    accuracies that the article's author logged, by label.
    """
    drawn = comparison.drawn
    x: Axis = st.session_state[f"{name}:x"] or "epoch"
    end = max((reach(run, x) for run in drawn.ahead), default=0.0)
    look = look_of(drawn, x, bool(st.session_state[f"{name}:log"]), is_dark(), end, places(name, drawn))
    look = replace(look, own_legend=False, references=tuple(article.items()))
    if st.session_state.get(f"{name}:layout") == "side by side":
        _show_side_by_side(name, drawn, look)
        return
    with st.grid(len(METRICS), min_column_width=NARROWEST, wrap=False, gap="xsmall"):
        for metric in METRICS:
            _show_overlaid(f"{name}:{metric}", metric, drawn, look)


def hide_curves(why: str) -> None:
    """A sentence where the curves would be, as high as they are."""
    with st.container(height=HEIGHT, vertical_alignment="center", horizontal_alignment="center"):
        st.markdown(f":material/visibility_off: {why}", width="content")


def _show_overlaid(key: str, metric: Metric, drawn: Comparison, look: Look) -> None:
    """One metric over training, read at any epoch; that of the train loss goes on within the epochs under way.

    The words hold no figures: a text that changes would make the page draw the chart anew.
    """
    rows, alt = _rows(drawn, look.x, look.log_loss), _words(TITLES[metric], ", ".join(look.labels))
    beside = {READINGS: _readings(drawn, look.labels)}
    if metric == "train_loss":
        beside[LIVE] = pa.Table.from_pylist(live_rows(drawn, look.log_loss, get_runner()), _TRAIL)
    show_chart(key, readable, metric, look, rows=rows, beside=beside, alt=alt, height=HEIGHT)


def _show_side_by_side(name: str, drawn: Comparison, look: Look) -> None:
    """A chart for each label, of one metric."""
    metric: Metric = (
        st.segmented_control("Show", METRICS, format_func=TITLES.__getitem__, required=True, default=METRICS[0])
        or METRICS[0]
    )
    frame = _curves(drawn)
    shared = on_one_axis(frame, metric, look)
    with st.grid(len(METRICS), min_column_width=280):
        for label in look.labels:
            mine = drawn_rows(frame[frame["label"] == label], look.x, look.log_loss)
            rows, alt = table(mine), _words(f"{TITLES[metric]} of {label}", "")
            show_chart(f"{name}:side:{label}", one_of_them, metric, shared, label, rows=rows, alt=alt)


def _words(what: str, labels: str) -> str:
    return f"{what} over training{f', for {labels}' if labels else ''}. The table below has the figures."


def points(runner: Runner) -> Mapping[str, Sequence[Point]]:
    """By run, how the train loss of its epoch under way has gone so far; of runs that train in this process."""
    return {entry["id"]: trail for entry in runner.queue() if (trail := entry["view"].get("trail"))}


@lru_cache(maxsize=KEPT)
def _rows(drawn: Comparison, x: Axis, log_loss: bool) -> pa.Table:
    return table(drawn_rows(_curves(drawn), x, log_loss))


@lru_cache(maxsize=KEPT)
def _readings(drawn: Comparison, labels: tuple[str, ...]) -> pa.Table:
    return table(frames.readings(_curves(drawn), labels))


def _curves(drawn: Comparison) -> pd.DataFrame:
    return frames.curves(drawn.cut, drawn.labels, drawn.epochs)


_TRAIL = pa.schema([(name, pa.string() if name in ("label", "run") else pa.float64()) for name in frames.TRAIL])


def live_rows(drawn: Comparison, log_loss: bool, runner: Runner) -> list[dict[str, Any]]:
    """The rows of LIVE as they are now, beside the measured curves that are drawn; known on any thread."""
    shown = {run["id"]: run for run in (*drawn.runs, *drawn.ahead) if run["status"] in ACTIVE}
    now = [runner.run(run_id) or run for run_id, run in shown.items()]
    lengths = {run_id: len(run["epochs"]) for run_id, run in shown.items()}
    rows = frames.trails(now, drawn.labels, points(runner), lengths)
    return [row for row in rows if math.isfinite(row["train_loss"]) and (row["train_loss"] > 0 or not log_loss)]
