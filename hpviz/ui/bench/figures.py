"""The comparison in figures: a row a label, against a baseline if one is chosen; then which pairs noise tells apart."""

from functools import lru_cache

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison, told
from hpviz.analysis.origin import from_elsewhere, recorded
from hpviz.analysis.words import listed
from hpviz.ui.bench.curves import KEPT
from hpviz.ui.bench.ground import diagnoses_of
from hpviz.ui.bench.verdict import show_pairs
from hpviz.ui.given import give
from hpviz.ui.text import sentence

IS_NEW = "a baseline was chosen"
SPREAD = "Standard deviation over the seeds, in points."
LOST = "Seeds that diverged. The means are those of the others; in judgements they count as guessing."
GAP = "Test loss less train loss, both without dropout."
MEMORY = "The most that training held, as the system measured it."
DELTA = "Last accuracy less that of the baseline, in points."
# The columns of `frames.by_value`, as tables show them.
COLUMNS: dict[str, ColumnConfig | str | None] = {
    "lost": st.column_config.TextColumn("lost", help=LOST),
    "best": st.column_config.NumberColumn("best accuracy", format="percent"),
    "best_spread": st.column_config.NumberColumn("± (best)", format="%.1f", help=SPREAD),
    "last": st.column_config.NumberColumn("last accuracy", format="percent"),
    "last_spread": st.column_config.NumberColumn("± (last)", format="%.1f", help=SPREAD),
    "delta": st.column_config.NumberColumn("Δ points", format="%+.1f", help=DELTA),
    "gap": st.column_config.NumberColumn("gap (nats)", format="%.3f", help=GAP),
    "train_seconds": st.column_config.NumberColumn("train s/epoch", format="%.1f"),
    "test_seconds": st.column_config.NumberColumn("test s/epoch", format="%.2f"),
    "peak_memory": st.column_config.NumberColumn("peak memory (MB)", format="%.0f", help=MEMORY),
}


def show_figures(name: str, comparison: Comparison) -> None:
    """The table and what may be said of it. Without an epoch there is none."""
    if not comparison.runs:
        st.caption("No run on the screen has an epoch yet.")
        return
    baseline = _choose_baseline(name, comparison)
    title = comparison.study.title if comparison.study else "run"
    st.dataframe(
        _table(comparison, baseline),
        hide_index=True,
        placeholder="–",
        key=f"{name}:table",
        alt=f"Figures by {title.lower()}: means over seeds",
        column_config={**COLUMNS, "value": title},
    )
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            show_pairs(comparison, baseline)
        with st.container():
            if comparison.chance:
                st.markdown("**Diagnosis**, its rule and the next thing to try")
                st.markdown(_diagnoses(comparison))
            if foreign := from_elsewhere(comparison.runs):
                st.markdown(f"- :material/public: Not all were trained here: {sentence(foreign)}.")


def _choose_baseline(name: str, comparison: Comparison) -> str | None:
    """The label that the others are held against, if one was chosen."""
    labels, key = list(comparison.groups), f"{name}:baseline"
    if st.session_state.get(key) not in labels:
        give(key, None)
    chosen = st.selectbox(
        "Baseline",
        labels,
        key=key,
        index=None,
        placeholder="none",
        width=320,
        on_change=st.session_state.update,
        args=({IS_NEW: True},),
        persist_state="session",
    )
    if st.session_state.pop(IS_NEW, False):
        st.rerun()  # the whole page, which writes it into its address
    return str(chosen) if chosen else None


@lru_cache(maxsize=KEPT)
def _table(comparison: Comparison, baseline: str | None) -> pd.DataFrame:
    """With a baseline, how far each is from it; without the columns that have nothing to say."""
    drawn, classes = comparison.drawn, round(1 / comparison.chance) if comparison.chance else 2
    table = frames.by_value(drawn.runs, drawn.labels, drawn.ends, classes)
    silent = [name for name, is_silent in _silences(table, comparison).items() if is_silent]
    if baseline:
        last = table["last"].astype(float)  # None where every seed diverged
        base = last[table["value"] == baseline].iloc[0]
        table.insert(list(table.columns).index("last") + 1, "delta", 100 * (last - base))
    return table.drop(columns=silent)


def _silences(table: pd.DataFrame, comparison: Comparison) -> dict[str, bool]:
    return {"lost": not table["lost"].notna().any(), "diagnosis": comparison.chance is None}


@lru_cache(maxsize=KEPT)
def _diagnoses(comparison: Comparison) -> str:
    lines = [
        f"- **{sentence(name)} · {kind}**  \n  {sentence(rule)}  \n  *{sentence(next_step)}*"
        for name, (kind, rule, next_step) in diagnoses_of(comparison).items()
    ]
    return "\n".join(lines)


def show_differences(comparison: Comparison) -> None:
    """What differs, by label, in a table; what is the same, in a line; where each was recorded."""
    if not comparison.runs:
        return
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
