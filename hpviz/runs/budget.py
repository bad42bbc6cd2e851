"""Checkpoints are large and can be made again; curves are small and cannot. Only the first are ever freed."""

import os
from contextlib import suppress
from pathlib import Path

CHECKPOINT_BUDGET_BYTES = 10 * 2**30  # about 75 ResNet18 runs or 1,000 of the article's network at 64 px
SIDECAR = "run.json"


def size(folder: Path) -> int:
    """Bytes of the checkpoint files in a run's folder, its document and what goes meanwhile left out."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as files:
        for file in files:
            if not file.name.startswith(SIDECAR):
                with suppress(FileNotFoundError):
                    total += file.stat().st_size
    return total


def remove_checkpoints(folder: Path, keep_sidecar: bool = False) -> None:
    """Delete a run's checkpoint files; with `keep_sidecar` the copy of its curve stays."""
    for file in list(folder.glob("*")):
        if not (keep_sidecar and file.name == SIDECAR):
            file.unlink(missing_ok=True)
    if folder.exists() and not keep_sidecar:
        folder.rmdir()


def trim(checkpoints: Path, budget: int = CHECKPOINT_BUDGET_BYTES) -> None:
    """Free the checkpoints that were written longest ago until the rest fits the budget (bytes)."""
    folders = sorted(
        (folder for folder in checkpoints.iterdir() if folder.is_dir()), key=lambda folder: folder.stat().st_mtime
    )
    total = sum(map(size, folders))
    for folder in folders[:-1]:
        if total <= budget:
            return
        total -= size(folder)
        remove_checkpoints(folder, keep_sidecar=True)
