"""The verbs on the runs of the store: list, stop, delete, and a look at the cache folder as a whole."""

import argparse
import sys
from contextlib import closing

from hpviz.runs.doctor import NOTHING, Finding, examine
from hpviz.runs.runner import Runner
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row


def list_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Every run of the store with its status and last metrics."""
    with closing(Runner(options.cache)) as runner:
        runs = runner.runs()
    for run in runs:
        last = run["epochs"][-1] if run["epochs"] else {}
        told = {name: run[name] for name in ("id", "spec", "status", "reason", "origin")}
        reporter.event("run", {**told, "epochs": len(run["epochs"]), "target": run["target"], "last": last})
    reporter.table("Runs", RESULT_COLUMNS, map(result_row, runs))
    return 0


def stop_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Ask for a stop, whichever process trains the run."""
    with closing(Runner(options.cache)) as runner:
        for run in [runner.store.find(prefix) for prefix in options.runs]:
            runner.stop(run["id"])
            reporter.event("stop", {"id": run["id"], "was": run["status"]})
    return 0


def delete_runs(options: argparse.Namespace, reporter: Reporter) -> int:
    """Forget runs: curve and checkpoints."""
    with closing(Runner(options.cache)) as runner:
        runs = [runner.store.find(prefix) for prefix in options.runs]
        if sys.stdin.isatty() and not options.yes:
            reporter.table("These runs will be deleted", RESULT_COLUMNS, map(result_row, runs))
            if not _agreed("Delete them for good? [y/N] "):
                return 0
        for run in runs:
            runner.delete(run["id"])
            reporter.event("deleted", {"id": run["id"]})
    return 0


def check_cache(options: argparse.Namespace, reporter: Reporter) -> int:
    """Look at the cache folder, repair what can be repaired, and say what was done."""
    found = list(examine(options.cache)) or [Finding("cache", "all is well")]
    for each in found:
        reporter.event("doctor", {"what": each.what, "found": each.found, "did": each.did})
    rows = [[each.what, each.found, "–" if each.did == NOTHING else each.did] for each in found]
    reporter.table(f"The cache folder {options.cache}", ("what", "found", "done"), rows)
    return int(any(each.remains for each in found))


def _agreed(question: str) -> bool:
    """Whether the answer is yes; the end of the input is a no."""
    try:
        return input(question).strip().lower() == "y"
    except EOFError:
        return False
