"""The way to what a page needs before it can show anything: a data set, its identity, a file of weights.

Each asks, waits a moment, shows how far the work has come, or says in a sentence why it cannot be had.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.runs.desk import Task
from hpviz.spec import BadInput
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.text import literal

# What takes longer is shown as it goes on.
PATIENCE_SECONDS = 0.5


def identified(given: str) -> tuple[Source, Identity] | None:
    """A data set and what it holds, or None while that is not known (the page says why)."""
    cache = get_runner().cache
    try:
        source = catalogue.resolve(given, cache)
    except BadInput as error:
        st.error(literal(str(error), most=400), icon=":material/error:")
        return None
    if not catalogue.is_ready(source, cache):
        st.info(f"{literal(source.name)} is not on this machine yet.", icon=":material/download:")
        offer_fetch(source)
        return None
    identity = awaited(get_desk().identify(source))
    return None if identity is None else (source, identity)


def found_weights(file: str) -> tuple[Path, str] | None:
    """Path and digest of ImageNet weights: a file of one's own, or torchvision's (empty); None while not there."""
    found: tuple[Path, str] | None = awaited(get_desk().weights(file.strip() or None))
    return found


def awaited(task: Task) -> Any:
    """What a task came to; None while it goes on or if it failed, and then the page says so."""
    if not task.wait(PATIENCE_SECONDS):
        show_task(task)
        return None
    if task.error:
        st.error(literal(task.error, most=400), icon=":material/error:")
        return None
    return task.result


def offer_fetch(source: Source) -> None:
    """A button that downloads the data set, then its progress, and one sentence if it failed."""
    task = get_desk().known(("fetch", source.given))
    if task is not None and not task.is_done:
        show_task(task)
        return
    if task is not None and task.error:
        st.error(literal(task.error, most=400), icon=":material/error:")
    label, key = f"Fetch {source.name}", f"fetch:{source.given}"
    st.button(label, key=key, icon=":material/download:", on_click=_fetch, args=(source,))


def _fetch(source: Source) -> None:
    get_desk().fetch(source)
