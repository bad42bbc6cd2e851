"""What a node of a cluster does: it says what it is, and trains a run, whose events and checkpoints travel back.

Torch is loaded in here. Nothing here knows Ray, which runs both functions as they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hpviz import hardware
from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.runs.document import Run
from hpviz.runs.work import Due, describe_failure
from hpviz.spec import BadInput, RunSpec
from hpviz.training.checkpoint import NEWEST, write
from hpviz.training.events import Began, Epoch, Event

# One head hears hundreds of nodes; a page still sees the line move twice a second.
TELL_SECONDS = 0.4


@dataclass(frozen=True)
class Saved:
    """An epoch with the file of its checkpoint, which is to be safe before anyone hears of the epoch."""

    epoch: Epoch
    checkpoint: bytes


@dataclass(frozen=True)
class Failure:
    """It failed there, for the reason in one sentence: an error itself might need PyTorch to be understood here."""

    sentence: str
    is_bad_input: bool


Told = Progress | Event | Saved | Failure


def describe(device: str) -> dict[str, Any] | Failure:
    """What the node is, as `training.numerics.machine` describes it."""
    try:
        from hpviz.training.numerics import machine

        # Ray lets a process that asks for no core believe it has one.
        return {**machine(device), "threads": hardware.physical_cores()}
    except Exception as error:
        return _failure(error)


def train(
    run: Run, images: Prepared, weights: bytes | None, checkpoint: bytes | None, device: str, threads: int
) -> Iterator[Told]:
    """Train a run up to its target, from the `checkpoint` on if there is one; both files are given by their content."""
    try:
        # One that is killed leaves its folder behind, which is the node's to clear as it clears its temporary files.
        with TemporaryDirectory(prefix="hpviz-", ignore_cleanup_errors=True) as scratch:
            yield from _train(run, images, weights, checkpoint, device, threads, Path(scratch))
    except Exception as error:
        yield _failure(error)


def _train(
    run: Run,
    images: Prepared,
    weights: bytes | None,
    checkpoint: bytes | None,
    device: str,
    threads: int,
    scratch: Path,
) -> Iterator[Told]:
    yield Progress("loading PyTorch", 0, 0)
    from hpviz.training.loop import train
    from hpviz.training.numerics import machine

    here = {name: value for name, value in machine(device).items() if name != "devices"}
    yield Began({**here, "threads": threads})
    folder, file = scratch / "checkpoint", scratch / "weights"
    if checkpoint is not None:
        write(folder, checkpoint)
    if weights is not None:
        file.write_bytes(weights)
    due = Due(TELL_SECONDS)
    for event in train(
        RunSpec(**run["spec"]),
        images,
        epochs=run["target"],
        device=device,
        threads=threads,
        weights=None if weights is None else file,
        checkpoint=folder,
    ):
        if isinstance(event, Epoch):
            yield Saved(event, (folder / NEWEST).read_bytes())
        elif due(event):
            yield event


def _failure(error: Exception) -> Failure:
    return Failure(describe_failure(error), isinstance(error, BadInput))
