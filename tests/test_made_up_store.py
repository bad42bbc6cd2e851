"""The store of made-up runs that benchmarks measure pages with."""

from benchmarks.made_up_store import specs
from hpviz.data import catalogue
from hpviz.hyperparameters import seen
from hpviz.studies import STUDIES
from tests.analysis.made_up_runs import SCENES


def test_it_has_runs_of_every_study_as_they_are_asked_for(tmp_path):
    made = list(specs(catalogue.resolve("scenes", tmp_path), SCENES, "fp32"))
    for study in STUDIES.values():
        values = {seen(spec.model_dump(), study.field)[study.field] for spec in made}
        assert set(study.quick_values) <= values, study.name
    assert len({spec.run_id for spec in made}) > 1_000
