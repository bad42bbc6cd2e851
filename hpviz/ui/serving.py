"""The life of the server: it imports what pages need before anyone asks for one, and ends in order."""

import gc
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import FrameType

import streamlit as st
import uvicorn

PAGES = "hpviz.ui.navigation"  # and with it pandas and Altair


@asynccontextmanager
async def serving(_: st.App) -> AsyncIterator[None]:
    """The lifespan of a server that answers at once, and imports while a browser loads Streamlit's part of the page.

    A page that comes sooner waits for the rest.
    """
    threading.Thread(target=_import, name="hpviz-imports", daemon=True).start()
    for sign in (signal.SIGINT, signal.SIGTERM):
        _end_in_order_by(sign)
    yield


def _import() -> None:
    """The modules stay to the end, so nothing of theirs is looked through for garbage, now or ever."""
    gc.disable()
    try:
        import_module(PAGES)
    finally:
        gc.freeze()
        gc.enable()


def _end_in_order_by(sign: signal.Signals) -> None:
    """Have the signal end the process with Python's own end, at which runs are brought to rest, and with status 0.

    Uvicorn ends its server and then sends the process the same signal again, which leaves all of that out.
    """
    server = getattr(signal.getsignal(sign), "__self__", None)
    if not isinstance(server, uvicorn.Server):  # something else serves, and ends as it likes
        return

    def end(_: int, __: FrameType | None) -> None:
        server.force_exit = server.should_exit and sign == signal.SIGINT  # a second Ctrl-C waits for nobody
        server.should_exit = True

    signal.signal(sign, end)
