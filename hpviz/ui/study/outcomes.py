"""Two of the article's pictures, drawn from the runs on the screen: loss by learning rate, and one run's gap."""

import math
from functools import lru_cache

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.charts.pictures import GAP, VALLEY, gap, gap_rows, valley, valley_rows
from hpviz.charts.specification import table
from hpviz.notation import short
from hpviz.plan import Setting
from hpviz.studies import LEARNING_RATE, Study
from hpviz.ui.bench.curves import KEPT
from hpviz.ui.chart import offer_figures, show_chart
from hpviz.ui.study import choices
from hpviz.ui.theme import is_dark

# Columns, as tables name them.
LOSSES = {
    "learning_rate": "learning rate",
    "loss": "test loss (nats)",
    "train": "train loss (nats)",
    "test": "test loss (nats)",
}


def show_outcomes(study: Study, setting: Setting, comparison: Comparison) -> None:
    """The gap of a run that is chosen and, on the page of the learning rate, its valley."""
    with st.grid(2, min_column_width=300, gap="medium"):
        if study is LEARNING_RATE:
            with st.container():
                _show_valley(study, setting, comparison.drawn)
        with st.container():
            _show_gap(study, comparison.drawn)


def _show_valley(study: Study, setting: Setting, drawn: Comparison) -> None:
    chance = math.log(len(setting.identity.classes))
    rows = _valley(drawn, setting.epochs)
    show_chart(
        f"{study.name}:valley",
        valley,
        is_dark(),
        chance,
        rows=rows,
        alt="Final test loss against learning rate, a dot a run. The table below has the figures.",
    )
    st.caption(VALLEY)
    offer_figures(f"{study.name}:valley", "Final losses", lambda: _losses(drawn, setting.epochs))


def _losses(drawn: Comparison, epochs: int) -> pd.DataFrame:
    """As a table has them: a row a run, rates as they are written elsewhere."""
    losses = frames.final_losses(drawn.runs, epochs)
    return losses.assign(learning_rate=losses["learning_rate"].map(short)).rename(columns=LOSSES)


@lru_cache(maxsize=KEPT)
def _valley(drawn: Comparison, epochs: int) -> pa.Table:
    return table(valley_rows(frames.final_losses(drawn.runs, epochs)))


def _show_gap(study: Study, drawn: Comparison) -> None:
    """One run's losses, with the choice of its value below, so that the charts of a row begin at one height."""
    chart = st.container()
    labels = list(drawn.groups)
    label = st.selectbox(
        f"Train and test loss of {study.symbol}",
        labels,
        index=labels.index(frames.widest_gap(drawn.groups, drawn.ends)),
        key=choices.key(study, "gap"),
        width=220,
        persist_state="session",
    )
    label = label or labels[0]
    with chart:
        show_chart(
            f"{study.name}:gap",
            gap,
            is_dark(),
            rows=_gap(drawn, label),
            alt="Train and test loss of one run, the gap between them shaded. The table below has the figures.",
        )
        st.caption(GAP)
    group, end = drawn.groups[label], drawn.ends[label]
    offer_figures(f"{study.name}:gap", "Train and test loss", lambda: frames.gap_of(group, end).rename(columns=LOSSES))


@lru_cache(maxsize=KEPT)
def _gap(drawn: Comparison, label: str) -> pa.Table:
    return table(gap_rows(frames.gap_of(drawn.groups[label], drawn.ends[label])))
