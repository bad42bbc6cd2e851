"""Files of the cache folder: what is read, written or removed there never lies anywhere else.

Whoever can write into a cache folder can put a link, a pipe or a device where a file is expected, or a run whose id is
a path. So every id becomes a path in one place, links are never followed, and nothing but a regular file is opened. The
cache folder itself may be a link: that is its owner's choice.
"""

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from hpviz.gate import refuse_changes
from hpviz.in_use import move, patiently, remove
from hpviz.installation import PROGRAM
from hpviz.spec import BadInput

# Not every system has all of these.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CAREFULLY = _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

RUN_ID = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{8})?")


def is_run_id(text: object) -> bool:
    """Whether that is the id of a run: 12 hexadecimal digits, and 8 more after a dash if it came from elsewhere."""
    return isinstance(text, str) and RUN_ID.fullmatch(text) is not None


def checked_id(run_id: str) -> str:
    """The same id, which is safe in a path. Raises BadInput for what is no id."""
    if not is_run_id(run_id):
        raise BadInput(f"{str(run_id)[:40]!r} is not the id of a run; `{PROGRAM} runs` lists them.")
    return run_id


def run_folder(checkpoints: Path, run_id: str) -> Path:
    """The folder of a run's checkpoint, which may be missing.

    Raises BadInput for what is no id, and where a link stands in its place.
    """
    return refuse_links(checkpoints, checkpoints / checked_id(run_id))[-1]


def refuse_links(*paths: Path) -> tuple[Path, ...]:
    """The same paths; BadInput, naming it, if one is a link."""
    for path in paths:
        if path.is_symlink():
            raise BadInput(f"{path} is a link, which is not followed; remove it, or choose another cache folder.")
    return paths


def own_folder(folder: Path) -> Path:
    """That folder, made if it is missing, for its owner's eyes only. Raises BadInput if it is a link."""
    refuse_changes()
    refuse_links(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def is_file(path: Path) -> bool:
    """Whether a regular file is there, and no link to one."""
    with suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def read_file(path: Path, limit: int | None = None) -> bytes:
    """The content of a regular file; OSError, at once, for anything else and for more than `limit` bytes."""
    descriptor = patiently(lambda: os.open(path, os.O_RDONLY | _CAREFULLY))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        if limit is not None and found.st_size > limit:
            raise OSError(errno.EINVAL, f"larger than {limit:,} bytes", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def new_file(path: Path) -> Any:
    """A file opened for writing bytes that was not there before: what stood in its place is unlinked, not followed."""
    refuse_changes()
    remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFULLY
    return os.fdopen(patiently(lambda: os.open(path, flags, 0o600)), "wb")


def write_file(path: Path, content: bytes) -> None:
    """Put a file in place, whole or not at all. Its folder must be there."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with new_file(partial) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move(partial, path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def lock(path: Path, **options: Any) -> FileLock:
    """A lock on a file of that name. Raises OSError where one cannot be made, for waiting would not help."""
    refuse_changes()
    if path.is_symlink() or not (is_file(path) or path.is_dir()):
        path.unlink(missing_ok=True)
    os.close(patiently(lambda: os.open(path, os.O_RDWR | os.O_CREAT | _CAREFULLY, 0o600)))
    return FileLock(path, **options)


def let_go(held: FileLock) -> None:
    """Release a lock and remove its file: whoever takes it next makes another."""
    with suppress(OSError):  # on Windows nobody can remove what is locked; there releasing it does
        Path(held.lock_file).unlink(missing_ok=True)
    held.release()
