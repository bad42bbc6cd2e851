"""What the first page needs is imported while a browser is still loading Streamlit's own part of it."""

import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st

PAGES = "hpviz.ui.navigation"  # and with it pandas and Altair


@asynccontextmanager
async def import_ahead(_: st.App) -> AsyncIterator[None]:
    """The lifespan of a server that answers at once and imports meanwhile; a page that comes sooner waits."""
    threading.Thread(target=_import, name="hpviz-imports", daemon=True).start()
    yield


def _import() -> None:
    """The modules stay to the end, so nothing of theirs is looked through for garbage, now or ever."""
    gc.disable()
    try:
        import_module(PAGES)
    finally:
        gc.freeze()
        gc.enable()
