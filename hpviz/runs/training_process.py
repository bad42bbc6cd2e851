"""A process that trains: it is told runs and tasks on its standard input and tells their events on its standard output.

    python -m hpviz.runs.training_process DEVICE

Both ways one JSON object a line. It stays warm between runs, so that PyTorch is loaded once. The end of its input is
the end of whoever started it: then it ends at once, wherever it is, as a kill would end it, and that loses nothing.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hpviz.confined import let_go, lock
from hpviz.data.progress import Progress
from hpviz.own_process import give_way, take_line
from hpviz.runs.tasks import TASKS
from hpviz.runs.work import TELL_SECONDS, Due, Place, agreed, carry_out, describe_failure
from hpviz.spec import BadInput
from hpviz.training.events import to_json

# How soon a run that rests sees that it is to go on, or to be stopped.
REST_SECONDS = 0.05
# The page and a person's other programs go first.
NICENESS = 10
# Where memory runs out, Linux ends this process rather than the server: as if it held half of all memory more.
FIRST_TO_GO = 500


class Line:
    """The two ends of the line to whoever started this process."""

    def __init__(self, device: str) -> None:
        told, to_tell = take_line()
        self._told, self._out = (TextIOWrapper(each, encoding="utf-8") for each in (told, to_tell))
        self.device = device
        self.runs: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self.stopped: set[int] = set()
        self.paused = threading.Event()
        self._telling = threading.Lock()
        threading.Thread(target=self._listen, name="hpviz-line", daemon=True).start()

    def tell(self, told: Mapping[str, Any]) -> None:
        try:
            with self._telling:
                self._out.write(json.dumps(told) + "\n")
                self._out.flush()
        except OSError:  # nobody is there any more
            os._exit(0)

    def _listen(self) -> None:
        try:
            for line in self._told:
                order = json.loads(line)
                if "stop" in order:
                    self.stopped.add(order["stop"])
                elif "rest" in order:
                    (self.paused.set if order["rest"] else self.paused.clear)()
                else:
                    self.runs.put(order)
        finally:
            os._exit(0)


def main(device: str) -> None:
    """Say what this machine is, then train what comes."""
    # Ctrl-C is for whoever started this process: it goes on until it is told to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO), encoding="utf-8")
    line = Line(device)
    try:
        from hpviz.training.numerics import machine

        line.tell({"machine": machine(device), "pid": os.getpid()})
        # What a run needs of PyTorch is loaded while nobody has asked for one yet.
        import hpviz.training.loop  # noqa: F401
    except BadInput as error:
        line.tell(failure(error))
        return
    except Exception as error:
        line.tell({**failure(error), "failed": f"PyTorch could not be loaded: {describe_failure(error)}"})
        return
    while True:
        order = line.runs.get()
        try:
            line.tell({"end": order["number"], "result": (_carry_out if "task" in order else _train)(line, order)})
        except Exception as error:
            line.tell(failure(error))


def _train(line: Line, order: Mapping[str, Any]) -> Any:
    """Tell a run's events until it has ended or is stopped."""
    run, cache, number = order["run"], Path(order["cache"]), order["number"]
    if (held := _taken(cache / "locks" / f"run-{run['id']}.lock", line, number)) is None:
        return
    try:
        events = agreed(run, carry_out(run, cache, Place(order["device"], order["threads"])))
        due = Due()
        for event in events:
            if event is not None and due(event):
                line.tell(to_json(event))
            while line.paused.is_set() and number not in line.stopped:
                time.sleep(REST_SECONDS)
            if number in line.stopped:
                events.close()
    finally:
        let_go(held)


def _carry_out(line: Line, order: Mapping[str, Any]) -> Any:
    """Tell how far a task has come; its result, or None if it is stopped."""
    steps = TASKS[order["task"]](**order["arguments"])
    next_time = 0.0
    try:
        while order["number"] not in line.stopped:
            step = next(steps)
            if time.monotonic() >= next_time:
                next_time = time.monotonic() + TELL_SECONDS
                line.tell(to_json(step))
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


def _taken(path: Path, line: Line, number: int) -> FileLock | None:
    """The lock of a run, or None if that is stopped first.

    A process whose server was killed may still be at the run, for as long as it takes to notice.
    """
    held = lock(path)
    while number not in line.stopped:
        with suppress(Timeout):
            held.acquire(timeout=REST_SECONDS)
            return held
        line.tell(to_json(Progress("waiting for another process to leave this run", 0, 0)))
    return None


def failure(error: Exception) -> dict[str, Any]:
    """What is told of an error."""
    return {"failed": describe_failure(error), "bad_input": isinstance(error, BadInput)}


if __name__ == "__main__":
    main(sys.argv[1])
