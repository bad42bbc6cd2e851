"""Work on many files spread over the cores: reading, hashing and decoding all release the interpreter lock."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 64  # items a task: enough to make its overhead vanish, few enough to stop within a second
THREADS = min(os.cpu_count() or 1, 16)


def in_order(work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[list[Result], None, None]:
    """`work` of every item, in order, in lists of up to BATCH; closing it drops what has not begun.

    Only a few batches are ahead of the reader, so that results never pile up in memory.
    """
    batches = (items[start : start + BATCH] for start in range(0, len(items), BATCH))
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="images")

    def task(batch: Sequence[Item]) -> list[Result]:
        return [work(item) for item in batch]

    try:
        ahead = deque(pool.submit(task, batch) for batch in islice(batches, 3 * THREADS))
        while ahead:
            yield ahead.popleft().result()
            ahead.extend(pool.submit(task, batch) for batch in islice(batches, 1))
    finally:
        pool.shutdown(cancel_futures=True)
