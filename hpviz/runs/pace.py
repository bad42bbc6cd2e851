"""How far a run has come and how long it will take, in plain data for pages and terminals."""

import time
from typing import TypedDict

from hpviz.runs.document import Run, recorded_anew


class View(TypedDict):
    """`fraction` of the whole job in 0..1 and `seconds_left`; None while not yet known."""

    text: str
    fraction: float | None
    seconds_left: float | None


def waiting(text: str) -> View:
    return View(text=text, fraction=None, seconds_left=None)


def elsewhere(run: Run) -> View:
    """The view of a run in another process, which tells no more than the epochs it has finished."""
    done, target = len(recorded_anew(run)), run["target"]
    text = f"epoch {min(done + 1, target)}/{target} in another process"
    return View(text=text, fraction=done / target, seconds_left=None)


class Pace:
    """Time left of a job in equal epochs, from those done since it began (evaluation included).

    `target`, its last epoch, may be changed at any time.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._begun: tuple[float, float] | None = None

    def view(self, epoch: int, updates: int, of: int) -> View:
        """After `updates` of `of` updates of that epoch (counted from 1)."""
        done, now = epoch - 1 + updates / of, time.monotonic()
        if self._begun is None:
            self._begun = done, now
        text, fraction = f"epoch {epoch}/{self.target}", min(done / self.target, 1.0)
        trained, elapsed = done - self._begun[0], now - self._begun[1]
        if elapsed < 0.5 or trained <= 0:
            return View(text=text, fraction=fraction, seconds_left=None)
        return View(text=text, fraction=fraction, seconds_left=elapsed / trained * max(self.target - done, 0.0))


def work_view(what: str, done: int, total: int, begun: float) -> View:
    """The view of countable work such as preparing images; `begun` is its start by time.monotonic()."""
    if not total:
        return waiting(what)
    elapsed, fraction = time.monotonic() - begun, done / total
    known = elapsed >= 0.5 and fraction > 0
    return View(text=what, fraction=fraction, seconds_left=elapsed / fraction * (1 - fraction) if known else None)


def clock(seconds: float) -> str:
    """Seconds as people read them: 00:07, 12:34 or 1:02:03."""
    whole = round(max(seconds, 0.0))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"
