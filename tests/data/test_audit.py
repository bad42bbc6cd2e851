import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from hpviz.data import look_alikes
from hpviz.data.audit import audit, survey
from hpviz.data.catalogue import NotFetched, prepare, resolve
from hpviz.data.duplicates import Member, count
from hpviz.data.findings import balance, findings, sentences


@pytest.fixture
def audited(tmp_path):
    return lambda data: audit(resolve(str(data), tmp_path / "cache"), tmp_path / "cache")


def test_a_clean_folder_is_counted_and_nothing_is_found(tmp_path, fill, audited):
    found = audited(fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog"))
    assert found.train_counts == found.test_counts == {"cat": 5, "dog": 5}
    assert (found.duplicates.leaked, found.duplicates.conflicting, found.duplicates.examples) == (0, 0, ())
    assert (found.skipped, found.aside, found.notes) == ((), (), ())


def test_test_images_that_were_trained_on_are_counted(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    shutil.copy(root / "train/cat/0.jpg", root / "test/cat/copy.jpg")
    shutil.copy(root / "train/cat/0.jpg", root / "test/cat/copy-2.jpg")
    shutil.copy(root / "train/dog/0.jpg", root / "train/dog/harmless.jpg")
    found = audited(root).duplicates
    assert (found.leaked, found.conflicting) == (2, 0)
    assert found.examples == (("train/cat/0.jpg", "test/cat/copy-2.jpg", "test/cat/copy.jpg"),)


def test_pictures_that_lie_in_two_classes_are_counted(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    shutil.copy(root / "train/cat/0.jpg", root / "train/dog/cat.jpg")
    found = audited(root).duplicates
    assert (found.leaked, found.conflicting) == (0, 2)
    assert found.examples == (("train/cat/0.jpg", "train/dog/cat.jpg"),)


def test_unreadable_files_are_known_at_once_odd_sizes_once_images_are_prepared(tmp_path, fill, photo, finish, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog", count=10)
    photo(root / "train/cat/odd.jpg", seed=7, size=(20, 12))
    (root / "train/dog/broken.jpg").write_text("text")
    (root / "train/dog/out.jpg").symlink_to("/etc/hostname")
    before = audited(root)
    assert (before.commonest_size, before.other_sizes, before.resized) == (None, None, {})
    assert before.skipped == (
        ("train/dog/out.jpg", "is a link to a place that is never followed"),
        ("train/dog/broken.jpg", "is no picture that can be read"),
    )

    for image_size in (20, 16):
        finish(prepare(resolve(str(root), tmp_path / "cache"), image_size, tmp_path / "cache"))
    after = audited(root)
    assert (after.commonest_size, after.other_sizes) == ((20, 20), 1)
    assert after.other_size_examples == (("train/cat/odd.jpg", 20, 12),)
    assert after.resized == {16: 41, 20: 1}
    assert after.skipped == before.skipped


def test_an_audit_is_plain_data(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "<b>cat", "dog")
    assert json.loads(json.dumps(asdict(audited(root))))["train_counts"] == {"<b>cat": 4, "dog": 4}


def test_the_scenes_are_audited_without_being_drawn(audited):
    found = audited("scenes")
    assert sum(found.test_counts.values()) > 0
    assert found.duplicates is None


def test_what_is_not_here_cannot_be_audited(tmp_path, monkeypatch, audited):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    with pytest.raises(NotFetched):
        audited("intel")


@pytest.fixture
def surveyed(tmp_path, finish):
    return lambda data: finish(survey(resolve(str(data), tmp_path / "cache"), 64, tmp_path / "cache"))


@pytest.fixture
def places(tmp_path):
    """A folder of different places, coarse enough that a photo of one is known again when it is retouched."""

    def make(count=12):
        for number in range(count):
            random = np.random.default_rng(number)
            pixels = random.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            split, name = ("train", "test")[number % 3 == 2], ("city", "wood")[number % 2]
            path = tmp_path / "places" / split / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC).save(path)
        return tmp_path / "places"

    return make


def names(groups):
    return [tuple(map(str, group)) for group in groups]


def kinds(found):
    return {finding.kind: finding.count for finding in findings(found)}


def test_copies_within_a_class_are_told_apart_from_leaks_and_conflicts(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    for copy in ("train/dog/one.jpg", "train/dog/two.jpg"):
        shutil.copy(root / "train/dog/0.jpg", root / copy)
    shutil.copy(root / "test/cat/0.jpg", root / "test/cat/three.jpg")
    found = audited(root)
    assert (found.duplicates.surplus_train, found.duplicates.surplus_test) == (2, 1)
    assert kinds(found) == {"leak": 0, "surplus": 3}
    assert "17% of the training images and 9.1% of the test images add nothing new." in sentences(found)[-1]


def test_a_leak_bounds_how_far_the_test_accuracy_can_be_too_high(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    shutil.copy(root / "train/cat/0.jpg", root / "test/cat/0.jpg")
    told = sentences(audited(root))
    assert "1 test image is a training image too." in told[1]
    assert "at most 10 points too high (1 of 10)" in told[1]
    assert told[2] == "No image lies in two classes."


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [("train 0, train 1", (1, 0)), ("train 0, train 0, train 1, test 1", (1, 0)), ("test 0, test 1, test 2", (0, 2))],
)
def test_of_one_picture_with_several_labels_a_net_is_right_about_one(labels, wrong):
    parts = [part.split() for part in labels.split(", ")]
    group = tuple(Member(split, str(place), int(label), place) for place, (split, label) in enumerate(parts))
    assert (count([group]).wrong_train, count([group]).wrong_test) == wrong


def test_a_conflict_bounds_the_accuracy_of_its_split(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    shutil.copy(root / "train/cat/0.jpg", root / "train/dog/0.jpg")
    assert "training accuracy cannot exceed 90.00% (1 of 10 must be wrong)" in sentences(audited(root))[2]
    shutil.copy(root / "train/cat/0.jpg", root / "test/dog/0.jpg")
    assert kinds(audited(root))["conflict"] == 3


def test_a_picture_that_leaks_into_another_class_bounds_nothing_but_is_told(tmp_path, fill, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    shutil.copy(root / "train/cat/0.jpg", root / "test/dog/0.jpg")
    assert "is counted as wrong in the test" in sentences(audited(root))[2]


def test_equal_pixels_are_one_picture_whatever_the_files(places, surveyed, audited):
    root = places()
    with Image.open(root / "train/city/0.png") as image:
        image.save(root / "test/city/again.png", compress_level=1)
    assert audited(root).same_pixels is None
    found = surveyed(root)
    assert names(found.same) == [("train/city/0.png", "test/city/again.png")]
    assert (found.audit.duplicates.leaked, found.audit.same_pixels.leaked) == (0, 1)
    assert kinds(found.audit)["leak"] == 1
    assert audited(root) == found.audit


def test_a_retouched_photo_is_known_again_and_different_ones_are_not(places, surveyed):
    root = places()
    assert kinds(surveyed(root).audit) == {"sizes": 0, "leak": 0, "alike": 0}
    with Image.open(root / "train/wood/1.png") as image:
        bright = ImageEnhance.Brightness(ImageEnhance.Contrast(image).enhance(0.8)).enhance(1.2)
        bright.save(root / "test/wood/bright.jpg", quality=60)
    found = surveyed(root)
    assert (names(found.same), names(found.alike)) == ([], [("train/wood/1.png", "test/wood/bright.jpg")])
    assert kinds(found.audit) == {"sizes": 0, "leak": 0, "alike leak": 1}


def test_names_stay_with_their_images_when_one_between_cannot_be_read(places, surveyed):
    root = places(24)
    (root / "train/city/00.png").write_text("text")
    shutil.copy(root / "train/wood/1.png", root / "test/wood/copy.png")
    found = surveyed(root)
    assert names(found.same) == [("train/wood/1.png", "test/wood/copy.png")]
    places_of_group = [member.place for member in found.same[0]]
    first, second = np.concatenate([found.prepared.train_images, found.prepared.test_images])[places_of_group]
    assert np.array_equal(first, second)


def test_what_was_compared_is_remembered(places, surveyed, monkeypatch):
    root = places()
    first = surveyed(root)
    monkeypatch.setattr(look_alikes, "same_pixels", None)
    assert surveyed(root).audit == first.audit


def test_too_many_images_are_compared_for_equal_ones_only(places, surveyed, monkeypatch):
    monkeypatch.setattr(look_alikes, "MOST_IMAGES", 5)
    root = places()
    shutil.copy(root / "train/wood/1.png", root / "test/wood/copy.png")
    found = surveyed(root)
    assert (len(found.same), found.alike, found.audit.look_alikes) == (1, None, None)
    assert "were not looked for" in sentences(found.audit)[-1]


def test_where_everything_looks_alike_likeness_is_not_told(tmp_path, surveyed):
    shade = np.linspace(0, 255, 64, dtype=np.uint8)
    for number in range(64):
        path = tmp_path / "a" / ("left", "right")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.tile(shade, (64, 1))
        pixels[number % 64] = number
        Image.fromarray(pixels).save(path)
    assert surveyed(tmp_path / "a").alike is None


def test_the_balance_is_told_with_what_guessing_is_worth():
    even = balance({"a": 5, "b": 5}, {"a": 2, "b": 2})
    assert "as many training images" in even
    assert "Always answering one and the same class is right for 50.0% of the test images." in even
    uneven = balance({"a": 30, "b": 10}, {"a": 3, "b": 1})
    assert "'a' has 3 times the training images of 'b'" in uneven
    assert "75.0% of the test images; a class drawn at random would be for 50.0%." in uneven


def test_the_real_photos_hold_pictures_in_two_classes_and_test_photos_like_training_photos(photos, surveyed):
    found = surveyed(photos)
    assert found.audit.same_pixels.conflicting > 0
    assert found.audit.same_pixels.leaked + found.audit.look_alikes.leaked > 0
