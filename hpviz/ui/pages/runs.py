"""Every run of the store: find it, stop it, go on with it, delete it."""

import pandas as pd
import streamlit as st

from hpviz.analysis.frames import best_epoch
from hpviz.runs.document import ACTIVE, Run
from hpviz.spec import MAX_EPOCHS
from hpviz.terminal import headline
from hpviz.ui.progress import bar
from hpviz.ui.resources import get_runner

runner = get_runner()


def line(run: Run) -> dict[str, object]:
    """A run as a row of the table."""
    accuracies = [row["test_accuracy"] for row in run["epochs"]]
    return {
        "run": run["id"],
        "what": headline(run),
        "status": run["status"],
        "epochs": f"{len(run['epochs'])}/{run['target']}",
        "test accuracy": accuracies,
        "best": max((value for value in accuracies if value is not None), default=None),
        "at epoch": best_epoch(run["epochs"]),
        "reason": run["reason"] or "",
        "updated": pd.Timestamp(run["updated"]),
    }


@st.dialog("Delete for good?")
def confirm_delete(runs: list[Run]) -> None:
    """Ask before anything is lost."""
    st.write("Curves and checkpoints of these runs go; nothing brings them back but training them again.")
    for run in runs:
        st.text(headline(run))
    if st.button(f"Delete {len(runs)}", type="primary", icon=":material/delete:"):
        for run in runs:
            runner.delete(run["id"])
        st.rerun()


def show_actions(chosen: list[Run]) -> None:
    """What can be done with the chosen runs."""
    active = [run for run in chosen if run["status"] in ACTIVE]
    resting = [run for run in chosen if run["status"] not in ACTIVE]
    open_ended = [run for run in resting if run["status"] != "diverged"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("Stop", icon=":material/stop:", disabled=not active):
            for run in active:
                runner.stop(run["id"])
            st.rerun()
        unfinished = [run for run in open_ended if len(run["epochs"]) < run["target"]]
        if st.button("Resume", icon=":material/play_arrow:", disabled=not unfinished):
            for run in unfinished:
                runner.submit(runner.resumption(run["id"]))
            st.rerun()
        more = st.number_input("More epochs", 1, MAX_EPOCHS, 4, width=140)
        if st.button("Train on", icon=":material/more_time:", disabled=not open_ended):
            for run in open_ended:
                runner.submit(runner.resumption(run["id"], min(len(run["epochs"]) + more, MAX_EPOCHS)))
            st.rerun()
        if st.button("Delete", icon=":material/delete:", disabled=not resting):
            confirm_delete(resting)


st.title("Runs")
st.markdown("Everything that was ever trained here, with its curve. Asking for a run again recalls it from this store.")
if runner.store.notice:
    st.warning(runner.store.notice, icon=":material/healing:")

busy = bool(runner.queue())


@st.fragment(run_every=2.0 if busy else 5.0)
def table() -> None:
    """The table; a fragment, so that it follows training while something trains."""
    if bool(runner.queue()) != busy:
        st.rerun()
    runs = runner.runs()[::-1]
    for entry in runner.queue()[:1]:
        current = runner.run(entry["id"])
        if current is not None:
            bar(entry["view"], headline(current))
    if not runs:
        st.info("Nothing was trained yet. The Learning rate page is a good place to begin.", icon=":material/start:")
        return
    event = st.dataframe(
        pd.DataFrame(map(line, runs)),
        hide_index=True,
        key="runs",
        on_select="rerun",
        selection_mode="multi-row",
        alt="All runs, newest first",
        column_config={
            "test accuracy": st.column_config.LineChartColumn(y_min=0, y_max=1),
            "best": st.column_config.NumberColumn(format="percent"),
            "updated": st.column_config.DatetimeColumn(format="distance"),
        },
    )
    chosen = [runs[place] for place in event.selection.rows if place < len(runs)]
    if chosen:
        show_actions(chosen)
    else:
        st.caption("Select rows to stop, resume, extend or delete them.")


table()
