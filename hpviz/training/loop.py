"""Training, the author's recipe to the letter, as a generator of events.

Inputs in 0…1, cross-entropy, a constant learning rate, every epoch a new shuffle, the last partial batch kept; the rate
falls and images are augmented only where a spec asks for it. Speed never changes that: parameters and the optimiser's
state are always float32.
"""

import logging
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn, optim
from torch.nn import functional as F

from hpviz.data.prepared import Prepared
from hpviz.models import build
from hpviz.models.article import give_dropout
from hpviz.spec import RunSpec
from hpviz.training import checkpoint as checkpoints
from hpviz.training import numerics
from hpviz.training.augmentation import augmented
from hpviz.training.events import Batch, Diverged, Epoch, Evaluating, Event, Resumed
from hpviz.training.images import Splits, split
from hpviz.training.measure import Score, evaluate, finite, norm
from hpviz.training.memory import MemoryMeter
from hpviz.training.optimizers import OPTIMIZERS
from hpviz.training.recorded_answers import Recorded, recorded
from hpviz.training.schedule import rate_factor

log = logging.getLogger(__name__)

FUSED = True  # the optimiser's step in one kernel; False: PyTorch's default, the same numbers but for rounding
LOOK_SECONDS = 0.25  # reading the loss makes a GPU wait, so it is looked at four times a second

# The least probability float32 can hold is 1.4e-45, or 103 nats. A network that gives its own training images less
# than that, both in the epoch's last update and on average afterwards, has left the numbers that training is about.
ABSURD_LOSS = -math.log(2.0**-149)


def train(
    spec: RunSpec,
    data: Prepared,
    *,
    epochs: int,
    device: str = "cpu",
    threads: int | None = None,
    weights: Path | None = None,
    checkpoint: Path | None = None,
) -> Iterator[Event]:
    """Train up to `epochs` epochs, counted from the first, and yield what happens.

    With `checkpoint`, a folder, every epoch is saved there before it is announced, and training goes on from the
    newest one; on a CPU with the same number of threads the result is then bit for bit that of an uninterrupted run.
    Closing the generator stops within one batch and loses the epoch under way. `threads` are those of the processor,
    None for one a core. `weights` is the file of pretrained weights, if the spec asks for them. Raises BadInput if
    weights or checkpoint are not this run's or the device cannot compute in its precision, and OSError, such as a full
    disk's, from saving.
    """
    numerics.use_threads(threads)
    numerics.keep_freed_memory()
    try:
        yield from _train(spec, data, epochs, device, weights, checkpoint)
    finally:
        numerics.give_freed_memory_back()


def _train(
    spec: RunSpec, data: Prepared, epochs: int, device: str, weights: Path | None, folder: Path | None
) -> Iterator[Event]:
    saved = checkpoints.load(folder, spec) if folder else None
    if saved:
        yield Resumed([dict(row) for row in saved["rows"]], saved.get("answers"))
        if saved["diverged"]:
            yield Diverged(len(saved["rows"]), saved["diverged"])
        if saved["diverged"] or len(saved["rows"]) >= epochs:
            return
    numerics.check_precision(spec.precision, device)
    if device != "cpu":
        numerics.set_matmul_precision(spec.precision)
    memory = MemoryMeter(device)
    learner = Learner.begin(spec, len(data.classes), device, weights, saved)
    del saved
    if spec.precision == "bf16" and not numerics.has_bf16(device):
        log.warning("this device computes in bf16 only by emulation: fp32 would be faster")
    splits = split(spec, data, device)
    while len(learner.rows) < epochs:
        reason = yield from train_epoch(learner, splits, memory)
        if folder:
            checkpoints.save(folder, spec, learner.state(reason))
        yield Epoch(dict(learner.rows[-1]), learner.answers)
        if reason:
            yield Diverged(len(learner.rows), reason)
            break
    if folder:
        checkpoints.settle(folder)


@dataclass
class Learner:
    """A network and all that its training depends on: what a checkpoint holds."""

    spec: RunSpec
    device: str
    network: nn.Module
    optimizer: optim.Optimizer
    shuffle: torch.Generator
    dropout: torch.Generator
    augmentation: torch.Generator
    rows: list[dict[str, Any]]
    classes: int
    answers: Recorded | None = None

    @classmethod
    def begin(
        cls, spec: RunSpec, classes: int, device: str, weights: Path | None, saved: dict[str, Any] | None
    ) -> "Learner":
        """A new learner, or the one that was saved."""
        start = spec.model_copy(update={"weights": None}) if saved else spec  # whatever it starts from is overwritten
        network = build(start, classes, weights).to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        # Seeds of one run that are not each other's neighbours: 2³¹ apart, beyond any seed a spec may have.
        shuffle = torch.Generator().manual_seed(spec.seed + 2**31)
        dropout = torch.Generator(device).manual_seed(spec.seed + 2**32)
        augmentation = torch.Generator().manual_seed(spec.seed + 2**33)
        give_dropout(network, dropout)
        learner = cls(spec, device, network, make_optimizer(spec, network), shuffle, dropout, augmentation, [], classes)
        if saved:
            network.load_state_dict(saved["network"])
            learner.optimizer.load_state_dict(saved["optimizer"])
            shuffle.set_state(saved["shuffle"])
            dropout.set_state(saved["dropout"])
            if "augmentation" in saved:
                augmentation.set_state(saved["augmentation"])
            learner.rows, learner.answers = saved["rows"], saved.get("answers")
        return learner

    def state(self, diverged: str | None) -> dict[str, Any]:
        """Everything `begin` needs to go on, and why there is no going on if so."""
        drawn = {} if self.spec.augmentation == "none" else {"augmentation": self.augmentation.get_state()}
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "shuffle": self.shuffle.get_state(),
            "dropout": self.dropout.get_state(),
            **drawn,
            "rows": self.rows,
            **({"answers": self.answers} if self.answers else {}),
            "diverged": diverged,
        }

    def augment(self, images: Tensor) -> Tensor:
        """A batch of pixels (B, 3, S, S), uint8, as the spec's augmentation draws it."""
        return augmented(images, self.spec, self.augmentation)


def make_optimizer(spec: RunSpec, network: nn.Module) -> optim.Optimizer:
    """The spec's optimiser, fused into one kernel."""
    return OPTIMIZERS[spec.optimizer](network.parameters(), spec, FUSED)


def set_rate(learner: Learner, updates: int, updates_an_epoch: int) -> None:
    """Give the optimiser the rate that the schedule has after so many updates; a constant one is left alone."""
    spec = learner.spec
    if spec.schedule != "constant":
        rate = spec.learning_rate * rate_factor(spec, updates, updates_an_epoch)
        for group in learner.optimizer.param_groups:
            group["lr"] = rate


def train_epoch(learner: Learner, splits: Splits, memory: MemoryMeter) -> Generator[Event, None, str | None]:
    """Train for one epoch and add its row to the learner's; returns why training has diverged, if it has."""
    number, images = len(learner.rows) + 1, splits.train
    batches = torch.split(torch.randperm(len(images), generator=learner.shuffle), learner.spec.batch_size)
    summed = torch.zeros((), dtype=torch.float64, device=learner.device)
    seen, seconds, looked, train_loss = 0, 0.0, -math.inf, 0.0  # the first look is at the first batch
    change = None if learner.spec.augmentation == "none" else learner.augment
    for updates, indices in enumerate(batches, start=1):
        begun = time.perf_counter()
        set_rate(learner, (number - 1) * len(batches) + updates - 1, len(batches))
        loss = update(learner, *images.gather(indices, change))
        summed += loss.double() * len(indices)
        seen += len(indices)
        if begun - looked > LOOK_SECONDS or updates == len(batches):
            looked, train_loss = begun, summed.item() / seen
        seconds += time.perf_counter() - begun  # what the caller does between two updates is not training
        yield Batch(number, updates, len(batches), seen, seconds, finite(train_loss))
        if not math.isfinite(train_loss):
            break
    before = learner.rows[-1] if learner.rows else {"updates": 0, "images": 0}
    progress = {"epoch": number, "updates": before["updates"] + updates, "images": before["images"] + seen}
    held = {"peak_memory_bytes": memory.peak()}
    measured, losses, said = yield from measure(learner, splits, number)
    row = {"train_loss": train_loss, "train_seconds": seconds, "images_per_second": seen / seconds, **held, **measured}
    learner.rows.append(progress | {name: value and finite(value) for name, value in row.items()})
    labels = splits.test.labels[splits.test.chosen].cpu().numpy()
    learner.answers = recorded(learner.answers, learner.rows, said, labels, learner.classes)
    return divergence(number, train_loss, loss.item(), *losses)


def update(learner: Learner, images: Tensor, labels: Tensor) -> Tensor:
    """One step of the optimiser; returns the batch's mean loss, still on the device."""
    with numerics.autocast(learner.spec.precision, learner.device):
        loss = F.cross_entropy(learner.network(images), labels)
    learner.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    learner.optimizer.step()
    return loss.detach()


def measure(
    learner: Learner, splits: Splits, number: int
) -> Generator[Event, None, tuple[dict[str, float | None], tuple[float, float], NDArray[np.int64]]]:
    """The row's entries that are measured after an epoch; the losses on sample and test set; the answers on that."""
    parts = [part for part in (splits.sample, splits.test, splits.validation) if part is not None]
    scores, done, of = [], 0, sum(map(len, parts))
    for part in parts:
        for result in evaluate(learner.network, part, learner.spec.precision):
            if isinstance(result, Score):
                scores.append(result)
            else:
                done += result
                yield Evaluating(number, done, of)
    sample, test = scores[:2]
    validation_loss, validation_accuracy = (scores[2].loss, scores[2].accuracy) if splits.validation else (None, None)
    parameters = list(learner.network.parameters())
    return (
        {
            "train_loss_eval": sample.loss,
            "train_accuracy_eval": sample.accuracy,
            "test_loss": test.loss,
            "test_accuracy": test.accuracy,
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "test_seconds": test.seconds,
            "weight_norm": norm(parameters),
            "gradient_norm": norm(parameter.grad for parameter in parameters),
        },
        (sample.loss, test.loss),
        test.said,
    )


def divergence(number: int, mean: float, last: float, sample: float, test: float) -> str | None:
    """One sentence if an epoch's losses (its updates' mean, the last one's, those measured after) say it is over."""
    if not all(map(math.isfinite, (mean, last, sample, test))):
        return f"The loss stopped being a finite number in epoch {number}: the learning rate is probably too high."
    # Both: a spike early in the epoch, or in batch norm's running statistics alone, can still be recovered from.
    if min(last, sample) > ABSURD_LOSS:
        return f"The training loss exceeded {ABSURD_LOSS:.0f} nats in epoch {number}: the learning rate is too high."
    return None
