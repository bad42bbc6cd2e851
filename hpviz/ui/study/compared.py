"""The runs of a study's page as a comparison, made anew when one of them has changed and not before."""

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from hpviz.analysis.comparison import At, Comparison, at_updates, compare_runs
from hpviz.analysis.evidence import nearest_epoch, up_to, updates_each
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study
from hpviz.ui.kept import Kept
from hpviz.ui.study import choices
from hpviz.ui.study.screen import labels_of, stamp_of

# For all sessions: a screen has two or three at a time, with and without what is hidden.
KEPT = 64
_kept: Kept[Comparison] = Kept(KEPT)


def compared(study: Study, setting: Setting, runs: Sequence[Run]) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for: of each value as many as it trains.

    The same object for as long as nothing of it has changed, so that what was found out about it is known.
    """
    at = choices.at(study)
    return _kept.of(runs, (study.name, at, stamp_of(setting)), lambda: _compare(study, setting, runs, at))


def _compare(study: Study, setting: Setting, runs: Sequence[Run], at: At) -> Comparison:
    """All runs of a page are of its images, so their numbers are known even of a run that has not noted them.

    What a run did note of its own test counts: it may have read fewer images than are there now.
    """
    asked = _asked([run for run in runs if run["epochs"]], setting)
    ends = [
        None if not run["epochs"] else setting.epochs if at == "epochs" else nearest_epoch(run, asked) for run in runs
    ]
    cut = [_noted(up_to(run, end), setting.identity) for run, end in zip(runs, ends, strict=True)]
    return compare_runs(cut, study.field, at)


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
