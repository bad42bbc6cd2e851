"""How sharply the loss curves along trained runs, beside what their optimisers can bear."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpviz.cli.inspecting.inspection import Inspection, Table
from hpviz.cli.inspecting.names import names_of
from hpviz.data.progress import Progress
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding
from hpviz.runs.tasks import sharpness_of
from hpviz.terminal import headline

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing

# What is told of each run, by its id; `training.sharpness.follow_sharpness` says what it is.
FIELDS = ("epochs", "start", "edge", "preconditioned", "images", "at_a_time", "train_images", "equal", "reason")


def _find(runs: Sequence[Run], cache: Path) -> Generator[Progress, None, Finding]:
    found: Finding = {name: {} for name in FIELDS}
    for run in runs:
        one = yield from sharpness_of(run).remembered(cache)
        for name, by_run in found.items():
            by_run[run["id"]] = one[name]
    return found


def _of(found: Finding, run: Run) -> dict[str, Any]:
    return {name: found[name][run["id"]] for name in FIELDS}


def _tell(found: Finding, runs: Sequence[Run]) -> Table:
    rows = []
    for run in runs:
        one = _of(found, run)
        edge = one["edge"][-1]
        last = one["epochs"][-1]
        share = "–" if last is None else f"{last / edge:.2g}"
        kind = "Hessian, scaled by Adam" if one["preconditioned"] else "Hessian"
        told = [_number(value) for value in (one["start"], one["epochs"][0], last, edge)]
        rows.append([run["id"], headline(run), kind, *told, share, one["reason"] or ""])
    columns = ("run", "what", "largest eigenvalue of", "start", "epoch 1", "last epoch", "edge", "last / edge", "")
    return "Sharpness, beside the edge of stability", columns, rows


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _draw(found: Finding, runs: Sequence[Run], dark: bool) -> "Drawing":
    from hpviz.charts.palette import spread
    from hpviz.charts.sharpness import in_words, sharpness_curve, sharpness_rows
    from hpviz.charts.single import Drawing

    names = names_of(runs)
    found_by_run = {run["id"]: _of(found, run) for run in runs}
    epochs = max(len(run["epochs"]) for run in runs)
    frame = sharpness_rows(found_by_run, names)
    chart = sharpness_curve(frame, list(names.values()), spread(len(runs), dark), "", epochs).properties(width=640)
    told = " ".join(f"{names[run_id]}: {in_words(one)}" for run_id, one in found_by_run.items())
    return Drawing(chart, "Sharpness by epoch, and the edge of stability", told)


SHARPNESS = Inspection(_find, _tell, _draw)
