"""A store with made-up runs, and the hands of someone who spoils what lies in it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hpviz.runs.document import Run, move, new_run, put_epoch
from hpviz.runs.store import RunStore
from tests.made_up import row, spec


def made_up(epochs: int = 2, **values: Any) -> Run:
    """A finished run."""
    run = new_run(spec(**values), {"data": "made up", "weights": None, "classes": ["a", "b"], "test_images": 8}, epochs)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch))
    move(run, "finished")
    return run


def stored(store: RunStore, epochs: int = 2, **values: Any) -> Run:
    """A finished run that is in the store."""
    run = made_up(epochs, **values)
    store.put(run)
    return run


def doctor_database(cache: Path, statement: str, *values: Any) -> None:
    """Change the store's database as hpviz never would. Whoever has looked at it is made to look again."""
    with closing(sqlite3.connect(cache / "runs" / "cache.db")) as database:
        database.execute(statement, values)
        database.execute("UPDATE Cache SET value = value || '0' WHERE key LIKE '%revision'")
        database.commit()


def plant(cache: Path, key: str, document: Any, /, **columns: Any) -> None:
    """Put a row into the store's database, whatever was there."""
    text = document if isinstance(document, str) else json.dumps(document)
    found = {"key": key, "raw": 1, "store_time": 1.5, "mode": 1, "filename": None, "value": text, **columns}
    names, marks = ", ".join(found), ", ".join("?" * len(found))
    doctor_database(cache, f"INSERT OR REPLACE INTO Cache ({names}) VALUES ({marks})", *found.values())
