"""From errors of mini-batches to σ, a slope and the noise scale."""

import pytest

from hpviz.theory.noise_scale import deviation, simple_noise_scale, slope
from hpviz.theory.sampling import standard_error

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
DRAWS = (128, 128, 128, 64, 32, 16, 16, 12, 12)


def errors(sigma, population):
    return [standard_error(size, sigma, population=population) for size in SIZES]


def test_the_deviation_leads_back_to_the_errors():
    assert deviation(SIZES, errors(3.0, 512), DRAWS, 512) == pytest.approx(3.0)


def test_the_slope_is_one_half_where_the_set_is_far_from_used_up():
    assert slope(SIZES, errors(3.0, 10**6), DRAWS, 10**6) == pytest.approx(-0.5, abs=1e-3)
    assert slope(SIZES, errors(3.0, 512), DRAWS, 512) == pytest.approx(-0.5, abs=0.02)
    assert slope((1, 2), (1.0, 0.7), (8, 8), 10) is None


def test_the_noise_scale_is_the_scatter_over_the_true_gradients_square():
    # A true gradient of length 2 and tr(Σ) = 40: the mean over 100 has |G|² + tr(Σ)/100 for its square.
    length = (4 + 40 / 100) ** 0.5
    relative = (40 * 99 / 100) ** 0.5 / length
    assert simple_noise_scale(relative, 100) == pytest.approx(10)


def test_a_noise_scale_beyond_the_images_there_are_is_not_told():
    assert simple_noise_scale(relative_deviation=30.0, population=100) is None
