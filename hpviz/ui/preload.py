"""What draws charts in a browser, named to it with the page itself.

Streamlit has a browser fetch that code when it is told of the first chart. By then the server draws and the browser
builds the page, on the same cores; while the server still imports, the browser has nothing to do.
"""

import re
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

CHARTS = "ArrowVegaLiteChart"  # begins the name of the file
SCRIPTS = "static/js"  # below the page's path, and below the folder of Streamlit's browser side
IMPORTED = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')


class Preload:
    """Middleware that adds them to the answer to whoever asks for a page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html") and (ahead := link()):
                    headers.append("Link", ahead)
            await send(message)

        await self.app(scope, receive, told if scope["type"] == "http" else send)


@cache
def link() -> str:
    """The header; empty where Streamlit's files are called otherwise. What the page needs first comes before them."""
    static = Path(file_util.get_static_dir())
    names = needed(static / SCRIPTS, (static / "index.html").read_text(encoding="utf-8"))
    return ", ".join(f"<./{SCRIPTS}/{name}>; rel=modulepreload; crossorigin; fetchpriority=low" for name in names)


def needed(scripts: Path, page: str) -> list[str]:
    """The files in that folder that draw charts, and all that these import, but those that the page names itself."""
    todo = [path.name for path in scripts.glob(f"{CHARTS}.*.js")]
    found: dict[str, None] = {}
    while todo:
        name = todo.pop()
        if name not in found and name not in page:
            found[name] = None
            todo += IMPORTED.findall((scripts / name).read_text(encoding="utf-8"))
    return list(found)
