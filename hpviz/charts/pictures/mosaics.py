"""Many little pictures as a few large ones: mosaics below one another, each with a line of words above it."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.charts.pictures.photo import Pixels, data_uri
from hpviz.charts.pictures.picture import INK, stack

LABEL, PAGE = 22, 560  # px: the line above a mosaic, and a usual width


def mosaic(tiles: NDArray[np.uint8], columns: int, gap: int) -> Pixels:
    """Tiles (N, H, W, 3) side by side in so many columns, (…, …, 4) with clear gaps of `gap` pixels."""
    count, high, wide, _ = tiles.shape
    rows = -(-count // columns)
    pixels = np.zeros((rows * (high + gap) - gap, columns * (wide + gap) - gap, 4), np.uint8)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        top, left = row * (high + gap), column * (wide + gap)
        pixels[top : top + high, left : left + wide, :3] = tile
        pixels[top : top + high, left : left + wide, 3] = 255
    return pixels


def stacked(mosaics: Mapping[str, Pixels], dark: bool) -> alt.LayerChart:
    """Mosaics by the words above them, all of one width: the page's, or less where the chart is not high enough."""
    shares = [pixels.shape[0] / pixels.shape[1] for pixels in mosaics.values()]
    height = len(shares) * LABEL + round(sum(shares) * PAGE)
    # As large as both directions allow, whatever the width of the page.
    wide = f"min(width, (height - {len(shares) * LABEL}) / {sum(shares)})"
    layers = [
        layer
        for place, (name, pixels) in enumerate(mosaics.items())
        for layer in _row(name, pixels, f"{place * LABEL} + {sum(shares[:place])} * {wide}", wide, dark)
    ]
    return stack(*layers, height=height)


def _row(name: str, pixels: Pixels, top: str, wide: str, dark: bool) -> list[alt.Chart]:
    """A line of words and a mosaic below it; `top` and `wide` say where and how large, in Vega's terms."""
    base = alt.Chart(pd.DataFrame([{"name": name, "picture": data_uri(pixels)}]))
    image = base.mark_image(
        align="left",
        baseline="top",
        aspect=False,
        smooth=False,
        width=alt.expr(wide),
        height=alt.expr(f"{pixels.shape[0] / pixels.shape[1]} * {wide}"),
    )
    words = base.mark_text(align="left", baseline="middle", fontSize=12, color=INK[dark])
    return [
        words.encode(x=alt.XValue(0), y=alt.YValue(alt.expr(f"{top} + {LABEL / 2}")), text=alt.Text("name:N")),
        image.encode(x=alt.XValue(0), y=alt.YValue(alt.expr(f"{top} + {LABEL}")), url=alt.Url("picture:N")),
    ]
