"""What a data set is called where others read it: in links, pictures, tables, bundles and commands.

Its images are told by their fingerprint. A data set known by name has that; a folder has its own name, but never where
it lies, and not even its name where that is somebody's: a home folder, a login name, an address of mail, a drive.
"""

import os
import re
from contextlib import suppress
from functools import cache
from getpass import getuser
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

DIGITS = 12  # of a fingerprint, as addresses have it
# Below these lie the folders of people, one each.
HOMES = frozenset({"home", "users", "documents and settings"})
_URL = re.compile(r"[A-Za-z][\w+.-]+://[^/]*")
_DRIVE = re.compile(r"[A-Za-z]:")
# How a path begins: at a root, a drive, a server, somebody's home, a variable or where one is. Other names may hold a
# stroke and be none.
_PATH = re.compile(r"[/\\~$%]|[A-Za-z]:[/\\]|\.{0,2}[/\\]|\.{1,2}$")


def public_name(name: str, fingerprint: str, path: str = "") -> str:
    """The folder's own name, or “images 1a2b3c4d5e6f” where that is not harmless.

    `name` is a run's label of its images, which in old stores and from elsewhere may be a whole path of any system;
    `path` is where they lie, if that is known.
    """
    parts = _parts(path if len(_parts(path)) > 1 and _parts(path)[-1:] == _parts(name)[-1:] else name)
    return parts[-1] if parts and _is_harmless(parts) else f"images {fingerprint[:DIGITS]}"


def _parts(path: str) -> list[str]:
    """The names in a path of any system, without its root, its drive and its server; of any other name that itself."""
    if found := _URL.match(path):
        path = unquote(path[found.end() :]) or "/"
    if not _PATH.match(path):
        return [path] if path.strip(" ") else []
    given = PureWindowsPath(path)
    return [part for part in given.parts[bool(given.anchor) :] if part.strip(" .")]


def _is_harmless(parts: list[str]) -> bool:
    name, above = parts[-1], [part.casefold() for part in parts[:-1]]
    if "@" in name or name.startswith("~") or _DRIVE.fullmatch(name):
        return False
    if above and above[-1] in HOMES:
        return False
    words = set(re.split(r"[\W_]+", name.casefold()))
    return not any(set(re.split(r"[\W_]+", owner)) <= words for owner in _owners())


@cache
def _owners() -> frozenset[str]:
    """Names of whoever runs this, as folders have them; without those that are nobody's."""
    found = {os.environ.get("USER", ""), os.environ.get("USERNAME", "")}
    with suppress(RuntimeError):  # no home
        found.add(Path.home().name)
    with suppress(OSError, KeyError, ImportError):  # no such user: a container run under a number, a service of Windows
        found.add(getuser())
    return frozenset(name.casefold() for name in found if name.strip())
