"""Nothing lost: backups of the run store, and what is done when its database is damaged."""

import json
import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hpviz.confined import is_file, is_run_id, new_file, own_folder, read_file, refuse_links, write_file
from hpviz.in_use import move, remove
from hpviz.runs import database
from hpviz.runs.database import DATABASE, FROZEN
from hpviz.runs.document import Run, checked
from hpviz.runs.schema import Newer
from hpviz.spec import BadInput

log = logging.getLogger(__name__)

SIDECAR = "run.json"
# A thousand epochs are half a megabyte.
SIDECAR_BYTES = 10_000_000
TOMBSTONES = 10_000
# Room that is given back when the disk is full, so that a stop or a deletion can still be written down.
BALLAST, BALLAST_BYTES = "ballast", 2**20


def is_sound(path: Path, mode: str = "rw") -> bool:
    """Whether SQLite finds its database whole; a missing or empty file, a link, a pipe and the like are not."""
    if not is_file(path) or path.stat().st_size == 0:
        return False
    try:
        with closing(database.connect(path, mode)) as connection:
            return database.is_whole(connection)
    except sqlite3.DatabaseError as error:
        # One that is being written to, or cannot be opened for writing, is not damaged by that.
        return not (database.is_damage(error) or database.needs_room(error)) or _is_readable(path)


def _is_readable(path: Path) -> bool:
    """Whether a copy of the file is whole, for a file that cannot be locked where it lies."""
    with (
        suppress(OSError, sqlite3.Error),
        readable_copy(path) as folder,
        closing(database.connect(Path(folder) / DATABASE)) as connection,
    ):
        return database.is_whole(connection)
    return False


def readable_copy(path: Path) -> "TemporaryDirectory[str]":
    """A folder of its own with a copy of the database and its journal, for where nothing can be written."""
    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="hpviz-", ignore_cleanup_errors=True)
    for part in database.parts(path):
        if is_file(part):
            (Path(folder.name) / part.name).write_bytes(read_file(part))
    return folder


def leave_wal(path: Path) -> None:
    """Take a database out of the mode in which earlier versions kept it, which needs room to be read even.

    With the file to itself SQLite needs none, if the journal of this one change is in memory; where another process has
    the file open, it stays as it is.
    """
    if is_file(path):
        with suppress(sqlite3.Error), closing(database.connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=1000").fetchall()
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                connection.execute("PRAGMA journal_mode=MEMORY").fetchall()


def repair(folder: Path, backup: Path, keeper: sqlite3.Connection | None = None, had_one: bool = False) -> str | None:
    """Set a damaged database aside and put the backup in its place; or what `keeper` still holds of a removed one.

    Returns one sentence for the page, or None if nothing was wrong. Nothing is ever deleted. `had_one` tells that a
    database was there, which cannot be seen where there is neither it nor a backup.
    """
    here = own_folder(folder) / DATABASE
    aside = folder / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    # SQLite would follow a link in place of a journal and write there, and wait for a pipe.
    strange = [part for part in database.parts(here) if part != here and not is_file(part)]
    _move(strange, aside)
    leave_wal(here)
    parts = database.parts(here)
    if is_sound(here) or not (had_one or parts or is_file(backup)):
        return f"What stood among the run store's files is none; it was moved to {aside.name}." if strange else None
    restored = folder / "restored.db"
    how = _restore(here, backup, keeper, restored)
    _move(parts, aside)
    move(restored, here)
    if here in parts:
        return f"The run store's database was damaged and has been set aside in {aside.name}; {how}."
    return f"The run store's database was missing; {how}."


def _restore(damaged: Path, backup: Path, keeper: sqlite3.Connection | None, restored: Path) -> str:
    """Make a sound database of what there is, and say of what."""
    if keeper is not None and _copy_kept(keeper, damaged, restored):
        return "it was restored as it was"
    if not backup.parent.is_symlink() and is_sound(backup, FROZEN):
        with closing(database.connect(backup, FROZEN)) as connection:
            database.copy(connection, restored)
        _salvage(damaged, restored)
        return "it was restored from its backup and the checkpoints"
    database.create(restored)
    _salvage(damaged, restored)
    return "there was no backup, so it was rebuilt from the checkpoints"


def _copy_kept(keeper: sqlite3.Connection, path: Path, restored: Path) -> bool:
    """Copy what a connection still holds of a database whose file has another name, or none, by now.

    Before SQLite looks into the journal it asks for the mode of the database of that name, so a file has to be there.
    """
    stands_in = not os.path.lexists(path)
    if stands_in:
        path.touch(mode=0o600)
    try:
        if not database.is_whole(keeper):
            return False
        database.copy(keeper, restored)
        return True
    except sqlite3.Error:
        return False
    finally:
        if stands_in:
            remove(path)


def _salvage(damaged: Path, restored: Path) -> None:
    """Add to a restored database what can still be read of the damaged one and is newer, or missing."""
    if not is_file(damaged):
        return
    put = """INSERT INTO Cache (key, raw, store_time, access_time, mode, value) VALUES (?, 1, ?, ?, 1, ?)
        ON CONFLICT (key, raw) DO UPDATE SET store_time = excluded.store_time, value = excluded.value
        WHERE excluded.store_time > Cache.store_time"""
    find = "SELECT key, store_time, value FROM Cache WHERE raw = 1 AND mode = 1 ORDER BY rowid"
    with closing(database.connect(restored)) as after, closing(database.connect(damaged, FROZEN)) as before:
        after.execute("BEGIN IMMEDIATE")
        # From both ends, each as far as it can be read.
        for query in (find, find + " DESC"):
            with suppress(sqlite3.Error):
                for key, written, value in before.execute(query):
                    if isinstance(written, float) and _is_sound_row(key, value):
                        after.execute(put, (key, written, written, value))
        after.execute("COMMIT")


def _is_sound_row(key: Any, value: Any) -> bool:
    _, found, run_id = str(key).partition("/run/")
    try:
        return bool(checked(json.loads(value), run_id)) if found else "/note/" in key and bool(json.loads(value))
    except Newer:
        return True  # sound, for all that this version can tell
    except (ValueError, RecursionError, TypeError):
        return False


def _move(parts: Iterable[Path], aside: Path) -> None:
    for part in parts:
        aside.mkdir(mode=0o700, exist_ok=True)
        move(part, aside / part.name)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database into a folder that is made if need be, consistent even while others write to it.

    Raises a DatabaseError, with the copy before left as it was, if it is damaged.
    """
    own_folder(target.parent)
    with closing(database.connect(source)) as connection:
        database.copy(connection, target)


def in_backup(backup: Path, keys: Iterable[str] | None = None) -> dict[str, Run]:
    """The sound runs that the backup has, under these keys or all, by key."""
    found: dict[str, Run] = {}
    if not is_file(backup) or backup.parent.is_symlink():
        return found
    with suppress(sqlite3.Error), closing(database.connect(backup, FROZEN)) as connection:
        if keys is None:
            names = connection.execute("SELECT key FROM Cache WHERE raw = 1 AND key LIKE '%/run/%'").fetchall()
            keys = [name for (name,) in names if isinstance(name, str)]
        for key in keys:
            with suppress(ValueError, RecursionError):
                row = connection.execute("SELECT value FROM Cache WHERE key = ? AND raw = 1", (key,)).fetchone()
                if row is not None and isinstance(row[0], str):
                    found[key] = checked(json.loads(row[0]), key.partition("/run/")[2])
    return found


# Sidecars: the document of a run of this machine beside its checkpoint, that of an imported one in a folder for all.


def write_sidecar(run: Run, checkpoint: Path) -> None:
    """Keep a copy of a run's document beside its checkpoint, readable without torch."""
    refuse_links(checkpoint.parent)
    _write(run, own_folder(checkpoint) / SIDECAR)


def write_imported(runs: Iterable[Run], folder: Path) -> None:
    """Keep copies of the documents of runs that no checkpoint could bring back."""
    own_folder(folder)
    for run in runs:
        if is_run_id(run["id"]):
            _write(run, folder / f"{run['id']}.json")


def _write(run: Run, path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        raise BadInput(f"{path} is a folder where a file should be; move it away.")
    write_file(path, json.dumps(run, allow_nan=False).encode())


def sidecar_of(run_id: str, checkpoints: Path, imported: Path) -> Run | None:
    """The sound document beside a run's checkpoint, or among those of imported runs."""
    for path in (checkpoints / run_id / SIDECAR, imported / f"{run_id}.json"):
        if (run := read_sidecar(path, run_id)) is not None:
            return run
    return None


def read_sidecars(checkpoints: Path, imported: Path, known: Iterable[str] = ()) -> Iterator[Run]:
    """The sound documents beside the checkpoints, and those of imported runs that are not `known`."""
    if checkpoints.is_dir() and not checkpoints.is_symlink():
        for folder in sorted(checkpoints.iterdir()):
            if (run := read_sidecar(folder / SIDECAR, folder.name)) is not None:
                yield run
    if imported.is_dir() and not imported.is_symlink():
        names = {path.stem for path in imported.glob("*.json")}
        for run_id in sorted(names.difference(known)):
            if (run := read_sidecar(imported / f"{run_id}.json", run_id)) is not None:
                yield run


def read_sidecar(path: Path, run_id: str) -> Run | None:
    """The document in that file, or None if it is not the sound one of that run."""
    if not is_run_id(run_id) or path.parent.is_symlink():
        return None
    try:
        return checked(json.loads(read_file(path, SIDECAR_BYTES)), run_id)
    except (OSError, ValueError, RecursionError):
        return None


def is_newer(path: Path, run_id: str) -> bool:
    """Whether the document in that file is one that a later hpviz wrote, so that it is to stay as it is."""
    try:
        checked(json.loads(read_file(path, SIDECAR_BYTES)), run_id)
    except Newer:
        return True
    except (OSError, ValueError, RecursionError):
        return False
    return False


# Tombstones: empty files, so that a full disk has room for them. Each names a recording, so that the same spec can be
# trained again and nothing of the run that was deleted comes back.


def tombstone(run: Run) -> str:
    return f"{run['id']}@{re.sub(r'[^0-9]', '', run['created'])}"


def bury(run: Run, deleted: Path) -> None:
    """Note that a run was deleted, so that no backup and no sidecar brings it back. The newest 10,000 are kept."""
    new_file(own_folder(deleted) / tombstone(run)).close()
    stones = list(deleted.iterdir())
    if len(stones) > TOMBSTONES:
        for stone in sorted(stones, key=lambda stone: stone.lstat().st_mtime_ns)[: len(stones) - TOMBSTONES]:
            remove(stone)


def unbury(run: Run, deleted: Path) -> None:
    """Someone brings a deleted run back by hand."""
    if not deleted.is_symlink():
        remove(deleted / tombstone(run))


def buried(deleted: Path) -> set[str]:
    """All tombstones."""
    if deleted.is_symlink() or not deleted.is_dir():
        return set()
    return {stone.name for stone in deleted.iterdir()}


# Ballast


def take_ballast(cache: Path) -> None:
    """Put room aside, if there is plenty."""
    path = cache / BALLAST
    if is_file(path) and path.stat().st_size == BALLAST_BYTES:
        return
    with suppress(OSError):
        if shutil.disk_usage(cache).free > 16 * BALLAST_BYTES:
            write_file(path, os.urandom(BALLAST_BYTES))


def drop_ballast(cache: Path) -> bool:
    """Give that room back; whether there was any."""
    path = cache / BALLAST
    had = is_file(path) and path.stat().st_size > 0
    if had:
        remove(path)
    return had
