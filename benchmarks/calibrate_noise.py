"""Does "different, or noise?" keep its word? Trains one setting under many seeds and lets it compare like with like.

    python -m benchmarks.calibrate_noise [--data scenes] [--runs 60] [--seeds 2] [--pairs 200] [--cache DIR] [--json]

Wanted: of the A/A pairs (two groups of disjoint seeds of one setting) at most 8% are called different, and the real
effects, λ 0 against 1.0 and lr 1e-4 against 1e-7, are found from two seeds a value. The runs are the article CNN's,
short and small, launched by the command line and remembered in a store: a second calibration trains nothing. With the
defaults it is 72 runs, about 6 minutes on two cores.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpviz.analysis.noise import compare

WANTED_SHARE = 0.08
EFFECT_SEEDS = 6

SHORT = ("--model", "article-cnn", "--epochs", "4", "--per-class", "100", "--image-size", "64")


def share_called_different(
    accuracies: Sequence[float], pairs: int, seeds: int, test_images: int, random: np.random.Generator
) -> float:
    """The share of A/A pairs called different: each draws two groups of `seeds` seeds, none twice, from one setting."""
    return _share(
        _different(drawn[:seeds], drawn[seeds:], test_images)
        for drawn in (random.choice(accuracies, 2 * seeds, replace=False) for _ in range(pairs))
    )


def share_found(
    one: Sequence[float], other: Sequence[float], pairs: int, seeds: int, test_images: int, random: np.random.Generator
) -> float:
    """The share of comparisons that find a real effect, each from `seeds` seeds drawn from either setting."""
    return _share(
        _different(random.choice(one, seeds, replace=False), random.choice(other, seeds, replace=False), test_images)
        for _ in range(pairs)
    )


def _different(one: NDArray[np.float64], other: NDArray[np.float64], test_images: int) -> bool:
    (pair,) = compare({"one": one.tolist(), "other": other.tolist()}, test_images)
    return pair.verdict == "different"


def _share(called: Iterable[bool]) -> float:
    return float(np.mean(list(called)))


def main() -> int:
    """Train what is missing, compare, print; exit status 1 if a bound is broken."""
    options = _options()
    same = _accuracies(options, "weight-decay", "0", options.runs)
    test_images = _test_images(options)  # after the first runs, which fetch a data set that is not here yet
    effects = {
        "λ 0 against 1.0": _accuracies(options, "weight-decay", "1.0", EFFECT_SEEDS),
        "lr 1e-4 against 1e-7": _accuracies(options, "learning-rate", "1e-7", EFFECT_SEEDS),
    }
    random = np.random.default_rng(0)
    told: dict[str, Any] = {
        "runs": len(same),
        "test_images": test_images,
        "mean": float(np.mean(same)),
        "seed_spread": float(np.std(same, ddof=1)),
        "called_different": share_called_different(same, options.pairs, options.seeds, test_images, random),
        "found": {
            name: share_found(same, other, options.pairs, options.seeds, test_images, random)
            for name, other in effects.items()
        },
    }
    print(json.dumps(told, ensure_ascii=False) if options.json else _text(told, options))
    return int(told["called_different"] > WANTED_SHARE or min(told["found"].values()) < 1)


def _text(told: Mapping[str, Any], options: argparse.Namespace) -> str:
    lines = [
        f"{told['runs']} runs of one setting: accuracy {told['mean']:.1%}, {told['test_images']} test images, "
        f"seeds spread by {100 * told['seed_spread']:.1f} points",
        f"A/A, {options.pairs} pairs of {options.seeds} against {options.seeds} seeds: "
        f"{told['called_different']:.1%} called different (wanted: at most {WANTED_SHARE:.0%})",
        *(f"{name}, {options.seeds} seeds a value: found in {share:.0%}" for name, share in told["found"].items()),
    ]
    return "\n".join(lines)


def _accuracies(options: argparse.Namespace, study: str, value: str, seeds: int) -> list[float]:
    """The last test accuracy of each seed."""
    newest: dict[str, float] = defaultdict(float)
    sweep = ("sweep", study, "--values", value, "--seeds", str(seeds), "--batch-size", "32", *SHORT)
    for line in _lines(options, *sweep):
        if line["event"] == "epoch":
            newest[line["id"]] = line["test_accuracy"]
    return list(newest.values())


def _test_images(options: argparse.Namespace) -> int:
    (data,) = [line for line in _lines(options, "data") if line["event"] == "dataset"]
    return sum(data["test_counts"].values())


def _lines(options: argparse.Namespace, *verb: str) -> list[dict[str, Any]]:
    """What a verb of the command line tells; its complaints go to stderr."""
    command = [sys.executable, "-m", "hpviz", *verb, "--data", options.data, "--json"]
    if options.cache:
        command += ["--cache", str(options.cache)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="scenes")
    parser.add_argument("--runs", type=int, default=60, help="seeds of the one setting")
    parser.add_argument("--seeds", type=int, default=2, help="seeds a value in each comparison")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="the store of the runs")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
