"""What can be done with the chosen runs."""

from collections.abc import Sequence

import streamlit as st

from hpviz import gate
from hpviz.analysis.words import listed, plural
from hpviz.links import MOST_RUNS
from hpviz.runs import bundle, disk
from hpviz.runs.document import ACTIVE, Run, Status, goal
from hpviz.runs.runner import Runner
from hpviz.spec import MAX_EPOCHS
from hpviz.ui.locked import locked
from hpviz.ui.resources import get_runner, session
from hpviz.ui.runs.questions import ask, ask_to_delete, ask_to_free, begin_anew, do, each

FOREIGN = (
    "Imported runs cannot be trained further: their checkpoints stayed where they were trained. Train the same setting "
    "here on the page of its study."
)


def show_actions(chosen: Sequence[Run]) -> None:
    """A row of buttons, always the same ones; those that make no sense for what is chosen are off and say why."""
    runner = get_runner()
    resting = [run for run in chosen if run["status"] not in ACTIVE]
    own = [run for run in resting if run["origin"] is None]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _stop(runner, chosen)
        _train_on(runner, chosen, own)
        _compare(chosen)
        _export(runner, chosen)
        holding = any(disk.checkpoint_bytes(runner.store, run["id"]) for run in own)
        if st.button(
            "Free checkpoints",
            key="runs:free",
            icon=":material/mop:",
            **locked(disabled=not holding, help="Makes room on the disk; curves stay. Asks first."),
        ):
            ask_to_free(own)
        if st.button(
            "Delete",
            key="runs:delete",
            icon=":material/delete:",
            **locked(disabled=not resting, help="Asks first. What waits or trains has to be stopped before."),
        ):
            ask_to_delete(resting)
    st.caption(_told(chosen))


def _told(chosen: Sequence[Run]) -> str:
    if not chosen:
        what = "compare or export" if gate.current().read_only else "stop, resume, compare, export or delete"
        return f"Tick rows in the table to {what} them."
    foreign = sum(run["origin"] is not None for run in chosen)
    told = f"{plural(len(chosen), 'run')} chosen"
    if foreign == len(chosen):
        return f"{told}, trained elsewhere: to be compared, exported or deleted."
    return f"{told}, {foreign} of them trained elsewhere." if foreign else f"{told}."


def _stop(runner: Runner, chosen: Sequence[Run]) -> None:
    active = [run for run in chosen if run["status"] in ACTIVE]
    if st.button(
        "Stop",
        key="runs:stop",
        icon=":material/stop:",
        **locked(
            disabled=not active,
            help="Within one batch, whichever process trains it; finished epochs are kept. What waits leaves the "
            "queue.",
        ),
    ):
        # Those that wait first, so that none of them begins meanwhile.
        waiting_first = sorted(active, key=lambda run: run["status"] != "queued")
        do(lambda: _stopped([runner.stop(run["id"]) for run in waiting_first]))
        st.rerun()


def _stopped(were: Sequence[Status | None]) -> str:
    """What came of stopping runs that were in these states."""
    told = {"queued": "taken out of the queue", "running": "stopped"}
    counts = [(sum(was == status for was in were), what) for status, what in told.items()]
    words = [f"{plural(count, 'run')} {what}" for count, what in counts if count]
    return f"{listed(words)}." if words else "They had ended already."


def _train_on(runner: Runner, chosen: Sequence[Run], own: Sequence[Run]) -> None:
    """Resume what did not reach its last epoch, or train any run for some epochs more."""
    open_ended = [run for run in own if run["status"] != "diverged"]
    unfinished = [run for run in open_ended if len(run["epochs"]) < goal(run)]
    foreign = bool(chosen) and all(run["origin"] is not None for run in chosen)
    if st.button(
        "Resume",
        key="runs:resume",
        icon=":material/play_arrow:",
        **locked(
            disabled=not unfinished,
            help=FOREIGN
            if foreign
            else "Goes on, before all that waits, from the last epoch to the one that was asked for.",
        ),
    ):
        _submit(runner, unfinished, 0)
    more = st.number_input(
        "More epochs", 1, MAX_EPOCHS, 4, key="runs:more", width=120, persist_state="session", **locked()
    )
    if st.button(
        f"+{more} epochs",
        key="runs:extend",
        icon=":material/more_time:",
        **locked(
            disabled=not open_ended,
            help=FOREIGN if foreign else "Goes on from the last epoch. A run that diverged cannot be extended.",
        ),
    ):
        _submit(runner, open_ended, int(more))


def _submit(runner: Runner, runs: Sequence[Run], more: int) -> None:
    """Queue the runs, up to where they were going or `more` epochs further; asks first if some begin at epoch 1."""
    who = session()
    goals = {run["id"]: min(len(run["epochs"]) + more, MAX_EPOCHS) if more else None for run in runs}

    def queue(from_start: bool) -> str:
        def ask(run_id: str) -> None:
            again = runner.resumption(run_id, goals[run_id], from_start)
            runner.submit(again, session=who, goes_next=not more)

        return each(runs, ask, "queued")

    if anew := [run for run in runs if disk.begins_anew(runner.store, run)]:
        ask(begin_anew(anew, lambda: queue(True)))
    do(lambda: queue(False))
    st.rerun()


def _compare(chosen: Sequence[Run]) -> None:
    ids = [run["id"] for run in chosen if run["epochs"]]
    if st.button(
        "Compare",
        key="runs:compare",
        icon=":material/compare_arrows:",
        disabled=not 0 < len(ids) <= MOST_RUNS,
        help=f"Side by side on the Compare page: up to {MOST_RUNS} runs that have an epoch.",
    ):
        st.switch_page("hpviz/ui/pages/compare.py", query_params={"runs": ids})


def _export(runner: Runner, chosen: Sequence[Run]) -> None:
    ids = [run["id"] for run in chosen if run["epochs"]]

    def data() -> bytes:
        """As the runs are when the button is clicked."""
        return bundle.write([run for run_id in ids if (run := runner.run(run_id)) is not None])

    st.download_button(
        "Export",
        data,
        file_name=f"hpviz-{ids[0]}.json" if len(ids) == 1 else f"hpviz-{len(ids)}-runs.json",
        mime="application/json",
        key="runs:export",
        on_click="ignore",
        icon=":material/download:",
        disabled=not 0 < len(ids) <= bundle.MAX_RUNS,
        help="A bundle: every epoch of the runs that have one, as a JSON file that another hpviz imports.",
    )
