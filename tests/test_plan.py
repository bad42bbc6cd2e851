"""From choices to requests: horizons, and as many epochs as make the updates equal."""

import pytest

from hpviz.data.catalogue import Identity, Source
from hpviz.plan import Setting, at_equal_updates, request, sweep, updates_an_epoch
from hpviz.spec import BadInput
from hpviz.studies import BATCH_SIZE, Study
from tests.made_up import FINGERPRINT, spec

SOURCE = Source("made up", "folder", None, "made up")
IDENTITY = Identity(FINGERPRINT, ("a", "b"), {"a": 300, "b": 100}, {"a": 10, "b": 10})
IMAGES = Study(field="per_class", question="How many images are enough?", quick_values=(10, 30, 100, 300))
SCHEDULE = Study(field="schedule", question="When should steps shrink?", quick_values=("constant", "cosine"))

OPTIMISER = Study(field="optimizer", question="Which rule?", quick_values=("adam", "sgd", "sgd-momentum"))
AUGMENTATION = Study(field="augmentation", question="How changed?", quick_values=("none", "flip-crop"))


def setting(epochs=8, **fixed):
    return Setting(SOURCE, IDENTITY, epochs, fixed)


def test_a_schedule_ends_with_the_epochs_asked_for_unless_told_otherwise():
    assert request(setting(schedule="cosine")).spec.horizon == 8
    assert request(setting(schedule="cosine", horizon=20)).spec.horizon == 20
    assert request(setting()).spec.horizon is None


def test_a_horizon_is_no_business_of_a_constant_rate_that_others_are_compared_with():
    constant, cosine = sweep(setting(horizon=20), SCHEDULE, SCHEDULE.quick_values, 0, 1)
    assert (constant.spec.horizon, cosine.spec.horizon) == (None, 20)
    with pytest.raises(BadInput, match="has no horizon"):
        request(setting(horizon=20))


def test_what_belongs_to_one_value_is_no_business_of_the_others_it_is_compared_with():
    optimisers = sweep(setting(momentum=0.5), OPTIMISER, OPTIMISER.quick_values, 0, 1)
    assert [one.spec.momentum for one in optimisers] == [0.0, 0.5, 0.9]
    plain, cropped = sweep(setting(crop=3), AUGMENTATION, AUGMENTATION.quick_values, 0, 1)
    assert (plain.spec.crop, cropped.spec.crop) == (None, 3)
    with pytest.raises(BadInput, match="Momentum belongs to SGD"):
        request(setting(momentum=0.5))


@pytest.mark.parametrize(
    ("fields", "updates"),
    [
        ({}, 13),
        ({"batch_size": 400}, 1),
        ({"per_class": 10, "batch_size": 8}, 3),
        ({"per_class": 200}, 10),
        ({"validation_fraction": 0.5}, 7),
    ],
    ids=str,
)
def test_updates_an_epoch_are_those_of_the_images_that_are_trained_on(fields, updates):
    assert updates_an_epoch(spec(**fields), IDENTITY) == updates


@pytest.mark.parametrize(("study", "values"), [(IMAGES, (10, 30, 100)), (BATCH_SIZE, (2, 32, 64))])
def test_equal_updates_are_equal_to_half_an_epoch_and_the_busiest_run_stays_as_it_was(study, values):
    equal = at_equal_updates(sweep(setting(), study, values, 0, 2), IDENTITY)
    made = [(one.epochs * (each := updates_an_epoch(one.spec, IDENTITY)), each) for one in equal]
    most = max(updates for updates, _ in made)
    assert all(abs(updates - most) <= each / 2 for updates, each in made)
    assert min(one.epochs for one in equal) == 8
    assert len({one.epochs for one in equal}) == len(values)


def test_a_run_that_lasts_longer_for_equal_updates_is_the_same_run_and_its_schedule_ends_with_it():
    plain = sweep(setting(), IMAGES, (10, 100), 0, 1)
    assert [one.spec for one in at_equal_updates(plain, IDENTITY)] == [one.spec for one in plain]
    falling = at_equal_updates(sweep(setting(schedule="cosine"), IMAGES, (10, 100), 0, 1), IDENTITY)
    assert [one.spec.horizon for one in falling] == [one.epochs for one in falling] == [56, 8]


def test_more_epochs_than_a_run_may_have_are_refused_in_a_sentence():
    with pytest.raises(BadInput, match="leave out the values with the fewest updates"):
        at_equal_updates(sweep(setting(epochs=200), IMAGES, (1, 300), 0, 1), IDENTITY)


def test_more_images_than_any_class_has_are_no_value_to_compare_but_as_a_setting_they_are_all():
    assert [one.spec.per_class for one in sweep(setting(), IMAGES, (10, 300), 0, 1)] == [10, 300]
    with pytest.raises(BadInput, match="There are no 301 training images of any class: the largest has 300"):
        sweep(setting(), IMAGES, (10, 301), 0, 1)
    assert request(setting(per_class=1000)).spec.per_class == 1000
