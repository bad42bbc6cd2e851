"""A run trained once more, in memory alone: to look into the network at moments of which no checkpoint is kept.

The same spec, images and number of threads give the same bits, so the network met on the way is the run's own; every
epoch is held against the row that is stored of it. Nothing is written, neither in the store nor beside a checkpoint.
"""

import math
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hpviz.data.prepared import Prepared
from hpviz.spec import RunSpec
from hpviz.training import numerics
from hpviz.training.events import Batch, Evaluating
from hpviz.training.images import split
from hpviz.training.loop import Learner, train_epoch
from hpviz.training.memory import MemoryMeter

LOSSES = ("train_loss", "train_loss_eval", "test_loss")


@dataclass(frozen=True)
class PastRun:
    """A run to go through again: its epochs' rows, the threads it was trained on, its file of pretrained weights."""

    id: str
    spec: RunSpec
    rows: Sequence[Mapping[str, Any]]
    threads: int | None
    weights: Path | None = None


@dataclass(frozen=True)
class Moment:
    """The learner after `updates` updates, which is `epoch` epochs: a fraction between two, 0 before the first.

    `off` is how far the losses of its epochs so far are from the stored ones at most, in nats: 0 is to the last bit;
    elsewhere, or with another PyTorch, a run goes a little differently. Who looks at the learner leaves its random
    states and its network's mode as they were.
    """

    updates: int
    epoch: float
    learner: Learner
    off: float


def replay(
    run: PastRun, data: Prepared, moments: Collection[int] | None = None
) -> Generator[Batch | Evaluating | Moment, None, float]:
    """Train a run again on the CPU, as far as its rows go, and show its learner at these `moments`, in updates.

    None: at the start and after every epoch. Returns `off` of all epochs. It ends early where training diverges, after
    that epoch. Closing it stops within one batch. Raises BadInput as `train` does.
    """
    before = torch.get_num_threads()
    numerics.use_threads(run.threads)
    numerics.keep_freed_memory()
    try:
        return (yield from _replay(run, data, moments))
    finally:
        numerics.give_freed_memory_back()
        torch.set_num_threads(before)


def _replay(
    run: PastRun, data: Prepared, moments: Collection[int] | None
) -> Generator[Batch | Evaluating | Moment, None, float]:
    numerics.check_precision(run.spec.precision, "cpu")
    memory, splits = MemoryMeter("cpu"), split(run.spec, data, "cpu")
    learner = Learner.begin(run.spec, len(data.classes), "cpu", run.weights, None)
    off = 0.0
    if moments is None or 0 in moments:
        yield Moment(0, 0, learner, off)
    for number, row in enumerate(run.rows, start=1):
        events = train_epoch(learner, splits, memory)
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                reason = end.value
                break
            if not isinstance(event, Batch | Evaluating):
                continue
            yield event
            if moments is not None and isinstance(event, Batch) and event.updates < event.of:
                updates = (number - 1) * event.of + event.updates
                if updates in moments:
                    yield Moment(updates, number - 1 + event.updates / event.of, learner, off)
        off = max(off, distance(learner.rows[-1], row))
        updates = learner.rows[-1]["updates"]
        if moments is None or updates in moments:
            yield Moment(updates, number, learner, off)
        if reason:
            break
    return off


def distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far the losses of two rows are apart at most, in nats; those that are no number in both are equal."""
    pairs = [(one.get(name), other.get(name)) for name in LOSSES]
    known = [(a, b) for a, b in pairs if a is not None or b is not None]
    return max((math.inf if a is None or b is None else abs(a - b) for a, b in known), default=0.0)
