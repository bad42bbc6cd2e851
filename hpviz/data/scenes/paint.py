"""Paint and texture of the scenes: noise, ridges, mixing.

Pictures are (3, CANVAS, CANVAS) and colours (3, 1, 1), RGB in 0…1; lengths are canvas pixels, rows count from the top.
"""

from functools import lru_cache

import numpy as np
from numpy.random import Generator as Random
from numpy.typing import NDArray

Array = NDArray[np.float64]

EDGE = 150  # px, of a finished picture
CANVAS = 160  # px; larger than EDGE, so that a rolled camera sees no border
ROWS = np.arange(CANVAS, dtype=np.float64)[:, None]
COLUMNS = np.arange(CANVAS, dtype=np.float64)[None]
DOWN = np.fft.fftfreq(CANVAS)[:, None] + 1e-9  # cycles a pixel, the constant moved off the pole of 1/f
ACROSS = np.fft.rfftfreq(CANVAS)[None]


def noise(rng: Random, beta: float, stretch: float = 1.0) -> Array:
    """Random field with power spectrum 1/f^beta, zero mean and unit variance, `stretch` times wider than high."""
    waves = rng.random((CANVAS, CANVAS // 2 + 1, 2))
    waves -= 0.5
    waves *= amplitudes(beta, stretch)
    spectrum = waves.view(np.complex128)[..., 0]
    np.fft.ifft(spectrum, axis=0, out=spectrum)
    return unit(np.fft.irfft(spectrum, CANVAS))


@lru_cache(maxsize=16)  # most parts of a picture have a noise of their own, always the same
def amplitudes(beta: float, stretch: float) -> Array:
    """The strength of each wave of such a field, of its cosine as of its sine; the constant has none."""
    power: Array = np.log((DOWN / stretch) ** 2 + (ACROSS * stretch) ** 2)
    power *= -beta / 4
    np.exp(power, out=power)
    power[0, 0] = 0
    twice = np.repeat(power[..., None], 2, axis=-1)
    twice.flags.writeable = False
    return twice


def profile(rng: Random, beta: float) -> Array:
    """One row of 1/f^beta noise, (CANVAS,), zero mean and unit variance: a skyline."""
    spectrum = rng.standard_normal((2, CANVAS // 2)) * ACROSS[0, 1:] ** (-beta / 2)
    return unit(np.fft.irfft(np.concatenate([[0], spectrum[0] + 1j * spectrum[1]]), n=CANVAS))


def unit(field: Array) -> Array:
    """`field`, whose mean is zero, scaled to unit variance: the same array."""
    flat = field.reshape(-1)
    # Not by a dot product: BLAS may wake a thread a core for one, and sum in another order on another machine.
    field *= (field.size / np.einsum("i,i", flat, flat)) ** 0.5
    return field


def mix(image: Array, paint: Array | float, coverage: Array | float) -> Array:
    """`paint` over `image` where `coverage`, 0…1, is 1."""
    painted: Array = np.subtract(paint, image)
    if painted.shape != np.broadcast_shapes(painted.shape, np.shape(coverage)):
        painted = painted * coverage
    else:  # in place, for a canvas is as large as a core's own cache
        painted *= coverage
    painted += image
    return painted


def lay(image: Array, paint: Array | float, coverage: Array | float) -> None:
    """The same in the picture itself, which may be the part of one that is covered at all."""
    painted: Array = np.subtract(paint, image)
    painted *= coverage
    image += painted


def below(line: Array | float, first: int = 0) -> Array:
    """Coverage of everything under a line of rows, from the row `first` on, with a soft edge one pixel wide."""
    covered: Array = ROWS[first:] - line
    covered += 0.5
    return np.clip(covered, 0, 1, out=covered)


def first_below(line: Array | float) -> int:
    """A row above which `below` covers nothing, so that nothing need be painted there."""
    return min(max(int(np.min(line)) - 1, 0), CANVAS)


def between(values: Array, low: float, high: float) -> Array:
    """Coverage of low < values < high, with soft edges one unit wide."""
    inside: Array = values - low
    np.minimum(inside, high - values, out=inside)
    inside += 0.5
    return np.clip(inside, 0, 1, out=inside)


def hue(rng: Random, red: float, green: float, blue: float, spread: float = 0.022) -> Array:
    """A colour near the given one, brighter or darker by up to a quarter."""
    return np.array([[[red]], [[green]], [[blue]]]) * rng.uniform(0.75, 1.25) + rng.normal(0, spread, (3, 1, 1))


def textured(colour: Array, field: Array, contrast: float) -> Array:
    """A surface of one colour, lit unevenly by `field`."""
    light = contrast * field
    light += 1
    return colour * light


def receding(field: Array, horizon: float, first: int = 0) -> Array:
    """`field` laid on the ground, from the row `first` on: ever finer towards the row of the horizon."""
    depth = CANVAS * 12 / (np.maximum(ROWS[first:, 0] - horizon, 0) + 12)
    return field[(depth * 2.5).astype(np.int64) % CANVAS]
