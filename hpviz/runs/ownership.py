"""Who is alive: locks that the kernel releases when their process dies, however it dies."""

import os
import re
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hpviz import gate
from hpviz.confined import is_file, lock
from hpviz.spec import BadInput

# An owner id that is read from the store must not name a path elsewhere.
_OWNER_ID = re.compile(r"[A-Za-z0-9._-]{1,120}")


class Owner:
    """This process's sign of life in a cache folder; held until `release` or the process's end.

    Where no lock can be made, runs can still be looked at: only who asks for the id, to own one, is refused.
    """

    def __init__(self, locks: Path) -> None:
        host = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname())[:80]
        self._id = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = _lock_path(locks, self._id)
        self._lock: FileLock | None = None
        with suppress(OSError):
            self._hold()

    @property
    def id(self) -> str:
        """What a run's document names its owner by. Raises BadInput if the cache folder cannot be written."""
        if self._lock is None:
            try:
                self._hold()
            except OSError as error:
                raise BadInput(
                    f"No run can begin here, for {self._path.parent} cannot be written ({error})."
                ) from error
        return self._id

    def release(self) -> None:
        if self._lock is not None:
            _here.discard(self._path)
            self._lock.release()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _hold(self) -> None:
        held = lock(self._path, thread_local=False)
        held.acquire()
        self._lock = held
        _here.add(self._path)


# The signs of life that this process gives: of its own life it need not ask the kernel, twenty times a second a run.
_here: set[Path] = set()


def is_alive(locks: Path, owner_id: str) -> bool:
    """Whether the process with that owner id still runs. A dead owner's lock file is removed."""
    path = _lock_path(locks, owner_id if _OWNER_ID.fullmatch(owner_id) else "nobody")
    if path in _here:
        return True
    if not is_file(path):
        return False
    if gate.current().read_only:
        return _is_locked(path)
    try:
        with FileLock(path, timeout=0, thread_local=False):
            pass
    except Timeout:
        return True
    except OSError:
        return _is_locked(path)
    with suppress(OSError):  # nobody will hold it again; where it cannot be removed, the next one finds out as much
        path.unlink(missing_ok=True)
    return False


def _is_locked(path: Path) -> bool:
    """Whether someone holds the lock of a file that cannot be written."""
    try:
        with path.open("rb") as file:
            if sys.platform == "win32":  # where filelock locks the first byte
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except OSError:
        return True


class Device:
    """A device of this machine, on which one hpviz process at a time trains, with as many runs as it likes.

    Processes take turns: one that waits stands at a second lock, and while somebody stands there whoever has the device
    begins nothing more on it.
    """

    def __init__(self, locks: Path, device: str) -> None:
        name = f"device-{device.replace(':', '-')}"
        self._held = lock(locks / f"{name}.lock", thread_local=False)
        self._next = lock(locks / f"{name}.next.lock", thread_local=False)
        self._runs = 0

    def begin(self) -> bool:
        """Take it for one run more; False while another process has it or waits for it, ask again then."""
        if self._runs:
            if not _acquired(self._next):
                return False
            self._next.release()
        elif not (self._next.is_locked or _acquired(self._next)) or not _acquired(self._held):
            return False
        else:
            self._next.release()
        self._runs += 1
        return True

    def end(self) -> None:
        """One run has left it."""
        self._runs -= 1
        if not self._runs:
            self._held.release()

    def wait_no_more(self) -> None:
        """There is nothing left to train on it."""
        if self._next.is_locked:
            self._next.release()


def _acquired(held: FileLock) -> bool:
    try:
        held.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _lock_path(locks: Path, owner_id: str) -> Path:
    return locks / f"owner-{owner_id}.lock"
