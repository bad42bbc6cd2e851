"""The declarations of the studies hold together."""

import pytest

from hpviz.data.catalogue import Identity, Source
from hpviz.plan import Setting, request
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, STUDIES, find_study
from tests.made_up import FINGERPRINT

IMAGES = (
    Source("made up", "folder", None, "made up"),
    Identity(FINGERPRINT, ("a", "b"), {"a": 3000, "b": 1000}, {"a": 10, "b": 10}),
)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_declared_value_can_be_trained(study, preset):
    settings = Setting(*IMAGES, 8, {"image_size": PRESETS[preset].image_size, **study.settings(preset)})
    for value in (*study.values(preset), *study.slider_values):
        made = request(settings, **{study.field: value}).spec
        assert study.value_of(made.model_dump()) == value


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_slider_values_are_in_order(study):
    assert list(study.slider_values) == sorted(set(study.slider_values), key=study.hyperparameter.order)


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_what_is_tuned_is_tuned_for_every_value_and_held_for_none(study):
    assert not study.tuned or study.tuned.keys() == {*study.quick_values} == {*study.slider_values}
    assert not {*study.tuned_fields} & {*study.settings("quick"), *study.settings("article")}


def test_the_learning_rate_slider_has_1_and_3_in_each_decade():
    assert find_study("learning-rate").slider_values[:4] == (1e-7, 3e-7, 1e-6, 3e-6)


def test_an_unknown_study_is_refused_with_the_choices():
    with pytest.raises(BadInput, match="learning-rate, batch-size, kernel-width, weight-decay"):
        find_study("momentum")


@pytest.mark.parametrize(("study", "text"), [("batch-size", "2.5"), ("kernel-width", "wide"), ("learning-rate", "abc")])
def test_a_value_of_the_wrong_kind_is_refused(study, text):
    with pytest.raises(BadInput):
        find_study(study).parse(text)
