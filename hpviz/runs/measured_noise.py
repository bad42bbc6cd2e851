"""Gradient noise as it is remembered of runs that were looked into: for whoever cites it, without measuring."""

from collections.abc import Iterable
from pathlib import Path

from hpviz.runs.document import Run
from hpviz.runs.inspections import Sought, kept
from hpviz.runs.tasks import inside_of
from hpviz.training.inside import GradientNoise, from_json


def measured_noise(runs: Iterable[Run], cache: Path) -> dict[str, GradientNoise]:
    """By run id, of those runs of whose present recording it is known."""
    there = {path.stem for path in kept(cache, "inside-*.json")}
    if not there:  # names take hashing, and pages ask every other second
        return {}
    looked_into = {run["id"]: sought for run in runs if (sought := inside_of(run)).name in there}
    known = {run_id: _noise(sought, cache) for run_id, sought in looked_into.items()}
    return {run_id: noise for run_id, noise in known.items() if noise is not None}


# What was found does not change: a recording that does has another name.
_read: dict[tuple[Path, str], GradientNoise | None] = {}


def _noise(sought: Sought, cache: Path) -> GradientNoise | None:
    key = cache, sought.name
    if key not in _read:
        found = sought.known(cache)
        _read[key] = None if found is None else from_json(found).noise
    return _read[key]
