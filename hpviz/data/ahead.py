"""Pixels of photos that were decoded while they were looked into for the first time, so that once is enough."""

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from hpviz.confined import lock, new_file
from hpviz.data.each_photo import Place
from hpviz.gate import refuse_changes

ROOM = 3  # times the pixels: they are on the disk twice until they are prepared, and others want to write as well


@dataclass
class Ahead:
    """The pixels of photos at a size, in a file that lives from the first look at them until they are prepared.

    `placed` tells, by the photos' paths, which are there.
    """

    file: Path
    image_size: int
    placed: dict[str, Place] = field(default_factory=dict)
    _lock: FileLock | None = None

    def begin(self, photos: int) -> bool:
        """Make the file for so many; False where another process has it, or it cannot be written."""
        try:
            refuse_changes()
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.file.parent).free < ROOM * photos * 3 * self.image_size**2:
                return False
            held = lock(self.file.with_suffix(".lock"), thread_local=False)
            held.acquire(timeout=0)
            self._lock = held
            new_file(self.file).close()
        except (OSError, Timeout):
            return False
        return True

    def close(self) -> None:
        """Remove the file; one that is left by a process that was killed is begun anew by the next."""
        if self._lock:
            with suppress(OSError):
                self.file.unlink()
            self._lock.release()
