"""The runner: a queue and one worker thread, which trains one run at a time and never dies of one.

Its interface is plain data and it knows nothing of pages, so that another runner (a cluster's) can
stand in its place. What it does is in the store at once; only progress within an epoch lives here.
"""

import atexit
import functools
import logging
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from hpviz.runs import disk
from hpviz.runs.command import run_command
from hpviz.runs.document import ACTIVE, Inputs, Run, Status, is_done, move, new_run
from hpviz.runs.ownership import Owner, device_lock
from hpviz.runs.pace import View
from hpviz.runs.store import RunStore
from hpviz.runs.work import carry_out, describe_failure
from hpviz.runs.worker import Job, Work, settle, train
from hpviz.spec import BadInput, RunSpec

log = logging.getLogger(__name__)

LOOKED_AT_SECONDS = 5.0
RETRY_SAVING_SECONDS = 5.0
# Training gives the interpreter away at every operation and, by default, waits 5 ms to have it back from a page that is
# being drawn: hundreds of times an update.
SWITCH_SECONDS = 0.0002
CLOSED = "hpviz was closed; resume it to go on from the last epoch."

Answer = Literal["cached", "queued", "running"]


@dataclass(frozen=True)
class Request:
    """A run asked for: what to train, how far, and where its images (and weights) lie."""

    spec: RunSpec
    epochs: int
    inputs: Inputs


class QueueEntry(TypedDict):
    """A run that waits or trains in this process. `position` 0 is training, 1 is next."""

    id: str
    position: int
    view: View


class Runner:
    """Queue of runs for one device ("auto", "cpu", "cuda:0"); every method may be called from any thread."""

    def __init__(self, cache: Path, device: str = "auto", work: Work = carry_out) -> None:
        self.cache, self.store = cache, RunStore(cache)
        self._device, self._work = device, work
        self._owner = Owner(self.store.locks)
        self._changed = threading.Condition(threading.RLock())
        self._queue: list[Job] = []
        self._current: Job | None = None
        self._proposals: dict[str, tuple[threading.Timer, Request]] = {}
        self._looked_at: dict[str, float] = {}
        self._unsaved: dict[str, tuple[Status, str | None]] = {}
        self._machine: dict[str, Any] | BadInput | None = None
        self.refused: set[str] = set()  # runs that failed here for what they were given
        self._warm = threading.Event()
        self._closing = False
        self._worker: threading.Thread | None = None

    # Asking

    def warm_up(self) -> None:
        """Start the worker, which first loads PyTorch, before there is work. Listing runs needs neither."""
        with self._changed:
            if self._worker is None and not self._closing:
                self._worker = threading.Thread(target=self._serve, name="hpviz-runner", daemon=True)
                self._worker.start()

    def submit(self, request: Request, slot: str | None = None) -> Answer:
        """Queue a run unless it is done, queued or running already, here or in another process.

        A later proposal in the same `slot` may withdraw it while it waits.
        """
        with self._changed, self.store.transaction():
            before = self.store.get(request.spec.run_id)
            run = before or new_run(request.spec, request.inputs, request.epochs)
            if (answer := _known(run, request.epochs)) is not None:
                if answer != "cached" and request.epochs > run["target"]:
                    # Its owner reads the target again before it calls the run finished.
                    self.store.put({**run, "target": request.epochs})
                return answer
            run = {**run, "target": request.epochs, "inputs": request.inputs}
            move(run, "queued", owner=self._owner.id)
            self.store.put(run)
            self._queue.append(Job(run["id"], slot, before))
            self.warm_up()
            self._changed.notify_all()
        return "queued"

    def propose(self, request: Request, slot: str, after: float) -> Answer:
        """Submit in `after` seconds, unless a newer proposal in the same slot comes first.

        So a slider that is dragged or held down launches the value it rests on, and nothing else.
        """
        with self._changed:
            self._drop_proposal(slot)
            self._withdraw(slot)
            run = self.store.get(request.spec.run_id)
            if run is not None and (answer := _known(run, request.epochs)) is not None:
                return answer
            timer = threading.Timer(after, self._submit_proposal, (slot, request))
            timer.daemon = True
            self._proposals[slot] = timer, request
            timer.start()
        return "queued"

    def resumption(self, run_id: str, epochs: int | None = None) -> Request:
        """The request that goes on with a run, up to `epochs` or to where it was going.

        Raises BadInput if it is unknown, or if it is from elsewhere: its checkpoint stayed there.
        """
        run = self.store.find(run_id)
        if run["origin"]:
            command = run_command(run["spec"], epochs or run["target"])
            raise BadInput(
                f"Run {run['id']} was trained elsewhere and has no checkpoint here; train it from the start with "
                f"`{command}`."
            )
        return Request(RunSpec(**run["spec"]), epochs or run["target"], run["inputs"])

    def stop(self, run_id: str) -> None:
        """Stop a run within one batch, whichever process trains it; one that waits leaves the queue."""
        with self._changed, self.store.transaction():
            run = self.store.get(run_id)
            if run is None or run["status"] not in ACTIVE:
                return
            if run["status"] == "queued":
                self._queue = [job for job in self._queue if job.id != run_id]
                move(run, "stopped", "Stopped before it began; resume it to train.")
            else:
                run["stop_requested"] = True
            self.store.put(run)
            if self._current is not None and self._current.id == run_id:
                self._current.stop.set()

    def delete(self, run_id: str) -> None:
        """Forget a run, its curve and its checkpoints; BadInput while it is queued or running."""
        with self.store.transaction():
            run = self.store.find(run_id)
            if run["status"] in ACTIVE:
                raise BadInput(f"Run {run['id']} is {run['status']}; stop it before deleting it.")
            self.store.remove(run["id"])

    def look_at(self, run_ids: Iterable[str]) -> None:
        """Someone is looking at these runs: they are trained first while that lasts."""
        now = time.monotonic()
        with self._changed:
            self._looked_at.update(dict.fromkeys(run_ids, now))

    # Telling

    def runs(self) -> list[Run]:
        """All runs of the store, oldest first."""
        return [self._told(run) for run in self.store.runs()]

    def run(self, run_id: str) -> Run | None:
        """One run of the store, or None."""
        run = self.store.get(run_id)
        return None if run is None else self._told(run)

    def queue(self) -> list[QueueEntry]:
        """What this process trains and what waits here, in the order in which it will be trained."""
        with self._changed:
            jobs = [self._current] if self._current is not None else []
            first = 1 - len(jobs)
            jobs += sorted(self._queue, key=self._turn)
            return [QueueEntry(id=job.id, position=place, view=job.view) for place, job in enumerate(jobs, first)]

    def proposed(self, slot: str) -> str | None:
        """The id of the run that waits for the slider to rest, if any."""
        proposal = self._proposals.get(slot)
        return proposal[1].spec.run_id if proposal else None

    def machine(self) -> dict[str, Any]:
        """What this machine is and the precision it computes in; the first call waits for PyTorch to load.

        Raises BadInput if the device asked for is not there.
        """
        self.warm_up()
        self._warm.wait()
        if isinstance(self._machine, dict):
            return self._machine
        raise self._machine or BadInput("PyTorch could not be loaded; the log says why.")

    def is_warm(self) -> bool:
        """Whether `machine` answers at once."""
        return self._warm.is_set()

    def close(self) -> None:
        """Stop within a batch and mark what was under way interrupted, so that one click resumes it."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            for slot in list(self._proposals):
                self._drop_proposal(slot)
            if self._current is not None:
                self._current.stop.set()
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=30)
        for job in self._queue:
            self._settle(job.id, "interrupted", CLOSED)
        self._owner.release()
        self.store.close()

    # The worker's thread

    def _serve(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._load_torch()
        while (job := self._next()) is not None:
            try:
                machine = self.machine()
                device = device_lock(self.store.locks, machine["device"])
                train(self.store, job, self._owner.id, machine, self.cache, self._work, device)
                if self._closing:
                    self._call_interrupted(job.id)
            except Exception as error:
                if isinstance(error, BadInput):
                    self.refused.add(job.id)
                else:
                    # Where it happened is for those who look for it: most failures are a full disk or little memory.
                    log.warning("run %s failed: %s", job.id, describe_failure(error))
                    log.debug("run %s failed here", job.id, exc_info=True)
                self._settle(job.id, "failed", describe_failure(error))
            with self._changed:
                self._current = None
            self._tidy()

    def _load_torch(self) -> None:
        """Load PyTorch before the first run needs it, and learn what this machine is."""
        try:
            from hpviz.training.numerics import machine

            self._machine = machine(self._device)
        except BadInput as error:
            self._machine = error
        except Exception:
            log.exception("PyTorch could not be loaded")
        self._warm.set()

    def _next(self) -> Job | None:
        """The next job, waiting for one; None when closing."""
        with self._changed:
            while not self._closing:
                self._save_unsaved()
                if self._queue:
                    self._current = min(self._queue, key=self._turn)
                    self._queue.remove(self._current)
                    return self._current
                self._changed.wait(RETRY_SAVING_SECONDS if self._unsaved else None)
        return None

    def _turn(self, job: Job) -> bool:
        """Sort key: runs that someone looks at first, then (sorting is stable) first come, first served."""
        return time.monotonic() - self._looked_at.get(job.id, float("-inf")) > LOOKED_AT_SECONDS

    def _submit_proposal(self, slot: str, request: Request) -> None:
        """The slider has rested on a value (in a timer's thread); a newer move may have come at the last moment."""
        with self._changed:
            proposal = self._proposals.get(slot)
            if proposal is not None and proposal[1] is request and not self._closing:
                del self._proposals[slot]
                self.submit(request, slot)

    def _drop_proposal(self, slot: str) -> None:
        if slot in self._proposals:
            timer, _ = self._proposals.pop(slot)
            timer.cancel()

    def _withdraw(self, slot: str) -> None:
        """Take back what waits from that slot, leaving the store as it was before."""
        for job in [job for job in self._queue if job.slot == slot]:
            self._queue.remove(job)
            if job.before is None:
                self.store.remove(job.id)
            else:
                self.store.put(job.before)

    def _settle(self, run_id: str, status: Status, reason: str | None) -> None:
        """Settle a run; if even that cannot be written (a full disk), remember it and try again."""
        try:
            settle(self.store, run_id, status, reason)
            self._unsaved.pop(run_id, None)
        except Exception:
            log.exception("the end of run %s could not be recorded", run_id)
            self._unsaved[run_id] = status, reason

    def _call_interrupted(self, run_id: str) -> None:
        """A run that was stopped because hpviz closes was not stopped by hand."""
        run = self.store.get(run_id)
        if run is not None and run["status"] == "stopped":
            self._settle(run_id, "interrupted", CLOSED)

    def _save_unsaved(self) -> None:
        for run_id, (status, reason) in list(self._unsaved.items()):
            self._settle(run_id, status, reason)

    def _told(self, run: Run) -> Run:
        """A run as it is, even where its end could not be recorded yet."""
        if run["id"] not in self._unsaved:
            return run
        status, reason = self._unsaved[run["id"]]
        return {**run, "status": status, "reason": reason}

    def _tidy(self) -> None:
        """After every run: back the store up and keep the checkpoints within their budget."""
        try:
            self.store.backup()
            disk.trim(self.store)
        except Exception:
            log.exception("tidying up after a run failed")


def _known(run: Run, epochs: int) -> Answer | None:
    """How a run that needs no queueing stands, or None if it has to be trained (further)."""
    if is_done(run, epochs):
        return "cached"
    if run["status"] in ACTIVE:
        return "running" if run["status"] == "running" else "queued"
    return None


@functools.cache
def shared(cache: Path) -> Runner:
    """This process's one runner for a cache folder, closed at exit.

    The worker must have left PyTorch before the interpreter ends: a daemon thread inside it aborts the process.
    """
    runner = Runner(cache)
    atexit.register(runner.close)
    return runner
