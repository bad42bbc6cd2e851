"""The verb that looks into trained networks and says what it found: one JSON line, a table, a picture."""

import argparse
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from hpviz.cli.inspecting.inspection import Inspection
from hpviz.cli.inspecting.landscape import LANDSCAPE
from hpviz.cli.inspecting.noise import NOISE
from hpviz.cli.inspecting.photos import PHOTOS
from hpviz.cli.sharing import demand_place, found_runs, write_whole
from hpviz.follow import drive
from hpviz.paths import quoted
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.terminal import Reporter

FORMATS = ("png", "svg", "html")
INSPECTIONS: Mapping[str, Inspection] = MappingProxyType({"photos": PHOTOS, "landscape": LANDSCAPE, "noise": NOISE})


def inspect_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Look into trained networks."""
    inspection = INSPECTIONS[options.what]
    if options.to:
        _demand_form(options.to)
    with closing(Runner(options.cache)) as runner:
        runs = found_runs(runner.store, options.runs, "look into")
    found = drive(inspection.find(runs, options.cache), reporter)
    if options.to:
        from hpviz.charts.single import drawn  # charts take a second to load, which the others need not wait for

        drawing = inspection.draw(inspection.illustrate(found, runs, options.cache), runs, options.dark)
        write_whole(options.to, drawn(drawing, _ending(options.to), options.dark))
    reporter.event("inspection", {"what": options.what, **found})
    reporter.table(*inspection.tell(found, runs))
    return 0


def _ending(file: Path) -> str:
    return file.suffix.lower().removeprefix(".")


def _demand_form(file: Path) -> None:
    if _ending(file) not in FORMATS:
        raise BadInput(f"{quoted(file.name)} should end in one of .{', .'.join(FORMATS)}.")
    demand_place(file)
