"""The loss around the paths of up to five runs: which runs have one together, what it takes, and where it is kept."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from hpviz.confined import is_file
from hpviz.data.progress import Progress
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import Run
from hpviz.runs.inspections import PLANE, Finding, Sought, folder, kept
from hpviz.runs.tasks import find_landscape
from hpviz.spec import BadInput

WHAT, MOST_RUNS = "landscape", 5
# One surface for all paths: weights as many and in the same places, and a loss over the same images.
NETWORK = ("model", "kernel_width", "padding", "depth", "width", "image_size")
IMAGES = ("fingerprint", "per_class", "validation_fraction", "normalisation")
# Planes beyond that are let go of, the oldest first: those of the article's network take 8 MB, of a ResNet18 134 MB.
PLANES_BYTES = 2**30
# Losses that are computed (training.landscape), and how many images each takes at 64 px; a float32 pass takes about
# three times as long as the inference of a bf16 run.
GRID, POINTS, SAMPLE = 441, 41, 384
SLOWER_THAN_BF16 = 3.0

Region = tuple[float, float, float, float]  # x from, to, y from, to


def refusal(runs: Sequence[Run]) -> str | None:
    """Why these runs have no landscape together, in a sentence; None if they have."""
    if not 1 <= len(runs) <= MOST_RUNS:
        return f"A landscape is drawn around the paths of one to {MOST_RUNS} runs; {len(runs)} were given."
    for run in runs:
        if not run["epochs"]:
            return f"Run {run['id']} has no epoch yet, so it has no path to draw."
    for fields, what in ((NETWORK, "networks"), (IMAGES, "images")):
        differing = [name for name in fields if len({str(run["spec"].get(name)) for run in runs}) > 1]
        if differing:
            told = " and ".join(_label(name) for name in differing)
            return f"These runs differ in {told}: different {what} have no landscape in common."
    return None


def landscape_of(runs: Sequence[Run], region: Region | None = None) -> Sought:
    """The landscape of runs; with a region, the same of that part of the plane.

    Plane and paths are found once, a closer look only computes its grid. The work raises BadInput, in a sentence, for
    runs that have no landscape together or that this machine cannot repeat.
    """
    recipe: Mapping[str, Any] = {"version": 1} | ({"region": list(region)} if region else {})
    return Sought(WHAT, runs, recipe, lambda cache: _find(runs, cache, region))


def _find(runs: Sequence[Run], cache: Path, region: Region | None) -> Generator[Progress, None, Finding]:
    if (told := refusal(runs)) is not None:
        raise BadInput(told)
    whole = landscape_of(runs)
    plane = folder(cache) / f"{whole.name}{PLANE}"
    if region is None:
        _let_go(cache)
        return (yield from find_landscape(runs, cache, plane))
    found = yield from whole.remembered(cache) if is_file(plane) else whole.work(cache)
    return {**found, **(yield from find_landscape(runs, cache, plane, region))}


def seconds(runs: Sequence[Run], region: Region | None = None) -> float:
    """About how long that takes here, from what the runs' own epochs took."""
    rows = [row for run in runs for row in run["epochs"]]
    # The median, for one run may have been trained while the machine was busy.
    an_image: float = median(run["epochs"][-1]["test_seconds"] / max(run["inputs"]["test_images"], 1) for run in runs)
    slower = SLOWER_THAN_BF16 if any(run["spec"]["precision"] == "bf16" for run in runs) else 1.0
    points = 0 if region else 2 * POINTS * len(runs)
    again: float = 0.0 if region else sum(row["train_seconds"] + 2 * row["test_seconds"] for row in rows)
    return again + (GRID + points) * SAMPLE * an_image * slower


def _label(field: str) -> str:
    names = {"fingerprint": "their data set", "model": "the model"}
    known = HYPERPARAMETERS.get(field)
    return names.get(field) or (known.label.lower() if known else field.replace("_", " "))


def _let_go(cache: Path) -> None:
    """Delete the planes that were written longest ago until the rest fits."""
    with suppress(OSError):
        planes = sorted(kept(cache, f"*{PLANE}"), key=lambda path: path.lstat().st_mtime, reverse=True)
        total = 0
        for path in planes:
            total += path.lstat().st_size
            if total > PLANES_BYTES:
                path.unlink(missing_ok=True)
