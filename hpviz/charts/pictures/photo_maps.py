"""What the layers of a network make of one photo: a small grey picture for each channel, a mosaic for each layer."""

from collections.abc import Sequence

import numpy as np

from hpviz.analysis.words import plural
from hpviz.charts.pictures.mosaics import mosaic, stacked
from hpviz.charts.pictures.photo import Pixels
from hpviz.charts.pictures.picture import FAINT, Picture
from hpviz.training.inside import LayerMaps

COLUMNS = 10
# Pixels: of a tile, so that small maps have sharp corners; around it, so that black is seen on a dark page; between.
EDGE, FRAME, GAP = 64, 1, 3


def photo_maps_picture(layers: Sequence[LayerMaps], dark: bool) -> Picture:
    """A mosaic a layer, from the image on: black where a channel does not answer, white where its layer does most."""
    columns = min(max(len(layer.shown) for layer in layers), COLUMNS)
    return Picture(
        stacked({_told(layer): mosaic(framed(tiles(layer), dark), columns, GAP) for layer in layers}, dark),
        f"What {plural(len(layers), 'layer')} made of the photo, as small grey pictures: "
        f"{'; '.join(map(_told, layers))}. {_answers(layers)}",
        f"A map a channel, after ReLU: black where it does not answer, white where its layer answers most. "
        f"{_chosen(layers)}Each pool halves the maps, so a point stands for more and more of the photo.",
    )


def tiles(layer: LayerMaps) -> Pixels:
    """The maps as tiles (N, H, W, 3) about EDGE pixels wide, each of their points a square."""
    times = max(EDGE // layer.maps.shape[-1], 1)
    large = layer.maps.repeat(times, 1).repeat(times, 2)
    return np.repeat(large[..., None], 3, 3)


def framed(drawn: Pixels, dark: bool) -> Pixels:
    """The tiles with a line around each."""
    count, high, wide, _ = drawn.shape
    line = [int(FAINT[dark][start : start + 2], 16) for start in (1, 3, 5)]
    whole = np.empty((count, high + 2 * FRAME, wide + 2 * FRAME, 3), np.uint8)
    whole[:] = line
    whole[:, FRAME:-FRAME, FRAME:-FRAME] = drawn
    return whole


def _told(layer: LayerMaps) -> str:
    of = f"{len(layer.shown)} of {layer.channels}" if len(layer.shown) < layer.channels else f"{layer.channels}"
    return f"{layer.name}: {of} maps of {layer.edge}×{layer.edge}"


def _answers(layers: Sequence[LayerMaps]) -> str:
    """How many of the maps that are drawn answer at all."""
    quiet = sum(not each.any() for layer in layers for each in layer.maps)
    return f"{quiet} of them are black." if quiet else "None of them is black."


def _chosen(layers: Sequence[LayerMaps]) -> str:
    some = any(len(layer.shown) < layer.channels for layer in layers)
    return "Of many channels those that answer most are drawn. " if some else ""
