"""The engine: what training keeps of its speed beside a page and beside another program, and how soon a page answers.

    python -m benchmarks.engine MEASURE ... [--app DIR]      (drawing, closed, watched, busy, sweep, start and so on)

Every figure is taken by the wall clock, from outside, of the command line and the server of the checkout that `--app`
names (this one by default), so that two versions are measured in the same way. Linux only.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil

from benchmarks.visitors import Server, offer_app
from hpviz.runs.document import Run
from hpviz.runs.store import RunStore

DECAYS = ("0", "0.01", "0.1", "1")
MODEL, RATE, NEXT_RATE = "article-cnn", "1e-4", "3e-4"
SLIDER = "role=slider"
LOOK_SECONDS = 0.1  # every look takes a millisecond of the cores that train: fifty a second took a tenth of their speed
COMPUTES = """
import sys, time
share = float(sys.argv[1])
while True:
    until = time.monotonic() + 0.05 * share
    while time.monotonic() < until:
        pass
    time.sleep(0.05 * (1 - share))
"""
# How many threads, which look for each other as hpviz has it, as long as OpenMP does unless told, or never.
WAITING: dict[str, tuple[str, dict[str, str]]] = {
    "1 thread": ("1", {}),
    "2 threads": ("2", {}),
    "2 threads, OpenMP's wait": ("2", {"GOMP_SPINCOUNT": "300000"}),
    "2 threads, no wait": ("2", {"GOMP_SPINCOUNT": "0"}),
}
WATCHED_SECONDS = 20.0
# The files of Streamlit's page by what they hold.
LIBRARIES = {
    "React and its styles": ("react-dom", "emotion", "styled-components"),
    "Vega": ("embed", "vega", "Arrow", "Quiver"),
}
SETTLED_SECONDS = 5.0  # after which a page that was opened has loaded everything


class Bench:
    """The checkout that is measured, and a folder for everything that it writes."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self._folder, self._caches = options, folder, 0
        self._drawn = options.scenes
        if self._drawn is None:
            self._drawn = folder / "drawn"
            self.finish(self._drawn, "run", "--epochs", "1", "--per-class", "2")

    def cache(self) -> Path:
        """A new cache folder, in which the scenes are drawn."""
        self._caches += 1
        return shutil.copytree(self._drawn / "data", self._folder / str(self._caches) / "data").parent

    def lines(self, cache: Path, *arguments: str, **variables: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """The lines of a command, each with the moment at which it came; `variables` are added to its environment."""
        command = [self.options.python, "-m", "hpviz", *arguments, "--json", "--cache", str(cache)]
        around = {**os.environ, **variables}
        with subprocess.Popen(command, cwd=self.options.app, stdout=subprocess.PIPE, text=True, env=around) as process:
            for line in process.stdout or ():
                yield time.perf_counter(), json.loads(line)
        if process.returncode:
            raise SystemExit(f"`{' '.join(command)}` ended with {process.returncode}.")

    def finish(self, cache: Path, *arguments: str) -> list[tuple[float, dict[str, Any]]]:
        return list(self.lines(cache, *arguments))

    def knows(self, option: str) -> bool:
        """Whether `sweep` has that option there."""
        command = [self.options.python, "-m", "hpviz", "sweep", "--help"]
        return option in subprocess.run(command, cwd=self.options.app, capture_output=True, text=True).stdout

    def run(self, seed: int) -> list[str]:
        """The command that trains what `query` shows."""
        options = self.options
        held = ["--epochs", str(options.epochs), "--per-class", str(options.per_class), "--seed", str(seed)]
        return ["run", "--model", options.model, *held]

    def query(self, seed: int) -> str:
        options = self.options
        return f"model={options.model}&per_class={options.per_class}&epochs={options.epochs}&seed={seed}"

    @contextmanager
    def server(self, cache: Path) -> Iterator[Server]:
        app = self.options.app
        server = Server(cache, folder=app, app=app / "app.py", python=self.options.python)
        try:
            yield server
        finally:
            server.end()


def command_seconds(bench: Bench, cache: Path, seed: int, *more: str, **variables: str) -> float:
    """Seconds from the end of the first epoch of a run of the command line to the end of its last."""
    lines = bench.lines(cache, *bench.run(seed), *more, **variables)
    epochs = [moment for moment, line in lines if line["event"] == "epoch"]
    return epochs[-1] - epochs[0]


@contextmanager
def another_program(share: float = 1.0) -> Iterator[None]:
    """A program that takes that share of a core, in turns of 50 ms."""
    other = subprocess.Popen([sys.executable, "-c", COMPUTES, str(share)])
    try:
        time.sleep(SETTLED_SECONDS)
        yield
    finally:
        other.kill()
        other.wait()


def of_store(cache: Path, seed: int, is_so: Callable[[Run], bool]) -> float:
    """The moment at which the run of that seed is so, as the store has it."""
    store = RunStore(cache)
    try:
        while not any(run["spec"]["seed"] == seed and is_so(run) for run in store.runs()):
            time.sleep(LOOK_SECONDS)
        return time.perf_counter()
    finally:
        store.close()


def drawing(bench: Bench) -> dict[str, Any]:
    """A run with its page open and drawing in Chromium, against the same run of the command line."""
    return of_a_page(bench, is_left=False)


def closed(bench: Bench) -> dict[str, Any]:
    """The same, where the page is left after the first epoch."""
    return of_a_page(bench, is_left=True)


def of_a_page(bench: Bench, is_left: bool) -> dict[str, Any]:
    """A run that is asked for on its page, against the same run of the command line."""
    from benchmarks.chromium import chromium, opened

    rounds, busy = [], []
    cache, other = bench.cache(), bench.cache()
    with bench.server(cache) as server, chromium() as browser:
        for seed in range(1, bench.options.rounds + 1):
            alone = command_seconds(bench, other, seed)
            with opened(browser, f"http://{server.address}/?{bench.query(seed)}", SLIDER) as page:
                # A browser that is still loading counts as another program, and the run would get fewer threads.
                time.sleep(SETTLED_SECONDS)
                page.get_by_role("button", name=f"Train lr {RATE}").click()
                begun = of_store(cache, seed, lambda run: len(run["epochs"]) >= 1)
                if is_left:
                    page.goto("about:blank")
                before = cpu_seconds(server.process.pid)
                ended = of_store(cache, seed, lambda run: len(run["epochs"]) >= bench.options.epochs)
                busy.append((cpu_seconds(server.process.pid) - before) / (ended - begun))
            rounds.append([ended - begun, alone])
    return {**ratios(rounds, "with its page, s", "command line, s"), "server, cores": statistics.median(busy)}


def watched(bench: Bench) -> dict[str, Any]:
    """Cores that go into a page on which a run moves, and what for: the server's, Chromium's, of those JavaScript's."""
    from benchmarks.chromium import chromium, opened

    cache, seconds = bench.cache(), WATCHED_SECONDS
    record(bench, cache)
    with bench.server(cache) as server, chromium() as browser:
        # Many epochs, so that none of it is the end of the run.
        query = bench.query(1).replace(f"epochs={bench.options.epochs}", "epochs=400")
        with opened(browser, f"http://{server.address}/?{query}", SLIDER) as page:
            page.get_by_role("button", name=f"Train lr {RATE}").click()
            of_store(cache, 1, lambda run: len(run["epochs"]) >= 1)
            profiler = page.context.new_cdp_session(page)
            profiler.send("Profiler.enable")
            before, of_browser = cpu_seconds(server.process.pid), chromium_seconds()
            profiler.send("Profiler.start")
            time.sleep(seconds)
            profile = profiler.send("Profiler.stop")["profile"]
            found = {
                "server, cores": (cpu_seconds(server.process.pid) - before) / seconds,
                "Chromium, cores": (chromium_seconds() - of_browser) / seconds,
            }
    return found | {f"of it {name}": share for name, share in by_library(profile).items()}


def chromium_seconds() -> float:
    """What all processes of the browser that this one has started have computed."""
    ours = psutil.Process().children(recursive=True)
    return sum(cpu_seconds(each.pid) for each in ours if "chrom" in each.name())


def by_library(profile: dict[str, Any]) -> dict[str, float]:
    """Cores that JavaScript takes within a library's functions, by a sampled profile: what Streamlit's page is made of.

    A sample counts for the last library on its stack that has a name here, else for the rest of the page's scripts;
    what is in no script is Chromium's own (style, layout, paint).
    """
    nodes = {node["id"]: node for node in profile["nodes"]}
    parents = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}
    spent = dict.fromkeys([*LIBRARIES, "other scripts", "Chromium itself"], 0.0)
    for sample, microseconds in zip(profile["samples"], profile["timeDeltas"], strict=True):
        if nodes[sample]["callFrame"]["functionName"] == "(idle)":
            continue
        stack, place = [], sample
        while place is not None:
            stack.append(nodes[place]["callFrame"]["url"].rpartition("/")[2])
            place = parents.get(place)
        named = [name for file in stack for name, files in LIBRARIES.items() if file.startswith(files)]
        spent[named[0] if named else "other scripts" if any(stack) else "Chromium itself"] += microseconds
    whole = sum(profile["timeDeltas"])
    return {name: microseconds / whole for name, microseconds in spent.items()}


def busy(bench: Bench) -> dict[str, Any]:
    """A run beside a program that takes one core, against the same run on a quiet machine."""
    rounds, cache = [], bench.cache()
    for seed in range(bench.options.rounds):
        quiet = command_seconds(bench, cache, 2 * seed)
        with another_program():
            rounds.append([command_seconds(bench, cache, 2 * seed + 1), quiet])
    return ratios(rounds, "beside another program, s", "quiet, s")


def sweep(bench: Bench) -> dict[str, Any]:
    """Four runs of the article's network as a sweep, against the same four one after the other."""
    rounds = []
    held = ["--epochs", str(bench.options.epochs), "--per-class", str(bench.options.per_class)]
    in_turn = ["--jobs", "1"] if bench.knows("--jobs") else []
    for _ in range(bench.options.rounds):
        times = []
        for jobs in ([], in_turn):
            lines = bench.finish(bench.cache(), "sweep", "weight-decay", "--values", *DECAYS, *held, *jobs)
            moments = [moment for moment, line in lines if line["event"] in ("run", "done")]
            times.append(moments[-1] - moments[0])
        rounds.append(times)
    return ratios(rounds, "as a sweep, s", "in turn, s")


def start(bench: Bench) -> dict[str, Any]:
    """From the server's start to a page with painted curves; from a slider's move to what is said there."""
    from benchmarks.chromium import chromium, opened, seconds_until

    cache = bench.cache()
    record(bench, cache)
    painted, moved = [], []
    with chromium() as browser:
        for _ in range(bench.options.rounds):
            begun = time.perf_counter()
            with bench.server(cache) as server, opened(browser, f"http://{server.address}/?{bench.query(0)}") as page:
                painted.append(time.perf_counter() - begun)
                time.sleep(SETTLED_SECONDS)
                slider = page.get_by_role("slider", name="Learning rate")
                slider.focus()
                moved.append(seconds_until(page, lambda slider=slider: slider.press("ArrowRight"), f"lr {NEXT_RATE} ="))
    return {"start to painted page, s": statistics.median(painted), "slider to curve, s": statistics.median(moved)}


def launch(bench: Bench) -> dict[str, Any]:
    """From a slider's release to the first moving point of a run and to its first epoch, where PyTorch is loaded."""
    from benchmarks.chromium import chromium, opened, seconds_until

    cache = bench.cache()
    moving, measured = [], []
    with bench.server(cache) as server, chromium() as browser:
        for seed in range(bench.options.rounds + 1):
            with opened(browser, f"http://{server.address}/?{bench.query(seed)}", SLIDER) as page:
                slider = page.get_by_role("slider", name="Learning rate")
                time.sleep(SETTLED_SECONDS)
                slider.focus()
                begun = time.perf_counter()
                press = lambda slider=slider: slider.press("ArrowRight")  # noqa: E731
                moving.append(seconds_until(page, press, selector=bench.options.point))
                measured.append(of_store(cache, seed, lambda run: len(run["epochs"]) >= 1) - begun)
                page.get_by_test_id("stMain").get_by_role("button", name="Stop").first.click()
                of_store(cache, seed, lambda run: run["status"] not in ("queued", "running"))
    # Before the first one PyTorch was loaded.
    first = {"release to moving point, s": statistics.median(moving[1:])}
    return {**first, "release to first epoch, s": statistics.median(measured[1:])}


def memory(bench: Bench) -> dict[str, Any]:
    """What a server holds that has shown a page with curves and trains nothing; what it keeps ready to train, apart."""
    from benchmarks.chromium import chromium, opened

    cache = bench.cache()
    record(bench, cache)
    with bench.server(cache) as server:
        with chromium() as browser, opened(browser, f"http://{server.address}/?{bench.query(0)}"):
            time.sleep(2 * SETTLED_SECONDS)
        ready = [child.memory_info().rss for child in psutil.Process(server.process.pid).children(recursive=True)]
        return {"server, MB": server.resident_bytes() / 1e6, "ready to train, MB": sum(ready) / 1e6}


def threads(bench: Bench) -> dict[str, Any]:
    """What one thread does in a second and what two do that wait for each other so long, beside other programs."""
    options, found = bench.options, dict[str, Any]()
    images = 6 * options.per_class * (options.epochs - 1)
    for share in (0.0, 0.5, 1.0):
        for name, (count, waiting) in WAITING.items():
            with another_program(share) if share else nullcontext():
                cache = bench.cache()
                times = [
                    command_seconds(bench, cache, seed, "--threads", count, **waiting) for seed in range(options.rounds)
                ]
            found[f"{name}, {share} cores taken, images/s"] = images / statistics.median(times)
    return found


def record(bench: Bench, cache: Path) -> None:
    """Two runs that a page has curves of, with the epochs that its address asks for."""
    rates = ["--values", RATE, NEXT_RATE, "--model", bench.options.model]
    held = ["--epochs", str(bench.options.epochs), "--per-class", str(bench.options.per_class)]
    bench.finish(cache, "sweep", "learning-rate", *rates, *held)


def cpu_seconds(pid: int) -> float:
    """What a process has computed, those that it started left out."""
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)


def ratios(rounds: list[list[float]], this: str, that: str) -> dict[str, Any]:
    """Medians of seconds, and how many times as fast as `that` `this` is: the median of the rounds' own ratios."""
    ours, theirs = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {this: ours, that: theirs, "ratio": statistics.median(b / a for a, b in rounds), "rounds": rounds}


MEASURES: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "drawing": drawing,
    "closed": closed,
    "watched": watched,
    "busy": busy,
    "sweep": sweep,
    "start": start,
    "launch": launch,
    "memory": memory,
    "threads": threads,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="+", choices=MEASURES, metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--model", choices=("article-cnn", "resnet18"), default=MODEL)
    parser.add_argument("--epochs", type=int, default=21, metavar="N", help="of each run; the first is not measured")
    parser.add_argument("--per-class", type=int, default=300, metavar="N", help="training images a class")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument(
        "--scenes", type=Path, metavar="DIR", help="a cache folder in which the scenes are drawn already"
    )
    parser.add_argument("--point", default=".live_marks path[d]", metavar="CSS", help="what moves on the page of a run")
    offer_app(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, Path(folder))
        found = {name: MEASURES[name](bench) for name in options.measures}
    if options.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(name)
        for what, figure in figures.items():
            if what != "rounds":
                print(f"  {what:>50} {figure:8.2f}")


if __name__ == "__main__":
    main()
