"""Nothing lost: backups of the run store, and what is done when its database is damaged."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hpviz.runs.document import SCHEMA, Run

DATABASE = "cache.db"


def is_sound(database: Path) -> bool:
    """Whether SQLite finds its database whole; a missing or empty file is not."""
    if not database.exists() or database.stat().st_size == 0:
        return False
    try:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            connection.execute("SELECT count(*) FROM Cache")
            return bool(verdict)
    except sqlite3.DatabaseError:
        return False


def repair(folder: Path, backup: Path) -> str | None:
    """Set a damaged database aside and put the backup in its place.

    Returns one sentence for the page, or None if nothing was wrong. Nothing is ever deleted.
    """
    database = folder / DATABASE
    had_one = database.exists() or backup.exists()
    if not had_one or is_sound(database):
        return None
    sentence = "The run store's database was missing"
    if database.exists():
        aside = folder / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        aside.mkdir()
        for part in folder.glob(f"{DATABASE}*"):
            part.rename(aside / part.name)
        sentence = f"The run store's database was damaged and has been set aside in {aside.name}"
    if is_sound(backup):
        copy_database(backup, database)
        return f"{sentence}; it was restored from its backup and the checkpoints."
    return f"{sentence}; there was no backup, so it was rebuilt from the checkpoints."


def copy_database(source: Path, target: Path) -> None:
    """Copy a database, consistent even while others write to it, by SQLite's own backup call."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=60)) as before, closing(sqlite3.connect(partial)) as after:
        before.backup(after)
        after.execute("PRAGMA journal_mode=DELETE")
    os.replace(partial, target)


def write_sidecar(run: Run, checkpoint: Path) -> None:
    """Keep a copy of a run's document beside its checkpoint, readable without torch."""
    checkpoint.mkdir(parents=True, exist_ok=True)
    partial = checkpoint / "run.json.partial"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(run, file, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(checkpoint / "run.json")


def read_sidecars(checkpoints: Path) -> Iterator[Run]:
    """The run documents beside the checkpoints; unreadable ones are passed over."""
    for path in sorted(checkpoints.glob("*/run.json")):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            if run["schema"] == SCHEMA and run["id"] == path.parent.name and isinstance(run["epochs"], list):
                yield run
        except (OSError, ValueError, KeyError, TypeError):
            continue
