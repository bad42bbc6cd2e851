"""Made-up specs, epochs and work, for tests that need runs but no training."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpviz.runs.document import Run
from hpviz.runs.runner import Request
from hpviz.spec import RunSpec, build_spec
from hpviz.training.events import Batch, Epoch, Event, Resumed

FINGERPRINT = "0" * 64
UPDATES = 4


def spec(**values: Any) -> RunSpec:
    return build_spec(**{"dataset": "made up", "fingerprint": FINGERPRINT, **values})


def request(epochs: int = 3, **values: Any) -> Request:
    return Request(spec(**values), epochs, {"data": "made up", "weights": None})


def row(epoch: int, accuracy: float | None = 0.5, **figures: Any) -> dict[str, Any]:
    """An epoch row as training makes it."""
    return {
        "epoch": epoch,
        "updates": UPDATES * epoch,
        "images": 32 * UPDATES * epoch,
        "train_loss": 1.0 / epoch,
        "train_loss_eval": 0.9 / epoch,
        "train_accuracy_eval": 0.6,
        "test_loss": 1.1 / epoch,
        "test_accuracy": accuracy,
        "validation_loss": None,
        "validation_accuracy": None,
        "train_seconds": 2.0,
        "test_seconds": 0.5,
        "weight_norm": 10.0,
        "gradient_norm": 1.0,
        **figures,
    }


class Work:
    """Stands in for training: instant epochs, a gate to hold them, a record of what was asked.

    Like the real thing it goes on from what it did before, and its checkpoint lies beside the store.
    """

    def __init__(self) -> None:
        self.started: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.at_gate = threading.Event()
        self.closed: list[str] = []
        self.done: dict[str, int] = {}

    def __call__(self, run: Run, cache: Path, device: str) -> Iterator[Event]:
        self.started.append(run["id"])
        done = self.done.get(run["id"], 0)
        if done:
            yield Resumed([row(epoch) for epoch in range(1, done + 1)])
        try:
            for epoch in range(done + 1, run["target"] + 1):
                for update in range(1, UPDATES + 1):
                    yield Batch(epoch, update, UPDATES)
                    if not self.gate.is_set():
                        self.at_gate.set()
                        while not self.gate.wait(0.01):
                            yield Batch(epoch, update, UPDATES)
                self.done[run["id"]] = epoch
                yield Epoch(row(epoch))
        except GeneratorExit:
            self.closed.append(run["id"])
            raise
