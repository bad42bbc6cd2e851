"""A process of its own that holds a runner and does with it what the state machine beside this file asks for.

Its work is instant and needs no PyTorch, but is laid out as the real thing: checkpoints with the rows so far in them,
saved before an epoch is told of, gone on from if they are sound. It waits at every moment at which it matters to be
killed, until it is let go. Every recording has a number of its own in all of its rows, and every row is its run's and
its epoch's, so that figures that were mixed, moved or made up are found out.
"""

import json
import logging
import multiprocessing
import os
import secrets
import threading
import time
import traceback
import zlib
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hpviz.confined import new_file, own_folder, read_file
from hpviz.runs import bundle, disk, worker
from hpviz.runs import runner as runners
from hpviz.runs.crew import Wish
from hpviz.runs.document import EpochRow, Run
from hpviz.runs.runner import Runner
from hpviz.runs.work import Place
from hpviz.spec import BadInput
from hpviz.training.checkpoint import DIGEST_BYTES, NEWEST, PARTIAL, PREVIOUS, sealed, settle, sync
from hpviz.training.events import Batch, Epoch, Event, Resumed
from tests.made_up import UPDATES, request, row

WAIT = 60.0
BUNDLES = 8


def figures(run_id: str, recording: int, epoch: int) -> EpochRow:
    """The row of an epoch, as only this recording of this run has it."""
    return row(epoch, test_loss=recording + epoch / 1024, weight_norm=float(zlib.crc32(run_id.encode())))


def recording_of(rows: list[EpochRow]) -> int | None:
    """The number of the recording that rows are of; None if there are none, or if they are no curve of one."""
    numbers = {int(each["test_loss"]) for each in rows}
    return numbers.pop() if len(numbers) == 1 else None


class Work:
    """Training that goes on only as far as it is let."""

    def __init__(self) -> None:
        self.holds, self.looks = False, 0
        self._tells = False
        self._may_pass, self._changed, self._open = 0, threading.Condition(), False

    def let_go(self, times: int) -> None:
        """Let it pass that many of the moments at which it waits, of which an epoch has two and its end one."""
        with self._changed:
            self._may_pass += times
            self.holds = self.holds and not self._may_pass
            self._changed.notify_all()

    def open(self) -> None:
        """Never wait again."""
        with self._changed:
            self._open, self.holds = True, False
            self._changed.notify_all()

    @property
    def is_at_beginning(self) -> bool:
        return self.holds and not self._tells

    def _passes(self, seconds: float) -> bool:
        with self._changed:
            if not (self._open or self._may_pass):
                self.holds = True
                self._changed.wait(seconds)
            if self._open or self._may_pass:
                self._may_pass = max(self._may_pass - 1, 0)
                self.holds = False
                return True
            return False

    def __call__(self, run: Run, cache: Path, place: Place) -> Iterator[Event]:
        try:
            folder = cache / "checkpoints" / run["id"]
            rows = _load(folder)
            if rows:
                yield Resumed(list(rows))
            recording = recording_of(rows) or secrets.randbelow(2**30) + 1
            while len(rows) < run["target"]:
                epoch = len(rows) + 1
                yield Batch(epoch, 1, UPDATES)
                while not self._passes(0.01):
                    self.looks += 1
                    yield Batch(epoch, 1, UPDATES)
                found = _load(folder)
                assert found in ([], rows), "another has trained this run meanwhile"
                rows.append(figures(run["id"], recording, epoch))
                _save(folder, rows)
                self._wait()
                yield Epoch(dict(rows[-1]))
                if len(rows) >= run["target"]:
                    self._wait()
            settle(folder)
        finally:
            self.holds = False

    def _wait(self) -> None:
        self._tells = True
        while not self._passes(WAIT):
            pass
        self._tells = False


def _load(folder: Path) -> list[EpochRow]:
    for name in (NEWEST, PREVIOUS):
        with suppress(OSError):
            content = read_file(folder / name)
            body = content[:-DIGEST_BYTES]
            if b"".join(sealed(body)) == content:
                rows: list[EpochRow] = json.loads(body)
                return rows
    return []


def _save(folder: Path, rows: list[EpochRow]) -> None:
    own_folder(folder)
    try:
        with new_file(folder / PARTIAL) as file:
            file.write(b"".join(sealed(json.dumps(rows).encode())))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        (folder / PARTIAL).unlink(missing_ok=True)
        raise
    if (folder / NEWEST).exists():
        (folder / NEWEST).replace(folder / PREVIOUS)
    (folder / PARTIAL).replace(folder / NEWEST)
    sync(folder)


class Light(Runner):
    """A runner that loads no PyTorch, and tells whether its worker has nothing left to do."""

    rests = True

    def _learn_machine(self) -> None:
        self._machine = {"device": "cpu", "name": "made up"}
        self._warm.set()

    def _next(self) -> Any:
        self.rests = True
        job = super()._next()
        self.rests = False
        return job

    def state(self) -> dict[str, Any]:
        with self._changed:
            return {
                "owner": self._owner.id,
                "queue": [entry["id"] for entry in self.queue()],
                "idle": not self._queue and not self._training and self.rests,
                "unsaved": bool(self._unsaved),
                "waits for the device": any("another" in job.view["text"] for job in self._queue),
            }


class Errors(logging.Handler):
    """What is logged as an error, which nobody should ever see but while the disk is full."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


class Hand:
    """What can be asked for, by name, with plain data."""

    def __init__(self, cache: Path) -> None:
        self.work = Work()
        self.runner = Light(cache, "cpu", self.work, Wish(jobs=1))

    def submit(self, seed: int, epochs: int, from_start: bool = False) -> str:
        given = request(epochs, seed=seed)
        return self.runner.submit(runners.Request(given.spec, given.epochs, given.inputs, from_start))

    def propose(self, slot: str, seed: int, epochs: int, rests: bool) -> str:
        """Move a slider. Where it does not rest, nothing is asked for before the next move."""
        answer = self.runner.propose(request(epochs, seed=seed), slot, 0.0 if rests else 10 * WAIT)
        until = time.monotonic() + WAIT
        while rests and self.runner.proposed(slot) is not None and time.monotonic() < until:
            time.sleep(0.001)
        self.runner.queue()  # which waits for the timer's thread to be done
        return answer

    def resume(self, run_id: str, from_start: bool) -> str:
        return self.runner.submit(self.runner.resumption(run_id, from_start=from_start))

    def stop(self, run_id: str) -> None:
        self.runner.stop(run_id)

    def delete(self, run_id: str) -> None:
        self.runner.delete(run_id)

    def free(self, run_ids: list[str]) -> int:
        return disk.free_checkpoints(self.runner.store, run_ids)

    def trim(self) -> None:
        disk.trim(self.runner.store, 0)

    def let_go(self, times: int) -> None:
        self.work.let_go(times)

    def open(self) -> None:
        self.work.open()

    def take_in(self, content: str) -> list[str]:
        return [run["id"] for run in self.runner.store.take_in(bundle.read(content.encode()))]

    def state(self) -> dict[str, Any]:
        """What it does once it has taken notice of what others ask for."""
        before, until = self.work.looks, time.monotonic() + 0.1
        # Not where it is about to tell of an epoch: nobody can stop it there.
        while self.work.is_at_beginning and self.work.looks < before + 3 and time.monotonic() < until:
            time.sleep(0.001)
        return {**self.runner.state(), "holds": self.work.holds}

    def runs(self) -> list[Run]:
        return self.runner.runs()

    def close(self) -> None:
        closing = threading.Thread(target=self.runner.close)
        closing.start()
        while not self.runner._closing:
            time.sleep(0.001)
        self.work.open()
        closing.join()


def live(pipe: Connection, cache: str) -> None:
    """Answer until the pipe is closed."""
    errors = Errors()
    logging.getLogger().addHandler(errors)
    runners.RETRY_SAVING_SECONDS, worker.STOP_POLL_SECONDS = 0.05, 0.0
    hand: Hand | None = None
    with suppress(EOFError):
        while True:
            name, given = pipe.recv()
            try:
                hand = hand or Hand(Path(cache))
                pipe.send(("done", getattr(hand, name)(**given), errors.seen))
            except (BadInput, OSError) as error:
                pipe.send(("refused", f"{type(error).__name__}: {error}", errors.seen))
            except Exception:
                pipe.send(("broke", traceback.format_exc(), errors.seen))
            errors.seen = []
    os._exit(0)


def context() -> Any:
    """Where such processes come from: each is forked from one that has hpviz loaded and nothing else."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.faults.hand"])
    return found
