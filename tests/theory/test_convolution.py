"""A kernel over an image, against plain loops and against torch."""

import numpy as np
import pytest
import torch

from hpviz.spec import BadInput
from hpviz.theory.convolution import correlate, edge_kernel, same_padding

RANDOM = np.random.default_rng(0)


def by_loops(image: np.ndarray, kernel: np.ndarray, padding: int) -> np.ndarray:
    padded, width = np.pad(image, padding), len(kernel)
    rows, columns = (edge - width + 1 for edge in padded.shape)
    return np.array(
        [
            [(padded[row : row + width, column : column + width] * kernel).sum() for column in range(columns)]
            for row in range(rows)
        ]
    )


@pytest.mark.parametrize(("width", "padding"), [(1, 0), (2, 0), (3, 0), (3, 1), (5, 2), (4, 3)])
def test_a_map_is_the_sum_of_products_at_every_place(width, padding):
    image, kernel = RANDOM.normal(size=(9, 7)), RANDOM.normal(size=(width, width))
    assert correlate(image, kernel, padding) == pytest.approx(by_loops(image, kernel, padding))


def test_channels_are_added_as_a_convolution_layer_does():
    image, kernel = RANDOM.normal(size=(8, 8, 3)), RANDOM.normal(size=(3, 3))
    weight = torch.from_numpy(kernel).expand(1, 3, 3, 3)
    expected = torch.nn.functional.conv2d(torch.from_numpy(image).permute(2, 0, 1)[None], weight, padding=1)
    assert correlate(image, kernel, padding=1) == pytest.approx(expected[0, 0].numpy())


@pytest.mark.parametrize("width", [1, 3, 11])
def test_same_padding_keeps_the_size_and_an_even_width_has_none(width):
    image = np.ones((12, 14))
    assert correlate(image, np.ones((width, width)), same_padding(width)).shape == image.shape
    with pytest.raises(BadInput, match="no middle"):
        same_padding(width + 1)


def test_a_kernel_that_does_not_fit_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match="9 px wide does not fit on 8×20 px"):
        correlate(np.ones((20, 8)), np.ones((9, 9)))


@pytest.mark.parametrize("width", [3, 4, 7, 11])
def test_the_edge_kernel_answers_to_upright_edges_only(width):
    kernel = edge_kernel(width)
    assert np.abs(kernel).sum() == pytest.approx(1)
    upright = np.repeat([[0.0] * 12 + [1.0] * 12], 24, axis=0)
    assert np.abs(correlate(upright, kernel)).max() > 0.3
    assert correlate(upright.T, kernel) == pytest.approx(0)
    assert correlate(np.full((24, 24), 0.7), kernel) == pytest.approx(0)
