"""The way to what a page needs before it can show anything: a data set, its identity, a file of weights.

Each asks, waits a moment, shows how far the work has come, or says in a sentence why it cannot be had.
"""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import streamlit as st

from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.paths import spelled
from hpviz.runs.desk import Task
from hpviz.spec import BadInput
from hpviz.ui import data_address
from hpviz.ui.data_address import known_data
from hpviz.ui.locked import locked
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.text import literal

FIRST_LOOK, SECOND_LOOK = 0.5, 2.0  # seconds before a progress bar is shown
OFFERED = 3  # folders beside the button that downloads


def identified(given: str, choose: Callable[[str], None] | None = None) -> tuple[Source, Identity] | None:
    """A data set and what it holds, or None while that is not known: the page says why, and what can be done.

    `choose` has the page take another data set.
    """
    cache = get_runner().cache
    try:
        source = catalogue.resolve(given, cache)
    except BadInput as error:
        st.error(literal(str(error), most=400), icon=":material/error:")
        return None
    if not catalogue.is_ready(source, cache):
        st.info(f"{literal(source.name)} is not on this machine yet.", icon=":material/download:")
        with st.container(horizontal=True, vertical_alignment="center"):
            offer_fetch(source)
            if choose:
                _offer_own(source, choose)
        return None
    identity = awaited(("identify", source.given), lambda: get_desk().identify(source))
    if identity is None:
        return None
    data_address.note(source, identity)
    return source, identity


def _offer_own(source: Source, choose: Callable[[str], None]) -> None:
    """The folders that were added, to go on with one of them instead, or the way to add one."""
    folders = [folder for folder in known_data() if folder not in catalogue.NAMES]
    for folder in folders[:OFFERED]:
        key = f"instead of {source.given}:{folder}"
        name = literal(spelled(Path(folder).name), most=60)
        st.button(f"Use {name}", key=key, icon=":material/folder:", on_click=choose, args=(folder,))
    if st.button("Add a folder of your own", key=f"add instead of {source.given}", icon=":material/create_new_folder:"):
        st.switch_page("hpviz/ui/pages/data.py")


def found_weights(file: str) -> tuple[Path, str] | None:
    """Path and digest of ImageNet weights: a file of one's own, or torchvision's (empty); None while not there."""
    given = file.strip() or None
    found: tuple[Path, str] | None = awaited(("weights", given), lambda: get_desk().weights(given))
    return found


def awaited(name: Hashable, begin: Callable[[], Task]) -> Any:
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
        st.error(literal(task.error, most=400), icon=":material/error:")
        st.button("Try again", key=f"again:{name}", icon=":material/refresh:", on_click=desk.forget, args=(name,))
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
    name = literal(source.name) if source.kind == "folder" else source.name
    label, key = f"Fetch {name}", f"fetch:{source.given}"
    st.button(label, key=key, icon=":material/download:", on_click=_fetch, args=(source,), **locked())


def _fetch(source: Source) -> None:
    get_desk().fetch(source)
