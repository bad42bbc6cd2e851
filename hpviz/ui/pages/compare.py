"""Any runs held against each other, and the picture of it to share."""

import streamlit as st
from hpviz.ui.share import show_share

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.runs.document import ACTIVE
from hpviz.runs.reference import reference_runs
from hpviz.ui import compare_choice, compare_link, compare_view, permalink
from hpviz.ui.resources import get_runner

DRAW_SECONDS = 2.0

runner = get_runner()
everything = [*runner.runs(), *reference_runs()]
compare_link.take(everything)
st.title("Compare")
permalink.complain(compare_link.PAGE)
compare_link.show_absent(everything)
chosen = compare_choice.choose_runs(everything)


def show(comparison: Comparison) -> None:
    """The whole comparison."""
    compare_view.show_curves(comparison)
    baseline = compare_view.choose_baseline(comparison)
    compare_view.show_table(comparison, baseline)
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            compare_view.show_judgement(comparison, baseline)
        with st.container():
            compare_view.show_differences(comparison)


@st.fragment(run_every=DRAW_SECONDS if any(run["status"] in ACTIVE for run in chosen) else None)
def comparison_now() -> None:
    """The chosen runs as they are, drawn again while one of them trains."""
    fresh = [runner.run(run["id"]) or run for run in chosen]
    started = [run for run in fresh if run["epochs"]]
    if not any(run["status"] in ACTIVE for run in fresh) and any(run["status"] in ACTIVE for run in chosen):
        st.rerun()
    comparison = compare_runs(started)
    compare_link.put(comparison)
    show(comparison)


if chosen:
    compare_view.show_options(compare_link.LAYOUTS)
    comparison_now()
    show_share(
        compare_runs([run for run in chosen if run["epochs"]]),
        x=st.session_state["compare:x"],
        log_loss=st.session_state["compare:log"],
        link=compare_link.link(),
    )
else:
    compare_link.put(None)
    compare_choice.offer_starts(everything)
