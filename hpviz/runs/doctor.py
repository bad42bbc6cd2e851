"""The doctor: looks at everything that lies in a cache folder, repairs what can be repaired, and says what it did.

It never deletes a run. What cannot be used is moved to the folder `aside`.
"""

import secrets
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from hpviz.confined import is_file, is_run_id, lock, own_folder
from hpviz.in_use import move, remove
from hpviz.runs import budget, recovery
from hpviz.runs.database import FROZEN, read_only
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.ownership import is_alive
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput

FOLDERS = ("runs", "backup", "checkpoints", "imported", "deleted", "locks")
LITTLE_BYTES = 100 * 10**6  # less than a few checkpoints
NOTHING = "nothing"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found there, what was done about it, and whether that leaves something amiss."""

    what: str
    found: str
    did: str = NOTHING
    remains: bool = False


def examine(cache: Path) -> Iterator[Finding]:
    """Everything amiss with a cache folder; opening the store repairs its database and its rows.

    Raises BadInput if the folder cannot be used at all.
    """
    if not cache.exists():
        return
    yield from _links(cache)
    with closing(RunStore(cache)) as store:
        runs = {run["id"]: run for run in store.runs()}
        for sentence in store.told:
            if sentence == read_only(cache):
                continue  # said below
            found, _, did = sentence.rstrip(".").partition("; ")
            left = did in ("", "it is passed over") and "newer hpviz" not in found
            yield Finding("store", found, did or NOTHING, remains=left)
        if store.is_read_only:
            yield Finding("permissions", f"nothing can be written in {cache}", remains=True)
        else:
            yield from _permissions(cache)
            yield from _sidecars(store, runs)
            yield from _deleted(store, runs)
            yield from _leftovers(store, runs)
            yield from _backup(store, cache)
    free = shutil.disk_usage(cache).free
    if free < LITTLE_BYTES:
        yield Finding("space", f"{free / 1e6:.0f} MB are free, too little to train for long", remains=True)


def _links(cache: Path) -> Iterator[Finding]:
    """Links, pipes and the like where hpviz has folders and files. What they lead to is not touched."""
    for name in FOLDERS:
        folder = cache / name
        if folder.is_symlink():
            yield Finding("links", f"{name} is a link, which is not followed", remains=True)
            continue
        for entry in _entries(folder):
            if name == "runs" and not entry.is_symlink() and entry.is_dir():
                continue  # what was set aside before
            inside = _entries(entry) if name == "checkpoints" and not entry.is_symlink() and entry.is_dir() else [entry]
            for path in inside:
                if not is_file(path):
                    yield _set_aside("links", cache, path, "is no file")


def _permissions(cache: Path) -> Iterator[Finding]:
    if sys.platform == "win32":  # where the mode of a folder says nothing of who may write in it
        return
    for name in FOLDERS:
        folder = cache / name
        if folder.is_dir() and not folder.is_symlink():
            mode = stat.S_IMODE(folder.stat().st_mode)
            if mode & 0o022:
                try:
                    folder.chmod(mode & ~0o022)
                    yield Finding("permissions", f"others could write in {name}", "took that from them")
                except OSError as error:
                    yield Finding("permissions", f"others can write in {name} ({error.strerror})", remains=True)


def _sidecars(store: RunStore, runs: dict[str, Run]) -> Iterator[Finding]:
    """Every run with epochs has a copy of its curve beside its checkpoint."""
    if store.checkpoints.is_symlink():
        return
    for run in runs.values():
        if run["origin"] is None and run["epochs"] and run["status"] not in ACTIVE:
            folder = store.checkpoints / run["id"]
            if _is_unsound(folder / recovery.SIDECAR, run["id"]):
                try:
                    recovery.write_sidecar(run, folder)
                    yield Finding("sidecars", f"run {run['id']} had no sound copy of its curve", "wrote it")
                except (OSError, BadInput) as error:
                    yield Finding("sidecars", f"run {run['id']} has no sound copy of its curve: {error}", remains=True)
    for folder in _entries(store.checkpoints):
        path = folder / recovery.SIDECAR
        if folder.name not in runs and is_file(path) and _is_unsound(path, folder.name):
            yield _set_aside("sidecars", store.cache, path, "cannot be read")
    for path in _entries(store.imported):
        if path.suffix == ".json" and path.stem not in runs and _is_unsound(path, path.stem):
            yield _set_aside("sidecars", store.cache, path, "cannot be read")


def _is_unsound(path: Path, run_id: str) -> bool:
    """Whether that is no copy of the run's document: neither one for this version, nor one of a later hpviz."""
    return recovery.read_sidecar(path, run_id) is None and not recovery.is_newer(path, run_id)


def _deleted(store: RunStore, runs: dict[str, Run]) -> Iterator[Finding]:
    """What came back of a deleted run, such as a late copy of its curve, goes after it."""
    buried = recovery.buried(store.deleted)
    for folder in _entries(store.checkpoints):
        if folder.name not in runs and is_run_id(folder.name):
            copy = recovery.read_sidecar(folder / recovery.SIDECAR, folder.name)
            if copy is not None and recovery.tombstone(copy) in buried:
                budget.remove_checkpoints(folder)
                yield Finding("deleted", f"run {folder.name} was deleted, and its checkpoint was not", "removed it")
    for path in _entries(store.imported):
        copy = recovery.read_sidecar(path, path.stem) if path.stem not in runs else None
        if copy is not None and recovery.tombstone(copy) in buried:
            remove(path)
            yield Finding("deleted", f"run {path.stem} was deleted, and a copy of it was not", "removed it")


def _leftovers(store: RunStore, runs: dict[str, Run]) -> Iterator[Finding]:
    """What a process that was killed left half written, and the locks of the dead."""
    for folder in _entries(store.checkpoints):
        if folder.name not in runs or runs[folder.name]["status"] not in ACTIVE:
            for path in _entries(folder):
                if path.name.startswith("partial.") or path.name.endswith(".partial"):
                    remove(path)
                    yield Finding("leftovers", f"{path.relative_to(store.cache)} was never finished", "removed it")
    with suppress(Timeout, OSError), lock(store.locks / "backup.lock", timeout=0):
        for folder in (store.cache, store.cache / "runs", store.cache / "backup", store.imported, store.cache / "data"):
            for path in _entries(folder):
                if path.name.endswith(".partial") and not path.is_symlink() and folder.name != "data":
                    shutil.rmtree(path) if path.is_dir() else remove(path)
                    yield Finding("leftovers", f"{path.relative_to(store.cache)} was never finished", "removed it")
    for path in _entries(store.locks):
        owner = path.name.removeprefix("owner-").removesuffix(".lock")
        if path.name.startswith("owner-") and not is_alive(store.locks, owner) and not path.exists():
            yield Finding("leftovers", f"a lock of a process that is gone, {owner}", "removed it")


def _backup(store: RunStore, cache: Path) -> Iterator[Finding]:
    path = cache / "backup" / recovery.DATABASE
    sound = not path.parent.is_symlink() and recovery.is_sound(path, FROZEN)
    if sound or not store.runs():
        return
    found = "the backup was damaged" if path.exists() else "there was no backup"
    try:
        store.backup()
        yield Finding("backup", found, "made a new one")
    except (OSError, sqlite3.Error, BadInput) as error:
        yield Finding("backup", f"{found}, and none can be made: {error}", remains=True)


def _set_aside(what: str, cache: Path, path: Path, fault: str) -> Finding:
    name = str(path.relative_to(cache))
    try:
        place = own_folder(cache / "aside") / f"{secrets.token_hex(4)}-{path.name}"
        move(path, place)
        return Finding(what, f"{name} {fault}", f"moved it to aside/{place.name}")
    except (OSError, BadInput) as error:
        return Finding(what, f"{name} {fault}, and it cannot be moved: {error}", remains=True)


def _entries(folder: Path) -> list[Path]:
    """What is in a folder of the cache, links not followed."""
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
