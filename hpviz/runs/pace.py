"""How far a run has come and how long it will take, in plain data for pages and terminals."""

import time
from collections.abc import Mapping
from typing import NotRequired, TypedDict

from hpviz.runs.document import Run, recorded_anew
from hpviz.runs.trail import Point

SETTLED_SECONDS = 5.0  # before that, what a run was thought to take says more than what it has taken


class View(TypedDict):
    """`fraction` of the whole job in 0..1 and `seconds_left`; None while not yet known.

    `trains` says that the job is a run, and not what comes before it, such as preparing its images. `trail` is how the
    train loss of its running epoch has gone so far.
    """

    text: str
    fraction: float | None
    seconds_left: float | None
    trains: NotRequired[bool]
    trail: NotRequired[tuple[Point, ...]]


def waiting(text: str) -> View:
    return View(text=text, fraction=None, seconds_left=None)


def elsewhere(run: Run) -> View:
    """The view of a run in another process, which tells no more than the epochs it has finished."""
    done, target = len(recorded_anew(run)), run["target"]
    text = f"epoch {min(done + 1, target)}/{target} in another process"
    return View(text=text, fraction=done / target, seconds_left=None, trains=True)


class Pace:
    """Time left of a job in equal epochs, from those done since it began (evaluation included).

    `target`, its last epoch, may be changed at any time.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._begun: tuple[float, float] | None = None

    def rest(self) -> None:
        """What passes until the next view is no time of the work: what was measured before is forgotten."""
        self._begun = None

    def view(self, epoch: int, updates: int, of: int) -> View:
        """After `updates` of `of` updates of that epoch (counted from 1)."""
        done, now = epoch - 1 + updates / of, time.monotonic()
        if self._begun is None:
            self._begun = done, now
        text, fraction = f"epoch {epoch}/{self.target} · {updates / of:.0%}", min(done / self.target, 1.0)
        trained, elapsed = done - self._begun[0], now - self._begun[1]
        if elapsed < 0.5 or trained <= 0:
            return View(text=text, fraction=fraction, seconds_left=None, trains=True)
        left = elapsed / trained * max(self.target - done, 0.0)
        return View(text=text, fraction=fraction, seconds_left=left, trains=True)


class Whole:
    """Many runs as one piece of work: how much of all is done, and the time left for all.

    `expected` are the seconds that each run still to be trained is thought to take; as soon as some of that is done,
    the time left follows what it really took. Runs may come in any order, and several at a time.
    """

    def __init__(self, expected: Mapping[str, float]) -> None:
        self._expected = dict(expected)
        self._first: dict[str, float | None] = {}  # how far each run was when it was first seen, in the order of that
        self._begun = 0.0

    def view(self, run_id: str, views: Mapping[str, View]) -> View:
        """The view of the whole while that run trains or gets ready to, given its own and those of all that do."""
        view = views[run_id]
        if run_id not in self._expected:
            return view
        under_way = {each: self._share(each, views[each]) for each in views if each in self._expected}
        total = sum(self._expected.values())
        done = sum(self._expected[each] * under_way.get(each, 1.0) for each in self._first)
        self._begun = self._begun or time.monotonic()
        elapsed = time.monotonic() - self._begun
        pace = elapsed / done if elapsed > SETTLED_SECONDS and done > 0 else 1.0
        text = f"run {len(self._first)} of {len(self._expected)}, {view['text']}"
        return View(text=text, fraction=done / total if total else None, seconds_left=pace * (total - done))

    def _share(self, run_id: str, view: View) -> float:
        """How much of what was left of the run is done."""
        fraction = view["fraction"] if view.get("trains") else None
        first = self._first.get(run_id)
        if first is None:
            first = self._first[run_id] = fraction
        return 0.0 if first is None or fraction is None or first >= 1 else (fraction - first) / (1 - first)


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


def about(seconds: float) -> str:
    """Seconds as an estimate tells them: a few seconds, about 40 s, about 6 min, about 2.5 h."""
    if seconds < 7.5:
        return "a few seconds"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s"
    if seconds < 90 * 60:
        return f"about {max(round(seconds / 60), 1)} min"
    return f"about {seconds / 3600:.1f} h" if seconds < 10 * 3600 else f"about {seconds / 3600:,.0f} h"
