"""Made-up specs, epochs and work, for tests that need runs but no training."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.runner import Request, Runner
from hpviz.runs.work import Place, Stop
from hpviz.spec import RunSpec, build_spec
from hpviz.training.checkpoint import DIGEST_BYTES, NEWEST, is_sound, sealed
from hpviz.training.events import Batch, Epoch, Event, Resumed

FINGERPRINT = "0" * 64
UPDATES = 4


WAIT_SECONDS = 120  # what takes longer hangs


def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition that other threads or processes bring about."""
    pause = threading.Event()
    for _ in range(WAIT_SECONDS * 100):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("the condition never came about")


def rest(runner: Runner, run_id: str) -> Run:
    """The run of that id, once it neither waits nor trains."""
    until(lambda: is_at_rest(runner, run_id))
    run = runner.run(run_id)
    assert run is not None
    return run


def is_at_rest(runner: Runner, run_id: str) -> bool:
    run = runner.run(run_id)
    return run is not None and run["status"] not in ACTIVE


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


def keep_checkpoint(cache: Path, run_id: str, size: int = 100) -> None:
    """Put down what passes for a run's checkpoint, of `size` bytes with its digest, which has 32."""
    folder = cache / "checkpoints" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NEWEST).write_bytes(b"".join(sealed(b"x" * (size - DIGEST_BYTES))))


class Work:
    """Stands in for training: instant epochs, a gate to hold them, a record of what was asked.

    Like the real thing it goes on from what it did before, for as long as the checkpoint of that lies beside the store;
    a checkpoint of which it knows nothing is of the epochs that the run has. Each recording has an accuracy of its own.
    """

    def __init__(self) -> None:
        self.started: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.at_gate = threading.Event()
        self.closed: list[str] = []
        self.done: dict[str, int] = {}
        self.accuracy = 0.5

    def __call__(self, run: Run, cache: Path, place: Place) -> Iterator[Event]:
        self.started.append(run["id"])
        done = 0
        if is_sound(cache / "checkpoints" / run["id"]):
            done = self.done.get(run["id"], len(run["epochs"]))
            yield Resumed([row(epoch, self.accuracy) for epoch in range(1, done + 1)])
        try:
            for epoch in range(done + 1, run["target"] + 1):
                for update in range(1, UPDATES + 1):
                    yield Batch(epoch, update, UPDATES)
                    if not self.gate.is_set():
                        self.at_gate.set()
                        while not self.gate.wait(0.01):
                            yield Batch(epoch, update, UPDATES)
                self.done[run["id"]] = epoch
                keep_checkpoint(cache, run["id"])
                yield Epoch(row(epoch, self.accuracy))
        except (GeneratorExit, Stop):
            self.closed.append(run["id"])
            raise


def result_of(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
