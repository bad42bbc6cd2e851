"""Long work on data, or on a trained network, in the background: begun once, watched by any number of sessions."""

import atexit
import functools
import logging
import threading
import time
from collections.abc import Callable, Generator, Hashable
from pathlib import Path
from typing import Any

from hpviz.data import catalogue
from hpviz.data.audit import survey
from hpviz.data.progress import Progress
from hpviz.gate import current, named, refuse_changes
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.inspections import Finding, Sought
from hpviz.runs.pace import View, waiting, work_view
from hpviz.runs.tasks import find_weights
from hpviz.runs.work import Failed, checkpoint_of
from hpviz.spec import BadInput

log = logging.getLogger(__name__)

CLOSING_SECONDS = 2.0
HOLDS_IMAGES = ("prepare", "survey")  # the tasks whose results are, or have, a data set's memory maps

Work = Callable[[], Generator[Progress, None, Any]]


class Task:
    """One piece of work in a thread of its own. `view` while it goes on, then `result` or `error`, a sentence."""

    def __init__(self, work: Work) -> None:
        self.view: View = waiting("starting")
        self.result: Any = None
        self.error: str | None = None
        self.finished_at: float | None = None
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        threading.Thread(target=self._carry_out, args=(work,), name="hpviz-data", daemon=True).start()

    @property
    def was_cancelled(self) -> bool:
        return self._cancelled.is_set() and self.error is not None

    @property
    def is_done(self) -> bool:
        return self._ended.is_set()

    def cancel(self) -> None:
        """Stop at the next step; what was fetched so far stays for the next try."""
        self._cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Whether the work ended within that time."""
        return self._ended.wait(seconds)

    def _carry_out(self, work: Work) -> None:
        begun = time.monotonic()
        try:
            steps = work()
            while not self._cancelled.is_set():
                step = next(steps)
                self.view = work_view(step.what, step.done, step.total, begun)
            steps.close()
            self.error = "Cancelled; it goes on from there when you start it again."
        except StopIteration as end:
            self.result = end.value
        except (BadInput, Failed) as error:
            self.error = str(error)
        except Exception as error:
            log.exception("work on data failed")
            self.error = f"{type(error).__name__}: {error}"
        self.finished_at = time.monotonic()
        self._ended.set()


class Desk:
    """The tasks of a cache folder by name, so that two sessions that ask for the same share it."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self._tasks: dict[Hashable, Task] = {}
        self._lock = threading.Lock()

    def task(self, name: Hashable, work: Work, max_age: float = float("inf")) -> Task:
        """The task of that name, begun now if there is none or if it ended more than `max_age` seconds ago."""
        with self._lock:
            task = self._tasks.get(name)
            if task is None or (task.finished_at is not None and time.monotonic() - task.finished_at > max_age):
                task = self._tasks[name] = Task(work)
            return task

    def known(self, name: Hashable) -> Task | None:
        """The task of that name if it was ever begun."""
        return self._tasks.get(name)

    def forget(self, name: Hashable) -> None:
        """Let the task of that name be begun anew, if it has ended."""
        with self._lock:
            if name in self._tasks and self._tasks[name].is_done:
                del self._tasks[name]

    def close(self) -> None:
        """Let whatever is under way end at its next step, so that nothing is left half-made."""
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        until = time.monotonic() + CLOSING_SECONDS
        for task in tasks:
            task.wait(max(until - time.monotonic(), 0))

    def forget_images(self) -> None:
        """Let go of prepared images: a deleted file keeps its place on the disk for as long as a result maps it."""
        with self._lock:
            names = [name for name in self._tasks if isinstance(name, tuple) and name[0] in HOLDS_IMAGES]
        for name in names:
            self.forget(name)

    # What pages ask for

    def identify(self, source: catalogue.Source) -> Task:
        """Result: catalogue.Identity. Looked at anew after a while, for folders change.

        Where nothing can be remembered of a look, which is of every file, one look serves as long as the process lives.
        """
        name, age = ("identify", source.given), float("inf") if current().read_only else 10.0
        return self.task(name, lambda: catalogue.identify(source, self.cache), max_age=age)

    def prepare(self, source: catalogue.Source, image_size: int) -> Task:
        """Result: Prepared; the images are on disk at that size."""
        name = ("prepare", source.given, image_size)
        return self.task(name, lambda: catalogue.prepare(source, image_size, self.cache), max_age=10)

    def survey(self, source: catalogue.Source, image_size: int, fingerprint: str) -> Task:
        """Result: audit.Survey; the images are prepared at that size and were compared with each other."""
        name = survey_name(source, image_size, fingerprint)
        return self.task(name, lambda: survey(source, image_size, self.cache))

    def fetch(self, source: catalogue.Source) -> Task:
        """Result: None; the data set has been downloaded."""
        return self.task(("fetch", source.given), lambda: catalogue.fetch(source, self.cache), max_age=0)

    def weights(self, file: str | None) -> Task:
        """Result: (path, SHA-256) of a file of pretrained weights; None fetches torchvision's."""
        return self.task(("weights", file), lambda: find_weights(_file(file)), max_age=10)

    def find(self, sought: Sought) -> Task:
        """Result: a Finding, looked for only where it is not remembered. What failed before is begun anew."""
        before = self.finding(sought)
        if before is not None and before.error:
            self.forget(_finding(sought))
        return self.task(_finding(sought), lambda: sought.remembered(self.cache))

    def finding(self, sought: Sought) -> Task | None:
        """The task of `find` if it was ever begun."""
        return self.known(_finding(sought))

    def found(self, sought: Sought) -> Finding | None:
        """What this process or any before it found; None where that has yet to be done."""
        task = self.finding(sought)
        if task is not None and task.is_done and task.error is None:
            result: Finding = task.result
            return result
        return sought.known(self.cache)

    def can_inspect(self, run: Run) -> bool:
        """Whether the run has ended, not by diverging, and its checkpoint is on this machine."""
        ended = run["status"] not in (*ACTIVE, "diverged")
        return ended and any(checkpoint_of(run, self.cache).glob("*.pt"))


def _file(given: str | None) -> Path | None:
    """The file that a person named. Where pages only show, nobody names another than those that runs have."""
    if not given:
        return None
    refuse_changes()
    return named(given)


def _finding(sought: Sought) -> Hashable:
    return "find", sought.name


def survey_name(source: catalogue.Source, image_size: int, fingerprint: str) -> Hashable:
    """The name of the task that surveys these images; other images are another task."""
    return "survey", source.given, image_size, fingerprint


@functools.cache
def shared(cache: Path) -> Desk:
    """This process's one desk for a cache folder."""
    desk = Desk(cache)
    atexit.register(desk.close)
    return desk
