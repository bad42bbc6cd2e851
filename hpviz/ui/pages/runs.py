"""Every run of the store: find it, stop it, go on with it, pass it on, delete it."""

import streamlit as st

from hpviz.analysis.words import plural
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.pace import elsewhere
from hpviz.terminal import headline
from hpviz.ui.crew import show_crew, show_pause, show_where
from hpviz.ui.progress import bar
from hpviz.ui.resources import drawn_every, get_runner
from hpviz.ui.runs.actions import show_actions
from hpviz.ui.runs.details import show_details
from hpviz.ui.runs.disk_use import show_disk_use
from hpviz.ui.runs.importing import show_import
from hpviz.ui.runs.questions import show_question
from hpviz.ui.runs.table import choose_lines, everything, lines_of, show_table
from hpviz.ui.text import literal, sentence

runner = get_runner()


def is_busy(runs: list[Run]) -> bool:
    return any(run["status"] in ACTIVE for run in runs)


def show_under_way(runs: list[Run]) -> None:
    """What trains, here or in another process, and how many wait."""
    ours = {entry["id"]: entry for entry in runner.queue()}
    for run in runs:
        if run["status"] == "running":
            view = ours[run["id"]]["view"] if run["id"] in ours else elsewhere(run)
            bar(view, literal(headline(run), most=200))
    if waiting := sum(run["status"] == "queued" for run in runs):
        st.caption(f"{plural(waiting, 'run')} {'waits' if waiting == 1 else 'wait'}.")
    if ours or runner.is_paused:
        show_pause(runner)


st.title("Runs")
st.markdown(
    "Every run that was trained here, with its curve. A run that is asked for again comes from this store at once."
)
notice = runner.store.notice
if notice:
    st.warning(sentence(notice), icon=":material/healing:")
show_question()
show_crew(runner)
show_where(runner)
runs = runner.runs()
busy, empty = is_busy(runs), not runs
shown = everything if empty else choose_lines(runs)


@drawn_every(2.0 if busy else 5.0)
def table() -> None:
    """The table; a fragment, so that it follows training, here and elsewhere."""
    runs = runner.runs()
    if (is_busy(runs), not runs, runner.store.notice) != (busy, empty, notice):
        st.rerun()
    with st.container():
        show_under_way(runs)
    if empty:
        st.info(
            "Nothing was trained yet. The Learning rate page is a good place to begin; runs of another hpviz can be "
            "imported below.",
            icon=":material/start:",
        )
        return
    actions = st.container()
    lines = [line for line in lines_of(runs) if shown(line)]
    if lines:
        chosen = show_table(lines)
        with actions:
            show_actions(chosen)
        st.caption(f"{len(lines):,} of {plural(len(runs), 'run')}, the newest first.")
        if len(chosen) == 1:
            show_details(chosen[0])
    else:
        st.info(
            f"None of the {plural(len(runs), 'run')} matches. Search for fewer words.", icon=":material/filter_alt_off:"
        )


table()
show_import(runner.store)
show_disk_use(runs)
