"""The first convolution's kernels as little colour pictures: what a network looks for in its input."""

import numpy as np
from numpy.typing import NDArray

from hpviz.charts.pictures.mosaics import mosaic, stacked
from hpviz.charts.pictures.picture import Picture
from hpviz.training.inside import Inside

Kernels = NDArray[np.float32]

COLUMNS = 16
GAP = 1  # between two kernels, in their pixels
HARDLY = 0.2  # kernels that moved by less still look like the draw they began with


def kernels_picture(found: Inside, dark: bool) -> Picture:
    """The kernels (out, 3, k, k) as they began and as they were learned, on one scale: middle grey is a weight of 0."""
    both = {"as training began": found.start_kernels, f"after epoch {found.epoch}": found.kernels}
    rows = {name: kernels for name, kernels in both.items() if kernels is not None}
    strongest = max(float(np.abs(kernels).max()) for kernels in rows.values())
    columns = min(len(found.kernels), COLUMNS)
    return Picture(
        stacked({name: mosaic(coloured(each, strongest), columns, GAP) for name, each in rows.items()}, dark),
        f"The first convolution's {len(found.kernels)} kernels, {found.kernels.shape[-1]} pixels across, as small "
        f"colour pictures: {', then '.join(rows)}. Middle grey is a weight of zero.",
        f"What the first layer looks for. Grey is a weight of 0, full colour one of {strongest:.2g}. {_moved(found)}",
    )


def coloured(kernels: Kernels, strongest: float) -> NDArray[np.uint8]:
    """Kernels as colours (out, k, k, 3); a weight of ±`strongest` is full or no colour."""
    return np.round(127.5 + 127.5 * kernels.transpose(0, 2, 3, 1) / (strongest or 1.0)).astype(np.uint8)


def _moved(found: Inside) -> str:
    """How far the kernels are from those that training began with."""
    moved = found.layers[0].moved
    if moved is None:
        return "Training began from pretrained weights."
    if moved < HARDLY:
        return f"Training moved them by {moved:.0%} of their length, so they still look like the draw they began with."
    return f"Training moved them by {moved:.0%} of their length."
