"""Carry long work through and tell a reporter of it: data being prepared, runs being trained."""

import time
from collections.abc import Generator, Sequence
from typing import TypeVar

from hpviz.data.progress import Progress
from hpviz.runs.document import ACTIVE, EpochRow, Run, Status, cut_short, has_begun, recorded_anew
from hpviz.runs.pace import View, Whole, elsewhere, work_view
from hpviz.runs.runner import Request, Runner
from hpviz.spec import BadInput
from hpviz.terminal import RESULT_COLUMNS, Reporter, result_row

POLL_SECONDS = 0.1
FAILED = 1
CANCELLED = "It was taken out of the queue before it began."

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


def follow_all(runner: Runner, requests: Sequence[Request], reporter: Reporter, whole: Whole | None = None) -> int:
    """Queue all, tell of each in turn, end with a table; 1 if any run failed or was deleted, else 0.

    With `whole` the progress shown is that of all of them together.
    Raises BadInput, after the table, if runs failed for nothing but what they were given.
    """
    cached = {request.spec.run_id: runner.submit(request) == "cached" for request in requests}
    deleted = False
    failed: list[Run] = []
    rows = []
    for request in requests:
        end = _follow(runner, request, reporter, cached[request.spec.run_id], whole)
        if end is None:
            reporter.error(f"Run {request.spec.run_id} was deleted by another process while it was followed here.")
            deleted = True
            continue
        run, status = end
        failed += [run] if status == "failed" else []
        rows.append(result_row(run, request.epochs))
    # A run that trains here may have been asked to go further by another process, which counts on it.
    while left := runner.queue():
        reporter.work(left[0]["view"])
        time.sleep(POLL_SECONDS)
    reporter.table("Results", RESULT_COLUMNS, rows)
    if failed and not deleted and all(run["id"] in runner.refused for run in failed):
        raise BadInput(runner.refused[failed[0]["id"]])
    return FAILED if failed or deleted else 0


def _follow(
    runner: Runner, request: Request, reporter: Reporter, cached: bool, whole: Whole | None
) -> tuple[Run, Status] | None:
    """Tell of a run until it has the epochs asked for or ends without them; None if it is deleted meanwhile.

    One that is gone because somebody took it out of the queue has been stopped.

    Returns the run as it was told, and how its training ended: an extension may fail, and the run stay finished.
    """
    run = runner.run(request.spec.run_id)
    if run is not None:
        reporter.run(run, cached)
    told: list[EpochRow] = []
    while run is not None:
        rows = (run["epochs"] if cached else recorded_anew(run))[: request.epochs]
        resting = run["status"] not in ACTIVE
        if told[: len(rows)] != rows[: len(told)] and (len(rows) >= request.epochs or not resting):
            # It is recorded anew: what is told begins again, for rows of two recordings are no curve.
            reporter.run(run, False)
            told = []
        if told == rows[: len(told)]:
            for row in rows[len(told) :]:
                reporter.epoch(run, row)
            told = rows
        goes_on = not resting and run["target"] <= request.epochs
        if len(told) >= request.epochs and not goes_on and run["status"] != "diverged":
            run = {**run, "status": "finished"}
            reporter.done(run, "finished", None)
            return run, "finished"
        ended = cut_short(run)
        if ended == "interrupted":
            # Another process had it and died: it is ours now.
            runner.submit(request)
        elif resting:
            reporter.done(run, run["status"], run["reason"])
            return run, ended or run["status"]
        views = _views(runner, run)
        view = whole.view(run["id"], views) if whole else views[run["id"]]
        reporter.work({**view, "text": f"{view['text']}, {len(views) - 1} more beside it"} if len(views) > 1 else view)
        time.sleep(POLL_SECONDS)
        before, run = run, runner.run(request.spec.run_id)
        if run is None and not has_begun(before):
            reporter.done(before, "stopped", CANCELLED)
            return {**before, "status": "stopped"}, "stopped"
    return None


def _views(runner: Runner, run: Run) -> dict[str, View]:
    """The view of a run, first, and of all that train beside it here."""
    queue = {entry["id"]: entry for entry in runner.queue()}
    view = queue[run["id"]]["view"] if run["id"] in queue else elsewhere(run)
    beside = {entry["id"]: entry["view"] for entry in queue.values() if entry["position"] == 0}
    return {run["id"]: view} | {run_id: other for run_id, other in beside.items() if run_id != run["id"]}
