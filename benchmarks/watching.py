"""What the Learning rate page costs the server: drawn again as it is, while nothing happens, while a run is watched.

    python -m benchmarks.watching

A real server, and one visitor who speaks Streamlit's websocket as a browser does but draws nothing; counted is the
processor time of the server's own process, so what trains beside it, in a process of its own, is not in it. The page
with eight values is drawn again; then its timers are followed while nothing trains, while another hpviz on the same
cache trains a ninth value, and while this one does. `--folder` measures the hpviz of another checkout in turn with this
one and prints the ratios, but for the last: it may train in the server itself. Linux only.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.made_up_store import made_up
from benchmarks.pages import drive
from benchmarks.visitors import HOME, ROOT, Server, Visitor, offer_app
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity
from hpviz.runs import executor
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from hpviz.spec import build_spec
from hpviz.studies import LEARNING_RATE, PRESETS

# Eight values of the article's network, so that the ninth trains fast enough for epochs to end while it is watched.
RATES = (1e-7, 1e-6, 1e-5, 3e-5, 3e-4, 1e-3, 1e-2, 1e-1)
NINTH = "1e-4"
QUERY = "model=article-cnn&per_class={per_class}&epochs=400"
SETTLED_SECONDS = 5.0
FIRST_EPOCH_SECONDS = 120.0

Figures = dict[str, float]


def processor_seconds(server: Server) -> float:
    """What the server's own process has used so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fill(cache: Path, identity: Identity, machine: dict[str, Any], per_class: int) -> None:
    """Eight finished runs that the page shows."""
    store, luck = RunStore(cache), random.Random(0)
    shared = {"dataset": "scenes", "fingerprint": identity.fingerprint, "precision": machine["precision"]}
    held = {**LEARNING_RATE.settings("quick"), "model": "article-cnn", "per_class": per_class}
    for rate in RATES:
        spec = build_spec(**shared, **held, image_size=PRESETS["quick"].image_size, learning_rate=rate)
        run = made_up(spec, identity, machine, luck)
        store.put(run)
        write_sidecar(run, store.checkpoints / run["id"])
    store.close()


def redraw(server: Server, visitor: Visitor, draws: int) -> float:
    """Processor seconds of a whole drawing of a page as it is, the mean of many: the clock has hundredths only."""
    for _ in range(3):
        visitor.draw()
    before = processor_seconds(server)
    for _ in range(draws):
        visitor.draw()
    return (processor_seconds(server) - before) / draws


def watch(server: Server, visitor: Visitor, seconds: float) -> float:
    """The cores that a page's timers take for that long, asked for as a browser does."""
    begun, used = time.monotonic(), processor_seconds(server)
    for _ in visitor.stay(begun + seconds):
        pass
    return (processor_seconds(server) - used) / (time.monotonic() - begun)


def watch_training(server: Server, visitor: Visitor, seconds: float) -> float:
    """The same once epochs arrive."""
    visitor.draw()
    end = time.monotonic() + FIRST_EPOCH_SECONDS
    while not any("epoch " in text and "epoch 1/" not in text for text in visitor.texts if "/400" in text):
        if time.monotonic() > end:
            raise RuntimeError(f"no epoch has ended: {visitor.texts}")
        time.sleep(0.5)
        visitor.draw()
    return watch(server, visitor, seconds)


@contextmanager
def training_elsewhere(cache: Path, folder: Path, options: argparse.Namespace) -> Iterator[None]:
    """The command line, at the value that the page has not."""
    wanted = ["--lr", NINTH, "--per-class", str(options.per_class), "--epochs", "400", "--cache", str(cache)]
    command = [options.python, "-m", "hpviz", "run", *wanted, "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def measure(cache: Path, folder: Path, options: argparse.Namespace) -> Figures:
    """One server's figures."""
    server = Server(cache, folder=folder, app=folder / "app.py", python=options.python)
    try:
        with server.visit(HOME, QUERY.format(per_class=options.per_class)) as visitor:
            visitor.draw()
            time.sleep(SETTLED_SECONDS)  # a process that trains is being warmed
            found = {"redraw": redraw(server, visitor, options.draws)}
            found["idle"] = watch(server, visitor, options.seconds / 2)
            with training_elsewhere(cache, folder, options):
                found["watching another process"] = watch_training(server, visitor, options.seconds)
            if folder == ROOT:
                visitor.draw()
                visitor.press(f"Train lr {NINTH}")
                found["watching"] = watch_training(server, visitor, options.seconds)
            return found
    finally:
        server.end()


def compared(caches: Sequence[Path], folders: Sequence[Path], options: argparse.Namespace) -> list[Figures]:
    """The medians of several rounds in turn, for each folder."""
    rounds = [
        [measure(cache, folder, options) for cache, folder in zip(caches, folders, strict=True)]
        for _ in range(options.rounds)
    ]
    return [
        {name: statistics.median(each[name] for each in figures) for name in figures[0]}
        for figures in zip(*rounds, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    offer_app(parser)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="servers of each")
    parser.add_argument("--draws", type=int, default=20, metavar="N", help="of the page, a round")
    parser.add_argument("--seconds", type=float, default=30, metavar="S", help="for which a run is watched")
    parser.add_argument("--per-class", type=int, default=100, metavar="N", help="training images of the watched run")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    folders = list(dict.fromkeys([ROOT, options.app.absolute()]))
    with tempfile.TemporaryDirectory() as folder:
        caches = [Path(folder) / str(place) for place in range(len(folders))]
        for cache in caches:
            scenes = catalogue.resolve("scenes", cache)
            drive(catalogue.prepare(scenes, PRESETS["quick"].image_size, cache))
            fill(cache, drive(catalogue.identify(scenes, cache)), executor.machine("cpu"), options.per_class)
        found = compared(caches, folders, options)
    if options.json:
        print(json.dumps(dict(zip(map(str, folders), found, strict=True))))
        return
    print(f"{'':>26} {'here':>8}" + f" {'there':>8} {'ratio':>7}" * (len(found) > 1))
    for name, figure in found[0].items():
        others = [f" {each[name]:8.3f} {each[name] / figure:6.1f}×" for each in found[1:] if name in each and figure]
        print(f"{name:>26} {figure:8.3f}" + "".join(others))
    print("redraw: processor seconds of one drawing; all else: cores of the server's own process")


if __name__ == "__main__":
    main()
