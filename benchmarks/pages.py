"""How long the server takes to draw a page again, with 10 runs in the store and with 1,000.

    python -m benchmarks.pages

Two real servers take turns, each asked over its own websocket by a client that does not draw. A page is drawn again
as it is, and after an epoch has arrived, which makes every reader look at the store anew.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.made_up_store import fill
from benchmarks.visitors import Server, Visitor
from hpviz.data import catalogue
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.runs.store import RunStore
from hpviz.studies import PRESETS

PAGES = ("learning_rate", "overview", "compare", "runs", "data")
WARM_UP = 3  # times a page is drawn before it counts: what is loaded and found out once is not measured


class Stocked(Server):
    """hpviz on a free port, with a store of its own in which an epoch can arrive."""

    def __init__(self, cache: Path, runs: list[str]) -> None:
        self.store, self._runs, self._turn = RunStore(cache), runs, 0
        super().__init__(cache)

    def epoch_arrives(self) -> None:
        """Write one run anew, as the worker does after every epoch."""
        run = self.store.get(self._runs[self._turn % len(self._runs)])
        assert run is not None
        self._turn += 1
        self.store.put(run)

    def end(self) -> int:
        code = super().end()
        self.store.close()
        return code


def draw(server: Stocked, visitor: Visitor) -> float:
    """Seconds it takes to draw a page as it is."""
    return visitor.draw()


def draw_after_an_epoch(server: Stocked, visitor: Visitor) -> float:
    """Seconds it takes to draw a page after one run has changed."""
    server.epoch_arrives()
    return visitor.draw()


def prepare(folder: Path, counts: list[int], device: str) -> list[Stocked]:
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
    # Filled before any server is there, so that none is left behind if that fails.
    filled = {folder / str(count): fill(folder / str(count), count, identity, here) for count in counts}
    return [Stocked(cache, runs) for cache, runs in filled.items()]


def drive(work: Any) -> Any:
    """The result of work on data."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def measure(servers: list[Stocked], page: str, rounds: int) -> dict[str, list[list[float]]] | None:
    """Seconds of each round, few runs and many in turn; None if there is no such page."""
    ways = {"again": draw, "epoch": draw_after_an_epoch}
    with ExitStack() as stack:
        open_pages = [(server, stack.enter_context(server.visit(page))) for server in servers]
        try:
            for _, visitor in open_pages * WARM_UP:
                visitor.draw()
        except LookupError:
            return None
        return {name: [[way(*each) for each in open_pages] for _ in range(rounds)] for name, way in ways.items()}


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
