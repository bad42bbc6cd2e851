"""`python -m hpviz`: the command line."""

import os
import signal
import sys
import threading

from hpviz.interrupts import INTERRUPTED, in_order


def start() -> int:
    """The exit status of the command line; one that is interrupted while it still loads says so too."""
    with in_order():
        try:
            from hpviz.cli import main

            return main()
        except KeyboardInterrupt:
            if sys.stderr is not None:
                print("Interrupted before anything began.", file=sys.stderr, flush=True)
            return INTERRUPTED


if __name__ == "__main__":
    status = start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and stored: nothing is left to interrupt
    if (executor := sys.modules.get("hpviz.runs.executor")) is not None:
        executor.end_all()  # they would end by themselves, but nobody would have waited for them
    if threading.active_count() > 1:
        # A thread that is still inside a library would abort the process while the interpreter ends.
        os._exit(status)
    sys.exit(status)
