"""Student's t against published tables."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpviz.analysis.student import any_pair_p, critical, two_sided_p


@pytest.mark.parametrize(
    ("freedom", "alpha", "t"),
    [(1, 0.05, 12.706), (2, 0.05, 4.303), (3, 0.01, 5.841), (4, 0.05, 2.776), (10, 0.001, 4.587), (30, 0.1, 1.697)],
)
def test_critical_values_are_those_of_the_tables(freedom, alpha, t):
    assert critical(alpha, freedom) == pytest.approx(t, abs=6e-4)
    assert two_sided_p(t, freedom) == pytest.approx(alpha, rel=2e-3)


@given(alpha=st.floats(1e-4, 0.5), freedom=st.integers(1, 200), means=st.integers(2, 12) | st.sampled_from([2, 3, 30]))
def test_a_critical_value_is_the_smallest_that_luck_exceeds_no_more_often_than_was_asked(alpha, freedom, means):
    t = critical(alpha, freedom, means)
    assert any_pair_p(t, means, freedom) <= alpha < any_pair_p(t * (1 - 1e-9), means, freedom)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert two_sided_p(1.959964, 20_000) == pytest.approx(0.05, abs=1e-4)


def test_the_sign_does_not_matter_and_zero_is_no_evidence():
    assert two_sided_p(-2.5, 7) == two_sided_p(2.5, 7)
    assert two_sided_p(0.0, 7) == 1.0


@pytest.mark.parametrize(
    ("means", "freedom", "q"),
    [(3, 1, 26.98), (3, 2, 8.331), (3, 10, 3.877), (4, 11, 4.256), (5, 13, 4.453), (10, 20, 5.008), (3, 120, 3.356)],
)
def test_ranges_of_several_means_are_those_of_the_tables(means, freedom, q):
    assert math.sqrt(2) * critical(0.05, freedom, means) == pytest.approx(q, rel=5e-4)
    assert any_pair_p(q / math.sqrt(2), means, freedom) == pytest.approx(0.05, rel=5e-3)


def test_two_means_are_student_s_t_and_more_are_rarer_to_lie_close():
    assert any_pair_p(2.5, 2, 7) == two_sided_p(2.5, 7)
    ps = [any_pair_p(2.5, means, 7) for means in (2, 3, 5, 10)]
    assert ps == sorted(ps)
    assert (any_pair_p(0.0, 5, 7), any_pair_p(math.inf, 5, 7)) == (pytest.approx(1.0), 0.0)
    with pytest.raises(ValueError, match="two means"):
        any_pair_p(1.0, 1, 5)


def test_there_is_no_t_without_a_degree_of_freedom():
    with pytest.raises(ValueError, match="at least 1 degree"):
        two_sided_p(1.0, 0)
