"""Work on many items spread over the cores, by threads: NumPy, hashing and decoding release the interpreter lock."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

from hpviz.cores import usable, within_quota

Item = TypeVar("Item")
Result = TypeVar("Result")
Task = tuple[Sequence[Item], Future[list[Result]]]
Todo = SimpleQueue[Task[Item, Result] | None]
"""What is to be done, and None for each servant that may go."""

BATCH = 64  # items a task: enough to make its overhead vanish
MOST = 32  # threads or processes: beyond, one disk and one reader have enough
AHEAD = 3  # batches a servant, so that results never pile up in memory
SIGN_OF_LIFE = 0.2  # seconds
LAST_ITEM = 1.0  # seconds that a thread has for the item in its hands once the others are dropped


def cores() -> int:
    """How many things at once are worth doing here: affinity and a container's quota counted, at most MOST."""
    return min(within_quota(len(usable())), MOST)


def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], batch: int = BATCH, threads: int | None = None
) -> Generator[list[Result], None, None]:
    """`work` of every item, in order, in lists of up to `batch`, one thread a core unless told otherwise.

    An empty list is a sign of life: nothing is done yet. Closing it drops what has not begun.
    """
    stopped = threading.Event()

    def serve(todo: Todo[Item, Result]) -> None:
        while (task := todo.get()) is not None:
            mine, outcome = task
            results = []
            try:
                for item in mine:
                    if stopped.is_set():
                        return
                    results.append(work(item))
            except BaseException as error:
                outcome.set_exception(error)
            else:
                outcome.set_result(results)

    yield from served(items, batch, [serve] * (threads or cores()), stopped.set)


def served(
    items: Sequence[Item],
    batch: int,
    serves: Sequence[Callable[[Todo[Item, Result]], None]],
    stop: Callable[[], None],
) -> Generator[list[Result], None, None]:
    """What each of `serves`, in a thread of its own, makes of its batches, in order; `stop` makes them leave.

    The threads are daemons of our own, because Python joins those of a ThreadPoolExecutor when it ends, after every
    item that waits: a server that was told to stop would go on for as long as that takes.
    """
    batches = (items[start : start + batch] for start in range(0, len(items), batch))
    todo: Todo[Item, Result] = SimpleQueue()

    def submit(mine: Sequence[Item]) -> Future[list[Result]]:
        outcome: Future[list[Result]] = Future()
        todo.put((mine, outcome))
        return outcome

    servants = [threading.Thread(target=serve, args=(todo,), name="hpviz-images", daemon=True) for serve in serves]
    for servant in servants:
        servant.start()
    try:
        ahead = deque(map(submit, islice(batches, AHEAD * len(servants))))
        while ahead:
            with suppress(TimeoutError):
                ahead[0].exception(SIGN_OF_LIFE)
            if not ahead[0].done():
                yield []
                continue
            yield ahead.popleft().result()
            ahead.extend(map(submit, islice(batches, 1)))
    finally:
        stop()
        for _ in servants:
            todo.put(None)
        until = time.monotonic() + LAST_ITEM
        for servant in servants:
            servant.join(max(until - time.monotonic(), 0))
