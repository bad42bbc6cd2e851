"""Which runs of a store belong on one page of a study: those that differ in its hyperparameter and their seeds only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hpviz.analysis.origin import prevailing
from hpviz.hyperparameters import is_neutral, seen
from hpviz.runs.document import Run
from hpviz.studies import Study

SETTINGS_SHOWN = 4
VALUES_NEEDED = 2  # one's own, before a further setting is worth a section

# What has to be equal for runs to be compared, as sorted pairs of field and value.
Shared = tuple[tuple[str, Any], ...]


def settings_of(study: Study, runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each setting that the study's page compares, the one with most values of one's own first.

    As on the app's pages, a value's own runs go before those from elsewhere, which stand for values that have none.
    Further settings follow where somebody here tried values of them.
    """
    groups = [prevailing(group, apart=("precision",)) for group in _groups(study, runs)]
    kept: list[list[Run]] = []
    for group in sorted(groups, key=lambda group: _rank(study, group), reverse=True):
        ids = {run["id"] for run in group}
        is_news = not any(ids <= {run["id"] for run in each} for each in kept)
        if not kept or (is_news and _own_values(study, group) >= VALUES_NEEDED):
            kept.append(group)
    return kept[:SETTINGS_SHOWN]


def values_of(study: Study, runs: Iterable[Run]) -> set[Any]:
    """The values of the hyperparameter that the runs have."""
    return {run["spec"][study.field] for run in runs}


def _groups(study: Study, runs: Iterable[Run]) -> Iterable[list[Run]]:
    """Runs that can be held against each other, whatever their values and seeds."""
    for alike in _gathered([_seen(run, study) for run in runs if run["epochs"]], study).values():
        # A constant rate has no horizon, so it is held against schedules of every horizon.
        parts = {_parts(run["spec"], study) for run in alike}
        for part in parts - {()} or parts:
            fitting = [run for run in alike if _parts(run["spec"], study) in ((), part)]
            own = {run["spec"]["precision"] for run in fitting if not run["origin"]}
            for precision in own or {None}:
                yield [run for run in fitting if run["origin"] or run["spec"]["precision"] == precision]


def _gathered(runs: Iterable[Run], study: Study) -> dict[Shared, list[Run]]:
    gathered: dict[Shared, list[Run]] = {}
    for run in runs:
        if _is_on_scale(run["spec"][study.field], study):
            for shared in _shared(run["spec"], study):
                gathered.setdefault(shared, []).append(run)
    return gathered


def _seen(run: Run, study: Study) -> Run:
    return Run(**{**run, "spec": dict(seen(run["spec"], study.field))})


def _is_on_scale(value: Any, study: Study) -> bool:
    """A kernel width may also be "article": three widths, which have no place on the scale; nor has what is not set."""
    return value is not None and isinstance(value, str) == (study.hyperparameter.kind is None)


def _shared(spec: Mapping[str, Any], study: Study) -> Iterable[Shared]:
    """What its fellows have to share with a run; what was tuned for its value they need not."""
    free = {study.field, "dataset", "seed", "precision", *study.hyperparameter.knob.parts}
    yield _pairs(spec, free)
    if study.is_tuned(spec):
        yield (("tuned", study.name), *_pairs(spec, {*free, *study.tuned_fields}))


def _parts(spec: Mapping[str, Any], study: Study) -> Shared:
    """What belongs to the value, such as a schedule's horizon, unless it says nothing."""
    return tuple((part, spec[part]) for part in study.hyperparameter.knob.parts if not is_neutral(spec, part))


def _pairs(spec: Mapping[str, Any], without: set[str]) -> Shared:
    return tuple(sorted((name, value) for name, value in spec.items() if name not in without))


def _own_values(study: Study, runs: Sequence[Run]) -> int:
    return len(values_of(study, [run for run in runs if not run["origin"]]))


def _rank(study: Study, runs: Sequence[Run]) -> tuple[int, int, int, list[str]]:
    """More is first: values of one's own that can be compared, values, runs; then whatever decides it for good."""
    own = _own_values(study, runs)
    ids = sorted(run["id"] for run in runs)
    return own if own >= VALUES_NEEDED else 0, len(values_of(study, runs)), len(runs), ids
