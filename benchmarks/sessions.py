"""Fifty open pages on one server that trains: how long a page takes, and what that costs the training.

    python -m benchmarks.sessions

Real websockets on loopback to a real server, in pages that are not drawn. Some watch the run that trains, some go from
page to page, the others lie idle; all follow the timers of their page as a browser does, and ask what moves on it.
Before, the same training is measured with no page open; afterwards, whether memory, open files and threads are back.
Linux only.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.pages import PAGES, drive
from benchmarks.visitors import HOME, Server, offer_app
from hpviz.data import catalogue
from hpviz.runs.document import Run
from hpviz.runs.store import RunStore
from hpviz.studies import PRESETS

# The article's network on 600 scenes: an epoch is short enough for many to end within the time.
SETTING = "model=article-cnn&per_class=100&epochs=1000&seed={seed}"
BROWSING_SECONDS = 4.0  # between two pages of one who looks around
BACK_SECONDS = 60.0  # what closed pages have taken should be back by then


@dataclass
class Crowd:
    """What the visitors have measured, seconds a rerun by what they do, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    leaving: threading.Event = field(default_factory=threading.Event)

    def visit(self, server: Server, kind: str, page: str, query: str, luck: random.Random) -> None:
        """One visitor, in a thread of its own, until all leave."""
        try:
            self.leaving.wait(luck.uniform(0, 3))  # nobody opens fifty pages at one moment
            while not self.leaving.is_set():
                with server.visit(page, query) as visitor:
                    self.seconds[f"{kind}: first drawing"].append(visitor.draw())
                    end = time.monotonic() + BROWSING_SECONDS if kind == "browsing" else float("inf")
                    for what, seconds in visitor.stay(end, self.leaving):
                        self.seconds[f"{kind}: {what}"].append(seconds)
                page = luck.choice(PAGES) if kind == "browsing" else page
        except Exception as error:
            self.errors.append(f"{kind}, {page}: {type(error).__name__}: {error}")


def begin(server: Server, cache: Path, seed: int) -> str:
    """Launch a run from its page and wait until its first epoch is there; returns its id."""
    with server.visit(HOME, SETTING.format(seed=seed)) as visitor:
        visitor.draw()
        visitor.press("Train lr 1e-4")
    store = RunStore(cache)
    try:
        while not (here := [run for run in store.runs() if run["spec"]["seed"] == seed and run["epochs"]]):
            time.sleep(0.2)
        return here[0]["id"]
    finally:
        store.close()


def stop(server: Server, seed: int) -> None:
    with server.visit(HOME, SETTING.format(seed=seed)) as visitor:
        visitor.draw()
        visitor.press("Stop")


def images_per_second(cache: Path, run_id: str, seconds: float) -> float | None:
    """Training images a second over the epochs that end within that time, tests left out; None if none does."""
    store = RunStore(cache)
    before = len(_known(store, run_id)["epochs"])
    time.sleep(seconds)
    rows = _known(store, run_id)["epochs"]
    store.close()
    if len(rows) <= before:
        return None
    trained = rows[-1]["images"] - rows[before - 1]["images"]
    return float(trained / sum(row["train_seconds"] for row in rows[before:]))


def _known(store: RunStore, run_id: str) -> Run:
    run = store.get(run_id)
    assert run is not None
    return run


def taken(server: Server) -> dict[str, float]:
    """What the server holds now."""
    threads = len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))
    return {"MB": server.resident_bytes() / 1e6, "descriptors": len(server.descriptors()), "threads": threads}


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Everything, on a server of its own."""
    cache, clients, watching, seconds = folder / "cache", options.clients, options.watching, options.seconds
    drive(catalogue.prepare(catalogue.resolve("scenes", cache), PRESETS["quick"].image_size, cache))
    server = Server(cache, folder=options.app, app=options.app / "app.py", python=options.python)
    try:
        alone = images_per_second(cache, begin(server, cache, seed=0), max(seconds / 2, 5))
        stop(server, seed=0)
        run = begin(server, cache, seed=1)
        before, crowd = taken(server), Crowd()
        visitors = []
        for number in range(clients):
            kind = "watching" if number < watching else ("browsing", "idle")[number % 2]
            page = HOME if kind == "watching" else PAGES[number % len(PAGES)]
            query = SETTING.format(seed=1) if kind == "watching" else ""
            told = server, kind, page, query, random.Random(number)
            visitors.append(threading.Thread(target=crowd.visit, args=told, daemon=True))
            visitors[-1].start()
        together, during = images_per_second(cache, run, seconds), taken(server)
        crowd.leaving.set()
        for visitor in visitors:
            visitor.join(BACK_SECONDS)
        until = time.monotonic() + BACK_SECONDS
        while (after := taken(server))["descriptors"] > before["descriptors"] and time.monotonic() < until:
            time.sleep(1)
        drawings = [each for kind, times in crowd.seconds.items() if not kind.endswith("beat") for each in times]
        return {
            "clients": clients,
            "seconds": seconds,
            "reruns": {kind: spread(times) for kind, times in sorted(crowd.seconds.items())}
            | {"all drawings": spread(drawings)},
            "errors": crowd.errors,
            "images_per_second": {"alone": alone, "together": together},
            "taken": {"before": before, "during": during, "after": after},
        }
    finally:
        server.end()


def spread(times: Sequence[float]) -> dict[str, float]:
    """How many there were, and what half, 95% and all of them kept below, in milliseconds."""
    if len(times) < 2:
        return {"count": len(times), "p50": 1e3 * sum(times), "p95": 1e3 * sum(times), "most": 1e3 * sum(times)}
    steps = statistics.quantiles(times, n=20, method="inclusive")
    return {"count": len(times), "p50": 1e3 * steps[9], "p95": 1e3 * steps[18], "most": 1e3 * max(times)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=50, metavar="N", help="pages that are open")
    parser.add_argument("--watching", type=int, default=5, metavar="N", help="of them, on the page of the run")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="for which they are")
    offer_app(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options)
    if options.json:
        print(json.dumps(found))
        return
    print(f"{options.clients} pages, {options.watching} of them watching, for {options.seconds:g} s")
    print(f"\n{'reruns, ms':>24} {'count':>7} {'p50':>7} {'p95':>7} {'most':>7}")
    for kind, figures in found["reruns"].items():
        print(f"{kind:>24} {figures['count']:7} {figures['p50']:7.0f} {figures['p95']:7.0f} {figures['most']:7.0f}")
    rates = found["images_per_second"]
    told = {name: "none" if rate is None else f"{rate:,.0f}" for name, rate in rates.items()}
    kept = f", {rates['together'] / rates['alone']:.0%} kept" if all(rates.values()) else ""
    print(f"\ntraining images/s: {told['alone']} alone, {told['together']} together{kept}")
    for name in ("MB", "descriptors", "threads"):
        print(f"{name}: " + ", ".join(f"{figures[name]:.0f} {moment}" for moment, figures in found["taken"].items()))
    print(f"errors: {len(found['errors'])}")
    for error in found["errors"][:5]:
        print(f"  {error[:200]}")


if __name__ == "__main__":
    main()
