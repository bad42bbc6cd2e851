"""One image as the net may see it in ten epochs: unchanged, mirrored, mirrored and shifted."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

import altair as alt
import numpy as np
import pandas as pd

from hpviz.charts.pictures.kernel import data_uri
from hpviz.charts.pictures.picture import INK, Picture, at, frame_of, slider, stack, three_colours, words
from hpviz.spec import Augmentation, own_crop
from hpviz.theory.augmentation import Pixels, flipped, shifted, views

NAMES: tuple[Augmentation, ...] = get_args(Augmentation)
EPOCHS = 10
DRAW = 1
WORDS, GAP = 0.62, 0.08  # room above the images and between two, in edges of an image
HEIGHT = 240


def augmentations_picture(image: Pixels, dark: bool) -> Picture:
    """A training image (S, S, 3), of the size that the net gets, under each augmentation, the epoch on a slider."""
    return _picture(image.tobytes(), image.shape, dark)


@lru_cache(maxsize=16)
def _picture(pixels: bytes, shape: tuple[int, ...], dark: bool) -> Picture:
    """Made once an image, hence of what can be looked up."""
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    epoch = slider("epoch", "epoch", 1, EPOCHS, 1, 8)
    kept = at("epoch", epoch, 1)
    shown, crops = pd.DataFrame(_views(image)), pd.DataFrame(_crops(len(image)))
    edge, most = len(image), own_crop(len(image))
    layers = [_images(shown), _inside(crops, kept, dark), _names(dark), words(crops, [kept], dark)]
    return Picture(
        stack(*layers, sliders=[epoch], height=HEIGHT),
        f"One training image, {edge} px across, in three columns over {EPOCHS} epochs. Under none it is always the "
        f"same; under flip it is mirrored in {sum(flips())} of the epochs; under flip-crop it is shifted by up to "
        f"{most} px besides, filled up with its own reflection, and no two epochs look alike.",
        f"Mirrored or not, shifted by up to an eighth of its edge ({most} of {edge} px) both ways: flip-crop has "
        f"2·{2 * most + 1}² = {views(most):,} views of every image, flip 2, none 1. The test set is never changed. "
        "The dashed frame holds what is image; outside it is reflection.",
    )


def flips() -> list[bool]:
    """Whether each epoch sees the image mirrored."""
    return [bool(luck < 0.5) for luck in np.random.default_rng(DRAW).random(EPOCHS)]


def offsets(edge: int) -> list[tuple[int, int]]:
    """How far (down, right), in pixels, each epoch's crop is off."""
    most = own_crop(edge)
    drawn = np.random.default_rng(DRAW + 1).integers(-most, most + 1, (EPOCHS, 2))
    return [(int(down), int(right)) for down, right in drawn]


def seen(image: Pixels, name: Augmentation, epoch: int) -> Pixels:
    """The image as an epoch, the first being 1, sees it."""
    if name == "none":
        return image
    mirrored = flipped(image) if flips()[epoch - 1] else image
    return mirrored if name == "flip" else shifted(mirrored, *offsets(len(image))[epoch - 1])


def _views(image: Pixels) -> Iterator[dict[str, Any]]:
    """Each different picture once, with the epochs it is seen in."""
    for column, name in enumerate(NAMES):
        epochs: dict[str, list[int]] = {}
        for epoch in range(1, EPOCHS + 1):
            epochs.setdefault(data_uri(np.ascontiguousarray(seen(image, name, epoch))), []).append(epoch)
        for url, those in epochs.items():
            left = column * (1 + GAP)
            box = {"x": left, "x2": left + 1, "y": WORDS, "y2": WORDS + 1}
            yield {**box, "epochs": f",{','.join(map(str, those))},", "view": url}


def _crops(edge: int) -> Iterator[dict[str, Any]]:
    """Where the image itself lies in the shifted view of each epoch, and the sentence."""
    for epoch, (mirrored, (down, right)) in enumerate(zip(flips(), offsets(edge), strict=True), start=1):
        left, top = 2 * (1 + GAP) + max(-right, 0) / edge, WORDS + max(-down, 0) / edge
        wide, high = 1 - abs(right) / edge, 1 - abs(down) / edge
        box = {"x": round(left, 4), "x2": round(left + wide, 4), "y": round(top, 4), "y2": round(top + high, 4)}
        moved = f"{abs(right)} px {'right' if right < 0 else 'left'}, {abs(down)} px {'down' if down < 0 else 'up'}"
        sentence = f"epoch {epoch}: {'mirrored' if mirrored else 'not mirrored'};\nflip-crop moves it {moved}"
        yield {"epoch": epoch, **box, "sentence": sentence}


def _images(shown: pd.DataFrame) -> alt.Chart:
    of_epoch = "indexof(datum.epochs, ',' + round(epoch) + ',') >= 0"
    return _placed(frame_of(shown, [of_epoch]).mark_image(aspect=False, smooth=False)).encode(url=alt.Url("view:N"))


def _inside(crops: pd.DataFrame, kept: str, dark: bool) -> alt.Chart:
    orange = three_colours(dark)[2]
    return _placed(frame_of(crops, [kept]).mark_rect(filled=False, stroke=orange, strokeWidth=2, strokeDash=[4, 3]))


def _names(dark: bool) -> alt.Chart:
    places = [{"x": column * (1 + GAP) + 0.5, "y": WORDS - 0.03, "name": name} for column, name in enumerate(NAMES)]
    text = alt.Chart(pd.DataFrame(places)).mark_text(baseline="bottom", fontSize=13, color=INK[dark])
    named: alt.Chart = text.encode(x=_x(), y=_y(), text=alt.Text("name:N"))
    return named


def _placed(layer: alt.Chart) -> alt.Chart:
    placed: alt.Chart = layer.encode(x=_x(), y=_y(), x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))
    return placed


def _x() -> alt.X:
    """As many pixels of the screen to an edge as down the chart, however wide it is."""
    end = f"max({len(NAMES) + (len(NAMES) - 1) * GAP}, {WORDS + 1} * width / height)"
    return alt.X("x:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=alt.expr(end), nice=False))


def _y() -> alt.Y:
    end = f"max({WORDS + 1}, {len(NAMES) + (len(NAMES) - 1) * GAP} * height / width)"
    return alt.Y("y:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=alt.expr(end), nice=False, reverse=True))
