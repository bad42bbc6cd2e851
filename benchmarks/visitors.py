"""A real server, and visitors who speak Streamlit's websocket as a browser does but draw nothing.

What a measurement takes on the server is then the server's own, and fifty visitors are no load of their own.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).parent.parent
HOME = "learning_rate"  # the page at the root of the address
ANSWER_SECONDS = 120
PULSE = "hpviz_pulse"  # the component that has a page move


def offer_app(parser: argparse.ArgumentParser) -> None:
    """Options that name what is measured, so that another checkout can be, and be compared."""
    parser.add_argument("--app", type=Path, default=ROOT, metavar="DIR", help="a checkout of hpviz; default: this one")
    parser.add_argument("--python", default=sys.executable, metavar="FILE", help="the interpreter that it runs in")


class Server:
    """`streamlit run app.py`, or another command that serves it, on a free port and a cache folder of its own."""

    def __init__(
        self,
        cache: Path,
        *options: str,
        folder: Path = ROOT,
        app: Path = ROOT / "app.py",
        python: str = sys.executable,
        command: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        told = {"STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
        self._log = cache.with_name(f"{cache.name}-server.log")
        with self._log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*(command or (python, "-m", "streamlit", "run", str(app))), *options],
                cwd=folder,
                env={**(env or {**os.environ, "HPVIZ_CACHE": str(cache)}), **told},
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(3000):
            try:
                urllib.request.urlopen(f"http://{self.address}/_stcore/health", timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"the server never answered: {self.log()}")

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def descriptors(self) -> list[str]:
        """What every open file descriptor of the server leads to (Linux)."""
        found = []
        for each in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                found.append(os.readlink(each))
            except OSError:  # closed meanwhile
                continue
        return sorted(found)

    def resident_bytes(self) -> int:
        """Memory of the server's process that is in use now (Linux)."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @contextmanager
    def visit(self, page: str, query: str = "", name: str = "127.0.0.1") -> Iterator["Visitor"]:
        """A session of its own on that page, which ends with the block; `name` is what it calls this machine."""
        here, _, port = self.address.partition(":")
        address, protocols = f"ws://{name}:{port}/_stcore/stream", [Subprotocol("streamlit")]
        line = socket.create_connection((here, int(port)))
        with connect(
            address, sock=line, subprotocols=protocols, max_size=None, open_timeout=ANSWER_SECONDS
        ) as connection:
            yield Visitor(connection, page, query)

    def end(self) -> int:
        """The exit code after a polite signal."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


class Pulse(NamedTuple):
    """Where a page asks what moves on it, in how many seconds first, and which fragment is drawn when that is due."""

    path: str
    every: float
    fragment: str


class Visitor:
    """A page that is open in a browser which does not draw."""

    def __init__(self, connection: ClientConnection, page: str, query: str = "") -> None:
        self._socket, self._page, self._query = connection, page, query
        self._script = ""
        self._line: HTTPConnection | None = None
        self.fragments: dict[str, float] = {}  # what redraws itself: the fragment's id, every how many seconds
        self.texts: list[str] = []  # what the last drawing said
        self.widgets: dict[str, str] = {}  # of the last drawing, their ids by label
        self.pulse: Pulse | None = None  # where the page asks what moves on it

    def draw(self, fragment: str = "", **states: dict[str, Any]) -> float:
        """Seconds from the wish to see the page, or one fragment of it, until its last message is here.

        `states` are what a browser tells of widgets, by their label: `{"trigger_value": True}` of a button, and so on.
        Raises LookupError if there is no such page, RuntimeError if drawing it raised.
        """
        asked = BackMsg()
        for label, state in states.items():
            asked.rerun_script.widget_states.widgets.add(id=self.widgets[label], **state)
        asked.rerun_script.query_string = self._query
        asked.rerun_script.page_script_hash = self._script
        asked.rerun_script.page_name = "" if self._script or self._page == HOME else self._page
        if fragment:
            asked.rerun_script.fragment_id = fragment
            asked.rerun_script.is_auto_rerun = True
        begun, answered = time.perf_counter(), False
        self._socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=ANSWER_SECONDS))  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                answered = True
                self.texts, self.widgets = [], {}
                if not message.metadata.run.fragment_ids:  # a fragment may have the whole page drawn anew
                    self.fragments, self.pulse = {}, None
            elif kind == "auto_rerun":
                self.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "stop_auto_rerun":
                for ended in message.stop_auto_rerun.fragment_ids:
                    self.fragments.pop(ended, None)
            elif kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "page_not_found":
                raise LookupError(self._page)
            elif kind == "delta":
                self._note(message)
            elif answered and kind == "script_finished" and message.script_finished in FINISHED:
                return time.perf_counter() - begun

    def stay(self, end: float, leaving: Event | None = None) -> Iterator[tuple[str, float]]:
        """Follow the page's timers as a browser does, until that moment by time.monotonic() or until all are `leaving`.

        Gives each drawing ("drawing") and each asking of what moves ("beat") with its seconds. A timer goes on once
        what it last asked for is here.
        """
        leaving, due = leaving or Event(), dict[str, float]()
        while not leaving.is_set() and time.monotonic() < end:
            every = {**self.fragments, **({PULSE: self.pulse.every} if self.pulse else {})}
            due = {name: due.get(name, time.monotonic() + seconds) for name, seconds in every.items()}
            for name in [name for name, moment in due.items() if moment <= time.monotonic()]:
                if name == PULSE and self.pulse:
                    begun = time.perf_counter()
                    beat = self.beat()
                    yield "drawing" if beat["draw"] else "beat", time.perf_counter() - begun
                    due[name] = time.monotonic() + beat["again"]
                elif name in self.fragments:  # it may have gone with the page as it was
                    yield "drawing", self.draw(name)
                    due[name] = time.monotonic() + self.fragments.get(name, 0)
            leaving.wait(max(min([*due.values(), end, time.monotonic() + 1]) - time.monotonic(), 0.01))

    def press(self, label: str) -> float:
        """Press the button of that label; seconds until what comes of it is drawn."""
        return self.draw("", **{label: {"trigger_value": True}})

    def beat(self) -> dict[str, Any]:
        """What moves on the page; draws it again where that is due, as its script does (`hpviz/ui/pulse.js`)."""
        assert self.pulse is not None, "Nothing moves on this page."
        if self._line is None:
            host, port = self._socket.remote_address[:2]
            self._line = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
        self._line.request("GET", f"/{self.pulse.path}")
        answer = self._line.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"/{self.pulse.path} answered {answer.status}.")
        beat: dict[str, Any] = json.loads(told)
        if beat["draw"]:
            self.draw(self.pulse.fragment)
        return beat

    def _note(self, message: ForwardMsg) -> None:
        kind = message.delta.new_element.WhichOneof("type")
        if kind is None:
            return
        element = getattr(message.delta.new_element, kind)
        if kind == "exception":
            raise RuntimeError(f"{element.type}: {element.message}")
        if kind in TOLD:
            self.texts.append(getattr(element, TOLD[kind]))
        if kind == "bidi_component" and element.component_name == PULSE:
            self.pulse = Pulse(**json.loads(element.json), fragment=message.delta.fragment_id)
        if hasattr(element, "id") and hasattr(element, "label"):
            self.widgets[element.label] = element.id


# The fields of what says something on a page.
TOLD = {"markdown": "body", "alert": "body", "text": "body", "progress": "text", "code": "code_text"}
FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
