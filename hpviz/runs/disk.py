"""What a cache folder takes on disk, and what of it can be made again, so that it may be freed. Curves never are."""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hpviz.runs.budget import SIDECAR, remove_checkpoints, size
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.store import RunStore


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
    runs = _bytes(cache / "runs") + _bytes(cache / "backup") + copies
    return Use(sum(map(size, folders)), _bytes(cache / "data"), _bytes(cache / "downloads"), runs)


def stamp(cache: Path) -> tuple[int, ...]:
    """What changes when prepared images, a download or a run's first checkpoint come or go."""
    folders = [cache / name for name in ("data", "downloads", "checkpoints")]
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


def checkpoint_bytes(store: RunStore, run_id: str) -> int:
    """Bytes of a run's checkpoint, 0 if there is none."""
    folder = store.checkpoints / run_id
    return size(folder) if folder.is_dir() else 0


def begins_anew(store: RunStore, run: Run) -> bool:
    """Whether going on with a run means training it from epoch 1: it has epochs, but their checkpoint was freed."""
    return bool(run["epochs"]) and checkpoint_bytes(store, run["id"]) == 0


def free_checkpoints(store: RunStore, run_ids: Iterable[str]) -> int:
    """Delete the checkpoints of these runs, but for those that wait or train; returns the bytes that were freed."""
    freed = 0
    for run_id in run_ids:
        # Under the store's write lock, so that no process begins with the run meanwhile.
        with store.transaction():
            run = store.get(run_id)
            if run is not None and run["status"] not in ACTIVE:
                freed += checkpoint_bytes(store, run_id)
                remove_checkpoints(store.checkpoints / run_id, keep_sidecar=True)
    return freed


def prepared(cache: Path, keep: Collection[Path] = ()) -> dict[Path, int]:
    """The folders of prepared images that can be freed and their bytes, but for those to keep."""
    folders = [folder for folder in _folders(cache / "data") if (folder / "meta.json").exists() and folder not in keep]
    return {folder: taken for folder in folders if (taken := sum(_file_bytes(image) for image in _arrays(folder)))}


def free_prepared(cache: Path, keep: Collection[Path] = ()) -> int:
    """Delete prepared images; what was learnt about them stays. Returns the bytes that were freed.

    Images that are being prepared right now, and on Windows those in use, are left alone. Elsewhere the disk has the
    room back once no process maps them any more: see `Desk.forget_images`.
    """
    freed = 0
    for folder in prepared(cache, keep):
        with suppress(Timeout), FileLock(folder.with_suffix(".lock"), timeout=0):
            for images in _arrays(folder):
                taken = _file_bytes(images)
                with suppress(OSError):
                    images.unlink()
                    freed += taken
    return freed


def _arrays(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.npy"))


def _folders(parent: Path) -> list[Path]:
    return [Path(entry.path) for entry in os.scandir(parent) if entry.is_dir()] if parent.is_dir() else []


def _file_bytes(path: Path) -> int:
    """Bytes of a file, 0 if it has gone meanwhile."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _bytes(folder: Path) -> int:
    """Bytes of all files under a folder; what goes while they are counted does not count."""
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                inside = entry.is_dir(follow_symlinks=False)
                total += _bytes(Path(entry.path)) if inside else entry.stat(follow_symlinks=False).st_size
    return total
