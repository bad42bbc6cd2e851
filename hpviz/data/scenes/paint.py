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
    spectrum = waves.view(np.complex128)[..., 0]
    amplitude = -beta / 4 * log_power(stretch)
    spectrum *= np.exp(amplitude, out=amplitude)
    spectrum[0, 0] = 0
    return unit(np.fft.irfft2(spectrum, s=(CANVAS, CANVAS)))


@lru_cache(maxsize=16)  # most parts of a picture have a stretch of their own, always the same
def log_power(stretch: float) -> Array:
    """The logarithm of each wave's squared frequency, for a field `stretch` times wider than high."""
    field: Array = np.log((DOWN / stretch) ** 2 + (ACROSS * stretch) ** 2)
    field.flags.writeable = False
    return field


def profile(rng: Random, beta: float) -> Array:
    """One row of 1/f^beta noise, (CANVAS,), zero mean and unit variance: a skyline."""
    frequency = np.fft.rfftfreq(CANVAS)[1:]
    spectrum = rng.standard_normal((2, len(frequency))) * frequency ** (-beta / 2)
    return unit(np.fft.irfft(np.concatenate([[0], spectrum[0] + 1j * spectrum[1]]), n=CANVAS))


def unit(field: Array) -> Array:
    """`field`, whose mean is zero, scaled to unit variance."""
    scaled: Array = field / np.sqrt(np.square(field).mean())
    return scaled


def mix(image: Array, paint: Array | float, coverage: Array | float) -> Array:
    """`paint` over `image` where `coverage`, 0…1, is 1."""
    painted: Array = np.subtract(paint, image)
    if painted.shape != np.broadcast_shapes(painted.shape, np.shape(coverage)):
        return image + coverage * painted
    # In place, for a canvas is as large as a core's own cache.
    painted *= coverage
    painted += image
    return painted


def below(line: Array | float) -> Array:
    """Coverage of everything under a line of rows, with a soft edge one pixel wide."""
    return np.clip(ROWS - line + 0.5, 0, 1)


def between(values: Array, low: float, high: float) -> Array:
    """Coverage of low < values < high, with soft edges one unit wide."""
    return np.clip(np.minimum(values - low, high - values) + 0.5, 0, 1)


def hue(rng: Random, red: float, green: float, blue: float, spread: float = 0.022) -> Array:
    """A colour near the given one, brighter or darker by up to a quarter."""
    return np.array([[[red]], [[green]], [[blue]]]) * rng.uniform(0.75, 1.25) + rng.normal(0, spread, (3, 1, 1))


def textured(colour: Array, field: Array, contrast: float) -> Array:
    """A surface of one colour, lit unevenly by `field`."""
    return colour * (1 + contrast * field)


def receding(field: Array, horizon: float) -> Array:
    """`field` laid on the ground: ever finer towards the row of the horizon."""
    depth = CANVAS * 12 / (np.maximum(ROWS[:, 0] - horizon, 0) + 12)
    return field[(depth * 2.5).astype(np.int64) % CANVAS]
