"""The runner: a queue and one worker thread, which trains one run at a time and never dies of one.

Its interface is plain data and it knows nothing of pages, so that another runner (a cluster's) can
stand in its place. What it does is in the store at once; only progress within an epoch lives here.
"""

import atexit
import functools
import logging
import secrets
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from hpviz.runs import disk, executor
from hpviz.runs.command import run_command
from hpviz.runs.document import (
    ACTIVE,
    Inputs,
    Rest,
    Run,
    Status,
    before_of,
    end,
    extension_of,
    goal,
    is_done,
    move,
    new_run,
    requests_of,
)
from hpviz.runs.ownership import Owner, device_lock
from hpviz.runs.pace import View
from hpviz.runs.store import RunStore
from hpviz.runs.work import describe_failure
from hpviz.runs.worker import CLOSED, Job, Work, held, settle, stopped_waiting, train
from hpviz.spec import BadInput, RunSpec

log = logging.getLogger(__name__)

LOOKED_AT_SECONDS = 5.0
RETRY_SAVING_SECONDS = 5.0
CLOSING_SECONDS = 30.0  # a batch of the largest network at 150 px takes some

Answer = Literal["cached", "queued", "running"]


@dataclass(frozen=True)
class Request:
    """A run asked for: what to train, how far, and where its images (and weights) lie.

    `from_start` agrees to train it from epoch 1 if it has epochs but no sound checkpoint to go on from.
    """

    spec: RunSpec
    epochs: int
    inputs: Inputs
    from_start: bool = False


class QueueEntry(TypedDict):
    """A run that waits or trains in this process. `position` 0 is training, 1 is next."""

    id: str
    position: int
    view: View


class Runner:
    """Queue of runs for one device ("auto", "cpu", "cuda:0"); every method may be called from any thread."""

    def __init__(self, cache: Path, device: str = "auto", work: Work = executor.in_its_process) -> None:
        self.cache, self.store = cache, RunStore(cache)
        self._device, self._work = device, work
        self._owner = Owner(self.store.locks)
        self._changed = threading.Condition(threading.RLock())
        self._queue: list[Job] = []
        self._queue_revision = -1  # of the store when the queue was last compared with it
        self._current: Job | None = None
        self._proposals: dict[str, tuple[threading.Timer, Request]] = {}
        self._asked: defaultdict[str, set[str]] = defaultdict(set)  # by slot, the runs that its slider asked for
        self._looked_at: dict[str, float] = {}
        self._unsaved: dict[str, tuple[Job, Status, str | None]] = {}
        self._machine: dict[str, Any] | BadInput | None = None
        self.refused: dict[str, str] = {}  # runs that failed here for what they were given, and why
        self._warm = threading.Event()
        self._closing = self._closed = False
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

        Every request counts by itself: the run is trained as far as the furthest of them, and a later proposal in the
        same `slot` takes back that slot's request only, as far as its training has not begun. Raises BadInput if this
        machine cannot compute the run.
        """
        self.check(request)
        run_id = request.spec.run_id
        with self._changed, self.store.transaction():
            if self._closing:
                raise BadInput("hpviz is being closed; launch the run again once it is back.")
            run = self.store.get(run_id)
            if run is not None and is_done(run, request.epochs):
                return "cached"
            if slot is not None:
                self._asked[slot].add(run_id)
            if run is not None and run["status"] in ACTIVE:
                return self._join(run, request, slot)
            before = None if run is None else _rest(run)
            run = {
                **(run or new_run(request.spec, request.inputs, request.epochs)),
                "target": request.epochs,
                "inputs": request.inputs,
                "requests": {self._asker(request, slot): request.epochs},
                "ticket": secrets.token_hex(8),
                "before": before,
                "from_start": request.from_start,
            }
            run.pop("extension", None)
            if request.from_start and run["epochs"]:
                run["anew"] = []
            move(run, "queued", owner=self._owner.id)
            self.store.put(run)
            self._queue = [job for job in self._queue if job.id != run_id]
            self._queue.append(Job(run_id, self._owner.id, run["ticket"]))
            self.warm_up()
            self._changed.notify_all()
        return "queued"

    def propose(self, request: Request, slot: str, after: float) -> Answer:
        """Submit in `after` seconds, unless a newer proposal in the same slot comes first.

        So a slider that is dragged or held down launches the value it rests on, and nothing else. Raises BadInput if
        this machine cannot compute the run.
        """
        self.check(request)
        with self._changed:
            self._drop_proposal(slot)
            self._withdraw(slot)
            run = self.store.get(request.spec.run_id)
            if run is not None and is_done(run, request.epochs):
                return "cached"
            timer = threading.Timer(after, self._submit_proposal, (slot, request))
            timer.daemon = True
            self._proposals[slot] = timer, request
            timer.start()
        return "running" if run is not None and run["status"] == "running" else "queued"

    def check(self, request: Request) -> None:
        """Raise BadInput if this machine's device cannot compute in the precision of a run that is not done yet.

        Raises Newer, which is one, if a later hpviz wrote the run.
        """
        self.store.refuse_newer(request.spec.run_id)
        if request.spec.precision != "tf32":  # everything else can be computed anywhere, and need not wait for PyTorch
            return
        run = self.store.get(request.spec.run_id)
        if run is None or not is_done(run, request.epochs):
            device = self.machine()["device"]
            from hpviz.training.numerics import check_precision

            check_precision(request.spec.precision, device)

    def begins_anew(self, request: Request) -> bool:
        """Whether the request means training a run again from epoch 1: it has epochs but no sound checkpoint."""
        run = self.store.get(request.spec.run_id)
        if run is None or run["status"] in ACTIVE or is_done(run, request.epochs):
            return False
        return disk.begins_anew(self.store, run)

    def resumption(self, run_id: str, epochs: int | None = None, from_start: bool = False) -> Request:
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
        return Request(RunSpec(**run["spec"]), epochs or goal(run), run["inputs"], from_start)

    def stop(self, run_id: str) -> None:
        """Stop a run within one batch, whichever process trains it; one that waits leaves the queue."""
        with self._changed:
            for slot, (_, request) in list(self._proposals.items()):
                if request.spec.run_id == run_id:
                    self._drop_proposal(slot)
            current = self._current if self._current is not None and self._current.id == run_id else None
            try:
                with self.store.transaction():
                    run = self.store.get(run_id)
                    if run is None or run["status"] not in ACTIVE:
                        return
                    if run["status"] == "queued":
                        end(run, "stopped", stopped_waiting(run))
                    else:
                        run["stop_requested"] = True
                    self.store.put(run)
            finally:
                # Even if the store cannot be written, what trains here ends.
                if current is not None:
                    current.stop.set()
            self._queue = [job for job in self._queue if job.id != run_id]

    def delete(self, run_id: str) -> None:
        """Forget a run, its curve and its checkpoints; BadInput while it is queued or running."""
        # All under the store's write lock, so that no process begins with the run meanwhile.
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
            self._drop_stale()
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
        if self._worker is None:
            raise BadInput("hpviz is being closed, so PyTorch is not loaded any more.")
        self._warm.wait()
        if isinstance(self._machine, dict):
            return self._machine
        raise self._machine or BadInput("PyTorch could not be loaded; the log says why.")

    def is_warm(self) -> bool:
        """Whether `machine` answers at once."""
        return self._warm.is_set()

    def close(self) -> None:
        """Stop within a batch and mark what was under way interrupted, so that one click resumes it.

        May be called again, also after a call that was itself interrupted.
        """
        with self._changed:
            if self._closed:
                return
            self._closing = True
            for slot in list(self._proposals):
                self._drop_proposal(slot)
            if self._current is not None:
                self._current.closing = True
                self._current.stop.set()
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=CLOSING_SECONDS)
        with self._changed:
            for job in self._queue:
                self._settle(job, "interrupted", CLOSED)
            self._queue = []
            self._save_unsaved()
            if self._worker is None or not self._worker.is_alive():
                # What still trains is this process's until its end: nobody may resume it beside us.
                self._owner.release()
            self.store.close()
            self._closed = True

    # The worker's thread

    def _serve(self) -> None:
        self._learn_machine()
        while (job := self._next()) is not None:
            try:
                machine = self.machine()
                device = device_lock(self.store.locks, machine["device"])
                train(self.store, job, machine, self.cache, self._work, device)
            except Exception as error:
                if isinstance(error, BadInput):
                    self.refused[job.id] = str(error)
                else:
                    # Where it happened is for those who look for it: most failures are a full disk or little memory.
                    log.warning("run %s failed: %s", job.id, describe_failure(error))
                    log.debug("run %s failed here", job.id, exc_info=True)
                died = isinstance(error, executor.Died) and not error.of_memory
                self._settle(job, "interrupted" if died else "failed", describe_failure(error))
            with self._changed:
                self._current = None
            self._tidy()

    def _learn_machine(self) -> None:
        """Start a process that trains, before the first run needs it, and learn from it what this machine is."""
        try:
            trains_here = self._work is not executor.in_its_process
            self._machine = (executor.machine_here if trains_here else executor.machine)(self._device)
        except BadInput as error:
            self._machine = error
        except Exception:
            if not self._closing:
                log.exception("no process that trains could be started")
        self._warm.set()

    def _next(self) -> Job | None:
        """The next job, waiting for one; None when closing."""
        with self._changed:
            while not self._closing:
                self._save_unsaved()
                self._drop_stale()
                if self._queue:
                    self._current = min(self._queue, key=self._turn)
                    self._queue.remove(self._current)
                    return self._current
                self._changed.wait(RETRY_SAVING_SECONDS if self._unsaved else None)
        return None

    def _drop_stale(self) -> None:
        """Let go of jobs whose runs were stopped, deleted or taken over by another process while they waited here."""
        try:
            revision = self.store.revision()
            if self._queue and revision != self._queue_revision:
                self._queue = [job for job in self._queue if held(self.store, job)]
                self._queue_revision = revision
        except Exception:
            log.exception("the queue could not be compared with the store")

    def _turn(self, job: Job) -> bool:
        """Sort key: runs that someone looks at first, then (sorting is stable) first come, first served."""
        return time.monotonic() - self._looked_at.get(job.id, float("-inf")) > LOOKED_AT_SECONDS

    def _submit_proposal(self, slot: str, request: Request) -> None:
        """The slider has rested on a value (in a timer's thread); a newer move may have come at the last moment."""
        with self._changed:
            proposal = self._proposals.get(slot)
            if proposal is not None and proposal[1] is request and not self._closing:
                del self._proposals[slot]
                try:
                    self.submit(request, slot)
                except Exception:
                    log.exception("run %s could not be queued", request.spec.run_id)

    def _drop_proposal(self, slot: str) -> None:
        if slot in self._proposals:
            timer, _ = self._proposals.pop(slot)
            timer.cancel()

    # Who asks for what

    def _asker(self, request: Request, slot: str | None) -> str:
        """Who asks, as the store has it: a slot of this process, or this process for good."""
        return f"{self._owner.id}/{slot}" if slot is not None else f"{self._owner.id}:{request.epochs}"

    def _join(self, run: Run, request: Request, slot: str | None) -> Answer:
        """Add a request to a run that waits or trains; its owner reads the target again before it calls it finished."""
        requests = {**requests_of(run), self._asker(request, slot): request.epochs}
        from_start = run.get("from_start", False) or request.from_start
        # Whoever asks for a run that is just being stopped wants it to go on.
        joined: Run = {**run, "requests": requests, "from_start": from_start, "stop_requested": False}
        joined["target"] = max(requests.values())
        self.store.put(joined)
        if self._current is not None and self._current.id == run["id"]:
            self._current.stop.clear()
        return "running" if run["status"] == "running" else "queued"

    def _withdraw(self, slot: str) -> None:
        """Take back what a slot asked for, as far as it has not begun; what others asked for stays."""
        for run_id in self._asked.pop(slot, ()):
            with self.store.transaction():
                run = self.store.get(run_id)
                asker = f"{self._owner.id}/{slot}"
                if run is None or run["status"] not in ACTIVE or asker not in requests_of(run):
                    continue
                others = requests_of(run)
                epochs = others.pop(asker)
                furthest = max(others.values(), default=0)
                if run["status"] == "running" and len(run["epochs"]) >= furthest:
                    # It has begun, so it goes on; the slider may still raise it, and take that back.
                    others[f"{self._owner.id}:{epochs}"] = epochs
                if others:
                    self.store.put({**run, "requests": others, "target": max(others.values())})
                else:
                    self._undo(run)

    def _undo(self, run: Run) -> None:
        """Let a run that waited be again what it was before it was queued."""
        before = before_of(run)
        if before is None and not run["epochs"]:
            self.store.remove(run["id"])
        else:
            was = before or _rest({**run, "status": "stopped", "reason": None})
            history = run["history"][:-1]
            move(run, was["status"], was["reason"])
            run["history"], run["target"], run["inputs"] = history, was["target"], was["inputs"]
            if was["extension"]:
                run["extension"] = was["extension"]
            self.store.put(run)
        self._queue = [job for job in self._queue if job.id != run["id"]]

    # Ends

    def _settle(self, job: Job, status: Status, reason: str | None) -> None:
        """Settle a run; if even that cannot be written (a full disk), remember it and try again."""
        try:
            settle(self.store, job, status, reason)
            self._unsaved.pop(job.id, None)
        except Exception:
            log.exception("the end of run %s could not be recorded", job.id)
            self._unsaved[job.id] = job, status, reason

    def _save_unsaved(self) -> None:
        for job, status, reason in list(self._unsaved.values()):
            self._settle(job, status, reason)

    def _told(self, run: Run) -> Run:
        """A run as it is, even where its end could not be recorded yet."""
        unsaved = self._unsaved.get(run["id"])
        if unsaved is None or run["status"] not in ACTIVE or run.get("ticket") != unsaved[0].ticket:
            return run
        ended: Run = {**run}
        end(ended, *unsaved[1:])
        return ended

    def _tidy(self) -> None:
        """After every run: back the store up and keep the checkpoints within their budget."""
        try:
            self.store.backup()
            disk.trim(self.store)
        except Exception:
            log.exception("tidying up after a run failed")


def _rest(run: Run) -> Rest:
    """What a run is while nobody trains it."""
    return Rest(
        status=run["status"],
        reason=run["reason"],
        target=run["target"],
        inputs=run["inputs"],
        extension=extension_of(run),
    )


@functools.cache
def shared(cache: Path) -> Runner:
    """This process's one runner for a cache folder, closed at exit.

    The worker must have left PyTorch before the interpreter ends: a daemon thread inside it aborts the process.
    """
    runner = Runner(cache)
    # Python ends finalizers in order only if one was made before what is registered here. Those of a PyTorch that was
    # still being loaded would complain, each in four lines, when it is too late for them.
    weakref.finalize(runner, int)
    atexit.register(runner.close)
    return runner
