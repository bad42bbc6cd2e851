import io
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hpviz.data.folder import look
from hpviz.data.remembered import recall
from hpviz.spec import BadInput


@pytest.fixture
def listed(tmp_path, finish):
    return lambda folder: finish(look(Path(folder), tmp_path / "cache"))


def names(photos):
    return [photo.name for photo in photos]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "TESTING"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("seg_train", "seg_test/seg_test"),
        ("archive/intel/train", "archive/intel/test"),
        ("train", "valid"),
        ("train", "val"),
    ],
)
def test_splits_are_found_whatever_they_are_called(tmp_path, fill, listed, train, test):
    fill(tmp_path / "data", f"{train}/cat", f"{train}/dog", count=3)
    fill(tmp_path / "data", f"{test}/cat", f"{test}/dog", count=2)
    listing = listed(tmp_path / "data")
    assert listing.classes == ("cat", "dog")
    assert names(listing.train) == ["cat/0.jpg", "cat/1.jpg", "cat/2.jpg", "dog/0.jpg", "dog/1.jpg", "dog/2.jpg"]
    assert names(listing.test) == ["cat/0.jpg", "cat/1.jpg", "dog/0.jpg", "dog/1.jpg"]
    assert [photo.label for photo in listing.test] == [0, 0, 1, 1]
    assert listing.notes == (
        ("No test split was found: the validation images serve as one.",) if test.startswith("val") else ()
    )


def test_without_a_test_split_a_fifth_of_each_class_is_set_aside_and_said_so(tmp_path, fill, listed):
    for folder in ("plain", "train-only/train"):
        fill(tmp_path / folder, "cat", "dog", count=10)
    plain = listed(tmp_path / "plain")
    assert [photo.label for photo in plain.test] == [0, 0, 1, 1]
    assert len(plain.train) == 16
    assert not set(plain.train) & set(plain.test)
    (note,) = plain.notes
    assert note == "No test split was found: 20% of each class was set aside, the same images every time."
    assert names(listed(tmp_path / "train-only").test) == names(plain.test)


def test_a_class_may_be_called_train(tmp_path, fill, listed):
    assert listed(fill(tmp_path / "vehicles", "bus", "car", "train")).classes == ("bus", "car", "train")


def test_images_deeper_in_a_class_folder_belong_to_the_class(tmp_path, fill, listed):
    listing = listed(fill(tmp_path / "a", "train/cat/2019", "train/cat/2020", "train/dog", "test/cat", "test/dog"))
    assert names(listing.train)[:2] == ["cat/2019/0.jpg", "cat/2019/1.jpg"]
    assert listing.classes == ("cat", "dog")


def test_other_folders_are_left_aside_and_named(tmp_path, fill, listed):
    listing = listed(fill(tmp_path / "a", *(f"{s}/{c}" for s in ("train", "test", "val") for c in "xy"), "seg_pred"))
    assert len(listing.train) == len(listing.test) == 10
    assert set(listing.notes) == {"'seg_pred' was left aside (5 images).", "'val' was left aside (10 images)."}


def test_hidden_and_foreign_files_are_no_images_but_are_counted_and_named(tmp_path, fill, listed, photo):
    root = fill(tmp_path / "a", "cat", "dog")
    before = listed(root)
    fill(root, "__MACOSX/cat", ".cache/cat", "cat/.thumbnails")
    photo(root / "cat" / "._0.jpg")
    for name in ("Thumbs.db", "desktop.ini", "Icon\r", "._0.png"):
        photo(root / "cat" / name)
    fill(root, "$RECYCLE.BIN/S-1-5-21", "System Volume Information")
    (root / "README.txt").write_text("x")
    (root / "empty-class").mkdir()
    after = listed(root)
    assert (after.fingerprint, after.identity.train_counts) == (before.fingerprint, before.identity.train_counts)
    assert {name: count for name, count, _ in after.aside} == {
        "README.txt": 1,
        "hidden files and folders": 10,
    }
    assert "Left aside, for no decoder reads them: 'README.txt'." in after.notes


def test_images_beside_the_class_folders_are_listed_as_skipped(tmp_path, fill, listed, photo):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    photo(root / "train" / "cover.png")
    assert listed(root).skipped == (("train/cover.png", "lies in no class folder"),)


def test_links_that_lead_out_are_skipped_and_named_those_inside_are_followed(tmp_path, fill, listed, photo):
    root = fill(tmp_path / "a", "cat", "dog")
    photo(tmp_path / "secret.jpg")
    (root / "cat" / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "cat" / "up.jpg").symlink_to("../../secret.jpg")
    (root / "cat" / "nowhere.jpg").symlink_to(root / "gone.jpg")
    (root / "cat" / "round").symlink_to(root)
    (root / "bird").symlink_to(tmp_path)
    (root / "dog" / "inside.jpg").symlink_to(root / "cat" / "0.jpg")
    os.mkfifo(root / "cat" / "pipe.jpg")
    listing = listed(root)
    assert dict(listing.skipped) == {
        "bird": "is a link to a folder elsewhere, which is not followed",
        "cat/round": "is a link back to a folder that it lies in",
        "cat/out.jpg": "is a link that leads out of the folder",
        "cat/up.jpg": "is a link that leads out of the folder",
        "cat/nowhere.jpg": "is a link that leads to nothing",
        "cat/pipe.jpg": "is not a file",
    }
    assert len(listing.train + listing.test) == 11
    assert listing.notes[0].startswith(
        f"3 links lead out of the folder, to {tmp_path}: confirm with --follow {tmp_path},"
    )


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path, fill, listed):
    fill(tmp_path / "a", "cat", "dog")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert listed(tmp_path / "link").fingerprint == listed(tmp_path / "a").fingerprint


def test_the_fingerprint_tells_contents_and_places_not_times_or_whereabouts(tmp_path, fill, listed):
    fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog")
    original = listed(tmp_path / "a").fingerprint
    shutil.copytree(tmp_path / "a" / "train", tmp_path / "b" / "seg_train" / "seg_train")
    shutil.copytree(tmp_path / "a" / "test", tmp_path / "b" / "seg_test" / "seg_test")
    image = tmp_path / "b" / "seg_train" / "seg_train" / "cat" / "0.jpg"
    os.utime(image, (0, 0))
    assert listed(tmp_path / "b").fingerprint == original

    image.rename(image.with_name("9.jpg"))
    renamed = listed(tmp_path / "b").fingerprint
    (tmp_path / "a" / "train" / "cat" / "0.jpg").write_bytes(b"changed")
    changed = listed(tmp_path / "a").fingerprint
    assert len({original, renamed, changed}) == 3


def test_a_second_look_reads_only_what_changed(tmp_path, fill, listed):
    root = fill(tmp_path / "a", "cat", "dog", count=2)
    before = listed(root)
    (memory,) = (tmp_path / "cache" / "data").glob("hashes-*.json")
    known = recall(memory)
    memory.write_text(memory.read_text().replace(before.train[0].digest, "remembered"))
    assert [photo.digest for photo in listed(root).train if photo.digest == "remembered"]
    os.utime(before.train[0].path, ns=(1, 1))
    assert listed(root).fingerprint == before.fingerprint
    assert len(recall(memory)) == len(known)


@pytest.mark.parametrize("damage", ["", "{", "[1]"])
def test_a_damaged_memory_of_hashes_is_no_obstacle(tmp_path, fill, listed, damage):
    root = fill(tmp_path / "a", "cat", "dog")
    before = listed(root)
    (memory,) = (tmp_path / "cache" / "data").glob("hashes-*.json")
    memory.write_text(damage)
    assert listed(root) == before


def test_images_removed_since_the_last_look_are_simply_gone(tmp_path, fill, listed):
    root = fill(tmp_path / "a", "cat", "dog")
    before = listed(root)
    Path(before.train[0].path).unlink()
    after = listed(root)
    assert len(after.train + after.test) == 9
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        ((), "is empty: one folder of pictures a class is needed"),
        ((".",), "are not sorted into classes: one folder"),
        (("train", "test"), "are not sorted into classes: one folder"),
        (("cat",), "has only one class, 'cat'"),
        (("train/cat", "test/cat"), "has only one class, 'cat'"),
        (("seg_pred/seg_pred",), "holds only images without a class"),
        (("test/cat", "test/dog", "val/cat"), "has a test folder but no train folder"),
        (("train/cat", "train/dog", "test/cat"), "The class 'dog' is in train but not in test"),
        (("train/cat", "train/dog", "test/cat", "test/Dog"), "The class 'Dog' is in test but not in train"),
    ],
)
def test_a_folder_that_cannot_serve_is_refused_in_one_sentence(tmp_path, fill, listed, folders, sentence):
    (tmp_path / "a").mkdir()
    with pytest.raises(BadInput) as caught:
        listed(fill(tmp_path / "a", *folders))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_images_one_that_is_gone_and_a_single_image_are_refused(tmp_path, fill, listed, photo):
    (tmp_path / "a" / "cat").mkdir(parents=True)
    (tmp_path / "a" / "cat" / "notes.txt").write_text("x")
    with pytest.raises(BadInput, match="holds no images"):
        listed(tmp_path / "a")
    with pytest.raises(BadInput, match="is no longer there"):
        listed(tmp_path / "b")
    fill(tmp_path / "a", "cat")
    photo(tmp_path / "a" / "dog" / "only.jpg")
    with pytest.raises(BadInput, match="The class 'dog' has a single image"):
        listed(tmp_path / "a")


def test_names_are_only_data(tmp_path, fill, listed):
    wild = ["<script>alert(1)</script>".replace("/", "⁄"), ":red[$$x$$]", "собака\n", "\u202eevil", "%s{0}"]
    listing = listed(fill(tmp_path / "a", *wild, count=2))
    assert set(listing.classes) == set(wild)


def test_names_that_are_not_text_become_text(tmp_path, photo, listed):
    for index in range(2):
        photo(tmp_path / "a" / os.fsdecode(b"caf\xe9") / f"{index}.jpg", index)
        photo(tmp_path / "a" / "dog" / f"{index}.jpg", index)
    listing = listed(tmp_path / "a")
    assert listing.classes == (r"caf\xe9", "dog")
    assert Path(listing.train[0].path).exists()


content = io.BytesIO()
Image.new("RGB", (4, 4)).save(content, "PNG")
PICTURE = content.getvalue()
segments = st.sampled_from(["train", "Test", "val", "seg_pred", "seg_train", "cat", "dog", "b", ".git", "__MACOSX"])
trees = st.lists(st.lists(segments, max_size=4).map("/".join), max_size=8)


@given(trees)
def test_any_tree_of_folders_yields_two_classes_in_both_splits_or_one_sentence(finish, trees):
    with tempfile.TemporaryDirectory() as scratch:
        root, cache = Path(scratch, "root"), Path(scratch, "cache")
        for folder in ["", *trees]:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for folder in trees:
            for index in range(2):
                (root / folder / f"{index}.png").write_bytes(PICTURE)
        try:
            listing = finish(look(root, cache))
        except BadInput as error:
            assert str(error).count("\n") == 0
            assert str(error).endswith(".")
        else:
            assert len(listing.classes) >= 2
            for split in (listing.train, listing.test):
                assert {photo.label for photo in split} == set(range(len(listing.classes)))
            assert not {photo.path for photo in listing.train} & {photo.path for photo in listing.test}
