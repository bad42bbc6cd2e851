"""What training tells whoever follows it, in the order in which it happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hpviz.data.progress import Progress
from hpviz.training.recorded_answers import Recorded


@dataclass(frozen=True)
class Began:
    """Training begins on a machine that was not known before, such as a node of a cluster: its `run["machine"]`."""

    machine: dict[str, Any]


@dataclass(frozen=True)
class Resumed:
    """A checkpoint was picked up; `rows` are its epochs, `answers` as in Epoch. First, but for Began."""

    rows: list[dict[str, Any]]
    answers: Recorded | None = None


@dataclass(frozen=True)
class Batch:
    """An update was made: `updates` of the `of` that this epoch (from 1) has.

    Of the epoch so far: `images` seen, `seconds` of training, and `train_loss`, their mean in nats when it was last
    looked at; None before that, and where it is not finite.
    """

    epoch: int
    updates: int
    of: int
    images: int = 0
    seconds: float = 0.0
    train_loss: float | None = None


@dataclass(frozen=True)
class Evaluating:
    """After an epoch's updates, `done` of the `of` images its measurements need have been looked at."""

    epoch: int
    done: int
    of: int


@dataclass(frozen=True)
class Epoch:
    """An epoch was measured, and its checkpoint is safely on disk.

    `row` is plain JSON. epoch (from 1); updates and images so far; train_loss (mean over the images as trained on);
    train_loss_eval and train_accuracy_eval (afterwards, in eval mode, on a fixed sample as large as the test set);
    test_loss, test_accuracy; validation_loss, validation_accuracy (None without a validation split); train_seconds
    (updates alone), test_seconds (inference on the test set alone), images_per_second (while training);
    peak_memory_bytes (the most that the updates of the first epoch since a start held, None where the system does not
    tell); weight_norm (L2, all parameters); gradient_norm (L2, of the epoch's last update). Losses are means per image
    in nats, accuracies fractions; what is not finite is None.

    `answers` are those on the test images after this epoch and the best one so far; None where they are not kept.
    """

    row: dict[str, Any]
    answers: Recorded | None = None


@dataclass(frozen=True)
class Diverged:
    """Training ended for good in that epoch, whose row came before; `reason` is one sentence."""

    epoch: int
    reason: str


Event = Began | Resumed | Batch | Evaluating | Epoch | Diverged

_KINDS: Mapping[str, type[Event | Progress]] = MappingProxyType(
    {kind.__name__: kind for kind in (Progress, Began, Resumed, Batch, Evaluating, Epoch, Diverged)}
)


def to_json(event: Event | Progress) -> dict[str, Any]:
    """An event as plain JSON, as it travels between processes."""
    return {"event": type(event).__name__, **vars(event)}


def from_json(told: Mapping[str, Any]) -> Event | Progress:
    """The event that `to_json` wrote."""
    fields = dict(told)
    return _KINDS[fields.pop("event")](**fields)
