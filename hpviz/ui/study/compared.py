"""The runs of a study's page as a comparison."""

from collections.abc import Sequence

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.analysis.evidence import up_to
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study


def compared(study: Study, setting: Setting, runs: Sequence[Run]) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for.

    All runs of a page are of its images, so their numbers are known even of a run that has not noted them.
    """
    return compare_runs([_noted(up_to(run, setting.epochs), setting.identity) for run in runs], study.field)


def _noted(run: Run, images: Identity) -> Run:
    inputs: Inputs = {
        **run["inputs"],
        "classes": list(images.classes),
        "test_images": sum(images.test_counts.values()),
    }
    return {**run, "inputs": inputs}
