"""How much of the luck of the test images remains in a difference of two nets that are tested on the same ones?

    python -m benchmarks.shared_images [--cache DIR] [--json]

Takes the finished runs of a store that have three seeds or more and a checkpoint, as `benchmarks.record_reference`
leaves them, and lets every net classify its test images again. How often the seeds of a setting are right about an
image tells how hard it is; how far two settings disagree, beyond what their seeds make, is the variance that other
test images would add to their difference. Printed as a share of the binomial variance: `SHARED_IMAGES` of
`hpviz.analysis.noise` should not be below it.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hpviz.analysis.noise import SHARED_IMAGES
from hpviz.data.prepared import open_prepared
from hpviz.home import default_cache
from hpviz.models import build
from hpviz.runs.document import Run
from hpviz.runs.store import RunStore
from hpviz.spec import RunSpec
from hpviz.training import checkpoint as checkpoints

LEAST_SEEDS = 3
AT_A_TIME = 200  # images

Right = NDArray[np.bool_]


def remaining(one: Right, other: Right) -> float:
    """The share of the binomial variance that stays in a difference; (seeds, images) each, whether a net was right."""
    apart = one.mean(0) - other.mean(0)
    of_seeds = sum(float(each.var(0, ddof=1).mean()) / len(each) for each in (one, other))
    binomial = sum(float(each.mean() * (1 - each.mean())) for each in (one, other))
    return (float(apart.var(ddof=1)) - of_seeds) / binomial


def right(run: Run, cache: Path) -> Right | None:
    """Whether the trained net is right about each test image; None if its checkpoint or its images are gone."""
    spec = RunSpec(**run["spec"])
    saved = checkpoints.load(cache / "checkpoints" / run["id"], spec)
    data = open_prepared(cache, spec.fingerprint, spec.image_size)
    if not saved or data is None:
        return None
    network = build(spec.model_copy(update={"weights": None}), len(data.classes), None)
    network.load_state_dict(saved["network"])
    network.eval()
    parts = np.array_split(data.test_images, max(1, len(data.test_images) // AT_A_TIME))
    with torch.inference_mode():
        answers = [network(torch.from_numpy(np.array(part)).float() / 255).argmax(1).numpy() for part in parts]
    found: Right = np.concatenate(answers) == data.test_labels
    return found


def by_setting(runs: Iterable[Run], cache: Path) -> dict[str, Right]:
    """(seeds, images) of every setting with seeds enough."""
    settings: dict[str, list[Right]] = defaultdict(list)
    for run in runs:
        if run["status"] == "finished" and not run["origin"] and (answers := right(run, cache)) is not None:
            spec = {name: value for name, value in run["spec"].items() if name not in ("seed", "dataset")}
            settings[json.dumps(spec, sort_keys=True)].append(answers)
    return {setting: np.array(seeds) for setting, seeds in settings.items() if len(seeds) >= LEAST_SEEDS}


def main() -> int:
    """Compare every two settings that were tested on the same images; exit status 1 if too little was assumed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="the store of the runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = by_setting(RunStore(options.cache).runs(), options.cache)
    alike = [
        remaining(one, other)
        for (first, one), (second, other) in combinations(settings.items(), 2)
        if json.loads(first)["fingerprint"] == json.loads(second)["fingerprint"]
    ]
    if not alike:
        print("It takes two settings of three seeds each: run `python -m benchmarks.record_reference` first.")
        return 1
    told = {"settings": len(settings), "pairs": len(alike), "median": float(np.median(alike)), "most": max(alike)}
    print(
        json.dumps(told)
        if options.json
        else f"{told['pairs']} pairs of {told['settings']} settings: {told['median']:.2f} of the binomial variance "
        f"remains in the median, {told['most']:.2f} at most; {SHARED_IMAGES} is assumed."
    )
    return int(told["most"] > SHARED_IMAGES)


if __name__ == "__main__":
    sys.exit(main())
