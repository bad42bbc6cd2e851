"""The first convolution's kernels as little colour pictures: what a network looks for in its input."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.charts.pictures.photo import Pixels, data_uri
from hpviz.charts.pictures.picture import INK, Picture, stack
from hpviz.training.inside import Inside

Kernels = NDArray[np.float32]

COLUMNS = 16
GAP = 1  # between two kernels, in their pixels
LABEL, PAGE = 22, 560  # px: the line above a row of kernels, and a usual width
HARDLY = 0.2  # kernels that moved by less still look like the draw they began with


def kernels_picture(found: Inside, dark: bool) -> Picture:
    """The kernels (out, 3, k, k) as they began and as they were learned, on one scale: middle grey is a weight of 0."""
    both = {"as training began": found.start_kernels, f"after epoch {found.epoch}": found.kernels}
    rows = {name: kernels for name, kernels in both.items() if kernels is not None}
    strongest = max(float(np.abs(kernels).max()) for kernels in rows.values())
    mosaics = {name: mosaic(kernels, strongest) for name, kernels in rows.items()}
    high, wide = mosaic_size(found.kernels)
    height = len(rows) * (LABEL + round(high * PAGE / wide))
    # As large as both directions allow, whatever the width of the page.
    pixel = f"min(width / {wide}, (height / {len(rows)} - {LABEL}) / {high})"
    layers = [
        layer
        for place, (name, pixels) in enumerate(mosaics.items())
        for layer in _row(name, pixels, f"{place} * ({LABEL} + {high} * {pixel})", pixel, dark)
    ]
    return Picture(
        stack(*layers, height=height),
        f"The first convolution's {len(found.kernels)} kernels, {found.kernels.shape[-1]} pixels across, as small "
        f"colour pictures: {', then '.join(rows)}. Middle grey is a weight of zero.",
        f"What the first layer looks for. Grey is a weight of 0, full colour one of {strongest:.2g}. {_moved(found)}",
    )


def mosaic(kernels: Kernels, strongest: float) -> Pixels:
    """Kernels side by side, (H, W, 4) with clear gaps; a weight of ±`strongest` is full or no colour."""
    edge = kernels.shape[-1] + GAP
    pixels = np.zeros((*mosaic_size(kernels), 4), np.uint8)
    for place, kernel in enumerate(kernels):
        top, left = (edge * step for step in divmod(place, COLUMNS))
        tile = pixels[top : top + edge - GAP, left : left + edge - GAP]
        tile[..., :3] = np.round(127.5 + 127.5 * kernel.transpose(1, 2, 0) / (strongest or 1.0))
        tile[..., 3] = 255
    return pixels


def mosaic_size(kernels: Kernels) -> tuple[int, int]:
    """Height and width of a mosaic in the kernels' pixels."""
    rows, columns = -(-len(kernels) // COLUMNS), min(len(kernels), COLUMNS)
    edge = kernels.shape[-1] + GAP
    return rows * edge - GAP, columns * edge - GAP


def _row(name: str, pixels: Pixels, top: str, pixel: str, dark: bool) -> list[alt.Chart]:
    """A line of words and a mosaic below it; `top` and `pixel` say where and how large, in Vega's terms."""
    base = alt.Chart(pd.DataFrame([{"name": name, "picture": data_uri(pixels)}]))
    high, wide = pixels.shape[:2]
    image = base.mark_image(
        align="left",
        baseline="top",
        aspect=False,
        smooth=False,
        width=alt.expr(f"{wide} * {pixel}"),
        height=alt.expr(f"{high} * {pixel}"),
    )
    words = base.mark_text(align="left", baseline="middle", fontSize=12, color=INK[dark])
    return [
        words.encode(x=alt.value(0), y=alt.value(alt.expr(f"{top} + {LABEL / 2}")), text="name:N"),
        image.encode(x=alt.value(0), y=alt.value(alt.expr(f"{top} + {LABEL}")), url="picture:N"),
    ]


def _moved(found: Inside) -> str:
    """How far the kernels are from those that training began with."""
    moved = found.layers[0].moved
    if moved is None:
        return "Training began from pretrained weights."
    if moved < HARDLY:
        return f"Training moved them by {moved:.0%} of their length, so they still look like the draw they began with."
    return f"Training moved them by {moved:.0%} of their length."
