"""The runs of a study's page as a comparison."""

from collections.abc import Sequence
from dataclasses import replace

from hpviz.analysis.comparison import Comparison, at_updates, compare_runs
from hpviz.analysis.evidence import nearest_epoch, up_to, updates_each
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.screen import labels_of


def compared(study: Study, setting: Setting, runs: Sequence[Run]) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for: of each value as many as it trains.

    All runs of a page are of its images, so their numbers are known even of a run that has not noted them. What a run
    did note of its own test counts: it may have read fewer images than are there now.
    """
    at, asked = choices.at(study), _asked(runs, setting)
    ends = [setting.epochs if at == "epochs" else nearest_epoch(run, asked) for run in runs]
    cut = [_noted(up_to(run, end), setting.identity) for run, end in zip(runs, ends, strict=True)]
    return compare_runs(cut, study.field, at)


def as_drawn(comparison: Comparison, study: Study, setting: Setting) -> Comparison:
    """The same as the page's charts draw it: along all epochs that are asked for, values by their names alone."""
    named = replace(comparison, labels=labels_of(comparison.runs, study), epochs=setting.epochs)
    return named if comparison.updates is None else at_updates(named, _asked(comparison.runs, setting))


def _asked(runs: Sequence[Run], setting: Setting) -> int:
    """The updates that the page asks for: as many as the busiest of these values makes in the page's epochs."""
    return setting.epochs * max(map(updates_each, runs), default=0)


def _noted(run: Run, images: Identity) -> Run:
    inputs: Inputs = {
        **run["inputs"],
        "classes": run["inputs"].get("classes") or list(images.classes),
        "test_images": run["inputs"].get("test_images") or sum(images.test_counts.values()),
    }
    return {**run, "inputs": inputs}
