"""Checkpoints are large and can be made again; curves are small and cannot. Only the first are ever freed."""

import os
from contextlib import suppress
from pathlib import Path

from hpviz.gate import refuse_changes
from hpviz.in_use import remove

CHECKPOINT_BUDGET_BYTES = 10 * 2**30  # about 75 ResNet18 runs or 1,000 of the article's network at 64 px
SIDECAR = "run.json"


def size(folder: Path) -> int:
    """Bytes of the checkpoint files in a run's folder, its document and what goes meanwhile left out; links count 0."""
    total = 0
    with suppress(OSError), os.scandir(folder) as files:
        for file in files:
            if not file.name.startswith(SIDECAR) and not folder.is_symlink():
                with suppress(FileNotFoundError):
                    total += file.stat(follow_symlinks=False).st_size if file.is_file(follow_symlinks=False) else 0
    return total


def remove_checkpoints(folder: Path, keep_sidecar: bool = False) -> None:
    """Delete a run's checkpoint files; with `keep_sidecar` the copy of its curve stays.

    Of links, to files or in the folder's own place, the link goes. Folders within are nobody's and stay.
    """
    refuse_changes()
    if folder.is_symlink() or not folder.is_dir():
        remove(folder)
        return
    with os.scandir(folder) as files:
        found = [file for file in files if not file.is_dir(follow_symlinks=False)]
    for file in found:
        if not (keep_sidecar and file.name == SIDECAR):
            remove(Path(file.path))
    if not keep_sidecar:
        with suppress(OSError):
            folder.rmdir()
