"""The balance of the classes: both splits drawn, told in a sentence, names taken literally."""

import json

import pytest
import vl_convert

from hpviz.charts.balance import balance, counts, spoken

TRAIN, TEST = {"zebra": 30, "ant": 10, "<b>": 5}, {"zebra": 3, "ant": 1, "<b>": 2}


def svg(chart):
    return vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()), vl_version="6.4")


@pytest.mark.parametrize("dark", [False, True])
def test_every_class_has_a_bar_a_split_in_the_order_of_the_classes(dark):
    drawn = svg(balance(counts(TRAIN, TEST), dark))
    assert drawn.count('aria-roledescription="bar"') == 6
    assert drawn.index(">zebra<") < drawn.index(">ant<") < drawn.index(">&lt;b&gt;<")


def test_shares_are_of_the_split():
    frame = counts(TRAIN, TEST)
    assert list(frame["share"].round(2)) == [0.67, 0.22, 0.11, 0.5, 0.17, 0.33]


def test_the_chart_is_told_in_a_sentence():
    assert spoken(counts(TRAIN, TEST)) == (
        "Images by class: 45 training images, from 5 to 30 a class; 6 test images, from 1 to 3 a class."
    )
    assert "2 training images, 1 in each class" in spoken(counts({"a": 1, "b": 1}, {"a": 1, "b": 1}))


def test_a_hundred_classes_fit_on_a_screen():
    many = {f"class {number}": 10 for number in range(100)}
    assert balance(counts(many, many), dark=False).height < 1000
