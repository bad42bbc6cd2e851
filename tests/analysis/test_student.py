"""Student's t against published tables."""

import pytest

from hpviz.analysis.student import critical, two_sided_p


@pytest.mark.parametrize(
    ("freedom", "alpha", "t"),
    [(1, 0.05, 12.706), (2, 0.05, 4.303), (3, 0.01, 5.841), (4, 0.05, 2.776), (10, 0.001, 4.587), (30, 0.1, 1.697)],
)
def test_critical_values_are_those_of_the_tables(freedom, alpha, t):
    assert critical(alpha, freedom) == pytest.approx(t, abs=6e-4)
    assert two_sided_p(t, freedom) == pytest.approx(alpha, rel=2e-3)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert two_sided_p(1.959964, 20_000) == pytest.approx(0.05, abs=1e-4)


def test_the_sign_does_not_matter_and_zero_is_no_evidence():
    assert two_sided_p(-2.5, 7) == two_sided_p(2.5, 7)
    assert two_sided_p(0.0, 7) == 1.0


def test_there_is_no_t_without_a_degree_of_freedom():
    with pytest.raises(ValueError, match="at least 1 degree"):
        two_sided_p(1.0, 0)
