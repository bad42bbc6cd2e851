"""The six places, put together from their parts."""

import numpy as np
from numpy.random import Generator as Random

from hpviz.data.scenes.paint import (
    CANVAS,
    COLUMNS,
    Array,
    below,
    between,
    first_below,
    hue,
    lay,
    noise,
    profile,
    receding,
    textured,
)
from hpviz.data.scenes.parts import (
    canyon,
    conifers,
    foliage,
    houses,
    meadow,
    peaks,
    road,
    rock,
    sky,
    snow,
    sunlit,
    trees,
    trunks,
    water,
)


def buildings(rng: Random) -> Array:
    """A skyline or one tall facade from the corner; often a road and trees before it."""
    image, horizon = sky(rng), CANVAS * rng.uniform(0.6, 0.85)
    if rng.random() < 0.25:
        vanish = CANVAS * rng.choice([-0.2, 1.2])
        image = canyon(rng, image, vanish, horizon)
    else:
        middle = CANVAS * rng.uniform(0.05, 0.55)
        image = houses(rng, image, lambda x: middle + rng.normal(0, 22), CANVAS * 0.95)
    if rng.random() < 0.45:
        image = road(rng, image, CANVAS * rng.uniform(0.2, 0.8), horizon, rng.uniform(0.8, 3), int(rng.integers(0, 7)))
    if rng.random() < 0.4:
        image = trees(rng, image, CANVAS * rng.uniform(0.8, 1.05), int(rng.integers(1, 6)))
    return image


def street(rng: Random) -> Array:
    """A road between two rows of houses that leads away to a vanishing point."""
    image, horizon, vanish = sky(rng), CANVAS * rng.uniform(0.45, 0.68), CANVAS * rng.uniform(0.3, 0.7)
    if rng.random() < 0.6:
        image = canyon(rng, image, vanish, horizon)
    else:
        rise, eaves = rng.uniform(0.3, 1.2), horizon - 8
        image = houses(rng, image, lambda x: eaves - abs(x - vanish) * rise * rng.uniform(0.5, 1.2), CANVAS * 0.95)
    image = road(rng, image, vanish, horizon, rng.uniform(0.5, 1.4), int(rng.integers(0, 9)))
    if rng.random() < 0.3:
        image = trees(rng, image, CANVAS * rng.uniform(0.75, 1), int(rng.integers(1, 5)))
    return image


def forest(rng: Random) -> Array:
    """Firs in the mist or a broad-leaved wood, at times before mountains or behind snow and grass."""
    image = sky(rng)
    if rng.random() < 0.3:
        image = peaks(rng, image, CANVAS * rng.uniform(0.3, 0.5), rng.uniform(15, 50), rng.uniform(-0.5, 0.5))
    image = firs(rng, image) if rng.random() < 0.45 else grove(rng, image)
    if rng.random() < 0.3:
        ground = snow(rng, sunlit(rng)) if rng.random() < 0.4 else meadow(rng)
        lay(image, ground, below(CANVAS * rng.uniform(0.75, 0.92) + 4 * profile(rng, 2)))
    return image


def firs(rng: Random, image: Array) -> Array:
    """Stands of conifers one behind the other, paler with distance."""
    haze, mist = image[:, :1, :1].copy(), rng.uniform(0, 0.4)
    for row in np.sort(rng.uniform(0.45, 1.05, rng.integers(2, 5))) * CANVAS:
        lay(image, haze, mist)
        conifers(rng, image, row, rng.uniform(25, 80), int(rng.integers(8, 40)))
    return image


def grove(rng: Random, image: Array) -> Array:
    """A broad-leaved wood: stems and light between a canopy and the undergrowth."""
    top, gap = CANVAS * rng.uniform(-0.1, 0.45), CANVAS * rng.uniform(0, 0.3)
    undergrowth = meadow(rng)
    undergrowth *= rng.uniform(0.4, 1)
    lay(image, undergrowth, below(top + 30 + 6 * profile(rng, 2)))
    image = trunks(rng, image, top + 40, int(rng.integers(0, 12)))
    columns = rng.uniform(-4, CANVAS + 4, int(rng.integers(700, 1800)))
    crowns = top + 9 * np.interp(columns, COLUMNS[0], profile(rng, 2))
    rows = crowns + rng.random(len(columns)) * (CANVAS - crowns)
    rows = rows - gap * between(rows - 0.65 * CANVAS, -gap / 2, gap / 2)
    return foliage(rng, image, rows, columns, int(rng.integers(4, 9)))


def mountain(rng: Random) -> Array:
    """One to three ranges with more or less snow, seen across any foreground."""
    image = sky(rng)
    snowy = rng.uniform(-0.4, 1)
    for row in np.sort(rng.uniform(0.3, 0.6, rng.integers(1, 4))) * CANVAS:
        image = peaks(rng, image, row, rng.uniform(20, 60), snowy * rng.uniform(0.5, 1.2))
    return foreground(rng, image, CANVAS * rng.uniform(0.6, 0.9), icy=0.2)


def glacier(rng: Random) -> Array:
    """A field of ice below a range, half of the time with something before it."""
    image, horizon = sky(rng), CANVAS * rng.uniform(0.35, 0.65)
    if rng.random() < 0.8:
        image = peaks(rng, image, horizon - 5, rng.uniform(15, 50), rng.uniform(-0.3, 1.2))
    lay(image, ice(rng, horizon), below(horizon + rng.uniform(1, 7) * profile(rng, 2.2)))
    if rng.random() < 0.5:
        image = foreground(rng, image, CANVAS * rng.uniform(0.7, 0.92), icy=0.4)
    return image


def ice(rng: Random, horizon: float) -> Array:
    """Broken ice: the level lines of a noise field are its crevasses, dark streaks its moraines."""
    cracks = receding(noise(rng, 1.8, stretch=rng.uniform(0.4, 4)), horizon - 20)
    surface, shade = snow(rng, sunlit(rng)), hue(rng, 0.35, 0.52, 0.62)
    lay(surface, shade, np.clip(1 - 4 * np.abs(cracks), 0, 1) * rng.uniform(0.3, 1))
    dirt = np.clip(receding(noise(rng, 2.2, stretch=4), horizon) - rng.uniform(0.8, 2.5), 0, 0.7)
    lay(surface, hue(rng, 0.42, 0.40, 0.38), dirt)
    return surface


def sea(rng: Random) -> Array:
    """Water up to the horizon; at times islands, foam or a shore."""
    image, horizon = sky(rng), CANVAS * rng.uniform(0.3, 0.65)
    if rng.random() < 0.45:
        image = peaks(rng, image, horizon - rng.uniform(-8, 8), rng.uniform(4, 45), rng.uniform(-0.8, 0.7))
    image = water(rng, image, horizon)
    if rng.random() < 0.35:
        first = first_below(horizon + 10)
        foam = np.clip(receding(noise(rng, 1.5, stretch=4), horizon, first) - rng.uniform(1, 2), 0, 1)
        lay(image[:, first:], hue(rng, 0.88, 0.9, 0.9), foam * below(horizon + 10, first))
    if rng.random() < 0.5:
        image = foreground(rng, image, CANVAS * rng.uniform(0.75, 0.95), icy=0.1)
    return image


def foreground(rng: Random, image: Array, row: float, icy: float) -> Array:
    """What the photographer stands on: snow, a lake, sand, rock, a meadow or a wood, on any shore and any slope."""
    edge = row + rng.uniform(1, 7) * profile(rng, 2.2)
    kind = rng.choice(6, p=np.array([icy, *[(1 - icy) / 5] * 5]))
    if kind == 1:
        return water(rng, image, row)
    if kind == 5:
        return conifers(rng, image, row + 12, rng.uniform(15, 45), int(rng.integers(6, 40)))
    first = first_below(edge)
    if kind == 0:
        ground = snow(rng, sunlit(rng)[first:])
    elif kind == 2:
        ground = textured(hue(rng, 0.70, 0.62, 0.48), noise(rng, 1.4, stretch=2)[first:], 0.07)
    elif kind == 3:
        ground = rock(rng, sunlit(rng)[first:])
    else:
        ground = meadow(rng, first)
    lay(image[:, first:], ground, below(edge, first))
    return image
