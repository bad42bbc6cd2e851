import json
import shutil
from dataclasses import asdict

import pytest

from hpviz.data.audit import audit
from hpviz.data.catalogue import NotFetched, prepare, resolve


@pytest.fixture
def audited(tmp_path):
    return lambda data: audit(resolve(str(data), tmp_path / "cache"), tmp_path / "cache")


def test_a_clean_folder_is_counted_and_nothing_is_found(tmp_path, fill, audited):
    found = audited(fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog"))
    assert found.train_counts == found.test_counts == {"cat": 5, "dog": 5}
    assert (found.duplicates.leaked, found.duplicates.conflicting, found.duplicates.examples) == (0, 0, ())
    assert (found.skipped, found.notes) == ((), ())


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


def test_odd_sizes_and_unreadable_files_are_known_once_the_images_are_prepared(tmp_path, fill, photo, finish, audited):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog", count=10)
    photo(root / "train/cat/odd.jpg", seed=7, size=(20, 12))
    (root / "train/dog/broken.jpg").write_text("text")
    (root / "train/dog/out.jpg").symlink_to("/etc/hostname")
    before = audited(root)
    assert (before.commonest_size, before.other_sizes, before.resized) == (None, None, {})
    assert before.skipped == (("train/dog/out.jpg", "is a link that leads out of the folder"),)

    for image_size in (20, 16):
        finish(prepare(resolve(str(root), tmp_path / "cache"), image_size, tmp_path / "cache"))
    after = audited(root)
    assert (after.commonest_size, after.other_sizes) == ((20, 20), 1)
    assert after.other_size_examples == (("train/cat/odd.jpg", 20, 12),)
    assert after.resized == {16: 41, 20: 1}
    assert after.skipped[1:] == (("train/dog/broken.jpg", "is neither a JPEG nor a PNG"),)


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
