"""A finding on a page: as it is remembered, or how far the work on it has come, or the way to begin that."""

import streamlit as st

from hpviz import gate
from hpviz.runs.desk import Task
from hpviz.runs.inspections import Finding, Sought
from hpviz.ui.fetching import FIRST_LOOK
from hpviz.ui.locked import locked
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk
from hpviz.ui.text import literal

NOT_FOUND = "Nobody has looked into this yet, and these pages only show what was found before."


def offered(key: str, sought: Sought, offer: str, button: str = "Measure") -> Finding | None:
    """What was found, else None and on the page what there is to say of it.

    Nothing begins before a person presses the button; `offer` says what that does and how long it takes.
    """
    found, task = get_desk().found(sought), get_desk().finding(sought)
    if found is not None:
        return found
    if task is None:
        st.caption(offer)
    else:
        _tell(task)
    if task is None or task.error:
        _button(key, sought, button)
    return None


def awaited(key: str, sought: Sought) -> Finding | None:
    """The same for what takes a second or two: it begins by itself, and anew only where a person wants it to."""
    desk = get_desk()
    if (found := desk.found(sought)) is not None:
        return found
    if gate.current().read_only:
        st.caption(NOT_FOUND)
        return None
    if (task := desk.finding(sought)) is None:
        task = desk.find(sought)
        task.wait(FIRST_LOOK)
        if (found := desk.found(sought)) is not None:
            return found
    _tell(task)
    if task.error:
        _button(key, sought, "Try again")
    return None


def _tell(task: Task) -> None:
    """How far it has come, or why nothing came of it."""
    if not task.is_done:
        show_task(task)
    elif task.was_cancelled:
        st.caption("Cancelled. Nothing of it was kept.")
    elif task.error:
        st.error(literal(task.error, 2_000), icon=":material/error:")


def _button(key: str, sought: Sought, label: str) -> None:
    st.button(label, key=key, icon=":material/straighten:", on_click=_begin, args=(sought,), **locked())


def _begin(sought: Sought) -> None:
    get_desk().find(sought)
