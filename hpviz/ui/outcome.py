"""The result of long work on data, or what a page shows until it is there."""

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from hpviz.runs.desk import Task
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk

FIRST_LOOK, SECOND_LOOK = 0.2, 2.0  # seconds before a progress bar is shown


def outcome(name: Hashable, begin: Callable[[], Task]) -> Any:
    """The result of the desk's task of that name, begun if need be.

    None while it goes on, and once it failed or was cancelled: the page says which, and offers to begin anew.
    """
    desk = get_desk()
    known = desk.known(name)
    task = known if known is not None and known.error else begin()
    # A second look at what was there before is short, and a page that shows it already does not let go of it.
    patience = SECOND_LOOK if known is not None and known.result is not None else FIRST_LOOK
    if not task.wait(patience):
        show_task(task)
        return None
    if task.error:
        st.warning(task.error, icon=":material/info:")
        st.button("Try again", key=f"again:{name}", icon=":material/refresh:", on_click=desk.forget, args=(name,))
        return None
    return task.result
