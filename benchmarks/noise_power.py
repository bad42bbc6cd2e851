"""How often is a difference of so many points found, and nothing called a difference? Before answers counted, and now.

    python -m benchmarks.noise_power [--data scenes] [--runs 24] [--tries 1000] [--cache DIR] [--simulated] [--json]

Trains one setting, the article CNN in the quick preset, under many seeds; the store remembers them, so a second call
trains nothing. Disjoint groups of seeds are drawn from these runs and compared: as they are (A/A), and with so many
more images right in one group that it is truly 5 or 3 points better, those images that the nets disagree on most.
“Before” is the judgement by last accuracies alone (the images' luck assumed, no trails), “now” that of runs that
remember their answers. With `--simulated` nothing is trained: nets like those of the photos are made up. Exit status 1
if A/A calls more than 5% of like pairs different, beyond what so many tries leave open.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.noise import ALPHA, compare
from hpviz.analysis.trails import Trail, trail_of
from hpviz.home import default_cache
from hpviz.runs.document import Run
from hpviz.runs.store import RunStore

SEEDS = (2, 3, 5, 8, 12)
POINTS = (0, 5, 3)


def shares(runs: Trail, seeds: int, points: float, tries: int, random: np.random.Generator) -> tuple[float, float]:
    """The share of comparisons of `seeds` against `seeds` runs that say "different", before and now.

    `runs` are all recorded ones, with their answers; the first group is `points` better.
    """
    better = shifted(runs, points, random)
    counts = np.zeros(2)
    for _ in range(tries):
        drawn = random.permutation(len(runs.accuracies))[: 2 * seeds]
        trails = {"one": _part(better, drawn[:seeds]), "other": _part(runs, drawn[seeds:])}
        groups = {value: trail.accuracies[:, -1].tolist() for value, trail in trails.items()}
        images = _right(runs).shape[1]
        for place, known in enumerate((None, trails)):
            (pair,) = compare(groups, images, trails=known)
            counts[place] += pair.verdict == "different"
    before, now = counts / tries
    return float(before), float(now)


def shifted(runs: Trail, points: float, random: np.random.Generator) -> Trail:
    """The same runs, each right about so many more images: preferably those that some seeds know and others do not."""
    right = _right(runs).copy()
    share = right.mean(0)
    liking = np.log(share * (1 - share) + 0.01) + random.gumbel(size=right.shape)
    more = round(points / 100 * right.shape[1])
    for row, order in zip(right, np.argsort(-np.where(right, -np.inf, liking), axis=1), strict=True):
        row[order[:more]] = True
    return Trail(runs.accuracies + more / right.shape[1], right)


def _part(runs: Trail, places: NDArray[np.int64]) -> Trail:
    return Trail(runs.accuracies[places], _right(runs)[places])


def _right(runs: Trail) -> NDArray[np.bool_]:
    assert runs.right is not None
    return runs.right


def recorded(runs: Sequence[Run]) -> Trail:
    """All runs as one group. Raises SystemExit if there are no answers, or too few runs."""
    found = trail_of(runs)
    if found is None or found.right is None or len(runs) < 2 * SEEDS[0]:
        raise SystemExit("It takes at least four finished runs that remember their answers.")
    return found


def simulated(
    random: np.random.Generator,
    spread: float,
    seeds: int,
    hard: NDArray[np.float64],
    level: float = 0.7,
    remembered: float = 0.2,
    epochs: int = 5,
) -> Trail:
    """Seeds of a value that gets about `level` of the images right, of which some are as `hard` (large is easy).

    From epoch to epoch they jump about their level, by `spread`, and remember so much of where they were. Each run gets
    the easy images right first, but for its own luck.
    """
    jumps = random.normal(0, spread, (seeds, epochs))
    for epoch in range(1, epochs):
        jumps[:, epoch] = remembered * jumps[:, epoch - 1] + (1 - remembered**2) ** 0.5 * jumps[:, epoch]
    liking = hard + random.logistic(0, 1, (seeds, len(hard)))
    order = np.argsort(np.argsort(-liking, axis=1), axis=1)
    right = order < np.round((level + jumps[:, -1:]) * len(hard))
    jumps[:, -1] = right.mean(1) - level
    return Trail(level + jumps, right)


def hardness(random: np.random.Generator, images: int) -> NDArray[np.float64]:
    """How easy images are, in logits."""
    return random.normal(1.2, 1.6, images)


def train(options: argparse.Namespace) -> list[str]:
    """The ids of the runs, trained by the command line where they are missing."""
    command = [sys.executable, "-m", "hpviz", "sweep", "weight-decay", "--values", "0", "--seeds", str(options.runs)]
    command += ["--preset", "quick", "--data", options.data, "--json", "--cache", str(options.cache)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line["id"] for line in lines if line["event"] == "done" and line["status"] == "finished"]


def table(runs: Trail, tries: int) -> dict[str, Any]:
    """Everything that is printed; accuracies as fractions."""
    ends = runs.accuracies[:, -1]
    rows = [
        {"seeds": seeds, "points": points, "before": before, "now": now}
        for points in POINTS
        for seeds in SEEDS
        if 2 * seeds <= len(ends)
        for before, now in [shares(runs, seeds, points, tries, np.random.default_rng(seeds))]
    ]
    return {
        "runs": len(ends),
        "test_images": _right(runs).shape[1],
        "mean": float(ends.mean()),
        "seed_spread": float(ends.std(ddof=1)),
        "spread_by_epoch": runs.accuracies.std(0, ddof=1).tolist(),
        "rows": rows,
    }


def text(told: Mapping[str, Any]) -> str:
    spreads = ", ".join(f"{100 * each:.1f}" for each in told["spread_by_epoch"])
    head = (
        f"{told['runs']} runs of one setting end at {told['mean']:.1%}, {told['test_images']} test images; seeds "
        f"spread by {100 * told['seed_spread']:.1f} points (over the epochs that count: {spreads})"
    )
    names = {0: "A/A", 5: "5 points", 3: "3 points"}
    columns = [[row for row in told["rows"] if row["points"] == points] for points in POINTS]
    lines = [
        "| seeds | " + " | ".join(f"{names[points]}: before, now" for points in POINTS) + " |",
        "|---|---|---|---|",
    ]
    for rows in zip(*columns, strict=True):
        cells = [f"{row['before']:.1%}, {row['now']:.1%}" for row in rows]
        lines.append(f"| {rows[0]['seeds']} | " + " | ".join(cells) + " |")
    return "\n".join([head, "", *lines])


def _trained(options: argparse.Namespace) -> Trail:
    ids = set(train(options))
    return recorded([run for run in RunStore(options.cache).runs() if run["id"] in ids])


def _made_up() -> Trail:
    """As the photos' nets are: seeds spread by 3 points, on 658 images."""
    random = np.random.default_rng(0)
    return simulated(random, 0.03, 1000, hardness(random, 658))


def main() -> int:
    """Train what is missing, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="scenes")
    parser.add_argument("--runs", type=int, default=24, help="seeds of the one setting")
    parser.add_argument("--tries", type=int, default=1000, help="comparisons for each figure")
    parser.add_argument("--cache", type=Path, metavar="DIR", default=default_cache(), help="the store of the runs")
    parser.add_argument("--simulated", action="store_true", help="make nets up instead of training them")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = table(_made_up() if options.simulated else _trained(options), options.tries)
    print(json.dumps(told) if options.json else text(told))
    allowed = ALPHA + 2 * (ALPHA * (1 - ALPHA) / options.tries) ** 0.5
    return int(any(row["now"] > allowed for row in told["rows"] if not row["points"]))


if __name__ == "__main__":
    sys.exit(main())
