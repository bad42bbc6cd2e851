"""One at a time: a lock between processes that lets the one who waits say so, and give up."""

from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hpviz.data.progress import Progress
from hpviz.gate import refuse_changes

PATIENCE = 0.2  # seconds between two signs of life


def turn(path: Path) -> Generator[Progress, None, AbstractContextManager[Any]]:
    """Wait for the lock file `path`; the result releases it on leaving: `with (yield from turn(path)): …`.

    The kernel releases the lock of a process that dies. Raises OSError if the file cannot be made, and ReadOnly, which
    is one, where pages only show: nobody locks but to write.
    """
    refuse_changes()
    path.parent.mkdir(parents=True, exist_ok=True)
    # A generator may be begun in one thread and closed in another, so the lock must not belong to a thread.
    lock = FileLock(path, thread_local=False)
    while True:
        try:
            return lock.acquire(timeout=PATIENCE)
        except Timeout:
            yield Progress("waiting for another process that is doing the same", 0, 0)
