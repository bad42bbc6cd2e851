"""A run trained once more, in memory alone: to look into the network at moments of which no checkpoint is kept.

The same spec, images and number of threads give the same bits, so the network met on the way is the run's own; every
epoch is held against the row that is stored of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.spec import RunSpec
from hpviz.training import numerics
from hpviz.training.events import Batch, Event
from hpviz.training.images import split
from hpviz.training.loop import Learner, train_epoch
from hpviz.training.memory import MemoryMeter

# All of a row that does not depend on the clock.
COMPARED = (
    *("updates", "images", "train_loss", "train_loss_eval", "train_accuracy_eval", "test_loss", "test_accuracy"),
    *("validation_loss", "validation_accuracy", "weight_norm", "gradient_norm"),
)


@dataclass(frozen=True)
class Moment:
    """The learner after `epoch` epochs, 0 before the first update and a fraction between two epochs.

    `equal` tells whether all rows so far are the stored ones to the last bit: elsewhere, or with another PyTorch, a run
    goes a little differently. Who looks at the learner leaves its random states and its network's mode as they were.
    """

    epoch: float
    learner: Learner
    equal: bool


def replay(
    spec: RunSpec,
    data: Prepared,
    rows: Sequence[Mapping[str, Any]],
    *,
    threads: int | None,
    weights: Path | None,
    every: int | None = None,
) -> Iterator[Moment | Progress]:
    """Train as far as the stored `rows` go, on the CPU; yields a Moment at the start, after every epoch and, with
    `every`, after so many updates within one, and Progress at every update between.

    Nothing is read or written but the images and the file of pretrained `weights`. It ends early where training
    diverges, after the Moment of that epoch. Closing it stops within one batch. Raises BadInput as `train` does.
    """
    before = torch.get_num_threads()
    numerics.use_threads(threads)
    numerics.keep_freed_memory()
    try:
        yield from _replay(spec, data, rows, weights, every)
    finally:
        numerics.give_freed_memory_back()
        torch.set_num_threads(before)


def _replay(
    spec: RunSpec, data: Prepared, rows: Sequence[Mapping[str, Any]], weights: Path | None, every: int | None
) -> Iterator[Moment | Progress]:
    numerics.check_precision(spec.precision, "cpu")
    memory = MemoryMeter("cpu")
    learner = Learner.begin(spec, len(data.classes), "cpu", weights, None)
    splits = split(spec, data, "cpu")
    equal = True
    yield Moment(0, learner, equal)
    for number, row in enumerate(rows, start=1):
        events, reason = train_epoch(learner, splits, memory), None
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                reason = end.value
                break
            yield _progress(event, number, len(rows))
            if every and isinstance(event, Batch) and event.updates % every == 0 and event.updates < event.of:
                yield Moment(number - 1 + event.updates / event.of, learner, equal)
        equal = equal and alike(learner.rows[-1], row)
        yield Moment(number, learner, equal)
        if reason:
            return


def alike(again: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether two rows of an epoch agree in all that both of them have, but for times and memory."""
    return all(again[name] == stored[name] for name in COMPARED if name in again and name in stored)


def _progress(event: Event, number: int, epochs: int) -> Progress:
    done = event.updates / event.of if isinstance(event, Batch) else 1.0
    return Progress(f"training it again: epoch {number} of {epochs}", round(1000 * (number - 1 + done)), 1000 * epochs)
