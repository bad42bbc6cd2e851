"""What tests have processes do; it is imported there, so it imports little."""

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path


def doubled(number: int) -> tuple[int, int]:
    """Twice the number, and the process that says so."""
    return 2 * number, os.getpid()


def killed_at(last: int, number: int) -> int:
    """The number, but the process that gets `last` is killed."""
    if number == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def missing_at(last: int, number: int) -> int:
    """The number; instead of `last`, the error of a file that is not there."""
    if number == last:
        Path(f"/nowhere/{number}").stat()
    return number


def for_ever(folder: Path, number: int) -> None:
    """Leave a file that is named after this process, and never come back."""
    (folder / str(os.getpid())).touch()
    threading.Event().wait()


def begin(folder: Path) -> None:
    """Let two processes work for ever, as a parent that can be killed."""
    from hpviz.data import processes, threads

    threads.cores = lambda: 2
    for _ in processes.in_order(partial(for_ever, folder), range(4), batch=1, enough=0):
        pass


def what_is_read(number: int) -> str:
    """What comes from standard input."""
    return sys.stdin.read()


def printed(number: int) -> int:
    """The number, after it was printed."""
    print(number, flush=True)
    return number
