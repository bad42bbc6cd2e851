"""What the worker does with one run: follow its training and keep the store true to it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hpviz.data.progress import Progress
from hpviz.runs.document import EpochRow, Run, Status, is_done, move, put_epoch
from hpviz.runs.pace import Pace, View, waiting, work_view
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from hpviz.training.events import Batch, Diverged, Epoch, Evaluating, Resumed

log = logging.getLogger(__name__)

# Another process asks for a stop through the store; looking there after every batch would cost more than it tells.
STOP_POLL_SECONDS = 0.05

Work = Callable[[Run, Path, str], Iterator[Any]]


@dataclass
class Job:
    """A run in this process's hands. `slot` and `before` let a waiting job be withdrawn without a trace."""

    id: str
    slot: str | None = None
    before: Run | None = None
    view: View = field(default_factory=lambda: waiting("waiting"))
    stop: threading.Event = field(default_factory=threading.Event)


def settle(store: RunStore, run_id: str, status: Status, reason: str | None = None) -> None:
    """Give a run its final status, in the store and beside its checkpoint."""
    with store.transaction():
        run = store.get(run_id)
        if run is None:
            return
        move(run, status, reason)
        store.put(run)
    if run["epochs"]:
        write_sidecar(run, store.checkpoints / run_id)


def train(
    store: RunStore, job: Job, owner: str, machine: dict[str, Any], cache: Path, work: Work, device: FileLock
) -> None:
    """Train the job's run until it has every epoch asked for, diverges or is stopped.

    Exceptions of the work come through; what was recorded before them stays.
    """
    if not _take(device, store, job):
        return settle(store, job.id, "stopped", "Stopped before it began.")
    try:
        # The target may be raised while the run trains, so it is read again at its end.
        while (run := _claim(store, job.id, owner, machine)) is not None:
            status, reason = _follow(store, job, run, work(run, cache, machine["device"]))
            if status != "finished" and not _complete(store, job.id):
                return settle(store, job.id, status, reason)
    finally:
        device.release()


def _complete(store: RunStore, run_id: str) -> bool:
    """Whether every epoch asked for is there; then a stop that came after the last one stopped nothing."""
    run = store.get(run_id)
    return run is not None and run["status"] == "running" and len(run["epochs"]) >= run["target"]


def _take(device: FileLock, store: RunStore, job: Job) -> bool:
    """Wait for the device; False if the run was stopped meanwhile."""
    while not _stop_asked(store, job):
        try:
            device.acquire(timeout=0.2)
            return True
        except Timeout:
            job.view = waiting("waiting for another hpviz process to leave the device")
    return False


def _claim(store: RunStore, run_id: str, owner: str, machine: dict[str, Any]) -> Run | None:
    """The run's document, marked as running here; None if it is done or no longer ours."""
    with store.transaction():
        run = store.get(run_id)
        if run is None or run["owner"] != owner:
            return None
        if is_done(run, run["target"]):
            move(run, "finished")
        elif run["status"] == "queued":
            move(run, "running", owner=owner)
            run["machine"] = machine
        store.put(run)
    if run["status"] == "finished":
        write_sidecar(run, store.checkpoints / run_id)
        return None
    return run


def _follow(store: RunStore, job: Job, run: Run, events: Iterator[Any]) -> tuple[Status, str | None]:
    """Record every event until the work ends or someone asks to stop."""
    pace, begun, next_poll = Pace(run["target"]), time.monotonic(), 0.0
    for event in events:
        match event:
            case Progress(what, done, total):
                job.view = work_view(what, done, total, begun)
            case Batch(epoch, updates, of):
                job.view = pace.view(epoch, updates, of)
            case Evaluating(epoch):
                job.view = pace.view(epoch, 1, 1)
            case Resumed(rows):
                _record(store, job.id, rows)
            case Epoch(row):
                _record(store, job.id, [row])
            case Diverged(_, reason):
                return "diverged", reason
        if job.stop.is_set() or time.monotonic() >= next_poll:
            next_poll = time.monotonic() + STOP_POLL_SECONDS
            if _stop_asked(store, job):
                events.close()  # type: ignore[attr-defined]
                return "stopped", "Stopped by hand; resume it to go on."
    return "finished", None


def _stop_asked(store: RunStore, job: Job) -> bool:
    if job.stop.is_set():
        return True
    run = store.get(job.id)
    return run is None or run["stop_requested"] or run["owner"] is None


def _record(store: RunStore, run_id: str, rows: list[EpochRow]) -> None:
    """Make epochs visible: beside the checkpoint first, then in the store, so that nothing shown is lost."""
    with store.transaction():
        run = store.get(run_id)
        if run is None:
            return
        for row in rows:
            put_epoch(run, row)
        write_sidecar(run, store.checkpoints / run_id)
        store.put(run)
