import hashlib
import pickle
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from hpviz.data import arrays, published, scenes
from hpviz.data.catalogue import NAMES, NotFetched, fetch, identify, is_ready, prepare, resolve
from hpviz.data.prepared import open_prepared
from hpviz.data.progress import Progress
from hpviz.spec import BadInput


def test_each_name_is_a_source_that_resolves_again(tmp_path):
    assert NAMES == ("scenes", "intel", "cifar10", "fashion-mnist")
    for name in NAMES:
        source = resolve(f" {name}\n", tmp_path)
        assert (source.name, source.kind, source.given) == (name, name, name)
        assert resolve(source.given, tmp_path) == source


def test_a_folder_is_named_after_itself_and_given_by_its_whole_path(tmp_path, fill, monkeypatch):
    fill(tmp_path / "my photos", "cat", "dog")
    monkeypatch.chdir(tmp_path)
    source = resolve("./my photos", tmp_path / "cache")
    assert (source.name, source.kind, source.folder) == ("my photos", "folder", tmp_path / "my photos")
    monkeypatch.chdir("/")
    assert resolve(source.given, tmp_path / "cache") == source


@pytest.mark.parametrize(
    "data", ["", "  ", "no-such-set", "Scenes2", "/no/such/folder", "a\0b", "x" * 5000, "~nobody-here/a"]
)
def test_anything_else_is_refused_with_the_names_and_the_way_out(tmp_path, data):
    with pytest.raises(BadInput) as caught:
        resolve(data, tmp_path)
    assert "give one of scenes, intel, cifar10, fashion-mnist, or the path of a folder of images" in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_in_place_of_a_folder_is_refused(tmp_path, photo):
    with pytest.raises(BadInput, match="is a file, not a folder"):
        resolve(str(photo(tmp_path / "a.jpg")), tmp_path)


def test_a_folder_is_identified_and_prepared(tmp_path, fill, finish):
    root = fill(tmp_path / "a", "train/cat", "train/dog", "test/cat", "test/dog", count=3)
    source = resolve(str(root), tmp_path / "cache")
    assert is_ready(source, tmp_path / "cache")
    finish(fetch(source, tmp_path / "cache"))
    identity = finish(identify(source, tmp_path / "cache"))
    assert identity.train_counts == identity.test_counts == {"cat": 3, "dog": 3}
    prepared = finish(prepare(source, 16, tmp_path / "cache"))
    assert prepared.fingerprint == identity.fingerprint
    assert prepared.train_images.shape == (6, 3, 16, 16)
    assert prepared.train_labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_folder_that_changed_is_prepared_under_another_fingerprint(tmp_path, fill, photo, finish):
    root = fill(tmp_path / "a", "cat", "dog")
    source = resolve(str(root), tmp_path / "cache")
    before = finish(prepare(source, 16, tmp_path / "cache"))
    photo(root / "cat" / "new.jpg", seed=99)
    after = finish(prepare(source, 16, tmp_path / "cache"))
    assert after.fingerprint != before.fingerprint
    assert len(after.train_images) == len(before.train_images) + 1


def test_a_folder_that_went_away_is_no_longer_ready_but_what_was_prepared_still_opens(tmp_path, fill, finish):
    source = resolve(str(fill(tmp_path / "a", "cat", "dog")), tmp_path / "cache")
    fingerprint = finish(prepare(source, 16, tmp_path / "cache")).fingerprint
    (tmp_path / "a").rename(tmp_path / "b")
    assert not is_ready(source, tmp_path / "cache")
    for work in (fetch, identify):
        with pytest.raises(BadInput, match="is no longer there"):
            finish(work(source, tmp_path / "cache"))
    assert open_prepared(tmp_path / "cache", fingerprint, 16) is not None


def few_scenes() -> Generator[Progress, None, scenes.Scenes]:
    yield Progress("drawing the scenes", 0, 6)
    images = np.repeat(np.arange(6, dtype=np.uint8) * 40, 150 * 150 * 3).reshape(6, 150, 150, 3)
    return scenes.Scenes(images, np.arange(6), images[::-1], np.arange(6)[::-1].copy())


def test_the_scenes_are_known_at_once_and_drawn_once_for_every_size(tmp_path, finish, monkeypatch):
    drawn = []
    monkeypatch.setattr(scenes, "draw_scenes", lambda: drawn.append(1) or few_scenes())
    source = resolve("scenes", tmp_path)
    assert is_ready(source, tmp_path)
    identity = finish(identify(source, tmp_path))
    assert identity.classes == scenes.SCENES_CLASSES
    assert set(identity.train_counts.values()) == {300}
    assert set(identity.test_counts.values()) == {100}
    assert not drawn

    small = finish(prepare(source, 20, tmp_path))
    native = finish(prepare(source, 150, tmp_path))
    assert drawn == [1]
    assert small.train_images.shape == (6, 3, 20, 20)
    assert native.train_images.shape == (6, 3, 150, 150)
    assert small.train_images[:, 0, 0, 0].tolist() == [0, 40, 80, 120, 160, 200]
    assert small.test_labels.tolist() == [5, 4, 3, 2, 1, 0]
    assert small.fingerprint == identity.fingerprint == scenes.SCENES_FINGERPRINT


def test_scenes_drawn_otherwise_than_elsewhere_are_said_to_be(tmp_path, finish, monkeypatch):
    monkeypatch.setattr(scenes, "draw_scenes", few_scenes)
    source = resolve("scenes", tmp_path)
    assert finish(identify(source, tmp_path)).notes == ()
    finish(prepare(source, 20, tmp_path))
    (note,) = finish(identify(source, tmp_path)).notes
    assert note.startswith("This machine rounds differently")


def test_stopping_while_the_scenes_are_drawn_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "draw_scenes", few_scenes)
    work = prepare(resolve("scenes", tmp_path), 20, tmp_path)
    assert next(work).what == "drawing the scenes"
    work.close()
    assert [path.suffix for path in (tmp_path / "data").iterdir()] == [".lock"]


def test_a_run_that_begins_while_the_scenes_are_drawn_does_not_draw_them_as_well(tmp_path, finish, monkeypatch):
    drawn = []
    monkeypatch.setattr(scenes, "draw_scenes", lambda: drawn.append(1) or few_scenes())
    source = resolve("scenes", tmp_path)
    server, run = prepare(source, 20, tmp_path), prepare(source, 30, tmp_path)
    assert next(server).what == "drawing the scenes"
    assert next(run).what == "waiting for another process that is doing the same"
    finish(server)
    assert finish(run).train_images.shape == (6, 3, 30, 30)
    assert drawn == [1]


@pytest.fixture
def cifar(tmp_path, monkeypatch) -> Path:
    """CIFAR-10's files in small, where torchvision leaves them; the checksums are set to theirs."""
    folder = tmp_path / "downloads" / "cifar10" / published.CIFAR10
    folder.mkdir(parents=True)

    def save(name: str, content: dict[str, object]) -> dict[str, str]:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return {name: hashlib.md5(data).hexdigest()}

    def batch(name: str, value: int) -> dict[str, str]:
        pixels = np.arange(30720).astype(np.uint8).reshape(10, 3072)
        pixels[:, :1024] = value  # red
        return save(name, {"data": pixels, "labels": list(range(10))})

    train = [batch(f"data_batch_{index}", index) for index in range(1, 6)]
    monkeypatch.setattr(published, "CIFAR10_TRAIN", {name: md5 for each in train for name, md5 in each.items()})
    monkeypatch.setattr(published, "CIFAR10_TEST", batch("test_batch", 9))
    classes = {"label_names": ["airplane", "car", *"bcdefghi"]}
    monkeypatch.setattr(published, "CIFAR10_META", save("batches.meta", classes))
    return folder


def test_cifar10_is_identified_once_and_prepared(tmp_path, cifar, finish, monkeypatch):
    source = resolve("cifar10", tmp_path)
    assert source.folder == tmp_path / "downloads" / "cifar10"
    identity = finish(identify(source, tmp_path))
    assert identity.classes[:2] == ("airplane", "car")
    assert set(identity.train_counts.values()) == {5}
    prepared = finish(prepare(source, 24, tmp_path))
    assert prepared.fingerprint == identity.fingerprint
    assert prepared.train_images.shape == (50, 3, 24, 24)
    assert prepared.train_images[::10, 0, 0, 0].tolist() == [1, 2, 3, 4, 5]

    monkeypatch.setattr("hpviz.data.arrays.read_torchvision", None)
    assert finish(identify(source, tmp_path)) == identity


def test_cifar10_is_read_as_torchvision_reads_it(tmp_path, cifar, monkeypatch):
    from torchvision.datasets import CIFAR10

    assert CIFAR10.base_folder == str(published.CIFAR10)
    monkeypatch.setattr(CIFAR10, "train_list", [list(file) for file in published.CIFAR10_TRAIN.items()])
    monkeypatch.setattr(CIFAR10, "test_list", [list(file) for file in published.CIFAR10_TEST.items()])
    ((name, md5),) = published.CIFAR10_META.items()
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    ours = arrays.read_torchvision("cifar10", cifar.parent)
    for train, images, labels in (
        (True, ours.train_images, ours.train_labels),
        (False, ours.test_images, ours.test_labels),
    ):
        theirs = CIFAR10(cifar.parent, train=train)
        assert images.tolist() == theirs.data.tolist()
        assert labels.tolist() == theirs.targets
        assert ours.classes == tuple(theirs.classes)


def test_the_files_of_cifar10_and_fashion_mnist_are_those_that_torchvision_fetches():
    from torchvision.datasets import CIFAR10, FashionMNIST

    assert dict(CIFAR10.train_list) == published.CIFAR10_TRAIN
    assert dict(CIFAR10.test_list) == published.CIFAR10_TEST
    assert {CIFAR10.meta["filename"]: CIFAR10.meta["md5"]} == published.CIFAR10_META
    assert tuple(FashionMNIST.classes) == published.FASHION_CLASSES


def test_damaged_files_of_cifar10_are_refused(tmp_path, cifar, finish):
    canary = tmp_path / "canary"
    (cifar / "data_batch_3").write_bytes(b"cos\nsystem\n(S'touch %s'\ntR." % bytes(canary))
    with pytest.raises(BadInput, match=r"The files of cifar10 are damaged: remove .* and download them again"):
        finish(identify(resolve("cifar10", tmp_path), tmp_path))
    assert not canary.exists()


def test_what_was_not_downloaded_says_so(tmp_path, finish):
    source = resolve("cifar10", tmp_path)
    assert source.folder is None
    for work in (identify(source, tmp_path), prepare(source, 32, tmp_path)):
        with pytest.raises(NotFetched, match="cifar10 has not been downloaded yet: fetch it on the Data page"):
            finish(work)


def test_importing_the_data_sets_loads_neither_torch_nor_kagglehub():
    code = "import sys, hpviz.data.audit; print({'torch', 'torchvision', 'kagglehub', 'requests'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_real_photos_are_recognised(tmp_path, photos, finish):
    identity = finish(identify(resolve(photos, tmp_path), tmp_path))
    assert identity.classes == scenes.SCENES_CLASSES
    assert identity.notes == ()
