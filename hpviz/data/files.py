"""The image files below a folder, found without following a link out of it."""

import os
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from hpviz.data.progress import Progress
from hpviz.spec import BadInput

# Pictures by their names; those that are neither JPEG nor PNG inside are later skipped and listed.
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
MAX_FILES = 2_000_000  # of any kind: beyond, the path is more likely a mistake than a data set
LOOK = 2_000  # files between two signs of life

Skipped = tuple[tuple[str, str], ...]
"""(name, reason) of files that were left out."""


@dataclass(eq=False, slots=True)  # each its own key: hashing the fields of thousands takes longer than finding them
class File:
    """An image file: its parts below the folder, where to open it, its size in bytes and its mtime in ns."""

    parts: tuple[str, ...]
    path: str
    size: int
    mtime_ns: int


def image_files(folder: Path) -> Generator[Progress, None, tuple[list[File], Skipped]]:
    """All image files below `folder` and what was skipped; hidden names and __MACOSX do not count.

    Links to files inside the folder are followed, all others are skipped and listed. Raises BadInput
    if there are far too many files for a data set.
    """
    root = os.path.realpath(folder)
    found: list[File] = []
    skipped: list[tuple[str, str]] = []
    seen = 0
    for place, folders, files in os.walk(root):
        folders[:] = sorted(filter(_is_visible, folders))
        parts = Path(place).relative_to(root).parts
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        skipped += [(shown((*parts, name)), "is a link to a folder, which is not followed") for name in links]
        for name in sorted(filter(_is_image, files)):
            file = _file((*parts, name), os.path.join(place, name), root)
            if isinstance(file, File):
                found.append(file)
            else:
                skipped.append((shown((*parts, name)), file))
        before, seen = seen, seen + len(files) + len(folders)
        if seen // LOOK > before // LOOK:
            yield Progress("looking through the folder", seen, 0)
        if seen > MAX_FILES:
            raise BadInput(
                f"{str(folder)!r} holds more than {MAX_FILES:,} files: give the folder of the images itself."
            )
    return found, tuple(skipped)


def shown(parts: tuple[str, ...]) -> str:
    """A path below the folder as text that can be stored and sent anywhere, whatever bytes its names are made of."""
    return os.fsencode("/".join(parts)).decode("utf-8", "backslashreplace")


def _is_visible(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _is_image(name: str) -> bool:
    return _is_visible(name) and name.lower().endswith(SUFFIXES)


def _file(parts: tuple[str, ...], path: str, root: str) -> File | str:
    """The file, or why it is skipped."""
    try:
        about = os.lstat(path)
        if stat.S_ISLNK(about.st_mode):
            path = os.path.realpath(path)
            if not path.startswith(root + os.sep):
                return "is a link that leads out of the folder"
            about = os.lstat(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not stat.S_ISREG(about.st_mode):
        return "is not a file"
    return File(parts, path, about.st_size, about.st_mtime_ns)
