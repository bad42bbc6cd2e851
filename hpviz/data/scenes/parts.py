"""What the places are made of. Each part takes the picture so far and paints itself into it."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.random import Generator as Random
from numpy.typing import NDArray

from hpviz.data.scenes.paint import (
    CANVAS,
    COLUMNS,
    ROWS,
    Array,
    below,
    between,
    first_below,
    hue,
    lay,
    mix,
    noise,
    profile,
    receding,
    textured,
    unit,
)


def sky(rng: Random) -> Array:
    """A clear, hazy, overcast, evening or dusky sky with clouds, as a fresh canvas."""
    weather = [
        ((0.25, 0.45, 0.75), (0.70, 0.82, 0.92)),
        ((0.40, 0.60, 0.80), (0.85, 0.88, 0.88)),
        ((0.55, 0.58, 0.62), (0.78, 0.79, 0.80)),
        ((0.38, 0.42, 0.60), (0.95, 0.72, 0.52)),
        ((0.22, 0.26, 0.42), (0.62, 0.55, 0.62)),
    ]
    top, bottom = weather[rng.choice(5, p=[0.3, 0.25, 0.25, 0.12, 0.08])]
    fall = (ROWS / CANVAS) ** rng.uniform(0.6, 1.4)
    image = mix(hue(rng, *top), hue(rng, *bottom), fall)
    clouds = noise(rng, 2.8, stretch=3)
    clouds -= rng.uniform(-0.5, 2)
    clouds *= 0.5
    np.clip(clouds, 0, 0.85, out=clouds)
    return mix(image, image[:, -1:, :1] * rng.uniform(0.8, 1.15), clouds)


def sunlit(rng: Random) -> Array:
    """The light on a rough slope from the side, a little of its height left in."""
    relief = noise(rng, 3.2)
    slope = np.roll(relief, 1, axis=1)
    slope -= relief
    relief *= 0.4
    relief += unit(slope)
    return relief


def rock(rng: Random, light: Array) -> Array:
    """Warm grey stone with strong shadows."""
    grey = rng.uniform(0.25, 0.5)
    return textured(hue(rng, grey * 1.08, grey, grey * 0.92), light, 0.25)


def snow(rng: Random, light: Array) -> Array:
    """White with a breath of blue, its shadows faint."""
    return textured(hue(rng, 0.78, 0.82, 0.88), light, 0.08)


def meadow(rng: Random, first: int = 0) -> Array:
    """Green or dry grass, from the row `first` on."""
    colour = hue(rng, *rng.choice([(0.32, 0.40, 0.20), (0.48, 0.42, 0.24)]))
    return textured(colour, noise(rng, 1.2, stretch=2)[first:], 0.2)


def water(rng: Random, image: Array, horizon: float) -> Array:
    """The picture with water below the horizon: waves that mirror some of the sky's colour, finer far away."""
    first = first_below(horizon)
    mirrored = image[:, : int(horizon)].mean((1, 2), keepdims=True)
    colour = mix(hue(rng, 0.16, 0.36, 0.46), mirrored, rng.uniform(0.2, 0.7))
    waves = receding(noise(rng, 1.6, stretch=5), horizon, first)
    lay(image[:, first:], textured(colour, waves, rng.uniform(0.06, 0.22)), below(horizon, first))
    return image


def peaks(rng: Random, image: Array, row: float, height: float, snowy: float) -> Array:
    """A few summits of rock up to `height` above the row, paler with distance, snow `snowy` of the way down."""
    summits = rng.integers(2, 6)
    tops = row - height * rng.uniform(-0.3, 1, (summits, 1))
    slopes = rng.uniform(0.35, 1.1, (summits, 1))
    ridge = (tops + slopes * np.abs(COLUMNS - rng.uniform(0, CANVAS, (summits, 1)))).min(0)
    ridge = np.minimum(ridge, row + 0.5 * height) + rng.uniform(1, 4) * profile(rng, 2.2)
    first = first_below(ridge)
    fallen = noise(rng, 2.2)[first:]
    fallen *= 2
    fallen += (ridge + snowy * 60 - ROWS[first:]) / 8
    np.clip(fallen, 0, 1, out=fallen)
    light, haze = sunlit(rng)[first:], image[:, : int(row)].mean((1, 2), keepdims=True)
    slopes_seen = rock(rng, light)
    lay(slopes_seen, snow(rng, light), fallen)
    lay(slopes_seen, haze, rng.uniform(0, 0.4))
    lay(image[:, first:], slopes_seen, below(ridge, first))
    return image


def conifers(rng: Random, image: Array, row: float, height: float, trees: int) -> Array:
    """A stand of firs on a line, as one dark and jagged silhouette."""
    stems = rng.uniform(0, CANVAS, (trees, 1))
    tall = height * rng.uniform(0.4, 1, (trees, 1))
    slopes = rng.uniform(2.5, 5, (trees, 1))
    tips = tall - np.abs(COLUMNS - stems) * slopes
    crowns = np.maximum(tips + 0.12 * tall * np.sin(tips * rng.uniform(0.6, 1.2)), 0).max(0)
    colour = hue(rng, 0.13, 0.20, 0.13, 0.02)
    needles, line = noise(rng, 0.8), row - crowns + profile(rng, 2)
    first = first_below(line)
    lay(image[:, first:], textured(colour, needles[first:], 0.25), below(line, first))
    return image


LARGEST = 8  # px, of a leaf from its middle on
OUTSIDE = LARGEST + 1  # px from the canvas, where no leaf reaches it any more
MARGIN = OUTSIDE + LARGEST


def foliage(rng: Random, image: Array, rows: Array, columns: Array, largest: int) -> Array:
    """Dead leaves at the given places: clumps with Pareto sizes, the small ones last, each lit from above."""
    season = rng.choice(3, p=[0.5, 0.3, 0.2])
    colour = hue(rng, *((0.24, 0.34, 0.15), (0.19, 0.29, 0.19), (0.42, 0.32, 0.16))[season])
    sizes = np.clip(1.3 + 1.6 * rng.pareto(2.0, len(rows)), 1, largest).astype(np.int64)
    order = np.argsort(-sizes, kind="stable")
    sizes = sizes[order]
    # Far outside is as good as just outside: there the leaves lie on a margin around the canvas.
    y, x = (np.clip(places[order].astype(np.int64), -OUTSIDE, CANVAS + OUTSIDE - 1) for places in (rows, columns))
    tones, colours = np.empty(len(order)), np.empty((3, len(order)))
    # Which leaf is seen where (-1: none), so that only what is seen is coloured.
    seen = np.full((CANVAS + 2 * MARGIN, CANVAS + 2 * MARGIN), -1, np.int32)
    spots, middles = seen.reshape(-1), (y + MARGIN) * seen.shape[1] + x + MARGIN
    for size in range(largest, 0, -1):
        leaves = slice(*np.searchsorted(-sizes, [-size, -size + 1]))
        count = leaves.stop - leaves.start
        tones[leaves] = rng.uniform(0.45, 1.35, count)
        colours[:, leaves] = rng.normal(0, 0.02, (3, count))
        spots[middles[leaves, None] + disc(size)] = np.arange(leaves.start, leaves.stop, dtype=np.int32)[:, None]
    seen = seen[MARGIN:-MARGIN, MARGIN:-MARGIN]
    row, column = np.nonzero(seen >= 0)
    leaf = seen[row, column]
    size_there = sizes[leaf]
    tone = tones[leaf] * (1.15 - 0.35 * (row - y[leaf] + size_there) / size_there)
    image[:, row, column] = tone * (colour[:, 0] + colours)[:, leaf]
    return image


@cache
def disc(size: int) -> NDArray[np.int64]:
    """The places of a leaf, counted from its middle on a canvas with its margin."""
    down, across = np.nonzero(np.hypot(*np.ogrid[-size : size + 1, -size : size + 1]) < size + 0.4)
    places: NDArray[np.int64] = (down - size) * (CANVAS + 2 * MARGIN) + across - size
    return places


def trees(rng: Random, image: Array, row: float, count: int) -> Array:
    """Single broad-leaved trees that stand on a row."""
    middles, size = rng.uniform(0, CANVAS, count), rng.uniform(6, 16)
    upright = below(row - 1.5 * size) * (1 - below(row + 3))
    for middle in middles:
        around = near(middle, 1.7)
        lay(image[:, :, around], 0.15, between(COLUMNS[:, around] - middle, -1.2, 1.2) * upright)
    rows = row - 1.8 * size + 0.5 * size * rng.standard_normal((count, 60))
    columns = middles[:, None] + 0.5 * size * rng.standard_normal((count, 60))
    return foliage(rng, image, rows.ravel(), columns.ravel(), 4)


def trunks(rng: Random, image: Array, row: float, count: int) -> Array:
    """Upright, slightly leaning stems that come out of the canopy above a row."""
    bark = hue(rng, 0.20, 0.16, 0.13)
    for _ in range(count):
        middle = rng.uniform(0, CANVAS) + rng.normal(0, 0.05) * (ROWS - CANVAS)
        width = rng.uniform(0.8, 3.5)
        around = near(middle, width + 0.5)
        across = COLUMNS[:, around] - middle
        inside = between(across, -width, width) * below(rng.uniform(0, 1) * row)
        wood = bark * (1 + 0.35 * across / width) * rng.uniform(0.6, 1.5)
        lay(image[:, :, around], wood, inside)
    return image


def near(middle: Array | float, reach: float) -> slice:
    """The columns that are no farther than `reach` from `middle`, in one row at least."""
    left, right = int(np.min(middle) - reach), int(np.max(middle) + reach) + 2
    return slice(max(left, 0), max(right, 0))


def facade(rng: Random, across: Array, up: Array) -> Array:
    """A wall with windows, (3, …), for wall coordinates counted in bays and storeys; every window has its own tone.

    What is the same in all rows comes as one row, and a single column likewise.
    """
    wall = hue(rng, *rng.choice([(0.62, 0.56, 0.48), (0.50, 0.34, 0.27), (0.55, 0.56, 0.58), (0.75, 0.72, 0.66)]))
    glass = wall * rng.choice([0.4, 0.6, 1.35])
    wide, high = rng.uniform(0.3, 0.75), rng.uniform(0.35, 0.75)
    bay, floor = np.floor(across), np.floor(up)
    tone = rng.uniform(0.6, 1.3, (64, 64))[floor.astype(np.int64) % 64, bay.astype(np.int64) % 64]
    window = np.clip((wide / 2 - np.abs(across - bay - 0.5)) / 0.15, 0, 1)
    window = window * np.clip((high / 2 - np.abs(up - floor - 0.5)) / 0.15, 0, 1)
    seen: Array = glass * tone
    seen -= wall
    seen *= window
    seen += wall
    return seen


def houses(rng: Random, image: Array, tops: Callable[[float], float], foot: float) -> Array:
    """A row of houses seen from the front; `tops` gives the roof's row for a house's middle column."""
    x = rng.uniform(-20, 0)
    while x < CANVAS:
        width = rng.uniform(16, 50)
        left, right = max(int(x), 0), min(int(x + width), CANVAS)
        top = int(np.clip(tops(x + width / 2), 2, foot - 6))
        x += width * rng.uniform(0.85, 1.1)
        if right - left < 3:
            continue
        storey = rng.uniform(5, 13)
        across, up = COLUMNS[:, left:right] / storey / rng.uniform(0.7, 1.3), ROWS[top:] / storey
        wall = facade(rng, across, up)
        np.multiply(wall, rng.uniform(0.8, 1.15), out=image[:, top:, left:right])
    return image


def canyon(rng: Random, image: Array, vanish: float, horizon: float) -> Array:
    """Two walls of houses in perspective, meeting far away at (`vanish`, `horizon`)."""
    corner = int(np.clip(vanish, 0, CANVAS))
    for span in (slice(0, corner), slice(corner, CANVAS)):
        distance = np.abs(COLUMNS[:, span] - vanish) + 0.5
        along = 30 * np.log(distance) / rng.uniform(6, 12)
        high = rng.uniform(3, 7)
        steps = 1 + 0.25 * np.sin(np.floor(along / rng.uniform(1.5, 4)) * rng.uniform(1, 9))
        roof = horizon - distance * rng.uniform(0.7, 1.8) * steps
        first = first_below(roof) if distance.size else CANVAS
        wall = facade(rng, along, (horizon - ROWS[first:]) / distance * high)
        wall *= rng.uniform(0.55, 1.1)
        seen = below(roof, first) * np.clip(distance - rng.uniform(3, 14), 0, 1)
        lay(image[:, first:, span], wall, seen)
    return image


def road(rng: Random, image: Array, vanish: float, horizon: float, spread: float, traffic: int) -> Array:
    """A road in perspective with pavements, a dashed line, cars and people."""
    first = first_below(horizon)
    ahead = np.maximum(ROWS[first:] - horizon, 0.01)
    across = 20 * (COLUMNS - vanish) / ahead
    grey = rng.uniform(0.25, 0.5)
    lane = between(across, -20 * spread, 20 * spread)
    pavement = rng.uniform(1.1, 1.5)
    grit = hue(rng, grey, grey, grey * 1.04, 0.015)
    surface = textured(grit, receding(noise(rng, 1, stretch=2), horizon, first), 0.08)
    dashes = np.clip(4 * np.sin(140 / (ahead + 6) + rng.uniform(0, 6)), 0, 0.6) * between(across, -0.6, 0.6)
    surface *= pavement + (1 - pavement) * lane
    lay(surface, 0.85, dashes)
    lay(image[:, first:], surface, below(horizon, first) * between(across, -26 * spread, 26 * spread))
    for near in np.sort(rng.uniform(0.05, 1, traffic)) ** 1.5:
        foot = horizon + (CANVAS - horizon) * near
        middle = vanish + (foot - horizon) * spread * rng.uniform(-1.2, 1.2)
        stand(rng, image, middle, foot, size=2 + 16 * near)
    return image


def stand(rng: Random, image: Array, middle: float, foot: float, size: float) -> None:
    """Paint a person or a car about `size` high, its feet at (`middle`, `foot`), into the picture itself."""
    colour = rng.uniform(0.08, 0.75) + rng.normal(0, 0.08, (3, 1, 1))
    half = size * (0.16 if rng.random() < 0.4 else rng.uniform(0.6, 1))
    rows = slice(max(int(foot - size) - 1, 0), int(foot + 0.1 * size) + 2)
    columns = slice(max(int(middle - 1.1 * half) - 1, 0), max(int(middle + 1.1 * half) + 2, 0))
    across, up = COLUMNS[:, columns] - middle, foot - ROWS[rows]
    body = between(across, -half, half) * between(up, 0.1 * size, 0.6 * size)
    upper = between(across, -0.7 * half, 0.7 * half) * between(up, 0.55 * size, size)
    shadow = between(across, -1.1 * half, 1.1 * half) * between(up, -0.1 * size, 0.15 * size)
    patch = image[:, rows, columns]
    lay(patch, 0.08, 0.7 * shadow)
    lay(patch, colour * 0.5, upper)
    lay(patch, colour, body)
