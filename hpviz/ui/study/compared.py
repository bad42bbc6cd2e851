"""The runs of a study's page as a comparison, made anew when one of them has changed and not before."""

from collections.abc import Sequence

from hpviz.analysis.comparison import At, Comparison, compare_runs
from hpviz.analysis.evidence import nearest_epoch, up_to, updates_each
from hpviz.data.prepared import Identity
from hpviz.plan import Setting
from hpviz.runs.document import Inputs, Run
from hpviz.studies import Study
from hpviz.ui.kept import Kept
from hpviz.ui.study import choices
from hpviz.ui.study.screen import label_of, stamp_of

_kept: Kept[Comparison] = Kept()


def compared(study: Study, setting: Setting, runs: Sequence[Run], hidden: frozenset[str] = frozenset()) -> Comparison:
    """By the study's hyperparameter, up to the epochs that the page asks for: of each value as many as it trains.

    The same object for as long as nothing of it has changed, so that what was found out about it is known.
    """
    at = choices.at(study)
    key = study.name, at, stamp_of(setting), hidden
    return _kept.of(runs, key, lambda: _compare(study, setting, runs, at, hidden))


def _compare(study: Study, setting: Setting, runs: Sequence[Run], at: At, hidden: frozenset[str]) -> Comparison:
    """All runs of a page are of its images, so their numbers are known even of a run that has not noted them.

    What a run did note of its own test counts: it may have read fewer images than are there now.
    """
    each = [updates_each(run) for run in runs if run["epochs"] and label_of(run, study) not in hidden]
    # At equal updates as many as the busiest of these values makes in the page's epochs.
    asked = setting.epochs if at == "epochs" else setting.epochs * max(each, default=0)
    ends = [None if not run["epochs"] else asked if at == "epochs" else nearest_epoch(run, asked) for run in runs]
    cut = [_noted(up_to(run, end), setting.identity) for run, end in zip(runs, ends, strict=True)]
    return compare_runs(cut, study.field, at, asked=asked, hidden=hidden)


def _noted(run: Run, images: Identity) -> Run:
    inputs: Inputs = {
        **run["inputs"],
        "classes": run["inputs"].get("classes") or list(images.classes),
        "test_images": run["inputs"].get("test_images") or sum(images.test_counts.values()),
    }
    return {**run, "inputs": inputs}
