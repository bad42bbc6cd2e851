"""Receptive fields by arithmetic, against the article's network itself."""

import pytest
import torch

from hpviz.models.article import Block, article_cnn
from hpviz.spec import kernels_and_paddings
from hpviz.theory.receptive_field import ReceptiveField, receptive_field

EDGE = 64


def seen(depth, kernel_width, padding):
    """Which pixels of the diagonal each unit of the diagonal of the last map answers to: (units, EDGE)."""
    blocks = [layer for layer in article_cnn(6, EDGE, kernel_width, padding, depth=depth) if isinstance(layer, Block)]
    pixels = torch.zeros(EDGE, 3, EDGE, EDGE)
    pixels[range(EDGE), :, range(EDGE), range(EDGE)] = 1.0
    with torch.no_grad():
        for block in blocks:
            block.eval()
            block.conv.weight.fill_(
                1.0
            )  # then every answer is a sum of what is seen, and the pool keeps it if it is any
            pixels = block(pixels)
    return pixels[:, 0].diagonal(dim1=1, dim2=2).T > 0


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(("kernel_width", "padding"), [("article", "article"), (3, "same"), (3, "valid"), (4, "valid")])
def test_every_unit_sees_the_pixels_that_the_arithmetic_says(depth, kernel_width, padding):
    field = receptive_field(kernels_and_paddings(kernel_width, padding, depth))
    for unit, pixels in enumerate(seen(depth, kernel_width, padding)):
        first, end = field.of(unit)
        assert pixels.nonzero().flatten().tolist() == list(range(max(first, 0), min(end, EDGE)))


def test_without_a_block_a_unit_is_a_pixel():
    assert receptive_field([]) == ReceptiveField(size=1, step=1, first=0)


def test_a_unit_of_the_article_s_network_sees_44_pixels_and_one_of_the_fourth_block_more_than_a_small_image_has():
    sizes = [receptive_field(kernels_and_paddings("article", "article", depth)).size for depth in (1, 2, 3, 4)]
    assert sizes == [6, 16, 44, 68]
