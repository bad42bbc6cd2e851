"""Ctrl-C, a `kill` and a closed terminal: the first ends what is under way in order, and no further one disturbs it.

An impatient second Ctrl-C would otherwise fall into the midst of the ending: a traceback, and a store left open.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from hpviz.installation import PROGRAM

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
PATIENCE = 3  # so many signals end the process at once, whatever it is doing; what the store holds is kept
INTERRUPTED = 130  # the exit status
SENTENCE = f"Interrupted; every finished epoch is kept, `{PROGRAM} resume` goes on."


@dataclass
class Interrupts:
    """How many of those signals have come."""

    seen: int = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.seen += 1
        if self.seen == 1:
            raise KeyboardInterrupt
        if self.seen >= PATIENCE:
            os._exit(INTERRUPTED)


@contextmanager
def in_order() -> Iterator[Interrupts]:
    """While this lasts, only the first signal is a KeyboardInterrupt. Within another such context nothing changes."""
    current = signal.getsignal(signal.SIGINT)
    if isinstance(current, Interrupts) or threading.current_thread() is not threading.main_thread():
        yield current if isinstance(current, Interrupts) else Interrupts()
        return
    interrupts = Interrupts()
    # What is ignored stays so: nohup ignores SIGHUP, and shells SIGINT for what runs in the background.
    taken = {number: signal.getsignal(number) for number in SIGNALS}
    taken = {number: handler for number, handler in taken.items() if handler is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, interrupts)
    try:
        yield interrupts
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
