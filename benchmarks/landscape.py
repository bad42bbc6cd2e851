"""How long a landscape takes: three batch sizes of the article's network under the quick preset, in this process.

    python -m benchmarks.landscape [--cache DIR]

Trains what the cache folder lacks, then prints the seconds of going through the runs again, of the losses along their
paths and of the 21 × 21 grid, which should take at most 60 s on two cores; nothing is remembered.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path

from hpviz.cli import main as hpviz
from hpviz.home import default_cache
from hpviz.runs.runner import Runner
from hpviz.runs.work import landscape

STAGES = ("going through", "the plane", "the loss along", "the loss on the grid")


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a landscape takes")
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--values", nargs="+", default=["2", "32", "450"])
    options = parser.parse_args()
    cache: Path = options.cache
    sweep = ["sweep", "batch-size", "--preset", "quick", "--values", *options.values, "--cache", str(cache), "--json"]
    with redirect_stdout(StringIO()) as told:
        if status := hpviz(sweep):
            raise SystemExit(status)
    lines = map(json.loads, told.getvalue().splitlines())
    ids = dict.fromkeys(line["id"] for line in lines if line["event"] == "run")
    with closing(Runner(cache)) as runner:
        runs = [run for run_id in ids if (run := runner.run(run_id))]
    seconds: dict[str, float] = defaultdict(float)
    stage, begun = "getting ready", time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        work = landscape(runs, cache, Path(folder) / "benchmark.plane", None)
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                found = end.value
                break
            finally:  # what is told is about to be done: the time until the next step is its own
                now = time.perf_counter()
                seconds[stage] += now - begun
                begun = now
            stage = next((each for each in STAGES if step.what.startswith(each)), stage)
    for stage, taken in seconds.items():
        print(f"{taken:7.1f} s  {stage}")
    print(f"explained {found['explained']:.3f}, error {found['error']:.3f} nats, off {found['off']}")


if __name__ == "__main__":
    main()
