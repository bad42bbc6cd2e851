"""The error of a mean, against its closed forms and against draws."""

import math

import numpy as np
import pytest

from hpviz.theory.sampling import gain, standard_error


def test_the_error_falls_with_slope_minus_one_half_on_logarithmic_axes():
    counts = np.array([1, 10, 100, 1000, 10_000])
    errors = [standard_error(count, sigma=3.0) for count in counts]
    slopes = np.diff(np.log(errors)) / np.diff(np.log(counts))
    assert slopes == pytest.approx(-0.5)
    assert errors[0] == 3.0


def test_a_hundredfold_batch_has_a_tenth_of_the_error_or_less_when_drawn_without_replacement():
    assert gain(100, 10_000) == pytest.approx(10)
    assert gain(100, 10_000, population=14_034) == pytest.approx(18.6, abs=0.05)


def test_the_finite_correction_agrees_with_draws_without_replacement():
    random = np.random.default_rng(0)
    values = random.normal(size=60)
    means = [random.permutation(values)[:40].mean() for _ in range(20_000)]
    assert np.std(means) == pytest.approx(standard_error(40, values.std(), population=60), rel=0.03)


def test_the_whole_set_has_no_error():
    assert standard_error(50, population=50) == 0
    assert standard_error(1, population=1) == 0
    assert gain(5, 50, population=50) == math.inf


@pytest.mark.parametrize(("count", "population"), [(0, None), (-1, 10), (11, 10)])
def test_what_cannot_be_drawn_is_refused(count, population):
    with pytest.raises(ValueError, match="cannot be drawn"):
        standard_error(count, population=population)
