"""The life of the server: it imports what pages need before anyone asks for one, opens a browser, and ends in order."""

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import FrameType

import streamlit as st
import uvicorn
from streamlit import cli_util, config
from streamlit.web.server import server_util

PAGES = "hpviz.ui.navigation"  # and with it pandas and Altair
LISTENS_SECONDS = 0.05  # how often is looked whether the server does


@asynccontextmanager
async def serving(_: st.App) -> AsyncIterator[None]:
    """The lifespan of a server that answers at once, and imports while a browser loads Streamlit's part of the page.

    A page that comes sooner waits for the rest.
    """
    threading.Thread(target=_import, name="hpviz-imports", daemon=True).start()
    server = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if not isinstance(server, uvicorn.Server):  # something else serves, and ends as it likes
        yield
        return
    for sign in (signal.SIGINT, signal.SIGTERM):
        _end_in_order_by(sign, server)
    opening = asyncio.create_task(_open_browser(server))
    yield
    opening.cancel()


def _import() -> None:
    """The modules stay to the end, so nothing of theirs is looked through for garbage, now or ever."""
    gc.disable()
    try:
        import_module(PAGES)
    finally:
        gc.freeze()
        gc.enable()


async def _open_browser(server: uvicorn.Server) -> None:
    """What `streamlit run` does for a script, and leaves to one that serves itself; never where no screen is."""
    if "streamlit.web.cli" not in sys.modules or config.get_option("server.headless"):
        return
    while not server.started:
        await asyncio.sleep(LISTENS_SECONDS)
    is_named = config.is_manually_set("browser.serverAddress")
    name = config.get_option("browser.serverAddress" if is_named else "server.address") or "localhost"
    cli_util.open_browser(server_util.get_url(server_util.get_display_address(name)))


def _end_in_order_by(sign: signal.Signals, server: uvicorn.Server) -> None:
    """Have the signal end the process with Python's own end, at which runs are brought to rest, and with status 0.

    Uvicorn ends its server and then sends the process the same signal again, which leaves all of that out.
    """

    def end(_: int, __: FrameType | None) -> None:
        server.force_exit = server.should_exit and sign == signal.SIGINT  # a second Ctrl-C waits for nobody
        server.should_exit = True

    signal.signal(sign, end)
