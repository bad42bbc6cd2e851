"""The runner: a queue, a thread that decides what begins when, and one for each run that trains; none dies of a run.

Its interface is plain data and it knows nothing of pages, so that another runner (a cluster's) can
stand in its place. What it does is in the store at once; only progress within an epoch lives here.
"""

import atexit
import functools
import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from hpviz import gate, hardware
from hpviz.runs import cluster as clusters
from hpviz.runs import disk, executor, inspections, machines, tasks
from hpviz.runs.cluster import Cluster
from hpviz.runs.command import run_command
from hpviz.runs.crew import Crew, Wish, measured_rates
from hpviz.runs.document import (
    ACTIVE,
    Inputs,
    Rest,
    Run,
    Status,
    cut_short,
    end,
    extension_of,
    goal,
    is_done,
    move,
    new_run,
    requests_of,
)
from hpviz.runs.ownership import Owner
from hpviz.runs.pace import View, waiting
from hpviz.runs.places import Places
from hpviz.runs.store import LOST, RunStore
from hpviz.runs.work import Failed, Place, describe_failure
from hpviz.runs.worker import CLOSED, Job, Work, asked_of, cancel, settle, train
from hpviz.spec import BadInput, RunSpec

log = logging.getLogger(__name__)

LOOKED_AT_SECONDS = 5.0
RETRY_SAVING_SECONDS = 5.0
CLOSING_SECONDS = 30.0  # a batch of the largest network at 150 px takes some
LOOK_SECONDS = 1.0  # how often the queue is looked at where nothing has changed in this process
FULL_SECONDS = 0.2  # the same while runs wait for another program to leave a device or a core

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
    """A run that waits or trains in this process. `position` 0 is training, as several may be, 1 is next."""

    id: str
    position: int
    view: View


class Runner:
    """Queue of runs for a device ("auto", "cpu", "cuda:0"); every method may be called from any thread.

    "auto" are all GPUs of this machine, or its processor where there is none. `wish` may be changed at any time; runs
    that train already go on as they began. With a `cluster` they train there, and on nothing here.
    """

    def __init__(
        self,
        cache: Path,
        device: str = "auto",
        work: Work = executor.in_its_process,
        wish: Wish | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self.cache, self.store = cache, RunStore(cache)
        self._device, self._work, self._cluster = device, cluster.train if cluster else work, cluster
        self._owner = Owner(self.store.locks)
        self._changed = threading.Condition(threading.RLock())
        self._queue: list[Job] = []
        self._queue_revision = -1  # of the store when the queue was last compared with it
        self._training: dict[str, tuple[Job, threading.Thread]] = {}  # by run id, in the order they began
        self._places = cluster or Places(self.store.locks)
        self._places.wish = wish or Wish()
        self._proposals: dict[str, tuple[threading.Timer, Request]] = {}
        self._asked: defaultdict[str, set[str]] = defaultdict(set)  # by slot, the runs that its slider asked for
        self._looked_at: dict[str, float] = {}
        self._unsaved: dict[str, tuple[Job, Status, str | None]] = {}
        self._machine: dict[str, Any] | BadInput | None = None if cluster else machines.known(cache, device)
        if gate.current().read_only:
            self._machine = machines.to_look_at(self._machine, self.store.runs())
        self.refused: dict[str, str] = {}  # runs that failed here for what they were given, and why
        self._warm = threading.Event()
        self._closing = self._closed = self._takes_up = False
        self._supervisor: threading.Thread | None = None
        self._tidying, self._waits_to_tidy = threading.Lock(), threading.Lock()

    # Asking

    def warm_up(self) -> None:
        """Start what trains, which first loads PyTorch, before there is work. Listing runs needs neither."""
        with self._changed:
            if self._supervisor is None and not self._closing and not gate.current().read_only:
                self._supervisor = threading.Thread(target=self._serve, name="hpviz-runner", daemon=True)
                self._supervisor.start()

    def submit(
        self, request: Request, slot: str | None = None, session: str | None = None, goes_next: bool = False
    ) -> Answer:
        """Queue a run unless it is done, queued or running already, here or in another process.

        Every request counts by itself: the run is trained as far as the furthest of them, and a later proposal in the
        same `slot` takes back that slot's request only, as far as its training has not begun; so does `cancel` with
        what a `session` asked for. What `goes_next` begins before all that waits otherwise. Raises BadInput if this
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
            asker = self._asker(request, slot, session)
            if (name := slot or session) is not None:
                self._asked[name].add(run_id)
            if run is not None and run["status"] in ACTIVE:
                return self._join(run, request, asker, goes_next)
            before = None if run is None else _rest(run)
            run = {
                **(run or new_run(request.spec, request.inputs, request.epochs)),
                "target": request.epochs,
                "inputs": request.inputs,
                "requests": {asker: request.epochs},
                "ticket": secrets.token_hex(8),
                "before": before,
                "from_start": request.from_start,
            }
            run.pop("extension", None)
            run.pop("cluster", None)
            if self._cluster:
                run["cluster"] = True
            if request.from_start and run["epochs"]:
                run["anew"] = []
            move(run, "queued", owner=self._owner.id)
            self.store.put(run)
            self._queue = [job for job in self._queue if job.id != run_id]
            self._queue.append(Job(run_id, self._owner.id, run["ticket"], goes_next=goes_next))
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

        Raises Newer, which is one, if a later hpviz wrote the run, and ReadOnly, too, where nothing is to be started.
        So it does once the cluster is lost: whoever goes on with a run that was cut short is not to do so for ever.
        """
        gate.refuse_changes()
        self.store.refuse_newer(request.spec.run_id)
        is_lost = isinstance(self._machine, dict) and self._cluster is not None and self._cluster.is_lost.is_set()
        # Every other precision can be computed anywhere, and need not wait for PyTorch.
        if not is_lost and request.spec.precision != "tf32":
            return
        run = self.store.get(request.spec.run_id)
        if run is not None and is_done(run, request.epochs):
            return
        if is_lost:
            raise BadInput(clusters.NO_MORE)
        tasks.check_precision(request.spec.precision, self.machine()["device"])

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

    def stop(self, run_id: str) -> Status | None:
        """Stop a run within one batch, whichever process trains it; one that waits leaves the queue without a trace.

        Returns what it was, of those two, or None if there was nothing to stop.
        """
        gate.refuse_changes()
        with self._changed:
            for slot, (_, request) in list(self._proposals.items()):
                if request.spec.run_id == run_id:
                    self._drop_proposal(slot)
            current = self._training.get(run_id)
            try:
                with self.store.transaction():
                    run = self.store.get(run_id)
                    if run is None or run["status"] not in ACTIVE:
                        return None
                    was = run["status"]
                    if was == "queued":
                        cancel(self.store, run)
                    else:
                        run["stop_requested"] = True
                        self.store.put(run)
            finally:
                # Even if the store cannot be written, what trains here ends.
                if current is not None:
                    current[0].stop.set()
            self._queue = [job for job in self._queue if job.id != run_id]
        return was

    def cancel(self, session: str) -> int:
        """Take back all that a session asked for and that has not begun; returns how many runs no longer wait.

        What others asked for, too or alone, stays.
        """
        gate.refuse_changes()
        with self._changed:
            for name in [name for name in {*self._asked, *self._proposals} if _is_of(name, session)]:
                self._drop_proposal(name)
            waited = len(self._queue)
            for name in [name for name in self._asked if _is_of(name, session)]:
                self._withdraw(name)
            return waited - len(self._queue)

    def delete(self, run_id: str) -> None:
        """Forget a run, its curve and its checkpoints; BadInput while it is queued or running."""
        gate.refuse_changes()
        # All under the store's write lock, so that no process begins with the run meanwhile.
        with self.store.transaction():
            run = self.store.find(run_id)
            if run["status"] in ACTIVE:
                raise BadInput(f"Run {run['id']} is {run['status']}; stop it before deleting it.")
            self.store.remove(run["id"])
        inspections.forget(self.store.cache, run["id"])

    def take_up(self) -> None:
        """Let runs go on, once the cluster is joined, that were there when the process that followed them died."""
        self._takes_up = self._cluster is not None

    def pause(self) -> None:
        """Let all runs of this process rest within a batch; nothing is lost, and nothing more begins."""
        gate.refuse_changes()
        self._places.paused.set()

    def go_on(self) -> None:
        """End the pause."""
        gate.refuse_changes()
        with self._changed:
            self._places.paused.clear()
            self._changed.notify_all()

    @property
    def is_paused(self) -> bool:
        return self._places.paused.is_set()

    @property
    def where(self) -> str | None:
        """Where runs train, in words; None for this machine."""
        return self._cluster.where if self._cluster else None

    @property
    def wish(self) -> Wish:
        """How many runs side by side, on how many threads each; None: as hpviz chooses."""
        return self._places.wish

    @wish.setter
    def wish(self, wish: Wish) -> None:
        gate.refuse_changes()
        with self._changed:
            self._places.wish = wish
            self._changed.notify_all()

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
            training = [QueueEntry(id=job.id, position=0, view=self._view(job)) for job, _ in self._training.values()]
            waiting = enumerate(sorted(self._queue, key=self._turn), start=1)
            return training + [QueueEntry(id=job.id, position=place, view=self._view(job)) for place, job in waiting]

    def asked(self, session: str) -> list[str]:
        """Which of the runs that wait here a session asked for, alone or with others."""
        with self._changed:
            names = [name for name in self._asked if _is_of(name, session)]
            return [job.id for job in self._queue if any(job.id in self._asked[name] for name in names)]

    def crew(self, spec: RunSpec, waiting: int) -> Crew:
        """How many of so many runs like that would train side by side, on how many threads each.

        Where nothing is known of the machine yet: one after the other, on as many threads as this process may use.
        """
        machine = self._machine
        if not isinstance(machine, dict):
            return Crew(1, hardware.threads(), "cpu")
        like = spec.model_dump(mode="json")
        return self._places.crew(machine, waiting, lambda: measured_rates(self.store.runs(), like, machine))

    def proposed(self, slot: str) -> str | None:
        """The id of the run that waits for the slider to rest, if any."""
        proposal = self._proposals.get(slot)
        return proposal[1].spec.run_id if proposal else None

    def machine(self) -> dict[str, Any]:
        """What this machine is and the precision it computes in, as remembered until the process that trains tells.

        Where nothing is remembered it waits for that. Raises BadInput if the device asked for is not there.
        """
        self.warm_up()
        if self._supervisor is None and self._closing:
            raise BadInput("hpviz is being closed, so PyTorch is not loaded any more.")
        if self._machine is None:
            self._wait_until_warm()
        if isinstance(self._machine, dict):
            return self._machine
        raise self._machine or BadInput("PyTorch could not be loaded; the log says why.")

    def confirm(self) -> None:
        """Raise BadInput if the device asked for is not there: a GPU that is only remembered is waited for."""
        if self.machine()["device"] != "cpu":
            self._wait_until_warm()
            self.machine()

    def _wait_until_warm(self) -> None:
        while not self._warm.wait(1.0):  # Windows hears Ctrl-C between two waits, never during one
            pass

    def is_warm(self) -> bool:
        """Whether `machine` answers at once."""
        return self._machine is not None or self._warm.is_set()

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
            for job, _ in self._training.values():
                job.closing = True
                job.stop.set()
            threads = [self._supervisor, *(thread for _, thread in self._training.values())]
            self._changed.notify_all()
        until = time.monotonic() + CLOSING_SECONDS
        for thread in filter(None, threads):
            thread.join(timeout=max(until - time.monotonic(), 0))
        with self._changed:
            for job in self._queue:
                self._settle(job, "interrupted", CLOSED)
            self._queue = []
            self._save_unsaved()
            if not any(thread.is_alive() for thread in filter(None, threads)):
                # What still trains is this process's until its end: nobody may resume it beside us.
                self._owner.release()
            if self._cluster:
                self._cluster.close()
            self.store.close()
            self._closed = True

    # What begins when

    def _serve(self) -> None:
        self._learn_machine()
        if self._takes_up and isinstance(self._machine, dict):
            try:
                self._take_up()
            except Exception:
                log.exception("runs that a cluster trained could not be taken up")
        while self._next():
            pass

    def _carry_out(self, job: Job, place: Place) -> None:
        """One run, in a thread of its own, from its beginning to its end."""
        try:
            train(self.store, job, self.machine(), self.cache, self._work, place)
        except Exception as error:
            self._fail(job, error)
        self._tidy()
        with self._changed:
            del self._training[job.id]
            self._places.leave(job.id)
            self._changed.notify_all()

    def _take_up(self) -> None:
        for run in self.store.runs():
            is_lost = cut_short(run) == "interrupted" and (run["reason"] or "").endswith((LOST, clusters.LOST))
            if run.get("cluster") and is_lost and not disk.begins_anew(self.store, run):
                with suppress(BadInput):  # where nothing can be written, they wait for a click
                    self.submit(self.resumption(run["id"]))

    def _learn_machine(self) -> None:
        """Start a process that trains, before the first run needs it, and learn from it what this machine is."""
        try:
            if self._cluster:
                self._machine = self._ask_cluster(self._cluster)
            else:
                self._machine = machines.learn(self.cache, self._device, self._ask)
        except BadInput as error:
            self._machine = error
        except Failed as error:
            self._machine = BadInput(str(error))
        except Exception:
            if not self._closing:
                log.exception("no process that trains could be started")
        self._warm.set()

    def _ask(self, device: str) -> dict[str, Any]:
        """What this machine is, as a process says that trains."""
        if self._work is not executor.in_its_process:
            return executor.machine_here(device)
        for _ in executor.learn(device):
            if self._closing:
                raise Failed("hpviz is being closed.")
        return executor.machine(device)

    def _ask_cluster(self, cluster: Cluster) -> dict[str, Any]:
        for _ in cluster.learn():
            if self._closing:
                raise Failed("hpviz is being closed.")
        return cluster.machine

    def _next(self) -> bool:
        """Begin the next job, waiting for one and for its place; False when closing."""
        next_saving, is_told = 0.0, True
        with self._changed:
            while not self._closing:
                self._places.look()
                if is_told or time.monotonic() >= next_saving:
                    self._save_unsaved()
                    next_saving = time.monotonic() + RETRY_SAVING_SECONDS
                self._drop_stale()
                if not self._queue:
                    self._places.nobody_waits()
                elif not self.is_paused and self._begin(min(self._queue, key=self._turn)):
                    return True
                is_told = self._changed.wait(FULL_SECONDS if self._queue else LOOK_SECONDS)
        return False

    def _begin(self, job: Job) -> bool:
        """From the queue into a thread, so that a job is in neither at no moment; False where there is no place yet."""
        if job.id in self._training:  # which is just leaving its last place
            return False
        try:
            place = self._place(job)
        except Exception as error:
            self._queue.remove(job)
            self._fail(job, error)
            return True
        if isinstance(place, str):
            job.view = waiting(place)
            return False
        thread = threading.Thread(target=self._carry_out, args=(job, place), name=f"hpviz-run-{job.id}", daemon=True)
        self._training[job.id] = job, thread
        self._queue.remove(job)
        thread.start()
        return True

    def _place(self, job: Job) -> Place | str:
        """Where that job may begin now, or why it has to wait."""
        run, machine = self.store.get(job.id), self._machine
        if run is None or not isinstance(machine, dict):
            return Place("", 1, self._places.paused)  # it cannot train: the attempt says why
        return self._places.take(
            run, machine, len(self._queue), lambda: measured_rates(self.store.runs(), run["spec"], machine)
        )

    def _drop_stale(self) -> None:
        """Let go of jobs whose runs were stopped, deleted or taken over by another process while they waited here."""
        try:
            revision = self.store.revision()
            if self._queue and revision != self._queue_revision:
                written = self.store.written()
                self._queue = [job for job in self._queue if asked_of(self.store, job, written.get(job.id))]
                self._queue_revision = revision
        except Exception:
            log.exception("the queue could not be compared with the store")

    def _turn(self, job: Job) -> tuple[bool, bool]:
        """Sort key: what goes next, then what someone looks at, then (sorting is stable) first come, first served."""
        is_looked_at = time.monotonic() - self._looked_at.get(job.id, float("-inf")) <= LOOKED_AT_SECONDS
        return not job.goes_next, not is_looked_at

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

    def _asker(self, request: Request, slot: str | None, session: str | None) -> str:
        """Who asks, as the store has it: a slot or a session of this process, or this process for good."""
        if slot is not None:
            return f"{self._owner.id}/{slot}"
        return f"{self._owner.id}{f'/{session}' if session else ''}:{request.epochs}"

    def _is_asker(self, asker: str, name: str) -> bool:
        """Whether that is who asks, as `_asker` writes it, for a slot or session of that name."""
        own = f"{self._owner.id}/{name}"
        return asker == own or asker.startswith(f"{own}:")

    def _join(self, run: Run, request: Request, asker: str, goes_next: bool) -> Answer:
        """Add a request to a run that waits or trains; its owner reads the target again before it calls it finished."""
        requests = {**requests_of(run), asker: request.epochs}
        from_start = run.get("from_start", False) or request.from_start
        # Whoever asks for a run that is just being stopped wants it to go on.
        joined: Run = {**run, "requests": requests, "from_start": from_start, "stop_requested": False}
        joined["target"] = max(requests.values())
        self.store.put(joined)
        if run["id"] in self._training:
            self._training[run["id"]][0].stop.clear()
        for job in self._queue:
            job.goes_next = job.goes_next or (goes_next and job.id == run["id"])
        return "running" if run["status"] == "running" else "queued"

    def _withdraw(self, name: str) -> None:
        """Take back what a slot or session asked for, as far as it has not begun; what others asked for stays."""
        for run_id in self._asked.pop(name, ()):
            with self.store.transaction():
                run = self.store.get(run_id)
                if run is None or run["status"] not in ACTIVE:
                    continue
                asked = requests_of(run)
                own = {asker: epochs for asker, epochs in asked.items() if self._is_asker(asker, name)}
                if not own:
                    continue
                others = {asker: epochs for asker, epochs in asked.items() if asker not in own}
                epochs, furthest = max(own.values()), max(others.values(), default=0)
                if run["status"] == "running" and len(run["epochs"]) >= furthest:
                    # It has begun, so it goes on; who asked may still raise it, and take that back.
                    others[f"{self._owner.id}:{epochs}"] = epochs
                if others:
                    self.store.put({**run, "requests": others, "target": max(others.values())})
                else:
                    cancel(self.store, run)
                    self._queue = [job for job in self._queue if job.id != run_id]

    # Ends

    def _fail(self, job: Job, error: Exception) -> None:
        if isinstance(error, BadInput):
            self.refused[job.id] = str(error)
        else:
            # Where it happened is for those who look for it: most failures are a full disk or little memory.
            log.warning("run %s failed: %s", job.id, describe_failure(error))
            log.debug("run %s failed here", job.id, exc_info=True)
        died = isinstance(error, executor.Died) and not error.of_memory
        self._settle(job, "interrupted" if died else "failed", describe_failure(error))

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

    def _view(self, job: Job) -> View:
        if not self._places.paused.is_set():
            return job.view
        return {**job.view, "text": f"paused, {job.view['text']}", "seconds_left": None}

    def _told(self, run: Run) -> Run:
        """A run as it is, even where its end could not be recorded yet."""
        unsaved = self._unsaved.get(run["id"])
        if unsaved is None or run["status"] not in ACTIVE or run.get("ticket") != unsaved[0].ticket:
            return run
        ended: Run = {**run}
        end(ended, *unsaved[1:])
        return ended

    def _tidy(self) -> None:
        """After every run: back the store up and keep the checkpoints within their budget.

        A backup copies all runs. Of those that end while one is made, the first waits and makes the next for them all.
        """
        if not self._waits_to_tidy.acquire(blocking=False):
            return
        with self._tidying:
            self._waits_to_tidy.release()
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


def _is_of(name: str, session: str) -> bool:
    """Whether that is a session or a slot of its own, which is written page/session."""
    return name == session or name.endswith(f"/{session}")


@functools.cache
def shared(cache: Path) -> Runner:
    """This process's one runner for a cache folder, closed at exit. Raises BadInput if HPVIZ_RAY cannot be meant."""
    # Pages that only show train nowhere, and have no cluster to join.
    runner = Runner(cache, cluster=None if gate.current().read_only else clusters.asked_for(None))
    runner.take_up()
    atexit.register(runner.close)
    return runner
