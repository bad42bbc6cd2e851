"""Carry long work through and tell a reporter of it: data being prepared, runs being trained."""

import time
from collections.abc import Generator, Sequence
from typing import TypeVar

from hpviz.data.progress import Progress
from hpviz.runs.document import ACTIVE, Run, Status
from hpviz.runs.pace import View, elsewhere, work_view
from hpviz.runs.runner import Request, Runner
from hpviz.spec import BadInput
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

POLL_SECONDS = 0.1
FAILED = 1

Result = TypeVar("Result")


def drive(work: Generator[Progress, None, Result], reporter: Reporter) -> Result:
    """Carry long work on data through, showing how far it has come."""
    begun = time.monotonic()
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            reporter.close()
            return end.value  # type: ignore[no-any-return]
        reporter.work(work_view(step.what, step.done, step.total, begun))


def follow_all(runner: Runner, requests: Sequence[Request], reporter: Reporter) -> int:
    """Queue all, tell of each in turn, end with a table; 1 if any run failed, else 0.

    Raises BadInput, after the table, if runs failed for nothing but what they were given.
    """
    cached = {request.spec.run_id: runner.submit(request) == "cached" for request in requests}
    ended: list[Run] = []
    for request in requests:
        run, status = _follow(runner, request, reporter, cached[request.spec.run_id])
        ended.append({**run, "status": status})
    rows = [result_row(run, request.epochs) for run, request in zip(ended, requests, strict=True)]
    reporter.table("Results", RESULT_COLUMNS, rows)
    failed = [run for run in ended if run["status"] == "failed"]
    if failed and all(run["id"] in runner.refused for run in failed):
        raise BadInput(failed[0]["reason"] or "The runs could not be trained.")
    return FAILED if failed else 0


def _follow(runner: Runner, request: Request, reporter: Reporter, cached: bool) -> tuple[Run, Status]:
    """Tell of a run until it has the epochs asked for or ends without them."""
    run, shown = _fresh(runner, request), 0
    reporter.run(run, cached)
    while True:
        for row in run["epochs"][shown : request.epochs]:
            reporter.epoch(run, row)
            shown += 1
        goes_on = run["status"] in ACTIVE and run["target"] <= request.epochs
        if shown >= request.epochs and not goes_on and run["status"] != "diverged":
            status: Status = "finished"
            reason = None
            break
        if run["status"] == "interrupted":
            # Another process had it and died: it is ours now.
            runner.submit(request)
        elif run["status"] not in ACTIVE:
            status, reason = run["status"], run["reason"]
            break
        reporter.work(_view(runner, run))
        time.sleep(POLL_SECONDS)
        run = _fresh(runner, request)
    reporter.done(run, status, reason)
    return run, status


def _fresh(runner: Runner, request: Request) -> Run:
    run = runner.run(request.spec.run_id)
    if run is None:
        raise BadInput(f"Run {request.spec.run_id} was deleted while it was being followed.")
    return run


def _view(runner: Runner, run: Run) -> View:
    for entry in runner.queue():
        if entry["id"] == run["id"]:
            return entry["view"]
    return elsewhere(run)
