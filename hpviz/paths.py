"""Paths as people give them: typed, pasted, dragged into a terminal, or left in an environment variable.

A path that exists just as it was given is always taken so. Only what leads nowhere is cleaned, one step after the
other, until something is there.
"""

import os
import re
import shlex
import socket
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from hpviz.spec import BadInput

QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "„": "“", "«": "»", "<": ">"}
HERE = ("", "localhost", "127.0.0.1")  # hosts of an address that mean this machine
SHOWN = 200  # characters of a path that a sentence repeats

# Windows' dialog of a file's properties puts the first before a path that is copied from it; none of them can be seen.
UNSEEN = "\u202a\u202c\u200e\u200f\ufeff"

_ADDRESS = re.compile(r"[A-Za-z][\w+.-]+://")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\[\w?.]|%\w+%\\|\$env:\w", re.IGNORECASE)
_DRIVE = re.compile(r"/([A-Za-z]:(/|$))")
_VARIABLE = re.compile(r"\$(\w+|\{\w+\})(?=/|$)")
_WINDOWS_VARIABLE = re.compile(r"(?:%(\w+)%|\$env:(\w+)|\$(\w+))(?=[\\/]|$)", re.IGNORECASE)
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


def read_path(given: str) -> Path:
    """The path that was meant; it need not exist.

    Blanks around it, quotes, `file://`, a terminal's backslashes, `~`, `$HOME` (on Windows also `%USERPROFILE%`) at
    its beginning and the escapes of `spelled` are understood. Raises BadInput, in a sentence, for what can be no path
    of this machine.
    """
    path = given
    for clean in CLEANING:
        path = clean(path)
        if os.path.lexists(path):
            break
    if not path or path.isspace():
        raise BadInput("No path was given.")
    if "\0" in path:
        raise BadInput(f"{quoted(given)} holds a null character, which no path can.")
    return Path(path)


def absolute(path: Path) -> Path:
    """The same path from the root on, its links followed. Raises BadInput if that cannot be said."""
    try:
        return path.resolve()
    except FileNotFoundError:
        raise BadInput("The folder you are in was deleted: change to another, or give the whole path.") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{quoted(path)} cannot be used ({reason(error)}).") from None


def spelled(path: str | Path) -> str:
    """A path as text that can be shown, stored and sent, whatever bytes it is made of; `read_path` reads it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def quoted(path: str | Path) -> str:
    """A path for a sentence: in quotes, without anything that could steer a terminal, its middle left out if long."""
    try:
        text = spelled(path)
    except UnicodeEncodeError:  # half of a surrogate pair, which is no file name anywhere
        text = str(path)
    if len(text) > SHOWN:
        text = f"{text[: SHOWN // 2]}…{text[-SHOWN // 2 :]}"
    return "'" + "".join(each if each.isprintable() else repr(each)[1:-1] for each in text) + "'"


def reason(error: BaseException) -> str:
    """Why the system refused, in its own words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def nature(path: Path) -> str | None:
    """What lies at a path: "file", "folder", "pipe", "device" or "socket"; None if nothing does.

    Links are followed. Raises BadInput, in a sentence, if it cannot be told: permissions, a circle of links, a name
    that is too long.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise BadInput(f"{quoted(path)} cannot be used ({reason(error)}).") from None
    return _nature(mode)


def demand_folder(path: Path, what: str) -> None:
    """Raise BadInput, in a sentence, if something other than a folder lies at a path; nothing at all may.

    `what` is what the folder is for: "cache".
    """
    found = nature(path)
    if found not in ("folder", None):
        raise BadInput(f"{quoted(path)} is a {found}, not a folder: give another for the {what}.")


def read_whole(path: Path, most: int, refusal: str) -> bytes:
    """The content of a file of at most `most` bytes.

    Raises BadInput for anything but a readable file: a pipe or a device would never end, so neither is waited for nor
    read. `refusal` is the sentence, with room for `{path}` and `{why}`.
    """

    def refused(why: str) -> BadInput:
        return BadInput(refusal.format(path=quoted(path), why=why))

    if (found := nature(path)) not in ("file", None):
        raise refused(f"it is a {found}")
    try:
        # Between that look and this opening a pipe may have come: without O_NONBLOCK it would be waited for.
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            about = os.fstat(file.fileno())
            if (found := _nature(about.st_mode)) != "file":
                raise refused(f"it is a {found}")
            if about.st_size > most:
                raise refused(f"it has {about.st_size / 1e6:,.1f} MB; at most {most / 1e6:,.0f} MB are taken in")
            content = file.read(most + 1)
    except OSError as error:
        raise refused(reason(error)) from None
    if content is None or len(content) > most:  # a file of the kernel's: it has nothing to say now, or no end
        raise refused("it has no end")
    return content


def _nature(mode: int) -> str:
    kinds: tuple[tuple[Callable[[int], bool], str], ...] = (
        (stat.S_ISREG, "file"),
        (stat.S_ISDIR, "folder"),
        (stat.S_ISFIFO, "pipe"),
        (stat.S_ISSOCK, "socket"),
    )
    return next((name for fits, name in kinds if fits(mode)), "device")


def _as_bytes(path: str) -> str:
    """As Python names files, which under an ASCII locale is not as text that was stored or pasted."""
    try:
        return os.fsdecode(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise BadInput(f"{quoted(path)} is no path.") from None


def _stripped(path: str) -> str:
    """Without blanks around it, nor what nobody sees."""
    return path.strip().strip(UNSEEN).strip()


def _unquoted(path: str) -> str:
    """Without quotes around it; a terminal's `'it'\\''s'` is it's."""
    if sys.platform == "win32":
        # No name has a double quote there. A command line takes "C:\\My photos\\" for one that is never closed.
        path = path.strip('"')
    elif path[:1] in ("'", '"'):
        with suppress(ValueError):
            if len(words := shlex.split(path)) == 1:
                return words[0]
    return path[1:-1] if len(path) > 1 and QUOTES.get(path[0]) == path[-1] else path


def _out_of_url(path: str) -> str:
    if not path.lower().startswith("file:"):
        if _ADDRESS.match(path):
            raise BadInput(f"{quoted(path)} is an address, not a path: fetch what lies there first.")
        return path
    try:
        url = urlsplit(path.replace("?", "%3F").replace("#", "%23"))
        host = (url.hostname or "").lower()
    except ValueError:
        raise BadInput(f"{quoted(path)} is no address of a file.") from None
    named = os.fsdecode(unquote_to_bytes(os.fsencode(url.path)))
    if _DRIVE.fullmatch(f"/{url.netloc}"):  # file://C:/photos, with a stroke too few
        host, named = "", f"/{url.netloc}{named}"
    if sys.platform == "win32":
        elsewhere = "" if host in HERE else f"\\\\{host}"  # a share of another machine is a path there
        return elsewhere + _DRIVE.sub(r"\1", named).replace("/", "\\")
    if host not in (*HERE, socket.gethostname().lower()):
        raise BadInput(f"{quoted(path)} lies on another machine: give a path of this one.")
    if drive := _DRIVE.match(named):
        return _out_of_windows(named[drive.start(1) :])
    return named


def _out_of_windows(path: str) -> str:
    if sys.platform != "win32" and _WINDOWS.match(path):
        raise BadInput(
            f"{quoted(path)} is a path of Windows, and this machine's begin with /: "
            "under WSL, drive C: is the folder /mnt/c."
        )
    return path


def _unescaped(path: str) -> str:
    """Terminals put a backslash before a blank when a file is dropped on them."""
    return path if sys.platform == "win32" else re.sub(r"\\([^\w])", r"\1", path)


def _at_home(path: str) -> str:
    """With the folder that `~`, `~name` or a variable stands for at the beginning.

    Raises BadInput for one that stands for nothing: it would become a folder of that name wherever one happens to be.
    """
    variable = (_WINDOWS_VARIABLE if sys.platform == "win32" else _VARIABLE).match(path)
    if variable:
        name = next(filter(None, variable.groups())).strip("{}")
        path = os.environ.get(name, variable[0]) + path[variable.end() :]
    path = os.path.expanduser(path)
    first, *rest = re.split(r"[\\/]" if sys.platform == "win32" else "/", path, maxsplit=1)
    stands_for_nothing = first[:1] in ("~", "$") or (sys.platform == "win32" and first[:1] == "%")
    if stands_for_nothing and (rest or first == "~") and not os.path.lexists(first):
        raise BadInput(f"{quoted(path)} begins with {first}, which stands for no folder here.")
    return path


def _unspelled(path: str) -> str:
    """With the bytes that `spelled` had to escape, if that leads anywhere."""
    raw = _BYTE.sub(lambda byte: bytes.fromhex(byte[1].decode()), os.fsencode(path))
    return os.fsdecode(raw) if b"\0" not in raw and os.path.lexists(raw) else path


# In this order: within quotes may be an address, within an address are no backslashes of a terminal.
CLEANING: tuple[Callable[[str], str], ...] = (
    _as_bytes,
    _stripped,
    _unquoted,
    _stripped,
    _out_of_url,
    _out_of_windows,
    _unescaped,
    _at_home,
    _unspelled,
)
