"""How far gradients of mini-batches are from the whole sample's, measured in trained networks."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpviz.cli.inspecting.inspection import Inspection, Table
from hpviz.data.progress import Progress
from hpviz.notation import figure
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding, remembered
from hpviz.runs.tasks import look_inside
from hpviz.terminal import headline

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing


def _find(runs: Sequence[Run], cache: Path) -> Generator[Progress, None, Finding]:
    found: Finding = {"n": {}, "error": {}, "noise_scale": {}}
    for run in runs:
        one = yield from remembered(cache, "noise", [run], {"version": 1}, _measure(run, cache))
        for name, by_run in found.items():
            by_run[run["id"]] = one[name]
    return found


def _measure(run: Run, cache: Path) -> Generator[Progress, None, Finding]:
    noise = (yield from look_inside(run, cache)).noise
    errors = noise.errors if noise else ()
    return {
        "n": [each.batch_size for each in errors],
        "error": [each.error for each in errors],
        "noise_scale": noise.noise_scale if noise else None,
    }


def _tell(found: Finding, runs: Sequence[Run]) -> Table:
    counts = sorted({count for each in found["n"].values() for count in each})
    rows = []
    for run in runs:
        errors = dict(zip(found["n"][run["id"]], found["error"][run["id"]], strict=True))
        told = ("–" if count not in errors else figure(errors[count], 3) for count in counts)
        rows.append([run["id"], headline(run), *told])
    return "Error of a mini-batch's gradient, over the gradient's length", ["run", "what", *map(str, counts)], rows


def _draw(found: Finding, runs: Sequence[Run], dark: bool) -> "Drawing":
    raise NotImplementedError


NOISE = Inspection(_find, _tell, _draw)
