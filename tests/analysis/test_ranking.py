"""Which value is ahead: equals are equal, and what noise may have put there is said so."""

import pytest

from hpviz.analysis.ranking import leader, lowest, only_highest


def test_a_value_that_stands_out_is_ahead_of_all():
    found = leader({"a": [0.3, 0.31], "b": [0.8, 0.81], "c": [0.4, 0.41]}, 3000)
    assert (found.value, found.equals, found.alike) == ("b", (), ())
    assert found.mean == pytest.approx(0.805)


def test_values_that_are_written_alike_are_equal():
    found = leader({"a": [0.5], "b": [0.50002], "c": [0.3]}, 3000)
    assert (found.value, found.equals, found.alike) == ("b", ("a",), ("a", "c"))
    assert set(leader({value: [1 / 6] for value in "abc"}, 1500).equals) == {"b", "c"}


def test_one_seed_tells_a_value_from_nothing():
    assert leader({"a": [0.9], "b": [0.1, 0.11]}, 3000).alike == ("b",)
    assert leader({"a": [0.9, 0.91], "b": [0.1]}, 3000).alike == ("b",)


def test_accuracies_of_an_unknown_number_of_images_tell_nothing_apart():
    assert leader({"a": [0.9, 0.91], "b": [0.1, 0.11]}, None).alike == ("b",)


def test_of_nothing_nothing_is_ahead():
    assert leader({}, 600) is None
    assert leader({"a": []}, 600) is None
    assert lowest({}) is None
    assert leader({"a": [0.5]}, 600).alike == ()


def test_the_lowest_loss_is_asked_for_as_strictly():
    assert lowest({1e-4: [0.30, 0.31], 1e-3: [1.2, 1.21]}).alike == ()
    assert lowest({1e-4: [0.300, 0.31], 1e-3: [0.302, 0.312]}).alike == (1e-3,)
    assert lowest({1e-4: [0.301], 1e-3: [0.302]}).equals == (1e-3,)


def test_of_two_equal_figures_none_is_the_highest():
    assert only_highest([0.1, 0.3, 0.2]) == 1
    assert only_highest([0.1, None, 0.2]) == 2
    assert only_highest([0.3, 0.3, 0.2]) is None
    assert only_highest([None, None]) is None
    assert only_highest([]) is None
