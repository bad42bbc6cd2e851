"""The runs of a study's page as a comparison, made anew when one of them has changed and not before."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from hpviz.analysis.comparison import At, Comparison, at_updates, compare_runs
from hpviz.analysis.evidence import nearest_epoch, up_to, updates_each
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.screen import labels_of

# For all sessions: a screen has two or three at a time, with and without what is hidden.
KEPT = 64


def compared(study: Study, setting: Setting, runs: Sequence[Run]) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for: of each value as many as it trains.

    The same object for as long as nothing of it has changed, so that what was found out about it is known.
    """
    at = choices.at(study)
    return _compared((study.name, at, stamp_of(setting), tuple(map(stamp, runs))), study, setting, runs, at)


def stamp(run: Run) -> tuple[Any, ...]:
    """What tells one state of a run from another."""
    return run["id"], run["updated"], run["status"], len(run["epochs"]), run["origin"] is None


def stamp_of(setting: Setting) -> tuple[Any, ...]:
    """What tells one setting from another."""
    fixed = tuple(sorted((name, str(value)) for name, value in setting.fixed.items()))
    return setting.identity.fingerprint, setting.epochs, fixed, str(setting.weights)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _compared(key: tuple[Any, ...], _study: Study, _setting: Setting, _runs: Sequence[Run], _at: At) -> Comparison:
    """All runs of a page are of its images, so their numbers are known even of a run that has not noted them.

    What a run did note of its own test counts: it may have read fewer images than are there now.
    """
    started = [run for run in _runs if run["epochs"]]
    asked = _asked(started, _setting)
    ends = {run["id"]: _setting.epochs if _at == "epochs" else nearest_epoch(run, asked) for run in started}
    cut = [_noted(up_to(run, ends.get(run["id"])), _setting.identity) for run in _runs]
    return compare_runs(cut, _study.field, _at)


_drawn: WeakKeyDictionary[Comparison, Comparison] = WeakKeyDictionary()


def as_drawn(comparison: Comparison, study: Study, setting: Setting) -> Comparison:
    """The same as the page's charts draw it: along all epochs that are asked for, values by their names alone."""
    if comparison not in _drawn:
        names = labels_of((*comparison.runs, *comparison.ahead), study)
        named = replace(comparison, labels={each: names[each] for each in comparison.labels}, epochs=setting.epochs)
        equal = comparison.updates is not None
        _drawn[comparison] = at_updates(named, _asked(comparison.runs, setting)) if equal else named
    return _drawn[comparison]


def _asked(started: Sequence[Run], setting: Setting) -> int:
    """The updates that the page asks for: as many as the busiest of these values makes in the page's epochs."""
    return setting.epochs * max(map(updates_each, started), default=0)


def _noted(run: Run, images: Identity) -> Run:
    inputs: Inputs = {
        **run["inputs"],
        "classes": run["inputs"].get("classes") or list(images.classes),
        "test_images": run["inputs"].get("test_images") or sum(images.test_counts.values()),
    }
    return {**run, "inputs": inputs}
