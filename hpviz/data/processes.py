"""Work on many items spread over the cores, by processes: threads share one interpreter, and drawing a scene or
decoding a small photo is half Python.

The processes are not those of `multiprocessing`: it starts the main script again in each of them, which is Streamlit's
server where pages are shown, and a process that is killed leaves its pool waiting forever.
"""

import pickle
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING, Any

from hpviz.data import threads
from hpviz.data.threads import BATCH, Item, Result, Todo
from hpviz.own_process import apart, command_of, environment, how_ended

if TYPE_CHECKING:
    from hpviz.spec import BadInput

# Items below which threads do the work: a process takes a tenth of a second of a core until it can begin.
ENOUGH = 1_000
IN_HAND = 2  # batches that a process holds, so that it need not wait until the next one is sent
# There is a process a core: where NumPy's libraries started a thread a core in each, those would wait for each other.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], batch: int = BATCH, enough: int | None = None
) -> Generator[list[Result], None, None]:
    """As `threads.in_order`, in one process a core if there are `enough` items (ENOUGH). Closing it ends them at once.

    `work`, which is sent once to each, and the results have to be picklable. Raises BadInput, with one sentence, if
    one of the processes is killed.
    """
    count = min(threads.cores(), -(-len(items) // batch))
    if count < 2 or len(items) < (ENOUGH if enough is None else enough):
        yield from threads.in_order(work, items, batch)
        return
    processes: list[Process] = []
    stopped = threading.Event()
    try:
        processes += (Process() for _ in range(count))

        def stop() -> None:
            stopped.set()
            for process in processes:
                process.kill()

        yield from threads.served(items, batch, [partial(_serve, each, work, stopped) for each in processes], stop)
    finally:
        for process in processes:
            process.end()


def _serve(process: "Process", work: Callable[[Item], Result], stopped: threading.Event, todo: Todo[Any, Any]) -> None:
    """Send a process its batches and collect what it makes of them."""
    in_hand: deque[Future[list[Result]]] = deque()
    process.send(work)
    more = True
    while more or in_hand:
        while more and len(in_hand) < IN_HAND:
            try:
                task = todo.get(block=not in_hand)
            except Empty:
                break
            if task is None:
                more = False
                break
            process.send(task[0])
            in_hand.append(task[1])
        if in_hand:
            try:
                outcome = process.receive()
            except EOFError:
                if not stopped.is_set():
                    _fail(in_hand, process.death())
                return
            if isinstance(outcome, BaseException):
                in_hand.popleft().set_exception(outcome)
            else:
                in_hand.popleft().set_result(outcome)


def _fail(outcomes: "deque[Future[Any]]", error: Exception) -> None:
    for outcome in outcomes:
        outcome.set_exception(error)


class Process:
    """A process that does one kind of work on one batch after the other; the end of its input is its end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
            command_of("hpviz.data.pool_process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(**ONE_THREAD),
            creationflags=apart(),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, told: Any) -> None:
        """Whatever it is; where the process has died, `receive` says so."""
        with suppress(OSError, ValueError):
            pickle.dump(told, self._process.stdin, pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def receive(self) -> Any:
        """What it made of the oldest batch that was sent, or what went wrong. Raises EOFError if it has died."""
        try:
            return pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301 - our own code wrote it
        except (OSError, ValueError, pickle.UnpicklingError) as error:
            raise EOFError from error

    def death(self) -> "BadInput":
        """How it died, in a sentence."""
        from hpviz.spec import BadInput  # which no process needs that only works

        how = how_ended(self._process.wait(), "; the log says why")
        return BadInput(
            f"A process that worked on the images {how}, as happens where memory is short: begin again, with less "
            "open beside it."
        )

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Kill it, wait until it is gone, and let go of its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what could not be sent to it any more
                pipe.close()  # type: ignore[union-attr]
