"""Which runs belong on a study's page: those that differ in its hyperparameter and seeds only, one's own first."""

from hpviz.runs.reference import reference_runs
from hpviz.site.settings import settings_of, values_of
from hpviz.studies import LEARNING_RATE, OPTIMIZER, SCHEDULE, STUDIES, WEIGHT_DECAY
from tests.analysis.made_up_runs import rows, run


def made(field, values, seeds=1, epochs=3, **spec):
    return [run(rows(epochs), **{field: value, "seed": seed}, **spec) for value in values for seed in range(seeds)]


def ids(runs):
    return {each["id"] for each in runs}


def imported(runs):
    origin = {"kind": "imported", "version": "1", "exported": "2026-01-01T00:00:00.000+00:00"}
    return [{**each, "id": f"{each['id']}-x", "origin": origin} for each in runs]


def test_each_study_opens_on_the_setting_that_its_reference_runs_have():
    for study in STUDIES.values():
        (group,) = settings_of(study, reference_runs())
        assert values_of(study, group) == set(study.quick_values), study.name


def test_runs_that_differ_in_more_are_another_setting_and_the_one_with_more_values_comes_first():
    wide, narrow = made("weight_decay", (0.0, 0.01, 1.0)), made("weight_decay", (0.0, 1.0), image_size=96)
    assert [ids(each) for each in settings_of(WEIGHT_DECAY, [*narrow, *wide])] == [ids(wide), ids(narrow)]


def test_the_order_of_the_runs_does_not_matter_for_what_is_shown():
    runs = [*made("weight_decay", (0.0, 0.01)), *made("weight_decay", (0.0, 0.01), batch_size=64)]
    one, other = (settings_of(WEIGHT_DECAY, each) for each in (runs, runs[::-1]))
    assert [ids(each) for each in one] == [ids(each) for each in other]


def test_runs_from_elsewhere_stand_for_values_of_which_one_has_none():
    own, foreign = made("learning_rate", (1e-4, 1e-3)), imported(made("learning_rate", (1e-4, 1e-2), precision="bf16"))
    (group,) = settings_of(LEARNING_RATE, [*foreign, *own])
    assert ids(group) == ids([*own, foreign[1]])


def test_a_setting_of_which_only_runs_from_elsewhere_are_there_is_no_further_section():
    own = made("learning_rate", (1e-4, 1e-3))
    foreign = imported(made("learning_rate", (1e-4, 1e-3, 1e-2), batch_size=8))
    assert [ids(each) for each in settings_of(LEARNING_RATE, [*own, *foreign])] == [ids(own)]


def test_own_runs_of_two_precisions_are_not_mixed():
    first = made("learning_rate", (1e-4, 1e-3, 1e-2), precision="fp32")
    second = made("learning_rate", (1e-4, 1e-3), precision="bf16")
    assert [ids(each) for each in settings_of(LEARNING_RATE, [*first, *second])] == [ids(first), ids(second)]


def test_optimisers_each_at_its_tuned_rate_are_one_setting():
    runs = [
        each
        for name, brought in (("sgd", 3e-2), ("adam", 3e-4), ("adamw", 3e-4))
        for each in made("optimizer", (name,), learning_rate=brought)
    ]
    assert ids(settings_of(OPTIMIZER, runs)[0]) == ids(runs)


def test_a_constant_rate_is_held_against_schedules_of_every_horizon():
    constant = made("schedule", ("constant",), learning_rate=1e-3)
    short = made("schedule", ("step", "cosine"), learning_rate=1e-3, horizon=3)
    long = made("schedule", ("cosine", "warmup-cosine", "step"), learning_rate=1e-3, horizon=9)
    found = settings_of(SCHEDULE, [*short, *long, *constant])
    assert [ids(each) for each in found] == [ids([*constant, *long]), ids([*constant, *short])]


def test_runs_without_an_epoch_and_values_off_the_scale_are_left_out():
    none = run([], weight_decay=0.5)
    words = made("kernel_width", ("article",))
    assert settings_of(WEIGHT_DECAY, [none]) == []
    assert settings_of(STUDIES["kernel-width"], words) == []
