"""Progress and time left, for everything that takes longer than a second."""

import streamlit as st

from hpviz import gate
from hpviz.runs.desk import Task
from hpviz.runs.pace import View, clock
from hpviz.ui.locked import locked
from hpviz.ui.pulse import BAR
from hpviz.ui.resources import drawn_every
from hpviz.ui.text import literal


def bar(view: View, name: str = "") -> None:
    """A progress bar with a name, which is Markdown, what is done, how far and the time left."""
    words, share = told(view)
    words = literal(words, most=200)
    st.progress(share, text=f"{name} · {words}" if name else words)


def moving_bar(run_id: str, view: View, name: str) -> None:
    """The bar of a run, which goes on by what is told of it (`pulse.Beat`) and need not be drawn again for that."""
    with st.container(width="stretch", key=f"{BAR}{run_id}"):
        bar(view, name)


def told(view: View, name: str = "") -> tuple[str, float]:
    """The words of a bar in plain text (what is done, how far, the time left), and the share done, in 0..1."""
    left = None if view["seconds_left"] is None else f"{clock(view['seconds_left'])} left"
    return " · ".join(each for each in (name, view["text"], left) if each), view["fraction"] or 0.0


def show_task(task: Task) -> None:
    """A task on data while it goes on, with a way to cancel it; the page is drawn anew when it ends."""

    @drawn_every(0.5)
    def watch() -> None:
        if task.is_done:
            st.rerun()
        bar(task.view)
        key = f"cancel:{id(task)}"
        st.button("Cancel", icon=":material/close:", on_click=_cancel, args=(task,), key=key, **locked())

    watch()


def _cancel(task: Task) -> None:
    gate.refuse_changes()
    task.cancel()
