"""The runs of a study's page as a comparison."""

from collections.abc import Sequence
from dataclasses import replace

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.analysis.evidence import up_to
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study
from hpviz.ui.study.screen import labels_of


def compared(study: Study, setting: Setting, runs: Sequence[Run]) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for.

    All runs of a page are of its images, so their numbers are known even of a run that has not noted them. What a run
    did note of its own test counts: it may have read fewer images than are there now.
    """
    return compare_runs([_noted(up_to(run, setting.epochs), setting.identity) for run in runs], study.field)


def as_drawn(comparison: Comparison, study: Study, setting: Setting) -> Comparison:
    """The same as the page's charts draw it: along all epochs that are asked for, values by their names alone."""
    return replace(comparison, labels=labels_of(comparison.runs, study), epochs=setting.epochs)


def _noted(run: Run, images: Identity) -> Run:
    inputs: Inputs = {
        **run["inputs"],
        "classes": run["inputs"].get("classes") or list(images.classes),
        "test_images": run["inputs"].get("test_images") or sum(images.test_counts.values()),
    }
    return {**run, "inputs": inputs}
