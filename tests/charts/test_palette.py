"""Colours: ordered, told apart by everybody, readable on their ground, and kept while they are shown."""

from itertools import pairwise

import pytest

from hpviz.charts.palette import BACKGROUND, CHANCE, DIVERGED, on_ramp, places, position, spread
from hpviz.studies import STUDIES
from tests.charts.colour_vision import BLINDNESS, ciede2000, contrast, difference, lab

# What sets neighbours apart, and how many of them it is promised of.
APART, COUNTS = 15, range(2, 6)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_measured_as_published(one, other, apart):
    assert ciede2000(one, other) == pytest.approx(apart, abs=1e-4)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("count", COUNTS)
def test_up_to_five_values_are_told_apart_by_everybody(count, blindness, dark):
    colours = spread(count, dark)
    assert min(difference(*pair, blindness) for pair in pairwise(colours)) >= APART


@pytest.mark.parametrize("dark", [False, True])
def test_the_ramp_grows_lighter_and_is_readable_on_its_ground_all_along(dark):
    colours = [on_ramp(step / 40, dark) for step in range(41)]
    lightness = [lab(each)[0] for each in colours]
    assert all(low < high for low, high in pairwise(lightness))
    assert min(contrast(each, BACKGROUND[dark]) for each in colours) >= 3
    assert min(contrast(each, BACKGROUND[dark]) for each in (CHANCE[dark], DIVERGED[dark])) >= 3


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_positions_follow_the_order_of_values(study):
    scale = study.places
    between = [value for low, high in pairwise(scale) for value in (low, (low + high) / 2)]
    positions = [position(value, scale) for value in [*between, scale[-1]]]
    assert positions == sorted(positions)
    assert (positions[0], positions[-1]) == (0, 1)
    assert position(scale[-1] * 100, scale) == 1


ALONG = {value: place / 10 for place, value in enumerate("abcdefghijk")}


@pytest.mark.parametrize("along", [None, ALONG])
def test_shown_values_keep_their_colours_and_a_new_one_stands_between_its_neighbours(along):
    shown = places("bdg", along=along)
    for joining in "aceik":
        order = sorted({*shown, joining})
        now = places(order, shown, along)
        assert {key: now[key] for key in shown} == shown
        assert all(now[low] < now[high] for low, high in pairwise(order))
        assert 0 <= min(now.values()) <= max(now.values()) <= 1
        shown = now


def test_places_are_the_same_whichever_value_joins_first():
    shown = places("bg", along=ALONG)
    one = places("bcdg", places("bcg", shown, ALONG), ALONG)
    other = places("bcdg", places("bdg", shown, ALONG), ALONG)
    assert one == pytest.approx(other)
    assert one["b"] < one["c"] < one["d"] < one["g"]


def test_what_leaves_takes_no_colour_with_it_and_a_new_page_is_spread_anew():
    shown = places("abc")
    assert places("ac", shown) == {"a": shown["a"], "c": shown["c"]}
    assert places("xyz", shown) == dict(zip("xyz", shown.values(), strict=True))
