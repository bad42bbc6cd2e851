"""Who is alive: locks that the kernel releases when their process dies, however it dies."""

import os
import secrets
import socket
from pathlib import Path

from filelock import FileLock, Timeout


class Owner:
    """This process's sign of life in a cache folder; held until `release` or the process's end."""

    def __init__(self, locks: Path) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = _lock_path(locks, self.id)
        self._lock = FileLock(self._path, thread_local=False)
        self._lock.acquire()

    def release(self) -> None:
        self._lock.release()
        self._path.unlink(missing_ok=True)


def is_alive(locks: Path, owner_id: str) -> bool:
    """Whether the process with that owner id still runs. A dead owner's lock file is removed."""
    path = _lock_path(locks, owner_id)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0, thread_local=False):
            path.unlink(missing_ok=True)
            return False
    except Timeout:
        return True


def device_lock(locks: Path, device: str) -> FileLock:
    """Held while a run trains on a device: one run at a time each, over all processes."""
    return FileLock(locks / f"device-{device.replace(':', '-')}.lock", thread_local=False)


def _lock_path(locks: Path, owner_id: str) -> Path:
    # An owner id read from the store must not name a path elsewhere.
    return locks / f"owner-{Path(owner_id).name}.lock"
