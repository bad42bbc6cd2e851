"""How a module of ours is run in a process of its own, whatever this one's main script, folder and system are."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO


def command_of(module: str, *arguments: str) -> list[str]:
    """The command; nothing is imported from the folder that it is given in."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**variables: str) -> dict[str, str]:
    """That of this process, in which ours is the hpviz that is found; `variables` stand where it has none."""
    package = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**variables, **os.environ, "PYTHONPATH": path}


def apart() -> int:
    """How Windows is to start a process that works for this one: Popen's `creationflags`; 0 elsewhere.

    Ctrl-C there reaches every process of a console, so it gets none of it. And it would open a console, a window, where
    this one has none; a log that is no console is handed on without one.
    """
    if sys.platform != "win32":
        return 0
    import subprocess

    has_console = sys.stderr is not None and sys.stderr.isatty()
    return subprocess.CREATE_NEW_PROCESS_GROUP | (0 if has_console else subprocess.CREATE_NO_WINDOW)


def how_ended(code: int, more: str = "") -> str:
    """What became of a process, by what Popen says of it: "was killed (signal 9)", "ended (exit status 1)".

    Windows knows no signals, and writes the reasons of its own in hexadecimal digits.
    """
    return (
        f"was killed (signal {-code})" if code < 0 else f"ended (exit status {code if code < 256 else hex(code)}{more})"
    )


def take_line() -> tuple[IO[bytes], IO[bytes]]:
    """The standard input and output that this process was started with, from now on nobody's but the caller's.

    What anything else here prints goes where errors go, and what it reads has ended. On Windows the first import of
    NumPy looks at standard input and would wait as long as a thread of ours reads there (numpy/numpy#24290): forever.
    """
    told, to_tell = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return told, to_tell


def give_way(steps: int, at_most: int = 19) -> None:
    """Let other programs go first: so many steps nicer than now, up to that niceness; on Windows, below normal."""
    if sys.platform == "win32":
        import psutil  # which takes as long to load as most of what a short-lived process needs

        with suppress(OSError, psutil.Error):
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        with suppress(OSError):
            os.nice(max(0, min(steps, at_most - os.nice(0))))
