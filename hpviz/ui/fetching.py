"""The way to a data set that is not on this machine yet."""

import streamlit as st

from hpviz.data import catalogue
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk


def offer_fetch(source: catalogue.Source) -> None:
    """A button that downloads the data set, then its progress, and one sentence if it failed."""
    task = get_desk().known(("fetch", source.given))
    if task is not None and not task.is_done:
        show_task(task)
        return
    if task is not None and task.error:
        st.error(task.error, icon=":material/error:")
    label, key = f"Fetch {source.name}", f"fetch:{source.given}"
    st.button(label, key=key, icon=":material/download:", on_click=_fetch, args=(source,))


def _fetch(source: catalogue.Source) -> None:
    get_desk().fetch(source)
