"""What all sessions share: the runner and the desk, one of each for the process."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hpviz import gate
from hpviz.data import catalogue
from hpviz.home import default_cache, provide_home
from hpviz.runs import desk as desks
from hpviz.runs import disk
from hpviz.runs import runner as runners
from hpviz.runs.desk import Desk
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.studies import PRESETS
from hpviz.ui.host import demand_known_host
from hpviz.ui.text import sentence


# Any client can clear Streamlit's caches, so these only return singletons that live elsewhere,
# and none has a release hook.
@st.cache_resource(show_spinner=False)
def get_runner() -> Runner:
    return runners.shared(default_cache())


@st.cache_resource(show_spinner=False)
def get_desk() -> Desk:
    return desks.shared(default_cache())


def session() -> str:
    """The name of whoever has this page open, for as long as it is not loaded again."""
    return str(st.session_state.setdefault("session", uuid.uuid4().hex))


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def disk_use(cache: Path, stamp: tuple[int, ...]) -> disk.Use:
    """A thousand checkpoint folders take a while: they are looked at once a minute, or when one comes or goes."""
    return disk.measure(cache)


def start() -> None:
    """Settle who may see the page and what pages may do, and take up the cache; says what is wrong and stops there."""
    demand_known_host()
    try:
        shows_only = gate.bind().read_only
        provide_home(default_cache())
        get_runner()
    except BadInput as error:  # the cache folder cannot be used, or a variable of the gate not be understood
        st.error(sentence(str(error)), icon=":material/error:")
        st.stop()
    with suppress(RuntimeError):  # a thread without an event loop has none to close
        _event_loop()
    if shows_only:
        st.caption(f":material/visibility: {sentence(gate.ONLY_SHOWN)}")


def warm_up() -> None:
    """Begin what takes long before anyone asks: a process loads PyTorch, the scenes are drawn.

    Once a page is drawn, for on few cores they would make the first one wait.
    """
    if gate.current().read_only:
        return
    get_runner().warm_up()
    preset = PRESETS["quick"]
    get_desk().prepare(catalogue.resolve(preset.data, default_cache()), preset.image_size)


# The sessions that are open, and with how many of them a page is drawn as often as it likes.
_here: set[str] = set()
FEW_PAGES = 8


def tick(seconds: float) -> float:
    """Seconds between two drawings of a page: as asked while few are open, more as more share the processor."""
    return seconds * max(1.0, len(_here) / FEW_PAGES)


Draw = TypeVar("Draw", bound=Callable[..., None])


def drawn_every(seconds: float | None) -> Callable[[Draw], Draw]:
    """A fragment that is drawn again by itself, as often as `tick` says; None: only when a person does something in it.

    When many more pages are open than there were, or many fewer, the whole page is drawn anew: a browser keeps a
    fragment's rhythm until then.
    """
    if seconds is None:
        return cast("Callable[[Draw], Draw]", st.fragment)
    every = tick(seconds)

    def part(draw: Draw) -> Draw:
        @st.fragment(run_every=every)
        @wraps(draw)
        def drawn(*arguments: Any) -> None:
            if not every / 2 < tick(seconds) < 2 * every:
                st.rerun()
            draw(*arguments)

        return cast(Draw, drawn)

    return part


# Streamlit keeps a session for two minutes and more after its page was closed, in case it comes back, and with it an
# event loop of three open files that nothing here uses.
LINGER_SECONDS = 5.0


def _close_if_gone(held: tuple[str, asyncio.AbstractEventLoop]) -> None:
    """Close the loop of a session that has left. One that comes back later is given another by Streamlit."""
    session, loop = held
    _here.discard(session)

    def close() -> None:
        is_here = runtime.exists() and runtime.get_instance().is_active_session(session)
        if not is_here and not loop.is_running() and not loop.is_closed():
            loop.close()

    # A little later: a page that was only loaded again is back by then, and so is one whose caches somebody cleared.
    timer = threading.Timer(LINGER_SECONDS, close)
    timer.daemon = True
    timer.start()


@st.cache_resource(scope="session", show_spinner=False, on_release=_close_if_gone)
def _event_loop() -> tuple[str, asyncio.AbstractEventLoop]:
    """This session's id and event loop, held only to be told when the session leaves."""
    context, loop = get_script_run_ctx(), asyncio.get_event_loop()
    session = context.session_id if context else ""
    _here.add(session)
    return session, loop
