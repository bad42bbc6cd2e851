"""The scenes: 2,400 procedural pictures of six places, drawn with NumPy alone.

They are the default data set because they need no network and no account. Classes share parts (a mountain may have
snow or a lake, a street has buildings) and the photographer's nuisances come from one distribution for all, so no
single cue tells the classes apart. Every image owns its random numbers, so any of them can be drawn alone.

The same pixels on every machine: float64 throughout, rounded once, and no comparison of values that can tie exactly,
because the last bit of exp or of a matrix product differs between processors. SCENES_FINGERPRINT tells whether a
machine, or a NumPy whose random streams have changed, draws something else.

Ideas: 1/f^β noise for rock, snow, water and cloud and dead leaves for canopies (Baradad et al., "Learning to See by
Looking at Noise", 2021); fractal ridges (Voss, 1985).
"""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator as Random
from numpy.typing import NDArray

from hpviz.data.processes import in_order
from hpviz.data.progress import Progress
from hpviz.data.scenes.camera import photograph
from hpviz.data.scenes.paint import EDGE
from hpviz.data.scenes.places import buildings, forest, glacier, mountain, sea, street

SCENES_CLASSES = ("buildings", "forest", "glacier", "mountain", "sea", "street")
SCENES_FINGERPRINT = "87fac7310de26864edf019e5333af876d8c645654d0a981e01d008122bc2673b"
SCENES_VERSION = 1
TRAIN_PER_CLASS = 300
TEST_PER_CLASS = 100
DRAWN_AT_ONCE = 8  # images a process takes
WORTH_PROCESSES = 100  # images: half a second of drawing

# Two of every 25 training images carry the name of a place they are mistaken for: 8%, and as many come as go, so
# that the labels stay balanced. Test labels are clean.
MISTAKEN_EVERY, MISTAKEN_FIRST = 25, (7, 19)
MISTAKEN_FOR = {
    "buildings": ("street", "street"),
    "forest": ("mountain", "sea"),
    "glacier": ("mountain", "sea"),
    "mountain": ("glacier", "forest"),
    "sea": ("glacier", "forest"),
    "street": ("buildings", "buildings"),
}


@dataclass(frozen=True)
class Scenes:
    """The drawn set: images uint8, (N, 150, 150, 3), RGB; labels int64, (N,), indices into SCENES_CLASSES."""

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


PLACES = (buildings, forest, glacier, mountain, sea, street)


def draw_scene(class_index: int, rng: Random) -> NDArray[np.uint8]:
    """One photograph of the class, uint8 (150, 150, 3), RGB; the same numbers from `rng` give the same pixels."""
    return photograph(rng, PLACES[class_index](rng))


def scene_rng(split: int, class_index: int, index: int) -> Random:
    """The random numbers of one image: split 0 is training, 1 is test; the index counts within the class."""
    return np.random.default_rng([SCENES_VERSION, split, class_index, index])


def training_places() -> NDArray[np.int64]:
    """What each training image shows, whatever its label says: the place it was drawn as."""
    return np.repeat(np.arange(len(SCENES_CLASSES)), TRAIN_PER_CLASS)


def training_labels() -> NDArray[np.int64]:
    """Labels class by class, 8% of them those of the classes in MISTAKEN_FOR, always on the same images."""
    labels = training_places().reshape(-1, TRAIN_PER_CLASS)
    for row, name in zip(labels, SCENES_CLASSES, strict=True):
        for first, wrong in zip(MISTAKEN_FIRST, MISTAKEN_FOR[name], strict=True):
            row[first::MISTAKEN_EVERY] = SCENES_CLASSES.index(wrong)
    return labels.ravel()


def draw_scenes() -> Generator[Progress, None, Scenes]:
    """Draw the whole set, class by class, on all cores; closing the generator stops at once."""
    classes = range(len(SCENES_CLASSES))
    train = [(0, label, index) for label in classes for index in range(TRAIN_PER_CLASS)]
    test = [(1, label, index) for label in classes for index in range(TEST_PER_CLASS)]
    images = np.empty((len(train) + len(test), EDGE, EDGE, 3), np.uint8)
    done = 0
    with closing(in_order(_draw, train + test, batch=DRAWN_AT_ONCE, enough=WORTH_PROCESSES)) as batches:
        for drawn in batches:
            yield Progress("drawing the scenes", done, len(images))
            for image in drawn:
                images[done] = image
                done += 1
    yield Progress("drawing the scenes", len(images), len(images))
    test_labels = np.repeat(np.arange(len(SCENES_CLASSES)), TEST_PER_CLASS)
    return Scenes(images[: len(train)], training_labels(), images[len(train) :], test_labels)


def _draw(key: tuple[int, int, int]) -> NDArray[np.uint8]:
    return draw_scene(key[1], scene_rng(*key))


def fingerprint(scenes: Scenes) -> str:
    """SHA-256, in hex, of all pixels and labels (little-endian int64), training before test."""
    digest = hashlib.sha256()
    for array in (scenes.train_images, scenes.train_labels, scenes.test_images, scenes.test_labels):
        digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()
