"""Augmentation of a single image, in NumPy: pixel for pixel what `training.augmentation` makes of the same draws."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def flipped(image: Pixels) -> Pixels:
    """An image (H, W, 3) mirrored left to right."""
    return image[:, ::-1]


def shifted(image: Pixels, down: int, right: int) -> Pixels:
    """An image (H, W, 3) cropped that many pixels down and right, filled up with its own reflection at the edge."""
    rows, columns = image.shape[:2]
    return image[_reflected(np.arange(rows) + down)][:, _reflected(np.arange(columns) + right)]


def _reflected(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places on a line, some of them beyond its ends, mirrored at its first and last place."""
    last = len(places) - 1
    return np.asarray(last - np.abs(last - np.abs(places)))


def views(most: int) -> int:
    """How many ways there are to see one image mirrored or not and shifted by up to `most` pixels on both axes."""
    return 2 * (2 * most + 1) ** 2
