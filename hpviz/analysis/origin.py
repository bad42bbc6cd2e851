"""Runs from elsewhere: which of several recordings of a spec counts, and saying so where they enter a judgement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from hpviz.analysis.words import listed, plural
from hpviz.runs.document import ACTIVE, Run

# Own runs go before those somebody sent, and these before those that hpviz came with.
RANK = {None: 0, "imported": 1, "reference": 2}


def kind_of(run: Run) -> str | None:
    """None for a run of this machine, else how it came here."""
    return run["origin"]["kind"] if run["origin"] else None


def one_a_spec(runs: Iterable[Run]) -> list[Run]:
    """One recording of every spec, in the order of the first: the same run twice is no second seed.

    One's own counts as soon as it has an epoch.
    """
    best: dict[str, Run] = {}
    for run in runs:
        identity = _identity(run["spec"])
        known = best.get(identity)
        if known is None or _preference(run) < _preference(known):
            best[identity] = run
    return list(best.values())


def _identity(spec: dict[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in spec.items() if name != "dataset"))


def _preference(run: Run) -> tuple[bool, int, int]:
    return not run["epochs"], RANK[kind_of(run)], -len(run["epochs"])


@dataclass(frozen=True)
class Apart:
    """How far recordings of the same specs end from each other, in points of test accuracy."""

    runs: int
    mean: float
    most: float
    worst: Run


def apart(own: Sequence[Run], others: Iterable[Run]) -> Apart | None:
    """Own runs against recordings of their specs from elsewhere, whatever the precision, at the last epoch both have.

    None if they have none in common. Runs without a figure there (diverged) are left out.
    """
    recordings = {_identity({**run["spec"], "precision": None}): run for run in others if run["epochs"]}
    found: list[tuple[float, Run]] = []
    for run in own:
        other = recordings.get(_identity({**run["spec"], "precision": None}))
        if other is None or run["status"] in ACTIVE or not run["epochs"]:
            continue
        place = min(len(run["epochs"]), len(other["epochs"])) - 1
        ends = [each["epochs"][place]["test_accuracy"] for each in (run, other)]
        if None not in ends:
            found.append((100 * abs(ends[0] - ends[1]), run))
    if not found:
        return None
    most, worst = max(found, key=lambda pair: pair[0])
    return Apart(len(found), fmean(points for points, _ in found), most, worst)


def recorded(run: Run) -> str:
    """Where and when a run was trained: Intel Xeon, 2026-11-25, hpviz 0.1.0."""
    made_by = run["machine"].get("hpviz") or (run["origin"]["version"] if run["origin"] else "")
    words = [run["machine"].get("name") or "a machine unknown", run["updated"][:10]]
    return ", ".join([*words, f"hpviz {made_by}"] if made_by else words)


def from_elsewhere(runs: Sequence[Run]) -> str | None:
    """How many of the runs were not trained here, in words for the end of a sentence; None if all were."""
    told = []
    for kind, name in (("imported", "imported run"), ("reference", "reference run")):
        if foreign := [run for run in runs if kind_of(run) == kind]:
            machines = sorted({run["machine"].get("name") or "a machine unknown" for run in foreign})
            told.append(f"{plural(len(foreign), name)} of {len(runs)}, from {listed(machines)}")
    return "; ".join(told) or None
