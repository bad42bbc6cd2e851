"""A kernel slid over an image, as a convolution layer does it (a correlation: the kernel is not flipped)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hpviz.spec import BadInput

Floats = NDArray[np.float64]


def correlate(image: Floats, kernel: Floats, padding: int = 0) -> Floats:
    """The map (H + 2p - k + 1, W + 2p - k + 1) of a kernel (k, k) over an image (H, W) with p zeros on each side.

    The answers of an image with channels, (H, W, C), are added. Raises BadInput, with a sentence, if the kernel does
    not fit.
    """
    plane = image if image.ndim == 2 else image.sum(axis=2)
    padded = np.pad(plane, padding)
    if kernel.shape[0] > min(padded.shape):
        raise BadInput(f"A kernel {kernel.shape[0]} px wide does not fit on {padded.shape[1]}×{padded.shape[0]} px.")
    windows = sliding_window_view(padded, kernel.shape)
    return np.asarray(np.einsum("ijkl,kl->ij", windows, kernel))


def same_padding(width: int) -> int:
    """The zeros on each side that keep a map as large as its image; BadInput for an even width, which has no middle."""
    if width % 2 == 0:
        raise BadInput(f"A kernel {width} wide has no middle, so padding 'same' needs an odd width.")
    return width // 2


def edge_kernel(width: int) -> Floats:
    """A kernel (k, k), k ≥ 2, that answers to upright edges: the slope of a Gaussian, its sizes summing to 1."""
    across = np.arange(width) - (width - 1) / 2
    bell = np.exp(-0.5 * (across / (width / 5)) ** 2)
    kernel = np.outer(bell, across * bell)
    return np.asarray(kernel / np.abs(kernel).sum())
