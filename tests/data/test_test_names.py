"""Test images are called by split, class and file; where there are no files, by number."""

import pytest

from hpviz.data.catalogue import name_tests, prepare, resolve
from hpviz.data.prepared import folder_of
from hpviz.data.test_names import FILE, kept_names, numbered


@pytest.fixture
def prepared(fill, finish, tmp_path):
    """Prepare such folders in a cache of their own."""

    def make(*folders, count=5):
        root = fill(tmp_path / "photos", *folders, count=count)
        return finish(prepare(resolve(str(root), tmp_path / "cache"), 16, tmp_path / "cache"))

    return make


def names(finish, tmp_path, data, given="photos"):
    given = str(tmp_path / given)
    return finish(name_tests(given, data.fingerprint, len(data.test_labels), tmp_path / "cache"))


@pytest.mark.parametrize(
    "folders",
    [
        ("seg_train/seg_train/a", "seg_train/seg_train/b", "seg_test/seg_test/a", "seg_test/seg_test/b"),
        ("train/a", "train/b", "test/a", "test/b"),
        ("a", "b"),
    ],
    ids=["as Intel's", "two splits", "no split"],
)
def test_a_name_is_split_class_and_file_whatever_the_folder_calls_its_splits(prepared, finish, tmp_path, folders):
    data = prepared(*folders)
    found = names(finish, tmp_path, data)
    assert len(found) == len(set(found)) == len(data.test_labels)
    for name, label in zip(found, data.test_labels, strict=True):
        split, named, file = name.split("/")
        assert (split, named) == ("test", data.classes[label])
        assert list((tmp_path / "photos").rglob(f"{named}/{file}"))


def test_names_outlive_the_folder_once_they_were_noted(prepared, finish, tmp_path):
    data = prepared("train/a", "train/b", "test/a", "test/b")
    found = names(finish, tmp_path, data)
    (tmp_path / "photos").rename(tmp_path / "elsewhere")
    assert names(finish, tmp_path, data) == found
    folder = folder_of(tmp_path / "cache", data.fingerprint, 16)
    (folder / FILE).unlink()
    assert names(finish, tmp_path, data) == numbered(10)
    assert names(finish, tmp_path, data, "elsewhere") == found
    assert kept_names(tmp_path / "cache", data.fingerprint, 10) == found


@pytest.mark.parametrize("damage", [b"", b"[", b"7", b'["a", 1]', b"[" * 100_000, b'["a"]'])
def test_damaged_names_are_none(prepared, finish, tmp_path, damage):
    data = prepared("train/a", "train/b", "test/a", "test/b", count=2)
    (folder_of(tmp_path / "cache", data.fingerprint, 16) / FILE).write_bytes(damage)
    assert kept_names(tmp_path / "cache", data.fingerprint, 4) is None
    assert len(names(finish, tmp_path, data)) == 4
    assert len(kept_names(tmp_path / "cache", data.fingerprint, 4)) == 4


def test_a_folder_that_has_changed_names_nothing(prepared, finish, tmp_path):
    data = prepared("train/a", "train/b", "test/a", "test/b")
    (folder_of(tmp_path / "cache", data.fingerprint, 16) / FILE).unlink()
    (tmp_path / "photos" / "test" / "a" / "0.jpg").unlink()
    assert names(finish, tmp_path, data) == numbered(10)


def test_drawn_images_have_numbers(finish, tmp_path):
    assert finish(name_tests("scenes", "0" * 64, 3, tmp_path)) == ("test/0", "test/1", "test/2")
