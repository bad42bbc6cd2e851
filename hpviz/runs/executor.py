"""Where runs train: in processes of their own on this machine, kept warm, so that a page never waits for training.

A server that draws and a run that trains share no interpreter; a run that takes all memory takes its own process only.
Torch lives in those processes.
"""

import atexit
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hpviz import hardware
from hpviz.data.progress import Progress
from hpviz.gate import refuse_changes
from hpviz.own_process import apart, command_of, environment, how_ended
from hpviz.runs import memory
from hpviz.runs.document import Run
from hpviz.runs.work import Failed, Place, Stop
from hpviz.spec import BadInput
from hpviz.training.events import Event, from_json

# How often whoever follows a run may look whether someone wants to stop it, when nothing else happens.
BEAT_SECONDS = 0.05
# A batch of the largest network at 150 px takes some; what takes longer hangs.
STOPPING_SECONDS = 20.0
KILLED = 9  # SIGKILL, which is not everywhere
# How Windows ends a process that it has no memory for: STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT (ntstatus.h).
NO_MEMORY = (0xC0000017, 0xC000012D)
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
    """A process that trains one run after the other on a device. It is started at once; `start` waits for it."""

    def __init__(self, device: str) -> None:
        refuse_changes()
        self.device = device
        with only_for_us():
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
                command_of("hpviz.runs.training_process", device),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=environment(**OPENMP),
                creationflags=apart(),
            )
        _all.add(self)
        self.machine: dict[str, Any] = {}
        self._pid: int | None = None
        self._told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._to_tell: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._orders, self._is_understood = 0, True
        threading.Thread(target=self._listen, name="hpviz-training", daemon=True).start()
        threading.Thread(target=self._speak, name="hpviz-telling", daemon=True).start()

    @property
    def pid(self) -> int:
        """The one that computes: on Windows an environment's python.exe starts another, which tells its own."""
        return self._pid or self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def start(self) -> Iterator[None]:
        """None again and again until it is ready; then `machine` is known. May be left, and gone on with later.

        Raises BadInput if its device is not here, Failed (in a sentence) or Died.
        """
        while not self.machine:
            try:
                told = self._told.get(timeout=BEAT_SECONDS)
            except queue.Empty:
                yield None
                continue
            if told is None or "machine" not in told:
                self.end()
                raise _error(told) if told else Died("The process that trains could not be started; the log says why.")
            self.machine, self._pid = told["machine"], told.get("pid")
            self.device = self.machine["device"]

    def train(self, run: Run, cache: Path, place: Place) -> "Iterator[Progress | Event | None]":
        """The events of training a run; None where nothing new happened. Closing it stops within a batch.

        So does throwing Stop into it, after which it tells the rest. Raises BadInput, Failed (in a sentence) or Died.
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
        number, kills = self._orders, _unexplained_kills()
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
                    raise self._death(kills, "task" in order)
                if "failed" in told:
                    raise _error(told)
                if "end" in told:
                    return told.get("result")
                yield told["event"]
        except Stop:
            yield from self._stop(number, patience)
            ended = True
        finally:
            if not ended:
                deque(self._stop(number, patience), maxlen=0)
            if rests:
                self._tell({"rest": False})

    def end(self) -> None:
        """Kill it: that loses nothing, for what it has recorded is on the disk."""
        self._process.kill()
        self._process.wait()

    def _stop(self, number: int, patience: float) -> "Iterator[Progress | Event]":
        """Wait until it has left the run or task, or kill it where it hangs; yields what nobody had heard yet."""
        self._tell({"stop": number})
        with suppress(queue.Empty):
            while (told := self._told.get(timeout=patience)) is not None:
                if "event" not in told:
                    return
                yield told["event"]
        self.end()

    def _tell(self, told: Mapping[str, Any]) -> None:
        self._to_tell.put(json.dumps(told) + "\n")

    def _speak(self) -> None:
        """In a thread of its own: one that hangs reads nothing, and whoever tells it something must not hang, too."""
        with suppress(OSError, ValueError):  # where it has died, its last words say so
            while (line := self._to_tell.get()) is not None:
                self._process.stdin.write(line)  # type: ignore[union-attr]
                self._process.stdin.flush()  # type: ignore[union-attr]

    def _listen(self) -> None:
        try:
            for line in self._process.stdout or ():
                self._told.put(_understood(line))
        except (ValueError, TypeError, LookupError, AttributeError):
            self._is_understood = False
        self.end()
        _all.discard(self)
        self._told.put(None)
        self._to_tell.put(None)

    def _death(self, kills: int, at_a_task: bool) -> Died:
        """Why it has ended; `kills` for want of memory had been seen when its order began."""
        code = self._process.wait()
        what, on = ("was at this", "try again") if at_a_task else ("trained", "resume it to go on from the last epoch")
        if not self._is_understood:
            return Died(f"The process that {what} could not be understood any more and was ended; {on}.")
        if code in NO_MEMORY or (code == -KILLED and _is_explained(kills)):
            instead = "free some and try again" if at_a_task else "try a smaller batch or smaller images"
            return Died(f"Out of memory: the system ended the process that {what}; {instead}.", of_memory=True)
        return Died(f"The process that {what} {how_ended(code)}; {on}.")


@contextmanager
def only_for_us() -> Iterator[None]:
    """What is started here gets none of the signals that a terminal or a service sends to all of a program's processes.

    They are for whoever started it, who ends it in order; it ends with that one in any case.
    """
    if sys.platform == "win32":  # see own_process.apart
        yield
        return
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _understood(line: str) -> dict[str, Any]:
    """What a line says. Raises ValueError, TypeError, LookupError or AttributeError for what no such process says."""
    told: dict[str, Any] = json.loads(line)
    if not told.keys() & {"machine", "event", "end", "failed"}:
        raise ValueError(line)
    return {"event": from_json(told)} if "event" in told else told


def _error(told: Mapping[str, Any]) -> Exception:
    return BadInput(told["failed"]) if told["bad_input"] else Failed(told["failed"])


# Those that live; of them, those that wait for a run, by device, and those that train; what is known of this machine.
_all: set[TrainingProcess] = set()
_idle: dict[str, list[TrainingProcess]] = {}
_training: set[TrainingProcess] = set()
_machines: dict[str, dict[str, Any]] = {}
_lock = threading.Lock()
_deaths_of_memory = 0


def _unexplained_kills() -> int:
    """How often the system has ended a process for want of memory that was none of ours, as far as it is known."""
    return memory.kills() - _deaths_of_memory


def _is_explained(kills: int) -> bool:
    """Whether there are more such kills by now. Each explains the death of one process."""
    global _deaths_of_memory
    with _lock:
        explained = _unexplained_kills() > kills
        _deaths_of_memory += explained
    return explained


def machine(device: str) -> dict[str, Any]:
    """What this machine is and the precision it computes in; the first call starts a process and waits for PyTorch.

    Raises BadInput if the device asked for ("auto", "cpu", "cuda:0") is not there.
    """
    deque(learn(device), maxlen=0)
    return _machines[device]


def learn(device: str) -> Iterator[None]:
    """Start a process and wait for it, so that `machine` answers at once; may be left. Raises what `machine` raises."""
    if device in _machines:
        return
    process = _take(device)
    try:
        yield from _started(process, device)
    finally:
        _give_back(process)


def _started(process: TrainingProcess, device: str) -> Iterator[None]:
    yield from process.start()
    _machines[process.device] = _machines[device] = process.machine


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
    yield from (process.pid for process in tuple(_all))


def in_its_process(run: Run, cache: Path, place: Place) -> "Generator[Progress | Event | None]":
    """The events of training a run in a process that waits for one, or else in a new one; closing it stops the run."""
    process = _take(place.device)
    try:
        for _ in _started(process, place.device):
            yield Progress("loading PyTorch", 0, 0)
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
        for _ in _started(process, device):
            yield step
        steps = process.carry_out(task, arguments)
        try:
            while True:
                step = next(steps) or step
                yield step
        except StopIteration as end:
            return end.value
        finally:
            steps.close()
    finally:
        _give_back(process)


def _take(device: str) -> TrainingProcess:
    device = _machines.get(device, {}).get("device", device)
    while True:
        with _lock:
            idle = _idle.get(device)
            process = idle.pop() if idle else None
        if process is None:
            process = TrainingProcess(device)
        if process.is_alive:
            _training.add(process)
            return process


def _give_back(process: TrainingProcess) -> None:
    with _lock:
        _training.discard(process)
        if process.is_alive:
            _idle.setdefault(process.device, []).append(process)


@atexit.register
def end_all() -> None:
    """End every process that trains or waits to; the next run begins in a new one."""
    for process in tuple(_all):
        process.end()
