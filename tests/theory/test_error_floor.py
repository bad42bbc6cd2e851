"""The power law of learning curves, down to its floor."""

import numpy as np
import pytest

from hpviz.theory.error_floor import power_law, scale_through

COUNTS = np.array([10.0, 100.0, 1000.0])


def test_without_a_floor_it_is_a_straight_line_on_logarithmic_axes():
    errors = power_law(COUNTS, 2.0, 0.3, 0.0)
    assert np.diff(np.log(errors)) / np.diff(np.log(COUNTS)) == pytest.approx(-0.3)


def test_ten_times_the_images_divide_what_lies_above_the_floor_by_the_same_every_time():
    above = power_law(COUNTS, 2.0, 0.5, 0.1) - 0.1
    assert above[:-1] / above[1:] == pytest.approx(10**0.5)


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_its_scale_can_be_had_from_one_point(floor):
    scale = scale_through(10, 0.6, 0.35, floor)
    assert power_law(COUNTS, scale, 0.35, floor)[0] == pytest.approx(0.6)
