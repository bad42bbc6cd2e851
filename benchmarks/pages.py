"""How long the server takes to draw a page again, with 10 runs in the store and with 1,000.

    python -m benchmarks.pages

Two real servers take turns, each asked over its own websocket by a client that does not draw. A page is drawn again
as it is, and after an epoch has arrived, which makes every reader look at the store anew.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.made_up_store import fill
from hpviz.data import catalogue
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.runs.store import RunStore
from hpviz.studies import PRESETS

ROOT = Path(__file__).parent.parent
PAGES = ("learning_rate", "overview", "compare", "runs", "data")
WARM_UP = 3  # times a page is drawn before it counts: what is loaded and found out once is not measured


class Server:
    """hpviz on a free port, with a store of its own."""

    def __init__(self, cache: Path, runs: list[str]) -> None:
        self.store, self._runs, self._turn = RunStore(cache), runs, 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        options = [f"--server.port={self._address.split(':')[1]}", "--server.headless=true"]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "HPVIZ_CACHE": str(cache)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://{self._address}/_stcore/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the server never answered")

    @contextmanager
    def visit(self, page: str) -> Iterator["Visitor"]:
        """A session of its own on that page."""
        address, protocols = f"ws://{self._address}/_stcore/stream", [Subprotocol("streamlit")]
        with connect(address, subprotocols=protocols, max_size=None) as connection:
            yield Visitor(self, connection, page)

    def epoch_arrives(self) -> None:
        """Write one run anew, as the worker does after every epoch."""
        run = self.store.get(self._runs[self._turn % len(self._runs)])
        assert run is not None
        self._turn += 1
        self.store.put(run)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self.store.close()


class Visitor:
    """A page that is open in a browser which does not draw."""

    def __init__(self, server: Server, connection: ClientConnection, page: str) -> None:
        self._server, self._socket, self._page = server, connection, page
        self._script = ""

    def draw(self) -> float:
        """Seconds from the wish to see the page until its last message is here."""
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self._script
        asked.rerun_script.page_name = "" if self._script or self._page == PAGES[0] else self._page
        begun, answered = time.perf_counter(), False
        self._socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=120))  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                answered = True
            elif kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "page_not_found":
                raise LookupError(self._page)
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(message.delta.new_element.exception.message)
            elif answered and kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - begun

    def draw_after_an_epoch(self) -> float:
        self._server.epoch_arrives()
        return self.draw()


def prepare(folder: Path, counts: list[int], device: str) -> list[Server]:
    """A server for each number of runs; the scenes are drawn once."""
    from hpviz.training.numerics import machine

    first = folder / str(counts[0])
    preset, scenes = PRESETS["quick"], catalogue.resolve("scenes", first)
    drive(catalogue.prepare(scenes, preset.image_size, first))
    for count in counts[1:]:
        shutil.copytree(first, folder / str(count))
    identity = drive(catalogue.identify(scenes, first))
    assert identity.fingerprint == SCENES_FINGERPRINT
    here = machine(device)
    return [Server(folder / str(count), fill(folder / str(count), count, identity, here)) for count in counts]


def drive(work: Any) -> Any:
    """The result of work on data."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def measure(servers: list[Server], page: str, rounds: int) -> dict[str, list[list[float]]] | None:
    """Seconds of each round, few runs and many in turn; None if there is no such page."""
    ways: dict[str, Callable[[Visitor], float]] = {"again": Visitor.draw, "epoch": Visitor.draw_after_an_epoch}
    with ExitStack() as stack:
        visitors = [stack.enter_context(server.visit(page)) for server in servers]
        try:
            for visitor in visitors * WARM_UP:
                visitor.draw()
        except LookupError:
            return None
        return {name: [[way(visitor) for visitor in visitors] for _ in range(rounds)] for name, way in ways.items()}


def summary(rounds: list[list[float]]) -> dict[str, float]:
    """Medians and the median of the rounds' own ratios, for the machine may be busier in one than in another."""
    few, many = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {"few": few, "many": many, "ratio": statistics.median(many / few for few, many in rounds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, nargs=2, default=(10, 1000), metavar="N", help="in the two stores")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="drawings of each page by each server")
    parser.add_argument("--pages", nargs="+", default=PAGES, metavar="PAGE", help=", ".join(PAGES))
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        servers = prepare(Path(folder), list(options.runs), "cpu")
        found = {page: measure(servers, page, options.rounds) for page in options.pages}
        for server in servers:
            server.end()
    told = {page: {way: summary(times) for way, times in ways.items()} for page, ways in found.items() if ways}
    if options.json:
        print(json.dumps(told))
        return
    few, many = options.runs
    print(f"{'page':>15}  {'drawn':>22} {few:>7} {many:>7} {'ratio':>7}   ms, medians")
    for page, ways in told.items():
        for way, words in (("again", "again"), ("epoch", "after an epoch arrived")):
            figures = ways[way]
            print(
                f"{page:>15}  {words:>22} {1e3 * figures['few']:7.0f} {1e3 * figures['many']:7.0f} "
                f"{figures['ratio']:6.2f}×"
            )


if __name__ == "__main__":
    main()
