"""Every file below a folder, found without following a link to where nobody allowed it to lead."""

import os
import stat
import sys
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hpviz.data.follow_links import is_never_followed, is_of_the_system, within
from hpviz.data.progress import Progress
from hpviz.spec import BadInput

# Pictures by their names in every version so far; others are pictures if a decoder reads what is inside.
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
# What Windows and macOS leave in folders and archives, and on drives, deleted pictures among it.
LEFT_BY_SYSTEMS = {
    ".ds_store",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
    "$recycle.bin",
    "system volume information",
}
MAX_FILES = 2_000_000  # of any kind: beyond, the path is more likely a mistake than a data set
LOOK = 2_000  # files between two signs of life

Skipped = tuple[tuple[str, str], ...]
"""(name, reason) of files that were left out."""


@dataclass(eq=False, slots=True)  # each its own key: hashing the fields of thousands takes longer than finding them
class File:
    """A file: its parts below the folder, where to open it, its size in bytes, its mtime in ns, and if it is a link."""

    parts: tuple[str, ...]
    path: str
    size: int
    mtime_ns: int
    linked: bool = False
    key: str = field(init=False)
    """What it is remembered by, until it changes."""
    has_picture_name: bool = field(init=False)

    def __post_init__(self) -> None:
        place = f"|{self.path}" if self.linked else ""
        self.key = f"{'/'.join(self.parts)}|{self.size}|{self.mtime_ns}{place}"
        self.has_picture_name = self.parts[-1].lower().endswith(SUFFIXES)


@dataclass(eq=False, slots=True)
class Closed:
    """A link that was not followed or a folder that cannot be read.

    Its parts below the folder, where it leads (empty: nowhere), whether that is a folder, and why not.
    """

    parts: tuple[str, ...]
    target: str
    to_folder: bool
    why: str


@dataclass
class Found:
    """The files below a folder, what was skipped, with the reason, what of that may hide images, and hidden names."""

    files: list[File] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    hidden: int = 0


Place = tuple[tuple[str, ...], tuple[str, ...], bool]
"""A folder to look into: its parts, the real paths of it and of those around it, and whether a link led there."""


def find_files(folder: Path, followed: Sequence[str]) -> Generator[Progress, None, Found]:
    """All that lies below `folder`; what is hidden or left by a system is only counted.

    Links are followed inside the folder and into the folders `followed`, all others are skipped and listed. Raises
    BadInput if there are far too many files for a data set, or for a place of the system.
    """
    root = os.path.realpath(folder)
    if is_of_the_system(root):
        raise BadInput(f"{str(folder)!r} is a place of the system: give the folder of the images itself.")
    found = Found()
    allowed, seen, visited = (root, *followed), 0, {root}
    places: list[Place] = [((), (root,), False)]
    while places:
        parts, around, linked = places.pop()
        try:
            with os.scandir(around[-1]) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            why = f"is a folder that cannot be read ({error.strerror})"
            found.skipped.append((shown(parts), why))
            if parts:
                found.closed.append(Closed(parts, "", True, why))
            continue
        deeper: list[Place] = []
        for entry in inside:
            if is_hidden(entry.name):
                found.hidden += 1
                continue
            outcome = _look_at(entry, parts, around, linked, allowed, visited)
            if isinstance(outcome, File):
                found.files.append(outcome)
            elif isinstance(outcome, tuple):
                visited.add(outcome[1][-1])
                deeper.append(outcome)
            else:
                if isinstance(outcome, Closed):
                    found.closed.append(outcome)
                    outcome = outcome.why
                found.skipped.append((shown((*parts, entry.name)), outcome))
        places += reversed(deeper)
        before, seen = seen, seen + len(inside)
        if seen // LOOK > before // LOOK:
            yield Progress("looking through the folder", seen, 0)
        if seen > MAX_FILES:
            raise BadInput(
                f"{str(folder)!r} holds more than {MAX_FILES:,} files: give the folder of the images itself."
            )
    return found


OUT, OUT_TO_FOLDER = "is a link that leads out of the folder", "is a link to a folder elsewhere, which is not followed"
TO_NOTHING = "is a link that leads to nothing"
NEVER = "is a link to a place that is never followed"


def _look_at(
    entry: os.DirEntry[str],
    parts: tuple[str, ...],
    around: tuple[str, ...],
    linked: bool,
    allowed: Sequence[str],
    visited: set[str],
) -> File | Place | Closed | str:
    """What an entry is, or why it is skipped."""
    parts = (*parts, entry.name)
    path, is_link = os.path.join(around[-1], entry.name), _is_link(entry)
    try:
        about = os.stat(path)
    except FileNotFoundError:
        looks_like_a_file = entry.name.lower().endswith(SUFFIXES)
        return Closed(parts, "", not looks_like_a_file, TO_NOTHING) if is_link else "is no longer there"
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', error)})"
    to_folder = stat.S_ISDIR(about.st_mode)
    if not to_folder and not stat.S_ISREG(about.st_mode):
        return "is not a file"
    if is_link:
        path = os.path.realpath(path)
        if not any(within(path, place) for place in allowed):
            out = OUT_TO_FOLDER if to_folder else OUT
            return Closed(parts, path, to_folder, NEVER if is_never_followed(path) else out)
        if to_folder and path in around:
            return "is a link back to a folder that it lies in"
        if to_folder and linked and path in visited:  # links between linked folders: n of them have n! ways
            return "is a link to a folder that is read already"
    if to_folder and is_of_the_system(path):
        return "is a place of the system, which is not looked into"
    if to_folder:
        return parts, (*around, path), linked or is_link
    return File(parts, path, about.st_size, about.st_mtime_ns, is_link)


def _is_link(entry: os.DirEntry[str]) -> bool:
    """Whether it leads elsewhere: a link, or on Windows a junction, which anybody may make there."""
    if entry.is_symlink() or sys.platform != "win32":
        return entry.is_symlink()
    with suppress(OSError):
        return entry.stat(follow_symlinks=False).st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    return False


def shown(parts: Sequence[str]) -> str:
    """A path below the folder as text that can be stored and sent anywhere, whatever bytes its names are made of."""
    return os.fsencode("/".join(parts)).decode("utf-8", "backslashreplace")


def is_hidden(name: str) -> bool:
    """Whether a name is one that people do not see or did not give: a system's own notes in their folders."""
    return name.startswith(".") or is_left_by_a_system(name)


def is_left_by_a_system(name: str) -> bool:
    """Whether Windows or macOS leaves files of that name in folders that somebody looks at."""
    return name.casefold() in LEFT_BY_SYSTEMS or name.startswith("._")
