"""The queue on a page: what trains, what waits, what could be resumed, each with its button."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from hpviz.plan import Setting
from hpviz.runs import disk
from hpviz.runs.document import ACTIVE, Run, cut_short, goal
from hpviz.runs.pace import elsewhere
from hpviz.runs.runner import Runner
from hpviz.studies import Study
from hpviz.ui.crew import show_pause
from hpviz.ui.progress import bar
from hpviz.ui.runs.questions import QUESTION, begin_anew, do, each
from hpviz.ui.study.screen import name_of


def show_queue(runner: Runner, study: Study, setting: Setting, runs: Sequence[Run], slot: str) -> None:
    """What trains and what waits, here or in another process, each with a way to stop it."""
    names = {run["id"]: name_of(run, study, setting) for run in runs}
    ours = runner.queue()
    here = {entry["id"] for entry in ours}
    first = sum(not entry["position"] for entry in ours) or 1  # all that train, or the one that is about to
    for entry in ours[:first]:
        with _row(runner, entry["id"]):
            bar(entry["view"], names.get(entry["id"], "a run of another page"))
    for run in runs:
        if run["status"] in ACTIVE and run["id"] not in here:
            with _row(runner, run["id"]):
                bar(elsewhere(run), names[run["id"]])
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, entry in enumerate(ours[first:], start=first + 1):
            name = names.get(entry["id"], "another page")
            st.button(
                f"{name} waits, {_ordinal(place)}",
                key=f"stop:{entry['id']}",
                icon=":material/close:",
                help="Take it out of the queue",
                on_click=runner.stop,
                args=(entry["id"],),
            )
        if runner.proposed(slot):
            st.caption("The value on which the slider rests starts in a moment.")
        elif not ours:
            st.caption("Nothing is training.")
        if ours or runner.is_paused:
            show_pause(runner)
    for run in runs:
        if cut_short(run):
            _offer_resume(runner, run, names[run["id"]])


@contextmanager
def _row(runner: Runner, run_id: str) -> Iterator[None]:
    """A line of the queue with its stop button."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            yield
        st.button("Stop", key=f"stop:{run_id}", icon=":material/stop:", on_click=runner.stop, args=(run_id,))


def _ordinal(place: int) -> str:
    return f"{place}{ {2: 'nd', 3: 'rd'}.get(place, 'th') }"


def _offer_resume(runner: Runner, run: Run, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.caption(f"{name} · {run['status']} after epoch {len(run['epochs'])}/{goal(run)}")
            st.text(run["reason"] or "")
        if st.button("Resume", key=f"resume:{run['id']}", icon=":material/play_arrow:"):
            _resume(runner, run["id"])
            st.rerun()  # the whole page: a question is asked there


def _resume(runner: Runner, run_id: str) -> None:
    """Go on with a run; asks first if it would begin again at epoch 1, and says why if it cannot be gone on with."""

    run = runner.run(run_id)
    if run is None:
        return

    def act(from_start: bool) -> str:
        return each([run], lambda run_id: runner.submit(runner.resumption(run_id, from_start=from_start)), "queued")

    if run["status"] not in ACTIVE and disk.begins_anew(runner.store, run):
        st.session_state[QUESTION] = begin_anew([run], lambda: act(True))
    else:
        do(lambda: act(False))
