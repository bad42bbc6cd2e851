"""A run trained once more, bit for bit, for what its checkpoint does not hold: its weights on the way.

Nothing is written, neither in the store nor beside the run's checkpoint.
"""

import math
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from hpviz.data.prepared import Prepared
from hpviz.spec import BadInput, RunSpec
from hpviz.training import numerics
from hpviz.training.events import Batch, Evaluating
from hpviz.training.images import split
from hpviz.training.loop import Learner, train_epoch
from hpviz.training.memory import MemoryMeter

LOSSES = ("train_loss", "train_loss_eval", "test_loss")
# Rounding of another machine moves the losses of an epoch by thousandths of a nat; what is further off goes elsewhere.
CLOSE = 0.05


@dataclass(frozen=True)
class PastRun:
    """A run to go through again: its epochs' rows, the threads it was trained on, its file of pretrained weights."""

    id: str
    spec: RunSpec
    rows: Sequence[Mapping[str, Any]]
    threads: int | None
    weights: Path | None = None


@dataclass(frozen=True)
class Reached:
    """The network after `updates` updates, as it is until the next event is asked for."""

    updates: int
    network: nn.Module


def replay(
    run: PastRun, data: Prepared, moments: Collection[int]
) -> Generator[Batch | Evaluating | Reached, None, float]:
    """Train a run again on the CPU, as far as its rows go, and show its network at these `moments`, in updates.

    Returns how far the losses of its epochs are from the recorded ones at most, in nats: 0 is bit for bit. Raises
    BadInput as soon as an epoch is further off than CLOSE.
    """
    spec, off = run.spec, 0.0
    before = numerics.torch.get_num_threads()
    numerics.use_threads(run.threads)
    numerics.keep_freed_memory()
    try:
        numerics.check_precision(spec.precision, "cpu")
        memory, splits = MemoryMeter("cpu"), split(spec, data, "cpu")
        learner = Learner.begin(spec, len(data.classes), "cpu", run.weights, None)
        if 0 in moments:
            yield Reached(0, learner.network)
        for row in run.rows:
            for event in train_epoch(learner, splits, memory):
                if not isinstance(event, Batch | Evaluating):
                    continue
                yield event
                if isinstance(event, Batch) and (done := (event.epoch - 1) * event.of + event.updates) in moments:
                    yield Reached(done, learner.network)
            off = max(off, distance(learner.rows[-1], row))
            if off > CLOSE:
                raise BadInput(_elsewhere(run, len(learner.rows), off))
        return off
    finally:
        numerics.give_freed_memory_back()
        numerics.use_threads(before)


def distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far the losses of two rows are apart at most, in nats; those that are no number in both are equal."""
    pairs = [(one.get(name), other.get(name)) for name in LOSSES]
    known = [(a, b) for a, b in pairs if a is not None or b is not None]
    return max((math.inf if a is None or b is None else abs(a - b) for a, b in known), default=0.0)


def _elsewhere(run: PastRun, epoch: int, off: float) -> str:
    how_far = f"{off:.2g} nats off" if math.isfinite(off) else "no longer a finite number in one of the two"
    return (
        f"This machine computes otherwise than the one that recorded run {run.id}: gone through again, its losses are "
        f"{how_far} in epoch {epoch}, so this would be another run's path; train it here anew."
    )
