"""A Python as poor as those of Windows and macOS are, for our own code, in every process that finds this file.

Python imports a module of this name at its start. It hides from `hpviz` what those systems lack, and from all programs
what none of them need: to the rest of the libraries this stays Linux. Below the folder FOREIGN it refuses what Windows
does: to move or remove what any process has open, and names that no file can have there.
"""

import builtins
import errno
import fcntl
import io
import os
import re
import sys
from pathlib import PurePath

OF_LINUX = ("/proc", "/sys", "/dev/shm")
MISSING = {"fcntl", "resource", "pwd", "grp", "termios"}
LACKING = ("sched_getaffinity", "sched_setaffinity", "getpriority", "setpriority", "getloadavg", "mkfifo")
FLAGS = ("O_DIRECTORY", "O_NOFOLLOW")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
IMPOSSIBLE = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')
PLACE = os.environ["FOREIGN"]

for name in LACKING:
    delattr(os, name)


def asked_by_us() -> bool:
    """Whether it is our own code that calls, through the standard library at most."""
    frame = sys._getframe(2)
    for _ in range(8):
        if frame is None:
            return False
        top = frame.f_globals.get("__name__", "").partition(".")[0]
        if top == "hpviz":
            return True
        if top not in ("pathlib", "genericpath", "posixpath", "shutil", "tempfile", "io", "os", "sitecustomize"):
            return False
        frame = frame.f_back
    return False


def text_of(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""


def hides(function, names_what_it_makes=lambda *_: False):
    """The function, for which there is no /proc where we ask, and no impossible name."""

    def seen(path, *arguments, **options):
        text = text_of(path)
        if text.startswith(OF_LINUX) and asked_by_us():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), text)
        if text.startswith(PLACE) and names_what_it_makes(*arguments, *options.values()):
            demand_name(text)
        return function(path, *arguments, **options)

    return seen


def demand_name(text: str) -> None:
    for part in PurePath(text).relative_to(PLACE).parts:
        if IMPOSSIBLE.search(part) or RESERVED.fullmatch(part):
            raise OSError(errno.EINVAL, "no name for a file of Windows", text)


def demand_closed(text: str) -> None:
    """Raise PermissionError, as Windows does, if any process has that file open, or a file below that folder."""
    for process in os.scandir("/proc"):
        if not process.name.isdecimal():
            continue
        try:
            files = [os.readlink(each) for each in os.scandir(f"{process.path}/fd")]
        except OSError:
            continue
        if any(each == text or each.startswith(f"{text}/") for each in files):
            error = PermissionError(errno.EACCES, "open in another process", text)
            error.winerror = 32
            raise error


def moves(function):
    """The function, refused for what is open; of an exchange, either file may be."""

    def refused(*arguments, **options):
        for text in map(text_of, arguments):
            if text.startswith(PLACE):
                demand_closed(os.path.realpath(text))
        for text in map(text_of, arguments[1:]):
            if text.startswith(PLACE):
                demand_name(text)
        return function(*arguments, **options)

    return refused


def fsync(descriptor, real=os.fsync):
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "opened for reading only")
    real(descriptor)


def import_as_elsewhere(name, globals=None, *arguments, real=builtins.__import__, **options):
    if name in MISSING and (globals or {}).get("__name__", "").partition(".")[0] == "hpviz":
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return real(name, globals, *arguments, **options)


os.fsync = fsync
os.stat = hides(os.stat)
os.open = hides(os.open, lambda flags=0, *_: flags & os.O_CREAT)
io.open = builtins.open = hides(io.open, lambda mode="r", *_: isinstance(mode, str) and set(mode) & set("wax"))
os.mkdir = hides(os.mkdir, lambda *_: True)
os.replace, os.rename, os.unlink, os.remove = map(moves, (os.replace, os.rename, os.unlink, os.remove))
builtins.__import__ = import_as_elsewhere
for name in FLAGS:  # what the standard library has taken already it keeps
    delattr(os, name)
