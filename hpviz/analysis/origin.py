"""Runs from elsewhere: which of several recordings of a spec counts, and saying so where they enter a judgement."""

from collections.abc import Iterable, Mapping, Sequence
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


def prevailing(runs: Iterable[Run], least_seeds: int = 1, apart: Sequence[str] = ()) -> list[Run]:
    """The runs that count, in the order given: those of one origin for every value, so that its seeds never mix.

    A value is all of a spec but its seed (and the fields that need not keep runs `apart`). One's own runs go first,
    then imported ones, those of one machine, then the reference: the first origin under which the value has an epoch
    of `least_seeds` seeds, or else the first that has any. Of two recordings of one seed the longer counts.
    """
    values: dict[str, dict[tuple[int, str], list[Run]]] = {}
    given = list(runs)
    for run in given:
        origins = values.setdefault(_value(run["spec"], apart), {})
        origins.setdefault(_origin(run), []).append(run)
    kept = {id(run) for origins in values.values() for run in _first(origins, least_seeds)}
    return [run for run in given if id(run) in kept]


def _value(spec: Mapping[str, Any], apart: Sequence[str]) -> str:
    return repr(sorted((name, value) for name, value in spec.items() if name not in ("dataset", "seed", *apart)))


def _origin(run: Run) -> tuple[int, str]:
    """What runs of one origin have in common; sorts by who goes first."""
    kind = kind_of(run)
    return RANK[kind], str(run["machine"].get("name", "")) if kind == "imported" else ""


def _first(origins: Mapping[tuple[int, str], Sequence[Run]], least_seeds: int) -> Sequence[Run]:
    """The runs of the origin that prevails. One's own that have no epoch yet stay beside it: they are on their way."""
    seeds = {origin: _longest(found) for origin, found in sorted(origins.items())}
    started = {origin: [run for run in each if run["epochs"]] for origin, each in seeds.items()}
    enough = (origin for origin, each in started.items() if len(each) >= least_seeds)
    some = (origin for origin, each in started.items() if each)
    chosen = next(enough, None) or next(some, None)
    waiting = [run for origin, each in seeds.items() if not origin[0] for run in each if not run["epochs"]]
    return [*(started[chosen] if chosen else []), *waiting]


def _longest(runs: Sequence[Run]) -> list[Run]:
    """One recording of each seed."""
    best: dict[int, Run] = {}
    for run in sorted(runs, key=lambda run: -len(run["epochs"])):
        best.setdefault(run["spec"]["seed"], run)
    return list(best.values())


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
    recordings = {_recording(run): run for run in others if run["epochs"]}
    found: list[tuple[float, Run]] = []
    for run in own:
        other = recordings.get(_recording(run))
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


def _recording(run: Run) -> tuple[str, int]:
    return _value(run["spec"], ("precision",)), run["spec"]["seed"]


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
