"""`python -m hpviz`, and `hpviz` where it is installed: the command line."""

import os
import signal
import sys
import threading
from collections.abc import Sequence

from hpviz.interrupts import INTERRUPTED, in_order


def start(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command line; one that is interrupted while it still loads says so too."""
    with in_order():
        try:
            from hpviz.cli import main

            return main(arguments)
        except KeyboardInterrupt:
            if sys.stderr is not None:
                print("Interrupted before anything began.", file=sys.stderr, flush=True)
            return INTERRUPTED


def run(arguments: Sequence[str] | None = None) -> int:
    """The same, for a process that does nothing else: nothing is left to end when this returns, if it does."""
    status = start(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and stored: nothing is left to interrupt
    if (executor := sys.modules.get("hpviz.runs.executor")) is not None:
        executor.end_all()  # they would end by themselves, but nobody would have waited for them
    if threading.active_count() > 1:
        # A thread that is still inside a library would abort the process while the interpreter ends.
        os._exit(status)
    return status


def command() -> int:
    """The installed command: alone, or with nothing but options of that verb, it opens the app."""
    given = sys.argv[1:]
    opens_app = not given or given[0].partition("=")[0] in ("--cache", "--ray")
    return run(["app", *given] if opens_app else given)


if __name__ == "__main__":
    sys.exit(run())
