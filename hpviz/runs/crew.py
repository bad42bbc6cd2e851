"""How many runs train side by side on a processor, and on how many threads each.

One run alone is fastest on all cores. Several are done sooner side by side on fewer threads each, for threads of one
run wait for one another. Where another program takes a core that is more than a matter of speed: of two threads, the
one that has no core to itself lets the other wait for a turn of the scheduler at every layer, and a run on both falls
to a tenth of what it does on one.

A run's threads are chosen when it begins and never change: a sum over the images of a batch depends, in its last bits,
on into how many parts it was cut.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any, NamedTuple

import psutil

from hpviz.runs.document import Run

MOST = 256  # jobs or threads; beyond, there is a slip of the finger
# What is told of the machine's load is what it was over about this long, in the quietest of so many seconds.
LOOK_SECONDS, LOOK_BACK_SECONDS = 1.0, 4.0
# Speed grows like this power of the threads until it is measured: 1.6 times on two.
POWER = 0.7
# Runs side by side are later with their first result, so they have to be worth it.
WORTH = 1.05
# The newest epochs count, for a machine's speed changes with what else it does.
NEWEST_RUNS = 8
# What bears on the time of a batch. Images are none of that, nor are rates and seeds.
OF_SPEED = ("model", "image_size", "batch_size", "kernel_width", "padding", "depth", "width", "precision", "optimizer")


class Crew(NamedTuple):
    """So many runs side by side, on so many threads each, on a "cpu" or on GPUs ("cuda")."""

    jobs: int
    threads: int
    device: str = "cpu"


class Wish(NamedTuple):
    """What a person wants, instead of what hpviz would choose: runs side by side, threads of each."""

    jobs: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Situation:
    """What there is when a run may begin: cores of this machine, how many of them other programs keep busy, the threads
    of each run that trains, and how many runs wait, the one in question among them. `before` are the threads of the run
    that began last, if the queue has not been empty since: what is asked for together is trained alike.
    """

    cores: int
    others: float
    training: Sequence[int]
    waiting: int
    before: int | None = None


def threads_of_next(now: Situation, wish: Wish, rates: Callable[[], Mapping[int, float]]) -> int | None:
    """The threads of the next run; None if it has to wait until one of those that train has ended.

    `rates` gives the images a second that runs like it have done by their number of threads, as far as that is known.
    """
    if wish.jobs is not None and len(now.training) >= wish.jobs:
        return None
    ours = max(1, now.cores - round(now.others))  # someone else's program keeps its cores, but for one
    free = ours - sum(now.training)
    if wish.threads is not None:
        fits = wish.jobs is not None or not now.training or wish.threads <= free
        return wish.threads if fits else None
    if wish.jobs is not None:
        return max(1, ours // min(wish.jobs, len(now.training) + now.waiting))
    if free < 1:
        return None
    best = _share(free, now.waiting, rates) if min(free, now.waiting) > 1 else free
    return min(best, now.before or best)


def _share(free: int, waiting: int, rates: Callable[[], Mapping[int, float]]) -> int:
    """The threads of each of as many runs side by side as are done with all that wait soonest."""
    known = rates()
    best, best_time = free, waiting / _rate(known, free)
    for jobs in range(2, min(free, waiting) + 1):
        time_taken = math.ceil(waiting / jobs) / _rate(known, free // jobs)
        if WORTH * time_taken < best_time:
            best, best_time = free // jobs, time_taken
    return best


def _rate(known: Mapping[int, float], threads: int) -> float:
    """Images a second on so many threads: as measured, or else by the power law from the nearest that was."""
    near = min(known, key=lambda measured: abs(measured - threads), default=1)
    return float(known.get(near, 1.0) * (threads / near) ** POWER)


def measured_rates(runs: Iterable[Run], like: Mapping[str, Any], machine: Mapping[str, Any]) -> dict[int, float]:
    """Images a second by threads: medians of the newest runs of this machine that compute what that spec does."""
    rates: dict[int, list[float]] = {}
    for run in sorted(runs, key=lambda run: run["updated"], reverse=True):
        threads, row = run["machine"].get("threads"), run["epochs"][-1] if run["epochs"] else {}
        rate = row.get("images_per_second")
        if run["origin"] is not None or not threads or not rate or not _is_like(run, like, machine):
            continue
        if len(found := rates.setdefault(threads, [])) < NEWEST_RUNS:
            found.append(rate)
    return {threads: median(found) for threads, found in rates.items()}


def _is_like(run: Run, like: Mapping[str, Any], machine: Mapping[str, Any]) -> bool:
    there, here = run["machine"], machine
    same_machine = all(there.get(name) == here.get(name) for name in ("name", "device", "torch"))
    return same_machine and all(run["spec"].get(name) == like.get(name) for name in OF_SPEED)


class Load:
    """How many cores other programs keep busy. `own` gives the process ids whose work does not count."""

    def __init__(self, own: Callable[[], Iterable[int]]) -> None:
        self._own = own
        self._looks: deque[_Look] = deque([self._now()], maxlen=16)

    def look(self) -> None:
        """Note how busy the machine is; to be called now and then, so that `others` knows at once."""
        if time.monotonic() - self._looks[-1].at >= LOOK_SECONDS / 2:
            self._looks.append(self._now())

    def others(self, cores: int) -> float:
        """Of so many cores that we may use, those that others have kept busy through the last few seconds.

        What they took while they were quietest, for a second or longer, counts: a run keeps its threads to its end, and
        must not have fewer for the browser that was just drawing the page on which it was asked for. 0 where the system
        does not tell. Others come to our cores only when there are no more elsewhere: a container has fewer than its
        machine, and a core with two threads of its own is there twice.
        """
        now = self._now()
        looks = [look for look in self._looks if now.at - look.at <= LOOK_BACK_SECONDS] or [self._looks[-1]]
        whole = [pair for pair in combinations((*looks, now), 2) if pair[1].at - pair[0].at >= LOOK_SECONDS]
        busy = min(self._busy(*pair) for pair in whole or [(looks[0], now)])
        return max(busy - max((psutil.cpu_count() or cores) - cores, 0), 0.0)

    def _busy(self, then: "_Look", now: "_Look") -> float:
        """The cores that others kept busy between two looks."""
        if now.at <= then.at:
            return 0.0
        # One that has ended between the looks tells no more what it did in this time, which is little.
        ours = sum(max(spent - then.own.get(pid, 0.0), 0.0) for pid, spent in now.own.items())
        return max(now.busy - then.busy - ours, 0.0) / (now.at - then.at)

    def _now(self) -> "_Look":
        busy, own = 0.0, {}
        with suppress(OSError, psutil.Error):
            times = psutil.cpu_times()
            # A guest's time is in that of its user already.
            busy = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal"))
        for pid in self._own():
            with suppress(psutil.Error):
                spent = psutil.Process(pid).cpu_times()
                own[pid] = spent.user + spent.system
        return _Look(time.monotonic(), busy, own)


class _Look(NamedTuple):
    """At a time, the seconds that all processors have computed since the machine was started, and ours of them."""

    at: float
    busy: float
    own: Mapping[int, float]
