"""Colours: ordered, the same everywhere, readable on their background."""

from itertools import pairwise

import pytest

from hpviz.charts.palette import CHANCE, DIVERGED, colour, position
from hpviz.studies import STUDIES

BACKGROUND = {False: "#fdfcfb", True: "#17151b"}


def luminance(hexadecimal):
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(hexadecimal[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_every_value_is_readable_and_has_a_colour_of_its_own(study, dark):
    colours = [colour(place, study.places, dark) for place in study.places]
    assert len(colours) == len(study.slider_values)
    assert len(set(colours)) == len(colours)
    for one in [*colours, CHANCE[dark], DIVERGED[dark]]:
        assert contrast(one, BACKGROUND[dark]) >= 3


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_positions_follow_the_order_of_values(study):
    scale = study.places
    between = [value for low, high in pairwise(scale) for value in (low, (low + high) / 2)]
    positions = [position(value, scale) for value in [*between, scale[-1]]]
    assert positions == sorted(positions)
    assert (positions[0], positions[-1]) == (0, 1)
    assert position(scale[-1] * 100, scale) == 1
