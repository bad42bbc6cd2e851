"""The verbs that hand runs out and take them in: export to a file, import from a bundle."""

import argparse
import secrets
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from hpviz.in_use import move
from hpviz.paths import absolute, nature, quoted, read_whole, reason
from hpviz.runs import bundle
from hpviz.runs.document import Run, recording
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

FORMATS = ("png", "svg", "csv", "json", "html")
UNREADABLE = "{path} could not be read ({why}); give a bundle, which is what `export` wrote as .json."


def export_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Write runs to a file: picture, page, table or bundle, by its ending."""
    file: Path = options.to
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise BadInput(f"{quoted(file.name)} should end in one of .{', .'.join(FORMATS)}.")
    demand_place(file)
    with closing(Runner(options.cache)) as runner:
        runs = found_runs(runner.store, options.runs, "export")
    # Charts take a second to load, which the other verbs need not wait for.
    from hpviz.analysis.comparison import compare_runs
    from hpviz.charts.export import export, undrawn

    x = options.x or ("updates" if options.at == "updates" else "epoch")
    comparison = compare_runs(runs, at=options.at)
    content = export(comparison, form, x=x, log_loss=options.log_loss, dark=options.dark)  # type: ignore[arg-type]
    write_whole(file, content)
    if form == "png" and (boxes := undrawn(comparison)):
        reporter.note(f"No font on this machine has {' '.join(boxes)}: the picture shows boxes instead; .svg has them.")
    ids = [run["id"] for run in runs]
    reporter.event("exported", {"file": str(file), "format": form, "runs": ids})
    reporter.table("Exported", ("file", "format", "runs"), [[str(file), form, ", ".join(ids)]])
    return 0


def import_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Take in the runs of a bundle that another hpviz exported."""
    runs = {run["id"]: run for run in bundle.read(read_whole(options.file, bundle.MAX_BYTES, UNREADABLE))}
    with closing(Runner(options.cache)) as runner:
        new = {run["id"] for run in runner.store.take_in(runs.values())}
        here = {recording(run): run for run in runner.store.runs() if run["origin"] is None}
    rows = []
    for run in runs.values():
        # A run that comes back to where it was trained has its own id there.
        kept = run if run["id"] in new else here.get(recording(run), run)
        told = {"id": kept["id"], "known": run["id"] not in new, "spec": run["spec"], "status": run["status"]}
        reporter.event("imported", {**told, "epochs": len(run["epochs"]), "origin": kept["origin"]})
        rows.append([*result_row(kept), "was here" if told["known"] else "new"])
    reporter.table("Imported", (*RESULT_COLUMNS, ""), rows)
    return 0


def found_runs(store: RunStore, prefixes: Iterable[str], purpose: str) -> list[Run]:
    """The runs named, each once; all of them must have something to show."""
    runs = {run["id"]: run for run in map(store.find, prefixes)}
    for run in runs.values():
        if not run["epochs"]:
            raise BadInput(f"Run {run['id']} has no epoch yet, so there is nothing to {purpose}.")
    return list(runs.values())


def demand_place(file: Path) -> None:
    """Raise BadInput if there is no folder for a file."""
    if nature(file.parent) != "folder":
        raise BadInput(f"There is no folder {quoted(file.parent)} to write {quoted(file.name)} into.")


def write_whole(file: Path, content: bytes) -> None:
    """The whole file or none of it; a link to a file stays one."""
    file = absolute(file)
    if (found := nature(file)) not in ("file", None):
        raise BadInput(f"{quoted(file)} could not be written (it is a {found}): give the name of a file.")
    part = file.with_name(f".hpviz-{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as written:
            written.write(content)
        move(part, file)
    except OSError as error:
        raise BadInput(f"{quoted(file)} could not be written ({reason(error)}).") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
