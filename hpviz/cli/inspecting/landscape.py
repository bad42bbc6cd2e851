"""The loss of a network around the paths that training really took."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpviz.cli.inspecting.inspection import Inspection, Table
from hpviz.data.progress import Progress
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding
from hpviz.runs.landscape import landscape_of
from hpviz.terminal import headline, number, percent

if TYPE_CHECKING:
    from hpviz.charts.single import Drawing


def _find(runs: Sequence[Run], cache: Path) -> Generator[Progress, None, Finding]:
    return landscape_of(runs).remembered(cache)


def _tell(found: Finding, runs: Sequence[Run]) -> Table:
    title = (
        f"Landscape: the plane holds {percent(found['explained'])} of the paths' variance and is "
        f"{number(found['error'])} nats off along them"
    )
    rows = []
    for run in runs:
        path, cut, off = found["paths"][run["id"]], found["cut"].get(run["id"]), found["off"][run["id"]]
        again = "bit for bit" if off == 0 else f"{off:.2g} nats off: recorded by a machine that rounds otherwise"
        again += f"; cut in epoch {cut}, where its weights ran away" if cut else ""
        rows.append([run["id"], headline(run), str(len(path)), number(path[0][2]), number(path[-1][2]), again])
    return title, ("run", "what", "points", "first loss", "last loss", "gone through again"), rows


def _draw(found: Finding, runs: Sequence[Run], dark: bool) -> "Drawing":
    from hpviz.charts.landscape import landscape_drawing

    return landscape_drawing(found, runs, dark)


LANDSCAPE = Inspection(_find, _tell, _draw)
