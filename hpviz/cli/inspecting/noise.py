"""How far gradients of mini-batches are from the whole sample's, measured in trained networks."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpviz.cli.inspecting.inspection import Inspection, Table
from hpviz.cli.inspecting.names import names_of
from hpviz.data.progress import Progress
from hpviz.notation import figure
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding
from hpviz.runs.tasks import inside_of
from hpviz.terminal import headline
from hpviz.training.inside import from_json

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing

FIELDS = ("n", "error", "deviation", "slope", "noise_scale")


def _find(runs: Sequence[Run], cache: Path) -> Generator[Progress, None, Finding]:
    found: Finding = {name: {} for name in FIELDS}
    for run in runs:
        noise = from_json((yield from inside_of(run).remembered(cache))).noise
        errors = noise.errors if noise else ()
        one = {
            "n": [each.batch_size for each in errors],
            "error": [each.error for each in errors],
            "deviation": noise.deviation if noise else None,
            "slope": noise.slope if noise else None,
            "noise_scale": noise.noise_scale if noise else None,
        }
        for name, by_run in found.items():
            by_run[run["id"]] = one[name]
    return found


def _tell(found: Finding, runs: Sequence[Run]) -> Table:
    counts = sorted({count for each in found["n"].values() for count in each})
    rows = []
    for run in runs:
        errors = dict(zip(found["n"][run["id"]], found["error"][run["id"]], strict=True))
        told = ("–" if count not in errors else figure(errors[count], 3) for count in counts)
        slope, scale = found["slope"][run["id"]], found["noise_scale"][run["id"]]
        said = ["–" if slope is None else figure(slope, 2), "–" if scale is None else figure(scale, 0)]
        rows.append([run["id"], headline(run), *said, *told])
    columns = ["run", "what", "falls as n to the power", "noise scale", *map(str, counts)]
    return "Error of a mini-batch's gradient, over the gradient's length", columns, rows


def _draw(found: Finding, runs: Sequence[Run], dark: bool) -> "Drawing":
    from hpviz.charts.batch_errors import batch_errors, error_rows
    from hpviz.charts.palette import spread
    from hpviz.charts.single import Drawing

    names = names_of(runs)
    frame = error_rows({run["id"]: {name: found[name][run["id"]] for name in FIELDS} for run in runs}, names)
    chart = batch_errors(frame, list(names.values()), spread(len(runs), dark), "").properties(width=640)
    told = [
        f"{names[run_id]}: it falls as n to the power {slope:.2f}".replace("-", "−")
        for run_id, slope in found["slope"].items()
        if slope is not None
    ]
    return Drawing(
        chart,
        "Error of a mini-batch's gradient against the batch size",
        " ".join(["Dots are measured, lines are σ/√n.", *(f"{each}." for each in told)]),
    )


NOISE = Inspection(_find, _tell, _draw)
