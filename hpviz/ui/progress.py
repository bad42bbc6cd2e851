"""Progress and time left, for everything that takes longer than a second."""

import streamlit as st

from hpviz import gate
from hpviz.runs.desk import Task
from hpviz.runs.pace import View, clock
from hpviz.ui.locked import locked
from hpviz.ui.resources import drawn_every
from hpviz.ui.text import literal


def bar(view: View, name: str = "") -> None:
    """A progress bar with a name, which is Markdown, what is done, how far and the time left."""
    told = literal(words(view), most=200)
    st.progress(view["fraction"] or 0.0, text=f"{name} · {told}" if name else told)


def words(view: View, name: str = "") -> str:
    """What is done, how far, and the time left, in plain text."""
    left = None if view["seconds_left"] is None else f"{clock(view['seconds_left'])} left"
    return " · ".join(each for each in (name, view["text"], left) if each)


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
