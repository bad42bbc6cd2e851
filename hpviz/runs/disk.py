"""What a cache folder takes on disk, and what of it can be made again, so that it may be freed. Curves never are."""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from hpviz.confined import is_file, is_run_id, lock, refuse_links, run_folder
from hpviz.gate import refuse_changes
from hpviz.runs.budget import CHECKPOINT_BUDGET_BYTES, SIDECAR, remove_checkpoints, size
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.store import RunStore
from hpviz.training.checkpoint import is_sound


@dataclass(frozen=True)
class Use:
    """Bytes of checkpoints, prepared images, downloads, and of the runs themselves with their copies."""

    checkpoints: int
    data: int
    downloads: int
    runs: int

    @property
    def total(self) -> int:
        return self.checkpoints + self.data + self.downloads + self.runs


def measure(cache: Path) -> Use:
    """Look at every file of the cache folder. What Kaggle keeps lies elsewhere, for other programs use it too."""
    folders = _folders(cache / "checkpoints")
    copies = sum(_file_bytes(folder / SIDECAR) for folder in folders)
    runs = sum(_bytes(cache / name) for name in ("runs", "backup", "imported", "deleted", "inspections")) + copies
    return Use(sum(map(size, folders)), _bytes(cache / "data"), _bytes(cache / "downloads"), runs)


def stamp(cache: Path) -> tuple[int, ...]:
    """What changes when prepared images, a download or a run's first checkpoint come or go."""
    folders = [cache / name for name in ("data", "downloads", "checkpoints")]
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


def checkpoint_bytes(store: RunStore, run_id: str) -> int:
    """Bytes of a run's checkpoint, 0 if there is none."""
    return size(store.checkpoints / run_id) if is_run_id(run_id) and not store.checkpoints.is_symlink() else 0


def begins_anew(store: RunStore, run: Run) -> bool:
    """Whether going on with a run means training it from epoch 1: it has epochs, but no sound checkpoint any more."""
    return bool(run["epochs"]) and not is_sound(store.checkpoints / run["id"])


def free_checkpoints(store: RunStore, run_ids: Iterable[str]) -> int:
    """Delete the checkpoints of these runs, but for those that wait or train; returns the bytes that were freed."""
    return sum(_free(store, run_id) for run_id in run_ids)


def _free(store: RunStore, run_id: str) -> int:
    # Under the store's write lock, so that no process begins with the run meanwhile.
    with store.transaction():
        run = store.get(run_id)
        if run is None or run["status"] in ACTIVE:
            return 0
        freed = checkpoint_bytes(store, run_id)
        remove_checkpoints(run_folder(store.checkpoints, run_id), keep_sidecar=True)
        return freed


def trim(store: RunStore, budget: int = CHECKPOINT_BUDGET_BYTES) -> None:
    """Free the checkpoints that were written longest ago until the rest fits the budget (bytes).

    Those of runs that wait or train are never freed, nor is the newest of all.
    """
    refuse_links(store.checkpoints)
    written = {folder: folder.stat().st_mtime for folder in _folders(store.checkpoints) if is_run_id(folder.name)}
    folders = sorted(written, key=written.__getitem__)
    total = sum(map(size, folders))
    for folder in folders[:-1]:
        if total <= budget:
            return
        total -= _free(store, folder.name)


def prepared(cache: Path, keep: Collection[Path] = ()) -> dict[Path, int]:
    """The folders of prepared images that can be freed and their bytes, but for those to keep."""
    folders = [folder for folder in _folders(cache / "data") if (folder / "meta.json").exists() and folder not in keep]
    return {folder: taken for folder in folders if (taken := sum(_file_bytes(image) for image in _arrays(folder)))}


def free_prepared(cache: Path, keep: Collection[Path] = ()) -> int:
    """Delete prepared images; what was learnt about them stays. Returns the bytes that were freed.

    Images that are being prepared right now, and on Windows those in use, are left alone. Elsewhere the disk has the
    room back once no process maps them any more: see `Desk.forget_images`.
    """
    refuse_changes()
    freed = 0
    for folder in prepared(cache, keep):
        with suppress(Timeout, OSError), lock(folder.with_suffix(".lock"), timeout=0):
            for images in _arrays(folder):
                taken = _file_bytes(images)
                with suppress(OSError):
                    images.unlink()
                    freed += taken
    return freed


def _arrays(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.npy") if is_file(file))


def _folders(parent: Path) -> list[Path]:
    """The folders in a folder, links left out."""
    if parent.is_symlink() or not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _file_bytes(path: Path) -> int:
    """Bytes of a file, 0 if it has gone meanwhile."""
    with suppress(OSError):
        return path.lstat().st_size
    return 0


def _bytes(folder: Path) -> int:
    """Bytes of all files under a folder; what goes while they are counted does not count."""
    total = 0
    if folder.is_symlink():
        return 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                inside = entry.is_dir(follow_symlinks=False)
                total += _bytes(Path(entry.path)) if inside else entry.stat(follow_symlinks=False).st_size
    return total
