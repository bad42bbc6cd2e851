"""A kernel slid over a photo: what it sees, the map it leaves, and where padding comes in."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from hpviz.charts.pictures.photo import Pixels, data_uri, squares
from hpviz.charts.pictures.picture import (
    FAINT,
    Picture,
    at,
    choice,
    frame_of,
    slider,
    stack,
    three_colours,
    words,
)
from hpviz.theory.convolution import correlate, edge_kernel, same_padding

Padding = Literal["valid", "same"]

PADDINGS: tuple[Padding, ...] = ("valid", "same")
WIDTHS = (3, 5, 7, 9, 11)
PHOTO_EDGE = 64  # pixels at most: a kernel of 3 should still be seen

# The scene, in pixels of the photo: words above, then margin, photo, margin, gap, map from left to right.
WORDS = 18
MARGIN = max(WIDTHS) // 2  # for the widest padding
GAP = 4
TOP = WORDS + MARGIN


def kernel_picture(photo: Pixels, dark: bool) -> Picture:
    """A kernel for upright edges over a photo (H, W, 3) uint8, and its map; width, padding and place under the hand.

    Photos longer than 64 px are scaled down first.
    """
    shown = _scaled(photo)
    return _picture(shown.tobytes(), shown.shape, dark)


@lru_cache(maxsize=16)
def _picture(pixels: bytes, shape: tuple[int, ...], dark: bool) -> Picture:
    """Made once a photo, hence of what can be looked up."""
    shown = np.frombuffer(pixels, np.uint8).reshape(shape)
    kernel = slider("kernel", "pixels across", WIDTHS[0], WIDTHS[-1], 2, 7)
    padding = choice("padding", "padding", PADDINGS, ["none (valid)", "zeros (same)"], "valid")
    place = slider("place", "place", 0.0, 1.0, 0.001, 0.3)
    frames = pd.DataFrame(_frames(shown))
    kept = ["datum.padding == padding", at("kernel", kernel, 2)]
    across, down = 2 * shown.shape[1] + 2 * MARGIN + GAP, shown.shape[0] + MARGIN + TOP
    scene = [*_images(shown, frames, kept, dark), *_marks(frames, kept, dark)]
    layers = [squares(layer, across, down) for layer in scene]
    return Picture(
        stack(*layers, words(frames, kept, dark), sliders=[kernel, padding, place]),
        "A square kernel slides over a photo and writes one pixel of a map at each place. Without padding the map is "
        "smaller than the photo by the kernel's width less one; padded with zeros it keeps the photo's size.",
        "One kernel over all three colours, one map. Unpadded maps shrink as kernels widen; zero padding keeps them "
        "whole and draws an edge around the photo that is not there.",
    )


def _scaled(photo: Pixels) -> Pixels:
    image = Image.fromarray(photo)
    image.thumbnail((PHOTO_EDGE, PHOTO_EDGE))
    return np.asarray(image)


def _frames(photo: Pixels) -> Iterator[dict[str, Any]]:
    """One record a kernel width and padding that fit: the map, where it stands, and its sentence.

    `left` and `top` are where the kernel begins on the photo, zeros included.
    """
    rows, columns = photo.shape[:2]
    for width in WIDTHS:
        for padding in PADDINGS:
            zeros = same_padding(width) if padding == "same" else 0
            if width > min(rows, columns) + 2 * zeros:
                continue
            answers = correlate(photo / 255.0, edge_kernel(width), zeros)
            down, across = answers.shape
            frame = {"kernel": width, "padding": padding, "left": MARGIN - zeros, "top": TOP - zeros}
            yield {
                **frame,
                "right": MARGIN + columns + zeros,
                "bottom": TOP + rows + zeros,
                "rows": down,
                "columns": across,
                "map_left": columns + 2 * MARGIN + GAP + (columns - across) / 2,
                "map_top": TOP + (rows - down) / 2,
                "map": data_uri(_grey(answers)),
                "sentence": f"{columns}×{rows} photo → {across}×{down} map\n"
                f"{width}·{width}·3 = {width * width * 3} weights a map",
            }


def _grey(answers: NDArray[np.float64]) -> Pixels:
    """No answer is middle grey; the strongest of either sign is black or white."""
    strongest = np.abs(answers).max() or 1.0
    return np.round(127.5 + 127.5 * answers / strongest).astype(np.uint8)


def _images(photo: Pixels, frames: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """The photo on its border of zeros, and the map."""
    rows, columns = photo.shape[:2]
    box = {"x": MARGIN, "x2": MARGIN + columns, "y": TOP, "y2": TOP + rows, "photo": data_uri(photo)}
    padded = frame_of(frames, kept).transform_calculate(
        x="datum.left", x2="datum.right", y="datum.top", y2="datum.bottom"
    )
    answered = frame_of(frames, kept).transform_calculate(
        x="datum.map_left", x2="datum.map_left + datum.columns", y="datum.map_top", y2="datum.map_top + datum.rows"
    )
    return [
        padded.mark_rect(filled=True, color="#000000", stroke=FAINT[dark], strokeWidth=1),
        alt.Chart(pd.DataFrame([box])).mark_image(aspect=False, smooth=False).encode(url=alt.Url("photo:N")),
        answered.mark_image(aspect=False, smooth=False).encode(url=alt.Url("map:N")),
    ]


def _marks(frames: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """The kernel on the photo, the pixel it writes, and a line from one to the other."""
    step = "floor(place * (datum.rows * datum.columns - 1))"
    base = frame_of(frames, kept).transform_calculate(
        column=f"{step} % datum.columns", row=f"floor({step} / datum.columns)"
    )
    left, top = "datum.left + datum.column", "datum.top + datum.row"
    over, down = "datum.map_left + datum.column", "datum.map_top + datum.row"
    kernel = base.transform_calculate(x=left, x2=f"{left} + datum.kernel", y=top, y2=f"{top} + datum.kernel")
    line = base.transform_calculate(
        x=f"{left} + datum.kernel", x2=over, y=f"{top} + datum.kernel / 2", y2=f"{down} + 0.5"
    )
    # Twice its size, or it would not be seen.
    pixel = base.transform_calculate(x=f"{over} - 0.5", x2=f"{over} + 1.5", y=f"{down} - 0.5", y2=f"{down} + 1.5")
    orange = three_colours(dark)[2]
    return [
        kernel.mark_rect(filled=True, fillOpacity=0.25, color=orange, stroke=orange, strokeWidth=2),
        line.mark_rule(color=orange, strokeWidth=1.5, strokeDash=[4, 3]),
        pixel.mark_rect(filled=True, color=orange),
    ]
