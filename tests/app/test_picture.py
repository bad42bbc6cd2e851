"""Images as files for a page."""

import io

import numpy as np
from PIL import Image

from hpviz.ui.picture import as_png


def read(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_every_pixel_of_a_large_picture_tells_it_from_another():
    first = np.zeros((600, 600, 3), np.uint8)
    for place in ((0, 0, 0), (299, 301, 1), (599, 599, 2)):
        other = first.copy()
        other[place] = 1
        assert (read(as_png(first)) == first).all()
        assert (read(as_png(other)) == other).all()


def test_a_small_one_is_drawn_in_whole_squares():
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    assert (read(as_png(pixels, 5)) == pixels.repeat(5, 0).repeat(5, 1)).all()
