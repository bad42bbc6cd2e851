"""Colours: one ordered ramp by value, the same value in the same colour on every page.

The ramps run from blue to orange through purple (after Matplotlib's plasma, which stays ordered for the
colour-blind); every step keeps a contrast of at least 3:1 against its background.
"""

import itertools
import math
from collections.abc import Sequence

LIGHT = ("#120a6b", "#5a22c8", "#b0309a", "#d9485a", "#d4730f")
DARK = ("#8fa2ff", "#bf8cf5", "#ea7fc6", "#fb8f74", "#ffc857")
BACKGROUND = {False: "#fdfcfb", True: "#17151b"}
INK = {False: "#26222b", True: "#ece8f1"}
MUTED = {False: "#655f6b", True: "#aaa4b4"}
HAIRLINE = {False: "#ddd6dc", True: "#3a3543"}
CHANCE = {False: "#6b6b6b", True: "#a3a3a3"}
DIVERGED = {False: "#c62828", True: "#ff6b6b"}


def colour(value: float, scale: Sequence[float], dark: bool) -> str:
    """The colour of a value on a study's ordered scale of values, as #rrggbb; values between take colours between."""
    anchors = DARK if dark else LIGHT
    place = position(value, scale) * (len(anchors) - 1)
    low = min(int(place), len(anchors) - 2)
    return mix(anchors[low], anchors[low + 1], place - low)


def spread(count: int, dark: bool) -> list[str]:
    """As many colours as far apart on the ramp as they can be, in order."""
    anchors = DARK if dark else LIGHT
    steps = [place * (len(anchors) - 1) / max(count - 1, 1) for place in range(count)]
    starts = [min(int(step), len(anchors) - 2) for step in steps]
    return [mix(anchors[start], anchors[start + 1], step - start) for start, step in zip(starts, steps, strict=True)]


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
