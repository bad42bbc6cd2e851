"""What moves on a page between two drawings of it, told to the browser beside Streamlit.

For every part that is drawn again a browser goes through the whole page, which twice a second takes two fifths of their
speed from the runs that train on the same cores. So a page is drawn again when a run comes, goes or ends an epoch. In
between its browser asks what moves, and puts that into the bars and the charts that are there (`pulse.js`).
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypedDict

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "pulse"
BAR = "pulse-bar-"  # begins the key of the container of a bar that moves, before the name by which it is told
PATH = "pulse"


class Beat(TypedDict):
    """What a browser is told.

    `bars` by name: their words and how much is done, in 0..1. `rows` by the name that a chart has for data: finite
    numbers and words. `draw` says whether the page should be drawn again, `again` in how many seconds to ask next.
    """

    bars: Mapping[str, tuple[str, float]]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    draw: bool
    again: float


Look = Callable[[], Beat]
# By the token of a page that is open, which is all that its address needs to be kept from others.
_looks: dict[str, Look] = {}


async def _answer(request: Request) -> Response:
    look = _looks.get(request.path_params["token"])
    if look is None:
        return Response(status_code=404)
    return JSONResponse(await run_in_threadpool(look), headers={"Cache-Control": "no-store"})


# Whatever the path below which pages are served, and whether a proxy takes it off or not.
ROUTE = Route(f"/{{below:path}}{PATH}/{{token}}", _answer)


def follow(look: Look, every: float) -> None:
    """Have `look` tell this page's browser what moves until it is drawn again, first in `every` seconds.

    It is called on a thread of the server that belongs to no session. Belongs into the fragment that is to be drawn.
    """
    token = _token()
    _looks[token] = look
    _component()(key=KEY, data={"path": f"{PATH}/{token}", "every": every}, on_draw_change=lambda: None)


def _forget(token: str) -> None:
    _looks.pop(token, None)


@st.cache_resource(scope="session", on_release=_forget, show_spinner=False)
def _token() -> str:
    return secrets.token_urlsafe(16)


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    script = files("hpviz.ui").joinpath("pulse.js").read_text(encoding="utf-8")
    return st.components.v2.component("hpviz_pulse", js=script)
