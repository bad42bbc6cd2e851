"""Checkpoints that survive a kill, a full disk and a damaged file: `newest.pt`, and `previous.pt` while training.

What is saved is plain data and tensors, so it is read back with torch.load(weights_only=True).
"""

import hashlib
import io
import logging
import os
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpviz.confined import new_file, own_folder, read_file
from hpviz.in_use import move, remove
from hpviz.spec import BadInput, RunSpec

log = logging.getLogger(__name__)

VERSION = 1
DIGEST_BYTES = 32
NEWEST, PREVIOUS, PARTIAL = "newest.pt", "previous.pt", "partial.pt"

State = dict[str, Any]


def save(folder: Path, spec: RunSpec, state: State) -> None:
    """Put `state` (plain data and tensors) safely on disk as the newest checkpoint of that spec.

    Raises OSError, such as a full disk's, with the checkpoints before left as they were.
    """
    import torch

    # Serialised in memory first: torch.save to a full disk raises an error that no longer says so.
    buffer = io.BytesIO()
    torch.save({"version": VERSION, "run": spec.run_id, "spec": spec.model_dump(mode="json"), **state}, buffer)
    write(folder, *sealed(buffer.getbuffer()))


def write(folder: Path, *parts: bytes | memoryview) -> None:
    """Put the content of a checkpoint file, which may come from another machine, in place as the newest.

    Raises OSError as `save` does.
    """
    own_folder(folder)
    partial, newest = folder / PARTIAL, folder / NEWEST
    try:
        with new_file(partial) as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            remove(partial)
        raise
    if newest.exists():
        move(newest, folder / PREVIOUS)
    move(partial, newest)
    sync(folder)


def load(folder: Path, spec: RunSpec) -> State | None:
    """The newest sound checkpoint, or None if there is none.

    Raises BadInput if the checkpoint belongs to another run or was written by a newer hpviz.
    """
    return next((state for name in (NEWEST, PREVIOUS) if (state := _sound(folder / name, spec))), None)


def kept(folder: Path, spec: RunSpec) -> list[State]:
    """The sound checkpoints that are still there, the newest last. Raises BadInput as `load` does."""
    return [state for name in (PREVIOUS, NEWEST) if (state := _sound(folder / name, spec))]


def _sound(path: Path, spec: RunSpec) -> State | None:
    """One checkpoint of that spec; None if it is missing or damaged."""
    try:
        state = read(path)
        version, run = state["version"], state["run"]
    except FileNotFoundError:
        return None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError):
        log.warning("the checkpoint %s is damaged; falling back to the one before", path)
        return None
    if type(version) is int and version > VERSION:
        raise BadInput(f"The checkpoint in {path.parent} was written by a newer hpviz: update hpviz to go on with it.")
    if (version, run) != (VERSION, spec.run_id):
        raise BadInput(f"The checkpoint in {path.parent} belongs to another run; delete it or train elsewhere.")
    return state


def is_sound(folder: Path) -> bool:
    """Whether training can go on from a checkpoint in there; without torch, for those who only have to know."""
    return any(_opened(folder / name) is not None for name in (NEWEST, PREVIOUS))


def newest(folder: Path) -> bytes | None:
    """The file, for training elsewhere, of the newest checkpoint whose digest is right; None if there is none."""
    bodies = (body for name in (NEWEST, PREVIOUS) if (body := _opened(folder / name)) is not None)
    return next((b"".join(sealed(body)) for body in bodies), None)


def read(path: Path) -> State:
    """The content of one checkpoint file; FileNotFoundError if there is none, ValueError if it was altered."""
    import torch

    path.lstat()
    body = _opened(path)
    if body is None:
        raise ValueError("the digest does not match")
    state: State = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    return state


def sealed(body: bytes | memoryview) -> tuple[bytes | memoryview, bytes]:
    """What a checkpoint file holds, in its order: the body, then its digest.

    torch.load does not notice flipped bits, hence the digest; as a tail it leaves the file one that torch.load reads.
    """
    return body, hashlib.sha256(body).digest()


def _opened(path: Path) -> memoryview | None:
    """The body of a checkpoint file that is as it was written, else None."""
    try:
        content = memoryview(read_file(path))
    except OSError:
        return None
    body, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    return body if hashlib.sha256(body).digest() == digest else None


def settle(folder: Path) -> None:
    """Once training has ended, free the checkpoint before the newest."""
    if (folder / NEWEST).exists():
        remove(folder / PREVIOUS)


def sync(folder: Path) -> None:
    """Make renames in a folder survive a power cut; not every system lets a folder be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
