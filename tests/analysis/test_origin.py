"""Runs from elsewhere: a value's seeds are of one origin, one's own first, and it is said where others enter."""

import pytest

from hpviz.analysis.origin import apart, from_elsewhere, kind_of, prevailing, recorded
from hpviz.runs import bundle
from hpviz.runs.document import move
from tests.analysis.made_up_runs import rows, run


def made(epochs=3, machine="Small CPU", accuracy=0.5, **spec):
    document = run(rows(epochs, test_accuracy={1: accuracy}) if epochs else [], **spec)
    document["machine"] = {"name": machine, "hpviz": "0.1.0"}
    return document


def elsewhere(*runs, kind="imported"):
    return bundle.read(bundle.write(runs), kind)


def test_a_run_of_this_machine_has_no_kind():
    assert kind_of(made()) is None
    assert [kind_of(each) for each in elsewhere(made(), kind="reference")] == ["reference"]


def test_ones_own_run_counts_before_an_imported_one_and_that_before_a_reference():
    own = made()
    (imported,), (reference,) = elsewhere(own), elsewhere(made(epochs=9), kind="reference")
    assert prevailing([reference, imported, own]) == [own]
    assert prevailing([reference, imported]) == [imported]


def test_ones_own_run_counts_as_soon_as_it_has_an_epoch():
    (imported,) = elsewhere(made())
    waiting = made(epochs=0)
    assert prevailing([waiting, imported]) == [waiting, imported]
    assert [kind_of(run) for run in prevailing([made(epochs=1), imported])] == [None]


def test_the_seeds_of_a_value_are_never_of_two_origins():
    own = made(seed=0)
    foreign = elsewhere(*(made(seed=seed) for seed in range(3)), kind="reference")
    other = elsewhere(*(made(seed=seed, weight_decay=1.0) for seed in range(3)), kind="reference")
    assert prevailing([own, *foreign, *other]) == [own, *other]


def test_until_ones_own_have_seeds_enough_those_from_elsewhere_may_stand_for_a_value():
    foreign = elsewhere(*(made(seed=seed) for seed in range(3)))
    one, two = made(seed=0), made(seed=1)
    assert prevailing([one, *foreign], least_seeds=2) == foreign
    assert prevailing([one, two, *foreign], least_seeds=2) == [one, two]
    assert prevailing([one], least_seeds=2) == [one]


def test_imported_seeds_of_a_value_are_of_one_machine():
    small = elsewhere(made(seed=0), made(seed=1))
    big = elsewhere(*(made(seed=seed, machine="Big GPU") for seed in range(3)))
    assert prevailing([*small, *big]) == big


def test_runs_of_two_precisions_are_two_values_unless_they_need_not_be_kept_apart():
    own, foreign = made(precision="fp32"), elsewhere(made(precision="bf16"))
    assert prevailing([own, *foreign]) == [own, *foreign]
    assert prevailing([own, *foreign], apart=("precision",)) == [own]


def test_of_two_recordings_of_a_kind_the_longer_one_counts():
    short, long = elsewhere(made(2), made(5))
    assert prevailing([short, long]) == [long]


def test_other_seeds_and_values_all_count_and_another_name_of_the_images_is_no_other_value():
    runs = [made(), made(seed=1), made(weight_decay=1.0)]
    assert prevailing(runs) == runs
    assert len(prevailing([made(dataset="a"), made(dataset="b")])) == 1


def test_it_is_told_how_many_are_from_where():
    own = made()
    runs = [own, *elsewhere(made(seed=1), made(seed=2, machine="Big GPU"))]
    assert from_elsewhere(runs) == "2 imported runs of 3, from Big GPU and Small CPU"
    assert from_elsewhere([own]) is None
    mixed = [*elsewhere(made()), *elsewhere(made(seed=1, machine=""), kind="reference")]
    assert from_elsewhere(mixed) == (
        "1 imported run of 2, from Small CPU; 1 reference run of 2, from a machine unknown"
    )


def test_a_recording_is_told_with_machine_day_and_version():
    document = made()
    assert recorded(document) == f"Small CPU, {document['updated'][:10]}, hpviz 0.1.0"
    document["machine"] = {}
    assert recorded(document).startswith("a machine unknown, ")
    assert recorded(elsewhere(document)[0]).endswith("hpviz 0.1.0")


def test_recordings_of_one_spec_are_held_against_each_other_whatever_their_precision():
    own = [made(accuracy=0.5), made(accuracy=0.6, seed=1)]
    others = elsewhere(made(accuracy=0.52, precision="bf16"), made(accuracy=0.5, seed=1), made(seed=7))
    found = apart(own, others)
    assert (found.runs, found.worst) == (2, own[1])
    assert (found.mean, found.most) == (pytest.approx(6), pytest.approx(10))


def test_without_a_spec_in_common_or_a_figure_there_is_nothing_to_hold():
    assert apart([made()], elsewhere(made(seed=1))) is None
    active = made()
    move(active, "running")
    assert apart([active], elsewhere(made())) is None
