"""The comparison itself: curves over one another or side by side, figures against a baseline, noise, what differs."""

from collections.abc import Sequence
from typing import get_args

import pandas as pd
import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.comparison import At, Comparison, compare_runs, differ_in_updates, told
from hpviz.analysis.learning_curve import law_in_words
from hpviz.analysis.origin import from_elsewhere, recorded
from hpviz.analysis.words import listed
from hpviz.charts.curves import TITLES, Axis, Look
from hpviz.charts.looks import look_of
from hpviz.charts.side_by_side import on_one_axis, one_of_them
from hpviz.charts.specification import table
from hpviz.runs.document import Run
from hpviz.ui.chart import show_chart
from hpviz.ui.curves import METRICS, show_curve
from hpviz.ui.kept import Kept
from hpviz.ui.noise import cautions, outcome, show_noise
from hpviz.ui.study.choices import AT_HELP
from hpviz.ui.study.overlay import FIGURES, LEGEND, Columns, without_empty
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

DELTA = "Last accuracy less that of the baseline, in points."


def show_options(layouts: tuple[str, ...], chosen: Sequence[Run]) -> None:
    """How the runs are compared and drawn. The keys are those of the page's address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Layout", layouts, required=True, key="compare:layout", persist_state="session")
        st.segmented_control("Along x", get_args(Axis), required=True, key="compare:x", persist_state="session")
        st.toggle("log loss", key="compare:log", persist_state="session")
        if differ_in_updates(chosen) or st.session_state["compare:at"] == "updates":
            st.segmented_control(
                "Compare at equal",
                get_args(At),
                required=True,
                key="compare:at",
                on_change=_take_axis,
                persist_state="session",
                help=AT_HELP,
            )


def _take_axis() -> None:
    st.session_state["compare:x"] = "updates" if st.session_state["compare:at"] == "updates" else "epoch"


def choose_baseline(comparison: Comparison) -> str | None:
    """The label that the others are held against: the first unless another was chosen."""
    labels = list(comparison.groups)
    if st.session_state.get("compare:baseline") not in labels:
        st.session_state["compare:baseline"] = None
    chosen = st.selectbox(
        "Baseline",
        labels,
        key="compare:baseline",
        index=None,
        placeholder="none",
        width=320,
        persist_state="session",
    )
    return str(chosen) if chosen else None


def compared(runs: Sequence[Run]) -> Comparison:
    """The runs as the page compares them; the same object for as long as none of them has changed."""
    at: At = st.session_state["compare:at"]
    return _kept.of(runs, at, lambda: compare_runs(runs, at=at))


_kept: Kept[Comparison] = Kept()


def show_curves(comparison: Comparison) -> None:
    """Three charts with everything over one another, or a chart for each label and metric.

    Without an epoch anywhere the axis of epochs ends where the runs will.
    """
    x, log_loss = st.session_state["compare:x"], st.session_state["compare:log"]
    ends = [run["target"] for run in comparison.ahead] if x == "epoch" and not comparison.runs else []
    look = look_of(comparison, x, log_loss, is_dark(), max(ends, default=0))
    if st.session_state["compare:layout"] == "overlaid":
        with st.grid(3, min_column_width=280):
            for metric in METRICS:
                show_curve(f"compare:{metric}", metric, comparison, look, _alt(look, metric))
        st.caption(LEGEND)
        return
    chosen = st.segmented_control("Show", METRICS, format_func=TITLES.__getitem__, required=True, default=METRICS[0])
    metric = chosen or METRICS[0]
    frame = frames.curves(comparison.cut, comparison.labels, comparison.epochs)
    shared = on_one_axis(frame, metric, look)
    with st.grid(3, min_column_width=280):
        for label in look.labels:
            show_chart(
                f"compare:side:{label}",
                one_of_them,
                metric,
                shared,
                label,
                rows=table(frame[frame["label"] == label]),
                alt=f"{TITLES[metric]} of {label} over training. The table below has the figures.",
            )


def _alt(look: Look, metric: str) -> str:
    return f"{TITLES[metric]} over training, for {', '.join(look.labels)}. The table below has the figures."


def show_table(comparison: Comparison, baseline: str | None) -> None:
    """One row a label: its seeds, its figures and, with a baseline, how far it is from it."""
    classes = round(1 / comparison.chance) if comparison.chance else 2
    table = frames.by_value(comparison.runs, comparison.labels, comparison.ends, classes)
    if comparison.chance is None:
        table = table.drop(columns="diagnosis")
    if baseline:
        last = table["last"].astype(float)  # None where every seed diverged
        base = last[table["value"] == baseline].iloc[0]
        table.insert(list(table.columns).index("last") + 1, "delta", 100 * (last - base))
    delta = st.column_config.NumberColumn("Δ points", format="%+.1f", help=DELTA)
    columns: Columns = {**FIGURES, "value": "run", "delta": delta}
    st.dataframe(
        without_empty(table),
        hide_index=True,
        placeholder="–",
        key="compare:table",
        alt="Figures by label",
        column_config=columns,
    )


def show_judgement(comparison: Comparison, baseline: str | None) -> None:
    """Different or noise, of pairs with the baseline if there is one; is it fair; whose runs these are."""
    show_noise(outcome(comparison, baseline))
    if law := law_in_words(comparison):
        st.markdown(f"**What are more images worth?** {sentence(law)}")
    for caution in cautions(comparison):
        st.markdown(f"- :material/balance: {sentence(caution.sentence)}")
    if foreign := from_elsewhere(comparison.runs):
        st.markdown(f"- :material/public: Not all were trained here: {sentence(foreign)}.")


def show_differences(comparison: Comparison) -> None:
    """What differs, by label, in a table; what is the same, in a line; where each was recorded."""
    first = comparison.runs[0]
    same = [told(name, value, first) for name, value in comparison.shared.items()]
    st.markdown(f"**The same for all**: {sentence(listed(same))}.")
    rows = [
        {
            "run": label,
            **{name.replace("_", " "): told(name, runs[0]["spec"][name], runs[0]) for name in comparison.differing},
            "seeds": listed([str(run["spec"]["seed"]) for run in runs]),
            "recorded on": recorded(runs[0]),
        }
        for label, runs in comparison.groups.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="compare:differences", alt="What differs, by label")
