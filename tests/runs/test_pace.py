"""How far many runs have come together."""

import pytest

from hpviz.runs.pace import Whole, waiting


def at(fraction):
    return {**waiting("epoch 1/2"), "fraction": fraction, "trains": True}


def test_the_whole_is_as_far_as_its_runs_by_the_seconds_they_take():
    whole = Whole({"short": 10.0, "long": 30.0})
    views = [
        whole.view("short", {"short": at(0.0)}),
        whole.view("short", {"short": at(0.5)}),
        whole.view("long", {"long": at(0.0)}),
    ]
    assert [view["fraction"] for view in views] == [0, 0.125, 0.25]
    assert [view["seconds_left"] for view in views] == [40, 35, 30]
    assert [view["text"] for view in views] == ["run 1 of 2, epoch 1/2"] * 2 + ["run 2 of 2, epoch 1/2"]


def test_a_run_that_goes_on_counts_from_where_it_was():
    whole = Whole({"resumed": 10.0})
    assert whole.view("resumed", {"resumed": at(0.75)})["fraction"] == 0
    assert whole.view("resumed", {"resumed": at(0.875)})["fraction"] == pytest.approx(0.5)


def test_what_comes_before_a_run_is_no_part_of_what_it_takes():
    whole = Whole({"one": 10.0, "two": 10.0})
    whole.view("one", {"one": at(0.5)})
    preparing = whole.view("two", {"two": {**waiting("preparing images"), "fraction": 0.9}})
    assert (preparing["text"], preparing["fraction"]) == ("run 2 of 2, preparing images", 0.5)
    assert whole.view("two", {"two": at(0.0)})["fraction"] == 0.5
    assert whole.view("two", {"two": at(0.5)})["fraction"] == 0.75


def test_a_run_that_is_no_part_of_it_is_shown_as_it_is():
    assert Whole({"one": 10.0}).view("another", {"another": at(0.5)}) == at(0.5)


def test_of_runs_side_by_side_each_counts_for_what_it_takes():
    whole = Whole({"short": 10.0, "long": 30.0})
    whole.view("short", {"short": at(0.0), "long": at(0.0)})
    both = whole.view("short", {"short": at(0.5), "long": at(0.5), "of another sweep": at(0.1)})
    assert (both["text"], both["fraction"], both["seconds_left"]) == ("run 2 of 2, epoch 1/2", 0.5, 20)
    assert whole.view("long", {"long": at(0.75)})["fraction"] == (10 + 0.75 * 30) / 40
