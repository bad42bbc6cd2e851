"""A few images of each class to look at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpviz.data.prepared import Prepared
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT, training_places

DRAW = 3  # of the fixed order that images are shown in
GAP_SHARE = 16  # the gap between two images is a sixteenth of their edge


def strip(prepared: Prepared, split: str, label: int, page: int, count: int = 6) -> NDArray[np.uint8]:
    """`count` images of a class side by side, uint8 (S, W, 4), transparent between; all of them, page after page.

    Fewer where the class has fewer; past its last image it begins again.
    """
    images, _ = images_of(prepared, split)
    return side_by_side([images[place] for place in places(prepared, split, label, page, count)], count)


def places(prepared: Prepared, split: str, label: int, page: int, count: int = 6) -> list[int]:
    """The images of a strip, as indices into the split."""
    _, labels = images_of(prepared, split)
    of_class = np.random.RandomState([DRAW, label]).permutation(np.flatnonzero(labels == label))
    return [int(of_class[(page * count + step) % len(of_class)]) for step in range(min(count, len(of_class)))]


def mislabelled(prepared: Prepared, split: str, shown: Sequence[int]) -> dict[int, str]:
    """Of the images shown those that carry a wrong label on purpose, by their position from 0, and what they show.

    Only the scenes have such labels, and only among the training images.
    """
    if prepared.fingerprint != SCENES_FINGERPRINT or split != "train":
        return {}
    truth = training_places()
    return {
        position: SCENES_CLASSES[truth[place]]
        for position, place in enumerate(shown)
        if truth[place] != prepared.train_labels[place]
    }


def image(prepared: Prepared, place: int) -> NDArray[np.uint8]:
    """One image, uint8 (3, S, S), by its place, the training images counted first."""
    training = len(prepared.train_labels)
    return np.asarray(prepared.train_images[place] if place < training else prepared.test_images[place - training])


def images_of(prepared: Prepared, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of "train" or "test"."""
    if split == "train":
        return prepared.train_images, prepared.train_labels
    return prepared.test_images, prepared.test_labels


def side_by_side(images: list[NDArray[np.uint8]], room: int) -> NDArray[np.uint8]:
    """Images (3, S, S) in a row with room for `room` of them; what is not image is transparent."""
    edge = images[0].shape[1]
    step = edge + max(edge // GAP_SHARE, 2)
    row = np.zeros((edge, room * step - (step - edge), 4), np.uint8)
    for place, picture in enumerate(images):
        row[:, place * step : place * step + edge, :3] = picture.transpose(1, 2, 0)
        row[:, place * step : place * step + edge, 3] = 255
    return row
