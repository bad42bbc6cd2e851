"""Photos in a picture: their pixels stay squares, however wide the page is."""

import base64
import io

import altair as alt
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def data_uri(pixels: Pixels) -> str:
    """Pixels (H, W), (H, W, 3) or (H, W, 4) as a PNG inside a data: address."""
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def resized(photo: Pixels, edge: int) -> Pixels:
    """A photo (H, W, 3) as a network with that image size sees it: squeezed to a square as its data are."""
    return np.asarray(Image.fromarray(photo).resize((edge, edge), Image.Resampling.BILINEAR))


def squares(layer: alt.Chart, across: float, down: float) -> alt.Chart:
    """The layer, from (`x`, `y`) to (`x2`, `y2`) in a scene of that size, its units as long in both directions."""
    wide = alt.expr(f"max({across}, {down} * width / height)")
    high = alt.expr(f"max({down}, {across} * height / width)")
    squared: alt.Chart = layer.encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=wide, nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=high, nice=False, reverse=True)),
        x2=alt.X2("x2:Q"),
        y2=alt.Y2("y2:Q"),
    )
    return squared
