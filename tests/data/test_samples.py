"""Samples: images of the class that was asked for, all of them in the end."""

import numpy as np
import pytest

from hpviz.data.prepared import Prepared
from hpviz.data.samples import image, mislabelled, places, side_by_side, strip
from hpviz.data.scenes import MISTAKEN_FOR, SCENES_CLASSES, SCENES_FINGERPRINT, training_labels


@pytest.fixture
def prepared():
    """Four images of class 0 and ten of class 1, each as bright as its number; the test images are twice as bright."""
    images = np.broadcast_to(np.arange(14, dtype=np.uint8)[:, None, None, None], (14, 3, 32, 32))
    labels = np.array([0] * 4 + [1] * 10)
    return Prepared("f", ("a", "b"), images, labels, 2 * images, labels)


def levels(row, count):
    step = 32 + 2
    return [int(row[0, place * step, 0]) for place in range(count) if row[0, place * step, 3]]


def test_page_after_page_every_image_of_a_class_is_shown(prepared):
    seen = [level for page in range(2) for level in levels(strip(prepared, "train", 1, page), 6)]
    assert set(seen) == set(range(4, 14))
    assert levels(strip(prepared, "train", 1, 0), 6) == seen[:6]


def test_a_small_class_leaves_room_empty(prepared):
    row = strip(prepared, "test", 0, 0)
    assert row.shape == (32, 6 * 32 + 5 * 2, 4)
    assert sorted(levels(row, 6)) == [0, 2, 4, 6]


def test_places_go_on_from_the_training_to_the_test_images(prepared):
    assert image(prepared, 13)[0, 0, 0] == 13
    assert image(prepared, 15)[0, 0, 0] == 2


def test_between_two_images_nothing_is_drawn(prepared):
    row = side_by_side([image(prepared, 1), image(prepared, 2)], 2)
    assert list(row[0, 31:35, 3]) == [255, 0, 0, 255]


def test_of_the_scenes_shown_those_with_a_wrong_label_are_told_and_no_other_images_are():
    labels = training_labels()
    images = np.zeros((len(labels), 3, 32, 32), np.uint8)
    scenes = Prepared(SCENES_FINGERPRINT, SCENES_CLASSES, images, labels, images[:6], np.arange(6))
    sea = SCENES_CLASSES.index("sea")
    pages = [places(scenes, "train", sea, page) for page in range(300 // 6)]
    told = [mislabelled(scenes, "train", shown) for shown in pages]
    assert sum(map(len, told)) == 24  # 8% of 300
    assert {shows for each in told for shows in each.values()} == {
        place for place, others in MISTAKEN_FOR.items() if "sea" in others
    }
    assert mislabelled(scenes, "test", [0, 1]) == {}
    other = Prepared("0" * 64, SCENES_CLASSES, images, labels, images[:6], np.arange(6))
    assert mislabelled(other, "train", pages[0]) == {}
