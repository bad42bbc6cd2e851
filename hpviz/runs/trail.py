"""The running epoch's train loss as it grows: a few points, for whoever watches, that are kept nowhere.

A mean over the part of an epoch is no measurement: it never reaches the store, a table, a verdict or a file.
"""

from collections.abc import Sequence
from typing import TypedDict

from hpviz.runs.document import EpochRow
from hpviz.training.events import Batch

# More points than this are more than a line over one epoch shows.
MOST_POINTS = 48


class Point(TypedDict):
    """A moment within an epoch: how far the run was, in the units of every axis, and the mean train loss until then.

    `epoch` counts those done and the share of the running one; `updates`, `images` and `seconds` of training are the
    whole run's; `train_loss` in nats.
    """

    epoch: float
    updates: int
    images: int
    seconds: float
    train_loss: float


class Trail:
    """The points of one epoch after another, at most MOST_POINTS at a time; each epoch begins anew."""

    def __init__(self) -> None:
        self._epoch, self._every, self._looks = 0, 1, 0
        self._points: list[Point] = []

    def follow(self, batch: Batch, rows: Sequence[EpochRow]) -> tuple[Point, ...]:
        """The points so far, the newest last, after that batch of the epoch that comes after `rows`."""
        if batch.epoch != self._epoch:
            self._epoch, self._every, self._looks, self._points = batch.epoch, 1, 0, []
        newest = self._points[-1]["train_loss"] if self._points else None
        if batch.train_loss is not None and batch.train_loss != newest:
            self._add(_point(batch, rows))
        return tuple(self._points)

    def _add(self, point: Point) -> None:
        """Keep the point. Where there are too many every second one goes, and from then on only every second comes.

        The newest one is always there, for that is what moves.
        """
        if self._points and self._looks % self._every:
            self._points[-1] = point
        else:
            self._points.append(point)
        self._looks += 1
        if len(self._points) > MOST_POINTS:
            self._points = self._points[::2]
            self._every *= 2


def _point(batch: Batch, rows: Sequence[EpochRow]) -> Point:
    before = rows[-1] if rows else {"updates": 0, "images": 0}
    return Point(
        epoch=batch.epoch - 1 + batch.updates / batch.of,
        updates=int(before["updates"]) + batch.updates,
        images=int(before["images"]) + batch.images,
        seconds=sum(row["train_seconds"] or 0.0 for row in rows) + batch.seconds,
        train_loss=batch.train_loss or 0.0,
    )
