"""What moves on a bench within an epoch, and when so much has changed that it is drawn again."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hpviz.runs.document import Run
from hpviz.ui import pulse
from hpviz.ui.resources import tick

LIVE_SECONDS = 0.5  # what moves within an epoch
DRAW_SECONDS = 2.0  # what an epoch changes
PATIENCE_SECONDS = 10.0  # within which a browser that was asked to draw the page has done so

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Moment:
    """What a page shows of its runs: `queue` is what trains and what waits, `measured` what is known of all of them.

    `bars` are the words and the share done of those that train, by run.
    """

    queue: Hashable
    measured: Hashable
    bars: Mapping[str, tuple[str, float]] = field(default_factory=dict)


def measured(runs: Sequence[Run]) -> Hashable:
    """What tells one state of what is known of these runs from another."""
    return tuple((run["id"], run["status"], len(run["epochs"])) for run in runs)


def follow(watch: Callable[[], Moment], drawn: Moment, rows: Callable[[], Rows], every: float) -> None:
    """Let the bars and `rows` of a bench move, which shows `drawn`, and have it drawn again once that has changed.

    A change of the queue is drawn at once, what epochs change when the last drawing is DRAW_SECONDS old. `watch` and
    `rows` know no session; the browser asks every so many seconds, less often while many pages are open.
    """
    since, due = time.monotonic(), 0.0

    def look() -> pulse.Beat:
        nonlocal due
        now, moment = watch(), time.monotonic()
        is_old = moment - since >= tick(DRAW_SECONDS)
        draw = moment >= due and (now.queue != drawn.queue or (is_old and now.measured != drawn.measured))
        if draw:
            due = moment + PATIENCE_SECONDS
        return pulse.Beat(bars=now.bars, rows=rows(), draw=draw, again=tick(every))

    pulse.follow(look, tick(every))
