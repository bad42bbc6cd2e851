"""Work on many items spread over the cores: reading, hashing, decoding and NumPy all release the interpreter lock."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 64  # items a task: enough to make its overhead vanish
THREADS = min(os.cpu_count() or 1, 16)
SIGN_OF_LIFE = 0.2  # seconds
LAST_ITEM = 1.0  # seconds that a thread has for the item in its hands once the others are dropped


def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], batch: int = BATCH, threads: int = THREADS
) -> Generator[list[Result], None, None]:
    """`work` of every item, in order, in lists of up to `batch`; closing it drops what has not begun.

    An empty list is a sign of life: nothing is done yet. Only a few batches are ahead of the reader, so that results
    never pile up in memory. The threads are daemons of our own, because Python joins those of a ThreadPoolExecutor
    when it ends, after every item that waits: a server that was told to stop would go on for as long as that takes.
    """
    batches = (items[start : start + batch] for start in range(0, len(items), batch))
    todo: SimpleQueue[tuple[Sequence[Item], Future[list[Result]]] | None] = SimpleQueue()
    stopped = threading.Event()

    def serve() -> None:
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

    def submit(mine: Sequence[Item]) -> Future[list[Result]]:
        outcome: Future[list[Result]] = Future()
        todo.put((mine, outcome))
        return outcome

    servants = [threading.Thread(target=serve, name="hpviz-images", daemon=True) for _ in range(threads)]
    for servant in servants:
        servant.start()
    try:
        ahead = deque(map(submit, islice(batches, 3 * threads)))
        while ahead:
            with suppress(TimeoutError):
                ahead[0].exception(SIGN_OF_LIFE)
            if not ahead[0].done():
                yield []
                continue
            yield ahead.popleft().result()
            ahead.extend(map(submit, islice(batches, 1)))
    finally:
        stopped.set()
        for _ in servants:
            todo.put(None)
        until = time.monotonic() + LAST_ITEM
        for servant in servants:
            servant.join(max(until - time.monotonic(), 0))
