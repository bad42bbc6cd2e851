"""The scenes are the same everywhere, balanced, a little mislabelled, and not told apart by colour alone."""

import hashlib
import threading
from collections.abc import Callable

import numpy as np
import pytest

from hpviz.data import scenes, threads
from hpviz.data.progress import Progress
from hpviz.data.scenes import (
    SCENES_CLASSES,
    Scenes,
    camera,
    draw_scene,
    draw_scenes,
    fingerprint,
    paint,
    parts,
    scene_rng,
    training_labels,
)

TRAIN, TEST = 0, 1


@pytest.fixture(scope="module")
def sample() -> dict[tuple[int, int], np.ndarray]:
    """By (split, class): the first 20 training and the first 10 test images, (n, 150, 150, 3)."""
    return {
        (split, label): np.stack([draw_scene(label, scene_rng(split, label, index)) for index in range(count)])
        for split, count in ((TRAIN, 20), (TEST, 10))
        for label in range(len(SCENES_CLASSES))
    }


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set of two training images and one test image a class."""
    monkeypatch.setattr(scenes, "TRAIN_PER_CLASS", 2)
    monkeypatch.setattr(scenes, "TEST_PER_CLASS", 1)


def drawn() -> tuple[list[Progress], Scenes]:
    drawing, events = draw_scenes(), []
    while True:
        try:
            events.append(next(drawing))
        except StopIteration as end:
            return events, end.value


def test_an_image_is_150_px_of_rgb_bytes(sample):
    for images in sample.values():
        assert images.dtype == np.uint8
        assert images.shape[1:] == (150, 150, 3)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("buildings", "aef91584ad1b49a8"),
        ("forest", "b27bc72c476aa1a7"),
        ("glacier", "ce49fd8f858ae035"),
        ("mountain", "e52c27e307fcd7a6"),
        ("sea", "aa94ad94033a859a"),
        ("street", "f6eaf5c24dbfcaa8"),
    ],
)
def test_every_machine_draws_the_same_pixels(name, digest, sample):
    label = SCENES_CLASSES.index(name)
    pixels = np.concatenate([sample[TRAIN, label], sample[TEST, label]])
    assert hashlib.sha256(pixels.tobytes()).hexdigest()[:16] == digest


def test_the_same_random_numbers_draw_the_same_image_and_others_another(sample):
    again = draw_scene(3, scene_rng(TRAIN, 3, 0))
    assert np.array_equal(again, sample[TRAIN, 3][0])
    assert not np.array_equal(again, sample[TRAIN, 3][1])
    assert not np.array_equal(again, sample[TEST, 3][0])


def test_training_labels_are_balanced():
    assert np.bincount(training_labels()).tolist() == [300] * 6


def test_eight_percent_of_the_training_labels_are_those_of_a_place_it_is_mistaken_for():
    true = np.repeat(np.arange(6), 300)
    given = training_labels()
    wrong = given != true
    assert np.mean(wrong) == 0.08
    confusions = {
        (SCENES_CLASSES[here], SCENES_CLASSES[there]) for here, there in zip(true[wrong], given[wrong], strict=True)
    }
    assert confusions == {(here, there) for here, others in scenes.MISTAKEN_FOR.items() for there in others}


def test_mean_colour_does_not_tell_the_classes_apart(sample):
    def colours(split: int) -> tuple[np.ndarray, np.ndarray]:
        means = [sample[split, label].mean((1, 2)) for label in range(6)]
        return np.concatenate(means), np.repeat(np.arange(6), len(means[0]))

    (known, known_labels), (asked, labels) = colours(TRAIN), colours(TEST)
    scale = known.std(0)
    centres = np.stack([known[known_labels == label].mean(0) for label in range(6)])
    nearest = (((asked[:, None] - centres) / scale) ** 2).sum(-1).argmin(1)
    assert 1 / 6 < np.mean(nearest == labels) < 0.45


@pytest.mark.usefixtures("few")
def test_the_set_holds_each_image_in_its_place_and_clean_test_labels():
    _, made = drawn()
    assert made.train_images.shape == (12, 150, 150, 3)
    assert made.test_images.shape == (6, 150, 150, 3)
    assert made.test_labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.array_equal(made.train_images[9], draw_scene(4, scene_rng(TRAIN, 4, 1)))
    assert np.array_equal(made.test_images[5], draw_scene(5, scene_rng(TEST, 5, 0)))
    assert made.train_labels.dtype == made.test_labels.dtype == np.int64


@pytest.mark.usefixtures("few")
def test_drawing_tells_how_far_it_is():
    events, _ = drawn()
    assert events[0] == Progress("drawing the scenes", 0, 18)
    assert events[-1] == Progress("drawing the scenes", 18, 18)


@pytest.mark.usefixtures("few")
def test_the_fingerprint_sees_every_pixel_and_label():
    _, made = drawn()
    before = fingerprint(made)
    assert len(before) == 64
    made.test_images[-1, -1, -1, -1] ^= 1
    changed_pixel = fingerprint(made)
    made.train_labels[0] += 1
    assert len({before, changed_pixel, fingerprint(made)}) == 3


def test_closing_the_drawing_stops_it():
    drawing = draw_scenes()
    assert next(drawing).total == 2400
    drawing.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "hpviz-images"]


def test_processes_draw_what_one_thread_draws(monkeypatch):
    monkeypatch.setattr(scenes, "TRAIN_PER_CLASS", 6)
    monkeypatch.setattr(scenes, "TEST_PER_CLASS", 2)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    _, by_one = drawn()
    monkeypatch.setattr(scenes, "WORTH_PROCESSES", 0)
    _, by_two = drawn()
    assert fingerprint(by_two) == fingerprint(by_one)


@pytest.mark.parametrize("draw", [lambda rng: paint.noise(rng, 2.0, stretch=3), lambda rng: paint.profile(rng, 2.0)])
def test_noise_has_zero_mean_and_unit_variance(draw: Callable[[np.random.Generator], np.ndarray]):
    field = draw(np.random.default_rng(0))
    assert field.mean() == pytest.approx(0, abs=1e-6)
    assert field.var() == pytest.approx(1)


def test_compression_vanishes_with_its_coarseness_and_grows_with_it():
    image = np.random.default_rng(0).random((3, 150, 150))
    restored = [camera.compressed(image, coarseness)[:, :150, :150] / 255 for coarseness in (1e-6, 0.2, 1.2)]
    losses = [np.abs(each - image).max() for each in restored]
    assert losses[0] < 1e-6 < losses[1] < losses[2]


def test_an_upright_camera_without_zoom_sees_the_middle_of_the_canvas():
    canvas = np.random.default_rng(0).random((3, 160, 160))
    assert np.allclose(camera.rolled(canvas, angle=0.0, zoom=1.0), canvas[:, 5:155, 5:155])


def test_blur_keeps_an_even_picture_and_evens_out_another():
    image = np.random.default_rng(0).random((3, 150, 150))
    assert np.allclose(camera.blurred(np.full_like(image, 0.3), 1.0), 0.3)
    assert camera.blurred(image, 1.0).std() < 0.5 * image.std()


@pytest.mark.parametrize("far", [-9.0, -500.0, 168.0, 900.0])
def test_leaves_that_lie_farther_from_the_canvas_than_they_reach_are_not_seen(far):
    rng, elsewhere = np.random.default_rng(0), np.random.default_rng(1).uniform(-20, 180, 5_000)
    for rows, columns in ((np.full(5_000, far), elsewhere), (elsewhere, np.full(5_000, far))):
        assert not parts.foliage(rng, np.zeros((3, 160, 160)), rows, columns, 8).any()


def test_a_leaf_that_just_reaches_the_canvas_is_seen():
    rng, middle = np.random.default_rng(0), np.full(5_000, 80.0)
    for near in (-8.0, 167.0):
        assert parts.foliage(rng, np.zeros((3, 160, 160)), np.full(5_000, near), middle, 8).any()
