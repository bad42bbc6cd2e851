"""All files of a site, by name: the same runs make the same bytes."""

from collections.abc import Mapping, Sequence

from hpviz.analysis.claims import standings
from hpviz.analysis.claims.ledger import NOTHING_MEASURED, ledger
from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.data.prepared import Identity
from hpviz.runs.document import Run
from hpviz.site.index import LINK, index_page
from hpviz.site.page import SCRIPT, STYLE, style
from hpviz.site.script import script
from hpviz.site.settings import VALUES_NEEDED, settings_of, values_of
from hpviz.site.study import Found, study_page
from hpviz.spec import BadInput
from hpviz.studies import STUDIES, Study
from hpviz.training.inside import GradientNoise


def site_of(
    runs: Sequence[Run],
    data: Identity,
    name: str,
    study: Study | None = None,
    noise: Mapping[str, GradientNoise] = NOTHING_MEASURED,
    shown: Comparison | None = None,
) -> dict[str, bytes]:
    """The site of one study, or of all that `runs` compare, on one data set; `name` is what others call it.

    `noise` is what was measured, by run id. A comparison of the study that is `shown` is published as it is, in place
    of all that its runs compare. Raises BadInput, in a sentence, if nothing was trained on these images.
    """
    there = [run for run in runs if run["spec"]["fingerprint"] == data.fingerprint and run["epochs"]]
    studies = STUDIES.values() if study is None else [study]
    rows = standings(ledger(list(runs), data, study.name if study else None, noise=noise))
    found = [
        Found(each, comparisons, [row for row in rows if row.claim.study == each.name], _noise(comparisons[0], noise))
        for each in studies
        if (comparisons := [shown] if shown else _comparisons(each, there, VALUES_NEEDED if study is None else 1))
    ]
    if not found:
        what = f"No run of {study.title.lower()}" if study else "No two values of any study"
        raise BadInput(f"{what} on {name} can be compared yet, so there is nothing to publish: train some first.")
    pages = [LINK, *(each.link for each in found)]
    files = {each.link.file: study_page(each, data, pages) for each in found}
    index = index_page(name, found, rows, there, data, pages)
    return {LINK.file: index, **files, STYLE: style(), SCRIPT: script()}


def _comparisons(study: Study, runs: Sequence[Run], values: int) -> list[Comparison]:
    """What the runs compare at each setting; nothing where there are not so many values at the first."""
    settings = settings_of(study, runs)
    if not settings or len(values_of(study, settings[0])) < values:
        return []
    return [compare_runs(each, study.field) for each in settings]


def _noise(comparison: Comparison, noise: Mapping[str, GradientNoise]) -> tuple[GradientNoise, ...]:
    return tuple(noise[run["id"]] for run in comparison.runs if run["id"] in noise)
