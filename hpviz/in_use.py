"""Files that somebody has open. Windows refuses to move, replace or remove one meanwhile; other systems never do.

Whoever reads here reads for moments: a page a checkpoint, a worker a backup, a virus scanner whatever was just written.
So it is tried again for a while, and what is refused then is an OSError as any other.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

PATIENCE_SECONDS, PAUSE_SECONDS = 2.0, 0.01
# winerror.h: ERROR_ACCESS_DENIED, also of a file that is about to be gone; ERROR_SHARING_VIOLATION.
IN_USE = (5, 32)

Result = TypeVar("Result")


def move(source: Path, target: Path) -> None:
    """Give a file or folder another name; a file that has that name already is replaced. Raises OSError."""
    patiently(lambda: source.replace(target))


def remove(path: Path) -> None:
    """Remove a file, if it is there. Raises OSError."""
    patiently(lambda: path.unlink(missing_ok=True))


def is_in_use(error: BaseException) -> bool:
    """Whether that may be Windows' refusal of what somebody has open.

    Where a file cannot be opened, Python there knows no number of Windows, only that it is not permitted.
    """
    if not isinstance(error, PermissionError):
        return False
    number = getattr(error, "winerror", 0)  # an attribute that other systems lack
    return number in IN_USE or (number is None and not os.path.isdir(error.filename or ""))


def patiently(act: Callable[[], Result]) -> Result:
    """Do something to a file, again and again for as long as somebody may have it open."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except OSError as error:
            if not is_in_use(error) or time.monotonic() >= until:
                raise
            time.sleep(PAUSE_SECONDS)
