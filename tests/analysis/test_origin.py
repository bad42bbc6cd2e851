"""Runs from elsewhere: one recording a spec counts, one's own first, and it is said where others enter."""

import pytest

from hpviz.analysis.origin import apart, from_elsewhere, kind_of, one_a_spec, recorded
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
    assert one_a_spec([reference, imported, own]) == [own]
    assert one_a_spec([reference, imported]) == [imported]


def test_ones_own_run_counts_as_soon_as_it_has_an_epoch():
    (imported,) = elsewhere(made())
    assert one_a_spec([made(epochs=0), imported]) == [imported]
    assert kind_of(one_a_spec([made(epochs=1), imported])[0]) is None


def test_of_two_recordings_of_a_kind_the_longer_one_counts():
    short, long = elsewhere(made(2), made(5))
    assert one_a_spec([short, long]) == [long]


def test_other_seeds_and_values_are_other_specs_and_another_name_of_the_images_is_not():
    runs = [made(), made(seed=1), made(weight_decay=1.0)]
    assert one_a_spec(runs) == runs
    assert len(one_a_spec([made(dataset="a"), made(dataset="b")])) == 1


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
