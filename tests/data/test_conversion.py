import errno
import json
import multiprocessing
import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from hpviz.data.conversion import Pictures, convert
from hpviz.data.decode import Decoded, Unreadable
from hpviz.data.prepared import folder_of, open_prepared, read_meta
from hpviz.spec import BadInput

FINGERPRINT = "ab" * 8
CLASSES = ("cat", "dog")


def picture(index: int, edge: int) -> Decoded:
    return Decoded(np.full((3, edge, edge), index % 256, np.uint8), 40, 30)


def pictures(count: int, load=picture) -> Pictures:
    return Pictures(np.arange(count) % 2, load, lambda index: f"{index}.jpg")


def converted(cache: Path, train: Pictures, test: Pictures, image_size: int = 16):
    return convert(cache, FINGERPRINT, CLASSES, image_size, train, test)


def unreadable(*indices: int):
    def load(index: int, edge: int) -> Decoded:
        if index in indices:
            raise Unreadable("is empty")
        return picture(index, edge)

    return load


def test_images_and_labels_come_back_memory_mapped_in_their_order(tmp_path, finish):
    prepared = finish(converted(tmp_path, pictures(300), pictures(4)))
    assert isinstance(prepared.train_images, np.memmap)
    assert not prepared.train_images.flags.writeable
    assert prepared.train_images.shape == (300, 3, 16, 16)
    assert prepared.train_images.dtype == np.uint8
    assert (prepared.train_images == (np.arange(300) % 256)[:, None, None, None]).all()
    assert prepared.train_labels.tolist() == [0, 1] * 150
    assert prepared.train_labels.dtype == np.int64
    assert (prepared.fingerprint, prepared.classes) == (FINGERPRINT, CLASSES)
    assert len(prepared.test_images) == len(prepared.test_labels) == 4


def test_a_second_time_nothing_is_decoded(tmp_path, finish):
    finish(converted(tmp_path, pictures(4), pictures(4)))
    prepared = finish(converted(tmp_path, pictures(4, unreadable(0, 1, 2, 3)), pictures(4)))
    assert len(prepared.train_images) == 4


def test_unreadable_images_are_left_out_with_their_labels_and_listed(tmp_path, finish):
    prepared = finish(converted(tmp_path, pictures(100, unreadable(1, 98)), pictures(4)))
    assert prepared.train_images[:, 0, 0, 0].tolist() == [index for index in range(100) if index not in (1, 98)]
    assert (prepared.train_images[:, 0, 0, 0] % 2 == prepared.train_labels).all()
    assert read_meta(folder_of(tmp_path, FINGERPRINT, 16))["skipped"] == [["1.jpg", "is empty"], ["98.jpg", "is empty"]]


def test_over_five_percent_unreadable_images_are_refused_and_nothing_stays(tmp_path, finish):
    finish(converted(tmp_path, pictures(90, unreadable(*range(5))), pictures(10)))
    with pytest.raises(BadInput, match=r"More than 5% of the 100 images cannot be used \('0.jpg', for one, is empty\)"):
        finish(converted(tmp_path, pictures(90, unreadable(*range(6))), pictures(10), image_size=20))
    assert open_prepared(tmp_path, FINGERPRINT, 20) is None
    assert not folder_of(tmp_path, FINGERPRINT, 20).with_suffix(".part").exists()


def test_a_class_whose_only_image_is_unreadable_is_refused(tmp_path, finish):
    with pytest.raises(BadInput, match="None of the test images of the class 'dog' can be read"):
        finish(converted(tmp_path, pictures(100), pictures(2, unreadable(1))))


def test_an_image_that_vanishes_meanwhile_is_told_in_a_sentence(tmp_path, finish):
    def vanished(index: int, edge: int) -> Decoded:
        raise FileNotFoundError(errno.ENOENT, "No such file", "/photos/3.jpg")

    with pytest.raises(BadInput, match=r"'/photos/3.jpg' disappeared while the images were being prepared"):
        finish(converted(tmp_path, pictures(4, vanished), pictures(4)))


def test_the_sizes_that_images_came_in_are_noted(tmp_path, finish):
    def load(index: int, edge: int) -> Decoded:
        return Decoded(picture(index, edge).pixels, 16, 16 if index else 12)

    finish(converted(tmp_path, pictures(4, load), pictures(4, load)))
    meta = read_meta(folder_of(tmp_path, FINGERPRINT, 16))
    assert (meta["commonest_size"], meta["other_sizes"], meta["resized"]) == ([16, 16], 2, 2)
    assert meta["other_size_examples"] == [["0.jpg", 16, 12], ["0.jpg", 16, 12]]


def test_closing_halfway_leaves_nothing_that_passes_for_ready(tmp_path, finish):
    work = converted(tmp_path, pictures(300), pictures(300))
    while "test" not in next(work).what:
        pass
    work.close()
    assert open_prepared(tmp_path, FINGERPRINT, 16) is None
    assert not list(tmp_path.glob("data/*.part"))
    assert len(finish(converted(tmp_path, pictures(300), pictures(300))).test_images) == 300


def killed_in_the_middle(cache: Path) -> None:
    for progress in converted(cache, pictures(300), pictures(300)):
        if "test" in progress.what:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_nothing_that_passes_for_ready(tmp_path, finish):
    process = multiprocessing.get_context("fork").Process(target=killed_in_the_middle, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert list(tmp_path.glob("data/*.part"))
    assert open_prepared(tmp_path, FINGERPRINT, 16) is None
    assert len(finish(converted(tmp_path, pictures(6), pictures(6))).test_images) == 6
    assert not list(tmp_path.glob("data/*.part"))


def test_two_at_once_do_the_work_once_and_both_get_it(tmp_path, finish):
    first, second = (converted(tmp_path, pictures(300, load), pictures(4)) for load in (picture, unreadable(0, 1)))
    next(first)
    assert "waiting for another process" in next(second).what
    done = finish(first)
    assert np.array_equal(finish(second).train_images, done.train_images)
    assert read_meta(folder_of(tmp_path, FINGERPRINT, 16))["skipped"] == []


@pytest.mark.parametrize("damaged", ["train_images.npy", "test_labels.npy", "meta.json"])
def test_damaged_files_are_prepared_anew(tmp_path, finish, damaged):
    finish(converted(tmp_path, pictures(6), pictures(6)))
    path = folder_of(tmp_path, FINGERPRINT, 16) / damaged
    path.write_bytes(path.read_bytes()[:-20])
    assert open_prepared(tmp_path, FINGERPRINT, 16) is None
    assert finish(converted(tmp_path, pictures(6), pictures(6))).train_images[5].max() == 5


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(tmp_path, finish):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(BadInput, match=r"could not be written to .* \(File too large\): make room there"):
            finish(converted(tmp_path, pictures(300), pictures(6)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.glob("data/*.part"))
    assert open_prepared(tmp_path, FINGERPRINT, 16) is None


def test_what_is_kept_is_plain_npy_and_json(tmp_path, finish):
    finish(convert(tmp_path, FINGERPRINT, ("<b>cat</b>", "собака"), 16, pictures(6), pictures(6), ("A note.",)))
    folder = folder_of(tmp_path, FINGERPRINT, 16)
    assert sorted(path.name for path in folder.iterdir()) == [
        "meta.json",
        "test_images.npy",
        "test_labels.npy",
        "train_images.npy",
        "train_labels.npy",
    ]
    assert json.loads((folder / "meta.json").read_text())["notes"] == ["A note."]
    assert open_prepared(tmp_path, FINGERPRINT, 16).classes == ("<b>cat</b>", "собака")
