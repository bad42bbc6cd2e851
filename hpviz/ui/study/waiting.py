"""The queue on a study's page, in one line, and what could be gone on with."""

from collections.abc import Callable, Sequence

import streamlit as st

from hpviz import gate
from hpviz.analysis.words import plural
from hpviz.plan import Setting
from hpviz.runs import disk
from hpviz.runs.document import ACTIVE, Run, cut_short, how_it_ended
from hpviz.runs.runner import Runner
from hpviz.studies import Study
from hpviz.ui.queue import show_queue_line
from hpviz.ui.resources import session
from hpviz.ui.runs.questions import QUESTION, begin_anew, do, each
from hpviz.ui.study.screen import name_of
from hpviz.ui.text import sentence


def show_queue(runner: Runner, study: Study, setting: Setting, runs: Sequence[Run], slot: str) -> None:
    """What trains and what waits, here or in another process, each with a way to stop it; then what was cut short."""
    here = {entry["id"] for entry in runner.queue()}
    elsewhere = [run for run in runs if run["status"] in ACTIVE and run["id"] not in here]
    short = [run for run in runs if cut_short(run)]

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        busy = show_queue_line(runner, setting, naming(study, setting, runs), elsewhere)
        if runner.proposed(slot):
            st.caption("The value on which the slider rests starts in a moment.")
        elif not busy and not short:
            st.caption("Nothing is training.")
        if len(short) == 1:
            _offer_resume(runner, short[0], name_of(short[0], study, setting))
        elif short:
            with st.popover(f"{plural(len(short), 'run')} {'cut short' if gate.current().read_only else 'to resume'}"):
                for run in short:
                    _offer_resume(runner, run, name_of(run, study, setting))


def naming(study: Study, setting: Setting, runs: Sequence[Run]) -> Callable[[Run], str | None]:
    """What the page calls its own `runs`; None of others."""
    own = {run["id"] for run in runs}
    return lambda run: name_of(run, study, setting) if run["id"] in own else None


def _offer_resume(runner: Runner, run: Run, name: str) -> None:
    told = f"{name} · {how_it_ended(run)}"
    # What a person did needs no reason; what happened to a run does.
    by_hand = cut_short(run) == "stopped"
    st.caption(told if by_hand or not run["reason"] else f"{told}. {sentence(run['reason'])}")
    if not gate.current().read_only and st.button(
        f"Resume {name}",
        key=f"resume:{run['id']}",
        icon=":material/play_arrow:",
        help="It goes on next, before all that waits.",
    ):
        _resume(runner, run["id"])
        st.rerun()  # the whole page: a question is asked there


def _resume(runner: Runner, run_id: str) -> None:
    """Go on with a run; asks first if it would begin again at epoch 1, and says why if it cannot be gone on with."""
    run, who = runner.run(run_id), session()
    if run is None:
        return

    def act(from_start: bool) -> str:
        def resume(run_id: str) -> None:
            runner.submit(runner.resumption(run_id, from_start=from_start), session=who, goes_next=True)

        return each([run], resume, "queued")

    if run["status"] not in ACTIVE and disk.begins_anew(runner.store, run):
        st.session_state[QUESTION] = begin_anew([run], lambda: act(True))
    else:
        do(lambda: act(False))
