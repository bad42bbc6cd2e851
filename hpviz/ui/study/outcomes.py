"""What came of the runs on the screen, in a row: accuracy by value, loss by learning rate, one run's gap."""

import math
from collections.abc import Sequence

import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.evidence import furthest
from hpviz.charts.pictures import Picture, loss_by_rate, train_and_test
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.studies import LEARNING_RATE, Study
from hpviz.ui.study import choices
from hpviz.ui.study.compared import as_drawn
from hpviz.ui.study.isolation import show_isolation
from hpviz.ui.study.screen import is_dark


def show_outcomes(study: Study, setting: Setting, comparison: Comparison) -> None:
    """Accuracy by value, the gap of a run that is chosen and, on the page of the learning rate, its valley."""
    drawn = as_drawn(comparison, study, setting)
    has_valley = study is LEARNING_RATE
    with st.grid(3 if has_valley else 2, min_column_width=280, gap="medium"):
        with st.container():
            show_isolation(study, comparison, drawn)
        if has_valley:
            with st.container():
                _show_valley(study, setting, drawn.runs)
        with st.container():
            _show_gap(study, drawn)


def _show_valley(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    losses = frames.final_losses(runs, setting.epochs)
    picture = loss_by_rate(losses, is_dark(), math.log(len(setting.identity.classes)))
    _show(picture, f"{study.name}:valley", "Final test loss against learning rate, a dot a run.")


def _show_gap(study: Study, drawn: Comparison) -> None:
    """One run's losses, with the choice of its value below, so that the charts of a row begin at one height."""
    chart = st.container()
    label = st.selectbox(
        f"Train and test loss of {study.symbol}",
        list(drawn.groups),
        key=choices.key(study, "gap"),
        width=220,
        persist_state="session",
    )
    label = label or next(iter(drawn.groups))
    chosen, end = drawn.groups[label], drawn.ends[label]
    run = next(iter(furthest(chosen, end)), chosen[0])
    picture = train_and_test(frames.gap(run, end), is_dark())
    with chart:
        _show(picture, f"{study.name}:gap", "Train and test loss of one run, the gap between them shaded.")


def _show(picture: Picture, key: str, alt: str) -> None:
    """A picture of runs; its own words hold figures, and a text that changes makes the page draw it anew."""
    st.altair_chart(
        picture.chart,  # type: ignore[arg-type]
        key=key,
        width="stretch",
        alt=f"{alt} The table above has the figures.",
    )
    st.caption(picture.caption)
