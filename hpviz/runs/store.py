"""The run store: one JSON document a run, replaced in one transaction, never evicted."""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diskcache import Cache
from filelock import FileLock

from hpviz.runs import recovery
from hpviz.runs.document import ACTIVE, SCHEMA, Run, move, now, recording
from hpviz.runs.json_disk import JsonDisk
from hpviz.runs.ownership import is_alive
from hpviz.spec import BadInput

log = logging.getLogger(__name__)

_RUN = f"v{SCHEMA}/run/"
_REVISION = f"v{SCHEMA}/revision"
_LOST = "The process that worked on it ended without a word; resume it to go on from the last epoch."


class RunStore:
    """All runs under a cache folder; safe for many threads and processes on one local disk.

    `notice` is a sentence for the page if the database had to be repaired at opening, else None.
    Raises BadInput if the folder cannot be written.
    """

    def __init__(self, cache: Path) -> None:
        self.locks = cache / "locks"
        self.checkpoints = cache / "checkpoints"
        self._folder = cache / "runs"
        self._backup = cache / "backup" / recovery.DATABASE
        self._snapshot: tuple[int, list[Run]] | None = None
        self._parsed: dict[str, tuple[float, Run | None]] = {}
        try:
            for folder in (self._folder, self.locks, self.checkpoints, self._backup.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.chmod(0o700)
            with FileLock(self.locks / "opening.lock"):
                self.notice = recovery.repair(self._folder, self._backup)
                self._cache = _open(self._folder)
                self._take_sidecars()
        except (OSError, sqlite3.OperationalError) as error:
            raise BadInput(
                f"The cache folder {cache} cannot be used ({error}); choose another with --cache FOLDER or HPVIZ_CACHE."
            ) from error

    # Reading

    def get(self, run_id: str) -> Run | None:
        """The run with that id, its status true to whether its owner still lives; None if unknown."""
        run = self._read(_RUN + run_id)
        return None if run is None else self._settled(run)

    def runs(self) -> list[Run]:
        """All runs, oldest first. Rows that are not run documents of this schema are passed over.

        A run that has not changed is the same object as before; do not change it in place.
        """
        revision = self.revision()
        if self._snapshot is None or self._snapshot[0] != revision:
            self._snapshot = revision, sorted(self._documents(), key=lambda run: run["created"])
        return [self._settled(run) for run in self._snapshot[1]]

    def revision(self) -> int:
        """A number that grows with every change to the runs, whichever process makes it."""
        return int(self._read_json(_REVISION) or 0)

    def find(self, prefix: str) -> Run:
        """The run of that id, or the one run whose id starts so; BadInput if there is none or more than one."""
        if prefix and (exact := self.get(prefix)) is not None:
            return exact
        matches = [run for run in self.runs() if run["id"].startswith(prefix)] if prefix else []
        if len(matches) == 1:
            return matches[0]
        if not matches:
            raise BadInput(f"There is no run {prefix!r} in the store; `python -m hpviz runs` lists them.")
        raise BadInput(f"{len(matches)} runs start with {prefix!r}; give more of the id.")

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is seen by others at once or not at all. Keep it short: it holds the write lock."""
        with self._cache.transact(retry=True):
            yield

    def put(self, run: Run) -> None:
        """Write a run's document in place of what was there."""
        with self._cache.transact(retry=True):
            self._cache.set(_RUN + run["id"], {**run, "updated": now()}, retry=True)
            self._count_change()

    def take_in(self, runs: Iterable[Run]) -> list[Run]:
        """Add runs from elsewhere, all or none; returns those that were not here yet.

        A run that was trained here and comes back is known by its `recording`. They are backed up at once: no
        checkpoint could bring them back.
        """
        with self._cache.transact(retry=True):
            here = self.runs()
            known = {run["id"] for run in here}
            own = {recording(run) for run in here if run["origin"] is None}
            new = [run for run in runs if run["id"] not in known and recording(run) not in own]
            for run in new:
                self.put(run)
        if new:
            self._back_up_or_log()
        return new

    def remove(self, run_id: str) -> None:
        """Forget a run; its sidecar goes first, or the next opening would bring it back."""
        (self.checkpoints / run_id / "run.json").unlink(missing_ok=True)
        with self._cache.transact(retry=True):
            self._cache.delete(_RUN + run_id, retry=True)
            self._count_change()

    def backup(self) -> None:
        """Copy the database to the backup folder; cheap, for use after every run.

        One at a time: a worker and an import may want it at once, and two copies of one process share a partial file.
        """
        with FileLock(self.locks / "backup.lock"):
            recovery.copy_database(self._folder / recovery.DATABASE, self._backup)

    def note(self, key: str, value: Any) -> None:
        """Remember a small JSON value beside the runs, such as what is known of this machine."""
        self._cache.set(f"v{SCHEMA}/note/{key}", value, retry=True)

    def noted(self, key: str) -> Any:
        """What was remembered under `key`, or None."""
        return self._read_json(f"v{SCHEMA}/note/{key}")

    def close(self) -> None:
        self._cache.close()

    # How

    def _back_up_or_log(self) -> None:
        """Back up what is in the store already, and stays there if the backup fails."""
        try:
            self.backup()
        except (OSError, sqlite3.Error):
            log.warning("the run store could not be backed up", exc_info=True)

    def _count_change(self) -> None:
        """Tell readers, in this process and others, that their snapshot is old."""
        self._cache.set(_REVISION, self.revision() + 1, retry=True)

    def _documents(self) -> list[Run]:
        """Every run; of a thousand, only those that were written since the last look are parsed again.

        A document that is replaced between the listing and the reading is read once too often, never once too seldom.
        """
        before, parsed = self._parsed, {}
        for key, written in self._keys():
            known = before.get(key)
            parsed[key] = known if known and known[0] == written else (written, self._read(key))
        self._parsed = parsed
        return [run for _, run in parsed.values() if run is not None]

    def _keys(self) -> list[tuple[str, float]]:
        """The key of every run and when it was written; pickled keys, of a doctored store, are left where they are."""
        rows = self._cache._sql("SELECT key, store_time FROM Cache WHERE raw = 1 ORDER BY rowid").fetchall()
        return [(key, written) for key, written in rows if isinstance(key, str) and key.startswith(_RUN)]

    def _read_json(self, key: str) -> Any:
        try:
            return self._cache.get(key, retry=True)
        except ValueError:
            return None

    def _read(self, key: str) -> Run | None:
        run = self._read_json(key)
        if not isinstance(run, dict) or run.get("schema") != SCHEMA:
            return None
        return {"origin": None, **run}  # type: ignore[return-value]  # runs of before the first export have none

    def _settled(self, run: Run) -> Run:
        """A run whose owner died is interrupted from the first look on."""
        if run["status"] not in ACTIVE or is_alive(self.locks, run["owner"] or "nobody"):
            return run
        with self.transaction():
            fresh = self._read(_RUN + run["id"])
            if fresh is None or fresh["status"] not in ACTIVE or fresh["owner"] != run["owner"]:
                return fresh or run
            move(fresh, "interrupted", _LOST)
            self.put(fresh)
        return fresh

    def _take_sidecars(self) -> None:
        """Take over from the checkpoints what the database lacks."""
        for run in recovery.read_sidecars(self.checkpoints):
            known = self._read(_RUN + run["id"])
            if known is not None and len(known["epochs"]) >= len(run["epochs"]):
                continue
            with self.transaction():
                known = self._read(_RUN + run["id"])
                if known is None or len(known["epochs"]) < len(run["epochs"]):
                    self.put(run)


def _open(folder: Path) -> Cache:
    """Nothing is evicted, nothing lies outside SQLite, every commit reaches the disk."""
    return Cache(
        str(folder),
        disk=JsonDisk,
        eviction_policy="none",
        cull_limit=0,
        size_limit=2**40,
        disk_min_file_size=2**30,
        sqlite_synchronous=2,
        timeout=60,
    )
