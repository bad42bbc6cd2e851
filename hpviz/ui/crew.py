"""How the machine is shared among the runs: all of them paused, how many side by side, on how many threads each."""

import streamlit as st

from hpviz.runs.crew import MOST, Wish
from hpviz.runs.runner import Runner
from hpviz.ui.given import give
from hpviz.ui.locked import locked
from hpviz.ui.text import literal

AS_FIT = "as suits the machine"


def show_pause(runner: Runner) -> None:
    """One click lets everything that trains here rest, within a batch; the next lets it go on."""
    if runner.is_paused:
        st.button("Go on", key="go-on", icon=":material/play_arrow:", type="primary", on_click=runner.go_on, **locked())
    else:
        st.button(
            "Pause all",
            key="pause",
            icon=":material/pause:",
            on_click=runner.pause,
            **locked(
                help="They stop within one batch and nothing is lost. The processor is free until you let them go on."
            ),
        )


def show_where(runner: Runner) -> None:
    """A line that says where runs train, where that is not this machine."""
    if where := runner.where:
        st.caption(f":material/lan: Runs train on {literal(where, most=200)}.")


def what_is_awaited(runner: Runner) -> str:
    """Why it is not known yet what the machine is on which runs train."""
    return "PyTorch is being loaded" if runner.where is None else "The cluster is being joined"


def show_crew(runner: Runner) -> None:
    """What a person wants instead of what hpviz would choose; it holds for runs that begin from now on."""

    def take() -> None:
        runner.wish = Wish(*(st.session_state[f"crew:{name}"] for name in Wish._fields))

    # As it is for all sessions, whichever of them has changed it.
    for name, value in runner.wish._asdict().items():
        give(f"crew:{name}", value)
    with st.popover("Side by side", icon=":material/tune:", help="How many runs at once, on how many threads each"):
        for name, label in (("jobs", "Runs side by side"), ("threads", "Threads a run")):
            st.number_input(label, 1, MOST, None, key=f"crew:{name}", placeholder=AS_FIT, on_change=take, **locked())
        st.caption(
            "Empty: a run alone has every core that no other program wants; several that wait train side by side where "
            "that is faster. A run keeps its threads to its last epoch, so that its numbers are exact; runs on "
            "different numbers of threads may differ in their last bits."
        )
