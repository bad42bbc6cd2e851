"""Where runs train: in processes of their own on this machine, kept warm, so that a page never waits for training.

A server that draws and a run that trains share no interpreter; a run that takes all memory takes its own process only.
Torch lives in those processes.
"""

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpviz import hardware
from hpviz.data.progress import Progress
from hpviz.runs import memory
from hpviz.runs.document import Run
from hpviz.runs.work import Failed, Place
from hpviz.spec import BadInput
from hpviz.training.events import Event, from_json

# How often whoever follows a run may look whether someone wants to stop it, when nothing else happens.
BEAT_SECONDS = 0.05
# A batch of the largest network at 150 px takes some; what takes longer hangs.
STOPPING_SECONDS = 20.0
# How often a thread looks for the others before it lets go of its core. Unless told, GNU's OpenMP looks 30 times as
# often: no faster where there is a core for every thread, a quarter slower where another program wants half of one.
OPENMP = {"GOMP_SPINCOUNT": "10000"}
# A task that is no training loses nothing when its process is killed.
TASK_STOPPING_SECONDS = 2.0


class Died(Failed):
    """The process that trained a run has ended without a word: everything up to its last epoch is kept.

    `of_memory` tells that the system ended it for want of memory, so that going on would end in the same.
    """

    def __init__(self, reason: str, of_memory: bool = False) -> None:
        super().__init__(reason)
        self.of_memory = of_memory


class TrainingProcess:
    """A process that trains one run after the other on a device. Raises BadInput if that device is not here."""

    def __init__(self, device: str) -> None:
        package = Path(__file__).parent.parent.parent
        path = os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-m", "hpviz.runs.training_process", device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**OPENMP, **os.environ, "PYTHONPATH": path},
        )
        _pids.add(self._process.pid)
        self._told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._orders = 0
        threading.Thread(target=self._listen, name="hpviz-training", daemon=True).start()
        ready = self._told.get()
        if ready is None or "machine" not in ready:
            self.end()
            raise _error(ready) if ready else Died("The process that trains could not be started; the log says why.")
        self.machine: dict[str, Any] = ready["machine"]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def train(self, run: Run, cache: Path, place: Place) -> "Iterator[Progress | Event | None]":
        """The events of training a run; None where nothing new happened. Closing it stops within a batch.

        Raises BadInput, Failed (in a sentence) or Died.
        """
        order = {"run": run, "cache": str(cache.absolute()), "device": place.device, "threads": place.threads}
        yield from self._follow(order, STOPPING_SECONDS, place.paused)

    def carry_out(self, task: str, arguments: Mapping[str, Any]) -> "Generator[Progress | None, None, Any]":
        """How far a task has come, None where nothing new happened, then its result. Closing it ends the task.

        Raises BadInput, Failed (in a sentence) or Died.
        """
        order = {"task": task, "arguments": arguments}
        return (yield from self._follow(order, TASK_STOPPING_SECONDS, threading.Event()))  # type: ignore[misc]

    def _follow(
        self, order: Mapping[str, Any], patience: float, paused: threading.Event
    ) -> "Generator[Progress | Event | None, None, Any]":
        """What an order comes to; it rests while `paused`. Let go, it is waited for that long, in seconds."""
        self._orders += 1
        number, kills = self._orders, memory.kills()
        self._tell({"number": number, **order})
        ended = rests = False
        try:
            while True:
                if rests != paused.is_set():
                    rests = not rests
                    self._tell({"rest": rests})
                try:
                    told = self._told.get(timeout=BEAT_SECONDS)
                except queue.Empty:
                    yield None
                    continue
                ended = told is None or "event" not in told
                if told is None:
                    raise self._death(memory.kills() > kills, "task" in order)
                if "failed" in told:
                    raise _error(told)
                if "end" in told:
                    return told.get("result")
                yield from_json(told)
        finally:
            if not ended:
                self._stop(number, patience)
            if rests:
                self._tell({"rest": False})

    def end(self) -> None:
        """Let it go: the end of its input ends it at once."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=STOPPING_SECONDS)
            return
        self._process.kill()
        self._process.wait()

    def _stop(self, number: int, patience: float) -> None:
        """Wait until it has left the run or task, or kill it where it hangs; what it has recorded stays either way."""
        self._tell({"stop": number})
        with suppress(queue.Empty):
            while (told := self._told.get(timeout=patience)) is not None:
                if "event" not in told:
                    return
        self._process.kill()
        self._process.wait()

    def _tell(self, told: Mapping[str, Any]) -> None:
        with suppress(OSError):  # where it has died, its last words say so
            self._process.stdin.write(json.dumps(told) + "\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def _listen(self) -> None:
        with suppress(ValueError):
            for line in self._process.stdout or ():
                self._told.put(json.loads(line))
        self._told.put(None)
        _pids.discard(self._process.pid)

    def _death(self, of_memory: bool, at_a_task: bool) -> Died:
        code = self._process.wait()
        if of_memory and at_a_task:
            return Died("Out of memory: the system ended the process that was at this; free some and try again.", True)
        if of_memory:
            reason = "Out of memory: the system ended the process that trained; try a smaller batch or smaller images."
            return Died(reason, of_memory=True)
        how = f"was killed (signal {-code})" if code < 0 else f"ended (exit status {code})"
        if at_a_task:
            return Died(f"The process that was at this {how}; try again.")
        return Died(f"The process that trained {how}; resume it to go on from the last epoch.")


def _error(told: Mapping[str, Any]) -> Exception:
    return BadInput(told["failed"]) if told["bad_input"] else Failed(told["failed"])


# The processes that wait for a run, by device; those that train; what is known of this machine.
_idle: dict[str, list[TrainingProcess]] = {}
_training: set[TrainingProcess] = set()
_machines: dict[str, dict[str, Any]] = {}
_lock = threading.Lock()
_pids: set[int] = set()


def machine(device: str) -> dict[str, Any]:
    """What this machine is and the precision it computes in; the first call starts a process and waits for PyTorch.

    Raises BadInput if the device asked for ("auto", "cpu", "cuda:0") is not there.
    """
    if device not in _machines:
        _give_back(_take(device))
    return _machines[device]


def machine_here(device: str) -> dict[str, Any]:
    """The same for work that goes on in this process; loads PyTorch, unless the CPU is all there is to know."""
    if known := hardware.machine(device):
        return known
    from hpviz.training.numerics import machine

    return machine(device)


def training() -> tuple[TrainingProcess, ...]:
    """The processes that train for this one now."""
    return tuple(_training)


def processes() -> Iterator[int]:
    """The process ids of this one and of those that train for it, or wait to."""
    yield os.getpid()
    yield from tuple(_pids)


def in_its_process(run: Run, cache: Path, place: Place) -> "Iterator[Progress | Event | None]":
    """The events of training a run in a process that waits for one, or else in a new one; closing it stops the run."""
    process = _take(place.device)
    try:
        yield from process.train(run, cache, place)
    finally:
        _give_back(process)


def carry_out(task: str, arguments: Mapping[str, Any], device: str = "cpu") -> "Generator[Progress, None, Any]":
    """How far a task has come, then its result, in a process that is not at a run; closing it ends the task.

    Raises BadInput, Failed (in a sentence) or Died. What tasks there are is in `tasks`.
    """
    step = Progress("loading PyTorch", 0, 0)
    yield step
    process = _take(device)
    try:
        steps = process.carry_out(task, arguments)
        while True:
            step = next(steps) or step
            yield step
    except StopIteration as end:
        return end.value
    finally:
        steps.close()
        _give_back(process)


def _take(device: str) -> TrainingProcess:
    while True:
        with _lock:
            idle = _idle.get(_machines.get(device, {}).get("device", device))
            process = idle.pop() if idle else None
        if process is None:
            process = TrainingProcess(device)
            _machines[process.machine["device"]] = _machines[device] = process.machine
        if process.is_alive:
            _training.add(process)
            return process


def _give_back(process: TrainingProcess) -> None:
    with _lock:
        _training.discard(process)
        if process.is_alive:
            _idle.setdefault(process.machine["device"], []).append(process)


@atexit.register
def _end_all() -> None:
    with _lock:
        processes = [process for idle in _idle.values() for process in idle]
        _idle.clear()
    for process in processes:
        process.end()
