"""The image size under the hand: one scene in more and more pixels, and what these cost."""

from functools import lru_cache

import altair as alt
import numpy as np
import pandas as pd

from hpviz.analysis.cost import article_layers, cost
from hpviz.charts.pictures.growth import growth
from hpviz.charts.pictures.photo import Pixels, data_uri, resized, squares
from hpviz.charts.pictures.picture import Picture, at, frame_of, slider, stack, three_colours, words
from hpviz.notation import counted
from hpviz.spec import BadInput, RunSpec, build_spec, feature_sizes, kernels_and_paddings
from hpviz.theory.receptive_field import receptive_field

LOWEST, HIGHEST, START = 16, 150, 64  # pixels along the edge: the smallest that a spec takes, the article's
STEP, FINE = 16, 1  # between two pictures of the scene, and between two counts
TICKS = (16, 32, 64, 96, 150)
FIRST, ALL, WORK = "first linear layer", "all parameters", "multiply-adds"

# Words above, the scene, a gap, the original. A scene is one unit long.
TOP, GAP = 0.32, 0.06
ACROSS, DOWN = 2 + GAP, 1.0 + TOP
HEIGHT = 300  # px: so a phone has little empty room below


def pixels_picture(photo: Pixels, spec: RunSpec, dark: bool) -> Picture:
    """A photo (H, W, 3) uint8 at every size beside itself, and what one unit of the last block sees of it."""
    return _pixels_picture(photo.tobytes(), photo.shape, spec, dark)


@lru_cache(maxsize=16)
def _pixels_picture(pixels: bytes, shape: tuple[int, ...], spec: RunSpec, dark: bool) -> Picture:
    """Made once a photo and spec, hence of what can be looked up."""
    photo = np.frombuffer(pixels, np.uint8).reshape(shape)
    edges = range(LOWEST, HIGHEST + 1, STEP)
    edge = slider("edge", "image size (px)", edges[0], edges[-1], STEP, START)
    field = receptive_field(kernels_and_paddings(spec.kernel_width, spec.padding, spec.depth))
    fields = {size: _seen(spec, size) for size in edges}
    frames = pd.DataFrame(
        {"edge": size, "photo": data_uri(resized(photo, size)), "sentence": _sentence(size, field.size, fields[size])}
        for size in edges
    )
    seen = pd.DataFrame({"edge": size, "from": each[0], "to": each[1]} for size, each in fields.items() if each)
    kept, orange = [at("edge", edge, STEP)], three_colours(dark)[2]
    box = {"x": "0", "x2": "1", "y": str(TOP), "y2": str(TOP + 1)}
    original = {"x": 1 + GAP, "x2": ACROSS, "y": TOP, "y2": DOWN, "photo": data_uri(photo)}
    at_field = frame_of(seen, kept).transform_calculate(
        x="datum.from", x2="datum.to", y=f"{TOP} + datum.from", y2=f"{TOP} + datum.to"
    )
    layers = [
        frame_of(frames, kept)
        .transform_calculate(**box)
        .mark_image(aspect=False, smooth=False)
        .encode(url=alt.Url("photo:N")),
        alt.Chart(pd.DataFrame([original])).mark_image(aspect=False, smooth=False).encode(url=alt.Url("photo:N")),
        at_field.mark_rect(filled=True, fillOpacity=0, stroke=orange, strokeWidth=2),
    ]
    return Picture(
        stack(
            *(squares(layer, ACROSS, DOWN) for layer in layers),
            words(frames, kept, dark),
            sliders=[edge],
            height=HEIGHT,
        ),
        f"One scene in {edges[0]}×{edges[0]} to {edges[-1]}×{edges[-1]} pixels beside its {shape[1]}×{shape[0]}. A "
        f"square of {field.size} pixels is what one unit of the last block sees: all of small images, a part of large.",
        f"Left what the network gets, right the original of {shape[1]}×{shape[0]} px. The square is what one unit of "
        f"the last block sees, {field.size} px at any size: the more pixels, the smaller a part.",
    )


def _seen(spec: RunSpec, edge: int) -> tuple[float, float] | None:
    """From where to where, as shares of the edge, the last map's middle unit sees; None if pixels run out before it."""
    blocks = kernels_and_paddings(spec.kernel_width, spec.padding, spec.depth)
    try:
        cells = feature_sizes(edge, spec.kernel_width, spec.padding, spec.depth)[-1][1]
    except ValueError:
        return None
    first, last = receptive_field(blocks).of(cells // 2)
    return round(max(first, 0) / edge, 4), round(min(last, edge) / edge, 4)


def _sentence(edge: int, sees: int, seen: tuple[float, float] | None) -> str:
    if seen is None:
        return f"{edge}×{edge} px: too few\nfor the kernels and pools"
    share = (seen[1] - seen[0]) ** 2
    part = "all of it" if share > 0.995 else f"{sees}×{sees} px, {share:.0%} of it"
    return f"{edge}×{edge} px: a unit of the last\nblock sees {part}"


@lru_cache(maxsize=32)
def size_growth_picture(spec: RunSpec, classes: int, dark: bool) -> Picture:
    """Multiply-adds and parameters against the edge, beside its square; each as a multiple of itself at 64 px."""
    edges = range(LOWEST, HIGHEST + 1, FINE)
    counts = {float(edge): _counts(spec, classes, edge) for edge in edges}

    def sentence(edge: float) -> str:
        if not counts[edge]:
            return f"{edge:g} px: too few\nfor the kernels and pools"
        each = {name: counted(count) for name, count in counts[edge].items()}
        return f"{edge:g} px: {each[WORK]} multiply-adds,\n{each[FIRST]} weights in the first linear layer"

    few, many = (counts[float(edge)] for edge in (START, HIGHEST))
    return Picture(
        growth("edge", "image size (px)", counts, float(START), 96.0, TICKS, sentence, dark),
        f"Growth with the edge of the image on logarithmic axes. From {START} to {HIGHEST} px multiply-adds grow "
        f"{many[WORK] / few[WORK]:.1f}×, the first linear layer {many[FIRST] / few[FIRST]:.1f}× and all parameters "
        f"{many[ALL] / few[ALL]:.1f}×; the square grows {(HIGHEST / START) ** 2:.1f}×.",
        "Twice the edge, four times the pixels, and about four times the work. The first linear layer goes in steps, "
        "for a pool leaves half of an odd number of pixels out; the layers after it stay as they are.",
    )


def _counts(spec: RunSpec, classes: int, edge: int) -> dict[str, int]:
    """None where that size does not fit."""
    try:
        sized = build_spec(**{**spec.model_dump(), "model": "article-cnn", "weights": None, "image_size": edge})
    except BadInput:
        return {}
    figures = cost(sized, classes)
    first = next(layer for layer in article_layers(sized, classes) if layer.part == "linear")
    return {ALL: figures.parameters.total, FIRST: first.parameters, WORK: figures.multiply_adds.total}
