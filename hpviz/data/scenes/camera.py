"""The photograph: the same camera, weather and file format for all classes."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator as Random
from numpy.typing import NDArray

from hpviz.data.scenes.paint import CANVAS, EDGE, Array, lay, mix

METERED = 0.47  # the mean brightness that the camera strives for
MIDDLE = np.arange(EDGE) - (EDGE - 1) / 2  # px from the middle of the picture


def photograph(rng: Random, image: Array) -> NDArray[np.uint8]:
    """The canvas as a camera would keep it: light, haze, roll, blur, sensor noise and JPEG blocks; (150, 150, 3)."""
    exposure = (METERED / image.mean()) ** 0.6 * rng.uniform(0.65, 1.25)  # a light meter evens out most of the light
    # Light and haze only scale and lift the colours, so that all of it is done in one go.
    gain, lift = exposure * (1 + rng.normal(0, 0.04, (3, 1, 1))), np.full((3, 1, 1), rng.normal(0, 0.03))
    if rng.random() < 0.3:
        haze, density = rng.uniform(0.55, 0.9) + rng.normal(0, 0.02, (3, 1, 1)), rng.uniform(0.1, 0.55)
        gain, lift = gain * (1 - density), mix(lift, haze, density)
    is_grey, is_mirrored = rng.random() < 0.06, rng.random() < 0.5
    image = (image[:, :, ::-1] if is_mirrored else image) * gain
    image += lift
    if is_grey:
        image = image.mean(0, keepdims=True)
    image = rolled(image, np.radians(rng.uniform(-6, 6)), zoom=rng.uniform(0.85, 1))
    if rng.random() < 0.3:
        image = blurred(image, rng.uniform(0.4, 1.6))
    strength, grain = rng.uniform(0, 0.18), rng.random((3, EDGE, EDGE))
    grain -= 0.5
    grain *= strength
    grain += image
    levels = compressed(grain, rng.uniform(0.2, 1.2))
    np.clip(levels, 0, 255, out=levels)
    return np.rint(levels, out=levels).astype(np.uint8)[:, :EDGE, :EDGE].transpose(1, 2, 0)


def rolled(image: Array, angle: float, zoom: float) -> Array:
    """The middle EDGE×EDGE pixels seen by a camera rolled by `angle` radians, sampled bilinearly."""
    y, x = MIDDLE[:, None] * zoom, MIDDLE * zoom
    middle, last = (CANVAS - 1) / 2, CANVAS - 1.000001
    down = (middle + np.cos(angle) * y) - np.sin(angle) * x
    across = (middle + np.sin(angle) * y) + np.cos(angle) * x
    np.clip(down, 0, last, out=down)
    np.clip(across, 0, last, out=across)
    top, left = np.floor(down), np.floor(across)
    down -= top
    across -= left
    top *= CANVAS
    top += left
    corner = top.astype(np.int64)
    pixels = image.reshape(len(image), -1)
    upper: Array = pixels.take(corner, axis=1)
    lower: Array = pixels.take(corner + CANVAS, axis=1)
    lay(upper, pixels.take(corner + 1, axis=1), across)
    lay(lower, pixels.take(corner + (CANVAS + 1), axis=1), across)
    lay(upper, lower, down)
    return upper


def blurred(image: Array, sigma: float) -> Array:
    """Gaussian blur, 9 taps a side, edges repeated."""
    taps = np.exp(-0.5 * (np.arange(-4, 5) / sigma) ** 2)
    taps /= taps.sum()
    padded = np.pad(image, ((0, 0), (4, 4), (4, 4)), mode="edge")
    rows = weighted(taps, [padded[:, place : place + EDGE] for place in range(len(taps))])
    return weighted(taps, [rows[:, :, place : place + EDGE] for place in range(len(taps))])


def weighted(taps: Array, images: Sequence[Array]) -> Array:
    """The sum of the images, each times its tap."""
    total: Array = taps[0] * images[0]
    one = np.empty(images[0].shape)
    for tap, image in zip(taps[1:], images[1:], strict=True):
        total += np.multiply(tap, image, out=one)
    return total


def cosines() -> Array:
    """The orthonormal 8×8 DCT-II matrix."""
    order, place = np.ogrid[:8, :8]
    matrix: Array = np.cos(np.pi * (place + 0.5) * order / 8) / 2
    matrix[0] /= 2**0.5
    return matrix


DCT = cosines()
TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])  # ITU-T T.871
FROM_YCC = np.linalg.inv(TO_YCC)


def compressed(image: Array, coarseness: float) -> Array:
    """Levels, 0…255, after JPEG's loss: 8×8 blocks of cosines, quantised more coarsely the finer they are.

    Where the picture ends within a block, the rest of the block comes with it, to be cut off.

    Steps grow linearly with frequency instead of following the standard's table of integers: a `coarseness` drawn
    from the reals leaves no pixel exactly between two levels.
    """
    blocks = -(-EDGE // 8)
    padded = np.empty((3, blocks * 8, blocks * 8))
    padded[:, :EDGE, :EDGE] = image
    padded[:, EDGE:, :EDGE] = image[:, -1:]
    padded[:, :, EDGE:] = padded[:, :, EDGE - 1 : EDGE]
    planes = (TO_YCC @ padded.reshape(3, -1)).reshape(padded.shape)
    step = coarseness * (3 + 2.5 * np.add.outer(np.arange(8), np.arange(8))) / 255
    step = np.tile(np.multiply.outer([1, 2, 2], step)[:, None], blocks)
    waves = by_blocks(DCT, planes).reshape(3, blocks, 8, blocks * 8)
    waves /= step
    np.rint(waves, out=waves)
    waves *= step
    restored = by_blocks(DCT.T, waves.reshape(planes.shape)).reshape(3, -1)
    colours: Array = (255 * FROM_YCC) @ restored
    return colours.reshape(planes.shape)


def by_blocks(matrix: Array, planes: Array) -> Array:
    """`matrix` applied to the columns and to the rows of every 8×8 block; a few large products instead of thousands."""
    columns = matrix @ planes.reshape(-1, 8, planes.shape[-1])
    # A small matrix that lies in memory as it is read multiplies three times faster.
    rows: Array = columns.reshape(-1, 8) @ np.ascontiguousarray(matrix.T)
    return rows.reshape(planes.shape)
