"""Descent on a line does what the closed forms say."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hpviz.theory.descent import bowl, descend, regime, remaining, two_valleys


@given(rate=st.floats(0.01, 5.0), curvature=st.floats(0.1, 10.0))
def test_descent_on_a_quadratic_comes_nearer_if_and_only_if_the_rate_is_below_2_over_h(rate, curvature):
    assume(abs(rate * curvature - 2) > 0.01)
    path = np.abs(descend(bowl(curvature), rate, updates=40))
    assert (path[-1] < path[0]) == (rate < 2 / curvature)


@given(rate=st.floats(0.01, 1.99), updates=st.integers(1, 30))
def test_every_update_multiplies_the_distance_by_one_less_rate_times_curvature(rate, updates):
    path = descend(bowl(curvature=1.0), rate, updates)
    assert path[-1] == pytest.approx(path[0] * (1 - rate) ** updates, abs=1e-12)
    assert abs(path[-1] / path[0]) == pytest.approx(remaining(rate, 1.0, updates), abs=1e-12)


def test_a_rate_of_1_over_h_lands_in_one_update():
    assert descend(bowl(curvature=4.0), 1 / 4.0, updates=1)[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("product", "expected"),
    [(0.1, "crawls"), (0.5, "descends"), (1, "lands"), (1.5, "oscillates"), (2, "circles"), (2.1, "leaves")],
)
def test_the_regime_depends_on_rate_times_curvature_only(product, expected):
    assert regime(product, 1.0) == regime(product / 8, 8.0) == expected


def test_descent_stops_where_it_first_passes_the_limit():
    path = np.abs(descend(bowl(), 3.0, updates=50, limit=10.0))
    assert path[-1] > 10 >= path[:-1].max()
    assert len(path) < 51


def test_the_two_valleys_are_lowest_at_their_minimum_where_slope_is_zero_and_curvature_as_stated():
    valleys = two_valleys()
    around = np.linspace(-2, 2, 4001)
    losses = valleys.loss(around)
    assert losses.min() >= -1e-12
    assert around[losses.argmin()] == pytest.approx(valleys.minimum, abs=1e-3)
    assert valleys.gradient(np.array(valleys.minimum)) == pytest.approx(0, abs=1e-12)
    low, high = valleys.gradient(valleys.minimum + np.array([-1e-5, 1e-5]))
    assert (high - low) / 2e-5 == pytest.approx(valleys.curvature, rel=1e-4)
    assert np.gradient(losses, around)[1000] == pytest.approx(valleys.gradient(around)[1000], abs=1e-3)


def test_only_a_bold_rate_leaps_into_the_deeper_valley():
    valleys = two_valleys()
    timid, bold = (descend(valleys, rate / valleys.curvature, updates=15)[-1] for rate in (0.5, 1.5))
    assert timid < 0
    assert bold == pytest.approx(valleys.minimum, abs=0.05)
