"""Prepared images: decoded once to uint8 arrays on disk, memory-mapped ever after."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prepared:
    """A data set at one image size, ready to train on.

    `train_images` and `test_images` are uint8, (N, 3, S, S), RGB, read-only memory maps; the labels
    int64, (N,), indices into `classes`. `fingerprint` identifies the original images.
    """

    fingerprint: str
    classes: tuple[str, ...]
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
