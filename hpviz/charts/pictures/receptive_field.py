"""Depth under the hand: what one unit of the last block sees of a scene, and where it stands in its map."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.pictures.photo import Pixels, data_uri, resized, squares
from hpviz.charts.pictures.picture import FAINT, Picture, at, frame_of, slider, stack, three_colours, words
from hpviz.spec import ARTICLE_DEPTH, MAX_DEPTH, RunSpec, feature_sizes, kernels_and_paddings
from hpviz.theory.receptive_field import receptive_field

DEPTHS = range(1, MAX_DEPTH + 1)
MOST_CELLS = 64  # along a map's edge; with more, the lines between them would be all there is to see

# The scene: words above, then margin, photo, margin, gap, map from left to right. The photo is one unit long.
WORDS, MARGIN, GAP = 0.26, 0.18, 0.06
TOP = WORDS + MARGIN
MAP = 2 * MARGIN + 1 + GAP
ACROSS, DOWN = MAP + 1, TOP + 1 + MARGIN
HEIGHT = 300  # px: so a phone has little empty room below


def field_picture(photo: Pixels, spec: RunSpec, dark: bool) -> Picture:
    """The receptive field of a unit on a photo (H, W, 3) uint8 of the spec's size; depth and unit under the hand."""
    return _picture(photo.tobytes(), photo.shape, spec, dark)


@lru_cache(maxsize=16)
def _picture(pixels: bytes, shape: tuple[int, ...], spec: RunSpec, dark: bool) -> Picture:
    """Made once a photo and spec, hence of what can be looked up."""
    shown = resized(np.frombuffer(pixels, np.uint8).reshape(shape), min(spec.image_size, *shape[:2]))
    blocks = slider("blocks", "blocks", DEPTHS[0], DEPTHS[-1], 1, ARTICLE_DEPTH)
    place = slider("place", "unit", 0.0, 1.0, 0.001, 0.4)
    fields, kept = list(_fields(spec)), [at("blocks", blocks, 1)]
    layers = [_photo(shown), *_map(fields, kept, dark), *_marks(pd.DataFrame(fields), kept, dark)]
    sentences = pd.DataFrame({"blocks": depth, "sentence": _sentence(spec, depth, fields)} for depth in DEPTHS)
    drawn = [squares(layer, ACROSS, DOWN) for layer in layers]
    return Picture(
        stack(*drawn, words(sentences, kept, dark), sliders=[blocks, place], height=HEIGHT),
        f"A square over a scene of {spec.image_size} px is what one unit of the last block sees of it: "
        f"{_listed(field['sees'] for field in fields)} px across after {_listed(field['blocks'] for field in fields)} "
        f"blocks, whose maps have {_listed(field['cells'] for field in fields)} units along their edge.",
        f"Receptive field at {spec.image_size} px, kernels {_listed(_widths(spec))} px across. A kernel adds its width "
        "less one, the pool after it one more, in pixels of the map they slide over; each pool doubles those. Outside "
        "the image there are but the zeros of the padding.",
    )


def _widths(spec: RunSpec) -> list[int]:
    return [width for width, _ in kernels_and_paddings(spec.kernel_width, spec.padding, MAX_DEPTH)]


def _listed(numbers: Iterable[int]) -> str:
    return " and ".join(", ".join(map(str, numbers)).rsplit(", ", 1))


def _fields(spec: RunSpec) -> Iterator[dict[str, Any]]:
    """One record a depth that leaves pixels; lengths in pixels of the image, `cells` along the edge of the map."""
    for depth in DEPTHS:
        try:
            cells = feature_sizes(spec.image_size, spec.kernel_width, spec.padding, depth)[-1][1]
        except ValueError:
            return
        field = receptive_field(kernels_and_paddings(spec.kernel_width, spec.padding, depth))
        place = {"edge": spec.image_size, "first": field.first, "step": field.step}
        yield {"blocks": depth, "cells": cells, "sees": field.size, **place}


def _sentence(spec: RunSpec, depth: int, fields: Sequence[dict[str, Any]]) -> str:
    edge = spec.image_size
    name = f"{depth} block{'s' if depth > 1 else ''}"
    if depth > len(fields):
        return f"{name}: too many for {edge} px\nno pixels would be left"
    cells, sees = fields[depth - 1]["cells"], fields[depth - 1]["sees"]
    whole = f"{edge}×{edge} px"
    seen = f"{sees}×{sees} of {whole}" if sees <= edge else f"{sees}×{sees} px, more than {whole}"
    return f"{name}: {cells}×{cells} units\none sees {seen}"


def _photo(shown: Pixels) -> alt.Chart:
    box = {"x": MARGIN, "x2": MARGIN + 1, "y": TOP, "y2": TOP + 1, "photo": data_uri(shown)}
    image: alt.Chart = (
        alt.Chart(pd.DataFrame([box])).mark_image(aspect=False, smooth=False).encode(url=alt.Url("photo:N"))
    )
    return image


def _map(fields: Sequence[dict[str, Any]], kept: list[str], dark: bool) -> list[alt.Chart]:
    """The map, as large as the photo, as empty cells."""
    lines = []
    for field in fields:
        step = 1 if field["cells"] <= MOST_CELLS else field["cells"]
        for line in range(0, field["cells"] + 1, step):
            along = round(line / field["cells"], 5)
            lines.append({"blocks": field["blocks"], "x": MAP + along, "x2": MAP + along, "y": TOP, "y2": TOP + 1})
            lines.append({"blocks": field["blocks"], "x": MAP, "x2": MAP + 1, "y": TOP + along, "y2": TOP + along})
    return [frame_of(pd.DataFrame(lines), kept).mark_rule(color=FAINT[dark], strokeWidth=1, opacity=0.5)]


def _marks(fields: pd.DataFrame, kept: list[str], dark: bool) -> list[alt.Chart]:
    """What the unit sees, the unit, and a line from one to the other; the square ends with the margin."""
    step = "floor(place * (datum.cells * datum.cells - 1))"
    base = frame_of(fields, kept).transform_calculate(
        column=f"{step} % datum.cells", row=f"floor({step} / datum.cells)", cell="1 / datum.cells"
    )
    first = {name: f"(datum.first + datum.{name} * datum.step)" for name in ("column", "row")}
    ends = {name: (_clamped(each), _clamped(f"({each} + datum.sees)")) for name, each in first.items()}
    field = base.transform_calculate(
        x=f"{MARGIN} + {ends['column'][0]}",
        x2=f"{MARGIN} + {ends['column'][1]}",
        y=f"{TOP} + {ends['row'][0]}",
        y2=f"{TOP} + {ends['row'][1]}",
    )
    left, top = f"{MAP} + datum.column * datum.cell", f"{TOP} + datum.row * datum.cell"
    unit = base.transform_calculate(x=left, x2=f"{left} + datum.cell", y=top, y2=f"{top} + datum.cell")
    line = field.transform_calculate(x="datum.x2", x2=left, y="(datum.y + datum.y2) / 2", y2=f"{top} + datum.cell / 2")
    orange = three_colours(dark)[2]
    return [
        field.mark_rect(filled=True, fillOpacity=0.22, color=orange, stroke=orange, strokeWidth=2),
        line.mark_rule(color=orange, strokeWidth=1.5, strokeDash=[4, 3]),
        unit.mark_rect(filled=True, color=orange, stroke=orange, strokeWidth=1),
    ]


def _clamped(pixels: str) -> str:
    """Pixels of the image in units of the photo."""
    return f"clamp({pixels} / datum.edge, -{MARGIN}, 1 + {MARGIN})"
