"""Colours: one ordered ramp by value, spread over the values that are shown.

The ramps grow lighter from violet-blue to orange or yellow, so that they are read in grey and by the colour-blind too.
They were searched for by measure: of up to five values, neighbours are at least 15 apart by CIEDE2000, also as seen
with protanopia, deuteranopia and tritanopia (Machado, Oliveira & Fernandes, A Physiologically-based Model for
Simulation of Color Vision Deficiency, 2009), and each has a contrast of at least 3:1 against its ground.
"""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

LIGHT = ("#130728", "#2e23ba", "#5e4e66", "#ae3c3a", "#e86e32")
DARK = ("#7a5ef4", "#9e7c84", "#a597c8", "#ff9474", "#fff454")
# What is left free at both ends of the ramp, for values that join beyond those that are shown.
MARGIN = 0.05
BACKGROUND = {False: "#fdfcfb", True: "#17151b"}
INK = {False: "#26222b", True: "#ece8f1"}
MUTED = {False: "#655f6b", True: "#aaa4b4"}
HAIRLINE = {False: "#ddd6dc", True: "#3a3543"}
CHANCE = {False: "#6b6b6b", True: "#a3a3a3"}
DIVERGED = {False: "#c62828", True: "#ff6b6b"}


def on_ramp(place: float, dark: bool) -> str:
    """The colour at a place of the ramp (0..1), as #rrggbb."""
    anchors = DARK if dark else LIGHT
    step = place * (len(anchors) - 1)
    start = min(int(step), len(anchors) - 2)
    return mix(anchors[start], anchors[start + 1], step - start)


def spread(count: int, dark: bool) -> list[str]:
    """As many colours as far apart on the ramp as they can be, in order."""
    return [on_ramp(place, dark) for place in _evenly(count)]


def places(
    order: Sequence[Key], shown: Mapping[Key, float] | None = None, along: Mapping[Key, float] | None = None
) -> dict[Key, float]:
    """Each value's place on the ramp: spread evenly where none has one, else `shown` ones keep theirs.

    `order` are the values from low to high. A new one takes the place between its neighbours: where `along` says how
    far along their scale values stand (0..1), as far between them as there, else halfway.
    """
    known = {key: shown[key] for key in order if key in shown} if shown else {}
    if not known and len(order) == 1:
        known = {order[0]: MARGIN + (1 - 2 * MARGIN) * (along[order[0]] if along else 0.5)}
    elif not known:
        known = dict(zip(order, _evenly(len(order)), strict=True))
    for number, key in enumerate(order):
        if key not in known:
            below = next((each for each in reversed(order[:number]) if each in known), None)
            above = next((each for each in order[number:] if each in known), None)
            low = 0.0 if below is None else known[below]
            high = 1.0 if above is None else known[above]
            known[key] = low + (high - low) * _share(key, below, above, along)
    return {key: known[key] for key in order}


def _share(key: Key, below: Key | None, above: Key | None, along: Mapping[Key, float] | None) -> float:
    """How far a value stands from the one below (0) to the one above (1); halfway where that tells them not apart."""
    if along is None:
        return 0.5
    low, high = 0.0 if below is None else along[below], 1.0 if above is None else along[above]
    return (along[key] - low) / (high - low) if low < along[key] < high else 0.5


def _evenly(count: int) -> list[float]:
    return [MARGIN + (1 - 2 * MARGIN) * place / max(count - 1, 1) for place in range(count)]


def position(value: float, scale: Sequence[float]) -> float:
    """Where a value stands on the scale, 0..1, logarithmic between positive values; outside, at the ends."""
    if value <= scale[0]:
        return 0.0
    for place, (low, high) in enumerate(itertools.pairwise(scale)):
        if value <= high:
            share = math.log(value / low) / math.log(high / low) if low > 0 else value / high
            return (place + share) / (len(scale) - 1)
    return 1.0


def mix(start: str, end: str, share: float) -> str:
    """The colour that far (0..1) on the way from one to the other, as #rrggbb."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(hexadecimal: str) -> tuple[int, ...]:
    return tuple(int(hexadecimal[start : start + 2], 16) for start in (1, 3, 5))
