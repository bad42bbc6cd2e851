"""Any runs held against each other, and the picture of it to share."""

import streamlit as st

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.reference import reference_runs
from hpviz.ui import permalink
from hpviz.ui.compare import choice, link, view
from hpviz.ui.resources import get_runner, tick
from hpviz.ui.share import show_share

DRAW_SECONDS = 2.0

runner = get_runner()
everything = [*runner.runs(), *reference_runs()]
link.take(everything)
st.title("Compare")
permalink.complain(link.PAGE)
link.show_absent(everything)
chosen = choice.choose_runs(everything)


def show(comparison: Comparison) -> None:
    """The whole comparison, and the way to share it."""
    view.show_curves(comparison)
    baseline = view.choose_baseline(comparison)
    view.show_table(comparison, baseline)
    x, log_loss = st.session_state["compare:x"], st.session_state["compare:log"]
    show_share(comparison, x=x, log_loss=log_loss, link=link.link())
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            view.show_judgement(comparison, baseline)
        with st.container():
            view.show_differences(comparison)


def is_training(run: Run) -> bool:
    return run["status"] in ACTIVE


@st.fragment(run_every=tick(DRAW_SECONDS) if any(map(is_training, chosen)) else None)
def comparison_now() -> None:
    """The chosen runs as they are, drawn again while one of them trains."""
    fresh = [runner.run(run["id"]) or run for run in chosen]
    if any(map(is_training, chosen)) and not any(map(is_training, fresh)):
        st.rerun()
    started = [run for run in fresh if run["epochs"]]
    comparison = compare_runs(started, at=st.session_state["compare:at"]) if started else None
    link.put(comparison)
    if comparison:
        show(comparison)
    else:
        st.info("None of these runs has an epoch yet; each appears here as it ends.", icon=":material/show_chart:")


if chosen:
    view.show_options(link.LAYOUTS, chosen)
    comparison_now()
else:
    link.put(None)
    choice.offer_starts(everything)
