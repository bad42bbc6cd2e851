"""What a run really took, from its epochs: memory, seconds, pace."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hpviz.runs.document import EpochRow


@dataclass(frozen=True)
class Measured:
    """`seconds` of training and testing in all `epochs`, their median pace in training images a second, peak memory.

    What the epochs do not tell is None.
    """

    epochs: int
    seconds: float
    images_per_second: float | None
    memory_bytes: int | None


def measured(rows: Sequence[EpochRow]) -> Measured:
    """The cost of these epochs."""
    paces = [pace for row in rows if (pace := row.get("images_per_second"))]
    return Measured(
        epochs=len(rows),
        seconds=sum((row["train_seconds"] or 0.0) + (row["test_seconds"] or 0.0) for row in rows),
        images_per_second=median(paces) if paces else None,
        memory_bytes=peak_memory(rows),
    )


def peak_memory(rows: Sequence[EpochRow]) -> int | None:
    """The most bytes that training held in any of these epochs; None if none of them tells."""
    return max((peak for row in rows if (peak := row.get("peak_memory_bytes"))), default=None)
