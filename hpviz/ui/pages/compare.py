"""Any runs held against each other, and the picture of it to share."""

from dataclasses import replace

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.reference import reference_runs
from hpviz.ui import permalink
from hpviz.ui.compare import choice, link, view
from hpviz.ui.resources import get_runner, tick
from hpviz.ui.share import show_share

LIVE_SECONDS = 0.5  # what moves within an epoch
DRAW_SECONDS = 2.0  # what an epoch changes

runner = get_runner()
everything = [*runner.runs(), *reference_runs()]
link.take(everything)
st.title("Compare")
permalink.complain(link.PAGE)
link.show_absent(everything)
chosen = choice.choose_runs(everything)


def fresh() -> list[Run]:
    """The chosen runs as they are now."""
    known = {run["id"]: run for run in runner.runs()}
    return [known.get(run["id"], run) for run in chosen]


def now() -> Comparison | None:
    """The chosen runs as they are, those among them that are on their way; None if there is nothing to draw."""
    drawn = [run for run in fresh() if run["epochs"] or is_training(run)]
    return view.compared(drawn) if drawn else None


def show_figures(comparison: Comparison) -> None:
    """What can be said of the epochs that were measured, and the way to share it."""
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


active = any(map(is_training, chosen))


@st.fragment(run_every=tick(LIVE_SECONDS) if active else None)
def curves() -> None:
    """The curves, and those of the epochs under way as they grow."""
    if comparison := now():
        view.show_curves(comparison)


@st.fragment(run_every=tick(DRAW_SECONDS) if active else None)
def comparison_now() -> None:
    """The chosen runs as they are, drawn again while one of them trains."""
    if active and not any(map(is_training, fresh())):
        st.rerun()
    comparison = now()
    measured = replace(comparison, ahead=()) if comparison and comparison.runs else None
    link.put(measured)
    if comparison is None:
        st.info("None of these runs has an epoch yet; each appears here as it ends.", icon=":material/show_chart:")
        return
    with st.container():
        curves()
    if measured:
        show_figures(measured)


if chosen:
    view.show_options(link.LAYOUTS, chosen)
    comparison_now()
else:
    link.put(None)
    choice.offer_starts(everything)
