"""What becomes of one run that trains: its events are followed and the store is kept true to it."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from hpviz.data.progress import Progress
from hpviz.runs.document import (
    ACTIVE,
    EpochRow,
    Run,
    Status,
    before_of,
    end,
    has_begun,
    is_done,
    move,
    now,
    put_answers,
    put_back,
)
from hpviz.runs.pace import Pace, View, waiting, work_view
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from hpviz.runs.trail import Trail
from hpviz.runs.work import Place, agreed, stopped
from hpviz.training.events import Batch, Began, Diverged, Epoch, Evaluating, Resumed
from hpviz.training.recorded_answers import Recorded

log = logging.getLogger(__name__)

# Another process asks for a stop through the store; looking there after every batch would cost more than it tells.
STOP_POLL_SECONDS = 0.05
CLOSED = "hpviz was closed; resume it to go on."
OVER = object()
Work = Callable[[Run, Path, Place], Generator[Any]]


class Asked(NamedTuple):
    """What is asked of a run by now."""

    target: int
    stop: bool


@dataclass
class Job:
    """A run in this process's hands, for as long as the store says that `owner` holds it by this `ticket`.

    Whoever else stops the run and queues it anew draws another ticket; this job is then stale and changes nothing more.
    `stop` ends it within a batch; `closing` says that nobody asked for that by hand. What `goes_next` begins before all
    that waits otherwise. `seen` is when the run's document was written that was last read, and what it said: None if
    the run was no longer the job's.
    """

    id: str
    owner: str
    ticket: str
    view: View = field(default_factory=lambda: waiting("waiting"))
    stop: threading.Event = field(default_factory=threading.Event)
    closing: bool = False
    goes_next: bool = False
    seen: tuple[float | None, Asked | None] | None = None


def held(store: RunStore, job: Job) -> Run | None:
    """The job's run, or None if it is no longer the job's: stopped while it waited, deleted, or another's by now."""
    run = store.get(job.id)
    if run is None or run["status"] not in ACTIVE:
        return None
    return run if (run["owner"], run.get("ticket")) == (job.owner, job.ticket) else None


def asked_of(store: RunStore, job: Job, written_at: float | None) -> Asked | None:
    """What is asked of the job's run by now, or None if it is no longer the job's; its document is of `written_at`.

    A document is read once for every time that it is written: hundreds of runs are looked at many times a second.
    """
    if job.seen is None or job.seen[0] != written_at:
        run = held(store, job)
        job.seen = written_at, None if run is None else Asked(run["target"], run["stop_requested"])
    return job.seen[1]


def settle(store: RunStore, job: Job, status: Status, reason: str | None = None) -> None:
    """Bring the job's run to rest, in the store and beside its checkpoint, if it is still the job's."""
    with store.transaction():
        run = held(store, job)
        if run is None:
            return
        end(run, status, reason)
        store.put(run)
    if run["epochs"]:
        write_sidecar(run, store.checkpoints / job.id)


def train(store: RunStore, job: Job, machine: dict[str, Any], cache: Path, work: Work, place: Place) -> None:
    """Train the job's run until it has every epoch asked for, diverges or is stopped.

    Exceptions of the work come through; what was recorded before them stays.
    """
    if _target(store, job) is None and _settle_stopped(store, job):
        return
    here = {name: value for name, value in machine.items() if name != "devices"}
    machine = {**here, "device": place.device, "threads": place.threads}
    # The target may be raised while the run trains, and a stop taken back, so both are read again at its end.
    while (run := _claim(store, job, machine)) is not None:
        events = agreed(run, work(run, cache, place))
        diverged = _follow(store, job, run, machine, events, place)
        if diverged is not None:
            _settle_diverged(store, job, diverged)
        else:
            _settle_stopped(store, job)


def cancel(store: RunStore, run: Run) -> None:
    """Let a run that waited be again what it was before it was queued; one that never began is gone.

    One whose process had died is from now on as somebody has stopped it: whoever follows it would take it up again.
    """
    before = before_of(run)
    if not has_begun(run):
        store.remove(run["id"])
    elif before and "interrupted" in (before["status"], before["extension"] and before["extension"]["status"]):
        end(run, "stopped", _stopped_waiting(run))
        store.put(run)
    else:
        put_back(run, before)
        store.put(run)


def _stopped_waiting(run: Run) -> str:
    """Why a run that waited to go on does not any more, now that someone has stopped it."""
    done = len(run["epochs"])
    where = f"to go on from epoch {done}" if done else "to begin its first epoch again"
    return f"Stopped while it waited {where}; resume it to go on."


def _settle_stopped(store: RunStore, job: Job) -> bool:
    """Bring the run to rest if a stop is asked for and stands; returns whether the job is over.

    A stop that came after the last epoch stopped nothing.
    """
    with store.transaction():
        run = held(store, job)
        if run is None:
            return True
        if not (run["stop_requested"] or job.stop.is_set()):
            return False
        if run["status"] == "running" and len(run["epochs"]) >= run["target"]:
            settle(store, job, "finished")
        elif job.closing and not run["stop_requested"]:
            settle(store, job, "interrupted", CLOSED)
        elif run["status"] == "running":
            settle(store, job, "stopped", "Stopped by hand; resume it to go on.")
        else:
            cancel(store, run)
    return True


def _settle_diverged(store: RunStore, job: Job, reason: str) -> None:
    """That it diverged is true of the run, unless a recording that had got further still stands in its place."""
    run = held(store, job)
    if run is not None and "anew" in run:
        settle(store, job, "failed", f"{reason} The epochs recorded before are kept.")
    else:
        settle(store, job, "diverged", reason)


def _claim(store: RunStore, job: Job, machine: dict[str, Any]) -> Run | None:
    """The run's document, marked as running here; None if it is done or no longer ours."""
    with store.transaction():
        run = held(store, job)
        if run is None:
            return None
        if is_done(run, run["target"]):
            end(run, "finished")
        elif run["status"] == "queued":
            move(run, "running", owner=job.owner)
            run["machine"] = run["machine"] if run["epochs"] else machine
        store.put(run)
    if run["status"] == "finished":
        write_sidecar(run, store.checkpoints / job.id)
        return None
    return run


def _follow(
    store: RunStore, job: Job, run: Run, machine: dict[str, Any], events: Generator[Any], place: Place
) -> str | None:
    """Record every event until the work ends or someone asks to stop; returns why training diverged, if it has."""
    pace, trail, begun, next_poll = Pace(run["target"]), Trail(), time.monotonic(), 0.0
    rows: list[EpochRow] = []
    leaves = False
    while (event := next(events, OVER)) is not OVER:
        if place.paused.is_set():
            pace.rest()
        match event:
            case Began(found):
                machine = found
            case Progress(what, done, total):
                job.view = work_view(what, done, total, begun)
            case Batch(epoch, updates, of):
                job.view = {**pace.view(epoch, updates, of), "trail": trail.follow(event, rows)}
            case Evaluating(epoch):
                job.view = {**job.view, **pace.view(epoch, 1, 1)}
            case Resumed(resumed, answers):
                rows = list(resumed)
                _record(store, job, rows, answers, machine)
            case Epoch(row, answers):
                rows = [*rows, row]
                _record(store, job, rows, answers, machine)
                job.view = {**job.view, "trail": ()}
            case Diverged(_, reason):
                return reason
        if not leaves and (job.stop.is_set() or time.monotonic() >= next_poll):
            next_poll = time.monotonic() + STOP_POLL_SECONDS
            target = _target(store, job)
            # A slider that has moved on may have lowered it.
            if target is None or run["target"] > target <= len(rows):
                # An epoch that ended meanwhile is recorded, as its checkpoint is.
                events, leaves = stopped(events), True
            else:
                pace.target = target
    return None


def _target(store: RunStore, job: Job) -> int | None:
    """How far the job is to go by now; None if it has to end, for a stop or because the run is no longer the job's."""
    by_now = None if job.stop.is_set() else asked_of(store, job, store.written_at(job.id))
    return None if by_now is None or by_now.stop else by_now.target


def _record(store: RunStore, job: Job, rows: list[EpochRow], answers: Recorded | None, machine: dict[str, Any]) -> None:
    """Make a recording's epochs visible: beside the checkpoint first, then in the store, so nothing shown is lost.

    Rows of two recordings never stand together: what is shown is replaced as a whole, by a recording of its length.
    """
    with store.transaction():
        run = held(store, job)
        if run is None:
            return
        shown = run["epochs"]
        if len(rows) < len(shown):
            run["anew"] = rows
        else:
            if rows[: len(shown)] != shown:
                run["created"] = now()  # another recording than what copies of the run elsewhere hold
            run["epochs"], run["machine"] = rows, machine
            put_answers(run, answers)
            run.pop("anew", None)
        write_sidecar(run, store.checkpoints / job.id)
        store.put(run)
