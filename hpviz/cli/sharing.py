"""The verbs that hand runs out and take them in: export to a file, import from a bundle."""

import argparse
import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from hpviz.runs import bundle
from hpviz.runs.document import Run, recording
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

FORMATS = ("png", "svg", "csv", "json", "html")


def export_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Write runs to a file: picture, page, table or bundle, by its ending."""
    file: Path = options.to
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise BadInput(f"{file.name!r} should end in one of .{', .'.join(FORMATS)}.")
    if not file.parent.is_dir():
        raise BadInput(f"There is no folder {str(file.parent)!r} to write {file.name!r} into.")
    with closing(Runner(options.cache)) as runner:
        runs = _found(runner.store, options.runs)
    # Charts take a second to load, which the other verbs need not wait for.
    from hpviz.analysis.comparison import compare_runs
    from hpviz.charts.export import export

    content = export(compare_runs(runs), form, x=options.x, log_loss=options.log_loss, dark=options.dark)  # type: ignore[arg-type]
    _write(file, content)
    ids = [run["id"] for run in runs]
    reporter.event("exported", {"file": str(file), "format": form, "runs": ids})
    reporter.table("Exported", ("file", "format", "runs"), [[str(file), form, ", ".join(ids)]])
    return 0


def import_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Take in the runs of a bundle that another hpviz exported."""
    runs = {run["id"]: run for run in bundle.read(_read(options.file))}
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


def _found(store: RunStore, prefixes: Iterable[str]) -> list[Run]:
    """The runs named, each once; all of them must have something to show."""
    runs = {run["id"]: run for run in map(store.find, prefixes)}
    for run in runs.values():
        if not run["epochs"]:
            raise BadInput(f"Run {run['id']} has no epoch yet, so there is nothing to export.")
    return list(runs.values())


def _write(file: Path, content: bytes) -> None:
    """The whole file or none of it."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise BadInput(f"{str(file)!r} could not be written ({error.strerror}).") from None
    finally:
        part.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > bundle.MAX_BYTES:
            raise BadInput(bundle.too_large(file.stat().st_size))
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{str(file)!r} could not be read ({error.strerror}).") from None
