"""Of whatever lies in a folder, every file is trained on, tested on, or counted and named."""

import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hpviz.data import catalogue, each_photo, hashes
from hpviz.data.conversion import UNREADABLE_LIMIT
from hpviz.data.folder import look
from hpviz.data.prepared import folder_of, read_meta
from hpviz.spec import BadInput


@pytest.fixture
def listed(tmp_path, finish):
    return lambda folder: finish(look(Path(folder), tmp_path / "cache"))


def picture(path: Path, shade: int = 0, kind: str = "PNG", size: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size, size), (shade % 256, shade // 256, 90)).save(path, kind)
    return path


KINDS = {
    "a.png": lambda path, number: picture(path, number),
    "a.jpg": lambda path, number: picture(path, number, "WEBP"),  # whatever the suffix says
    "a": lambda path, number: picture(path, number, "GIF"),
    "a.tmp": lambda path, number: picture(path, number, "TIFF"),
    "a.avif": lambda path, number: picture(path, number, "AVIF"),
    "broken.png": lambda path, number: path.write_bytes(b"\x89PNG\r\n\x1a\n"),
    "broken.heic": lambda path, number: path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(20)),
    "broken": lambda path, number: path.write_bytes(b"\xff\xd8\xff\xe0"),
    "labels.csv": lambda path, number: path.write_text("name,class\n"),
    os.fsdecode(b"\xff.txt"): lambda path, number: path.write_text("x"),
    "pipe": lambda path, number: os.mkfifo(path),
    "link.png": lambda path, number: path.symlink_to("/etc/hostname"),
    "nothing": lambda path, number: path.symlink_to("gone"),
    ".hidden": lambda path, number: picture(path, number),
}
HIDDEN = "hidden files and folders"
FOLDERS = ["", "cats", "dogs", "train/cats", "train/dogs", "test_set/cats", "test_set/dogs", "test", "figures", ".git"]


@settings(max_examples=60)
@given(
    st.sets(st.tuples(st.sampled_from(FOLDERS), st.sampled_from(sorted(KINDS))), max_size=30),
    st.sampled_from([FOLDERS[1:3], FOLDERS[3:5], FOLDERS[3:7], FOLDERS[5:7], FOLDERS[1:6]]),
)
def test_every_file_of_any_folder_is_accounted_for(finish, odd, classes):
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "root")
        root.mkdir()
        for number, folder in enumerate(sorted(classes)):
            for index in range(25):
                picture(root / folder / f"{index}.png", 30 * number + index)
        for number, (folder, kind) in enumerate(sorted(odd)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            KINDS[kind](root / folder / kind, 1000 + number)
        try:
            listing = finish(look(root, Path(scratch, "cache")))
        except BadInput as error:
            assert str(error).count("\n") == 0
            str(error).encode()
            return
        entries = {
            Path(place, name)
            for place, folders, files in os.walk(root)
            for name in files
            if not any(part.startswith(".") for part in Path(place, name).relative_to(root).parts)
        }
        used = [photo.path for photo in listing.train + listing.test]
        aside = [(name, count) for name, count, _ in listing.aside if name != HIDDEN]
        assert len(set(used)) == len(used)
        assert len(used) + len(listing.skipped) + sum(count for _, count in aside) == len(entries)
        hidden = sum(name.startswith(".") for place, folders, files in os.walk(root) for name in (*folders, *files))
        inside_hidden = sum(".git" in Path(place).parts for place, _, files in os.walk(root) for name in files)
        counted = {name: count for name, count, _ in listing.aside}.get(HIDDEN, 0)
        assert hidden - inside_hidden <= counted <= hidden
        for split in (listing.train, listing.test):
            assert {photo.label for photo in split} == set(range(len(listing.classes)))
        "\n".join([*listing.notes, *(name for name, _ in [*aside, *listing.skipped])]).encode()


@pytest.mark.parametrize("kind", ["AVIF", "WEBP", "TIFF", "BMP", "GIF"])
def test_a_class_of_another_format_is_trained_on_like_the_others(tmp_path, fill, listed, kind):
    root = fill(tmp_path / "set", "cats", "dogs")
    for number in range(5):
        picture(root / "birds" / f"{number}.{kind.lower()}", number, kind)
    found = listed(root)
    assert found.identity.train_counts == {"birds": 4, "cats": 4, "dogs": 4}
    assert (found.skipped, found.aside) == ((), ())


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("1.svg", b"<svg/>", "each of its 12 files (.svg) is no picture that can be read"),
        ("1.heic", b"\0\0\0\x18ftypheic", "each of its 12 files (.heic) is a HEIC picture, which needs the package"),
        ("1", b"\xff\xd8\xff\xe0", "each of its 12 files (no ending) is cut short or damaged"),
        ("1.nef", b"II*\0\x08\0\0\0", "each of its 12 files (.nef) is a camera's raw file, of which only a preview"),
    ],
)
def test_a_class_that_no_decoder_reads_is_named_with_its_count(tmp_path, fill, listed, monkeypatch, name, content, why):
    monkeypatch.setattr(hashes, "FORMATS", tuple(kind for kind in hashes.FORMATS if kind != "HEIF"))
    root = fill(tmp_path / "set", "cats", "dogs")
    (root / "birds").mkdir()
    for number in range(12):
        (root / "birds" / f"{number}{name}").write_bytes(content)
    found = listed(root)
    assert found.classes == ("cats", "dogs")
    assert f"'birds' was left aside: {why}" in "\n".join(found.notes)
    assert sum(count for _, count, _ in found.aside) == 12


def test_a_folder_of_nothing_but_pictures_for_a_plug_in_says_so(tmp_path, listed, monkeypatch):
    monkeypatch.setattr(hashes, "FORMATS", tuple(kind for kind in hashes.FORMATS if kind != "HEIF"))
    for name in ("cats", "dogs"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "1.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(BadInput, match=r"holds no images \('cats/1.heic', for one, is a HEIC picture, which needs the"):
        listed(tmp_path / "set")


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:300])


@pytest.fixture
def cut_short(tmp_path, fill):
    """Two of forty test images are cut short."""
    root = fill(tmp_path / "set", "train/cats", "train/dogs", "test/cats", "test/dogs", count=20)
    for name in ("0.jpg", "1.jpg"):
        shorten(root / "test/cats" / name)
    return root


def test_unreadable_images_are_named_and_not_counted_before_anything_is_prepared(tmp_path, cut_short, finish):
    source = catalogue.resolve(str(cut_short), tmp_path / "cache")
    identity = finish(catalogue.identify(source, tmp_path / "cache"))
    assert identity.test_counts == {"cats": 18, "dogs": 20}
    prepared = finish(catalogue.prepare(source, 16, tmp_path / "cache"))
    assert (prepared.test_labels == 0).sum() == 18
    assert read_meta(folder_of(tmp_path / "cache", identity.fingerprint, 16))["skipped"] == []


def test_a_folder_with_too_many_unreadable_images_is_refused_before_anything_is_prepared(tmp_path, cut_short, listed):
    for number in range(2, 2 + round(UNREADABLE_LIMIT * 80)):
        shorten(cut_short / "train/dogs" / f"{number}.jpg")
    with pytest.raises(BadInput, match=r"More than 5% of the 80 images in '.*' cannot be used \('train/dogs/2.jpg'"):
        listed(cut_short)


def test_a_class_without_a_readable_image_is_refused(tmp_path, fill, listed):
    root = fill(tmp_path / "set", "train/cats", "train/dogs", "test/cats", count=40)
    picture(root / "test/dogs/0.png").write_bytes(b"")
    with pytest.raises(BadInput, match="None of the test images of the class 'dogs' can be read"):
        listed(root)


def test_what_is_unreadable_is_found_out_once_and_again_when_the_decoders_change(
    tmp_path, cut_short, listed, monkeypatch
):
    before = listed(cut_short)
    looked_at = []
    monkeypatch.setattr(each_photo, "examine", lambda path, content: looked_at.append(path.name) or "")
    assert listed(cut_short) == before
    assert looked_at == []
    shutil.move(cut_short / "test/dogs/3.jpg", cut_short / "test/dogs/moved.jpg")
    assert len(listed(cut_short).test) == 38
    assert looked_at == []  # the same content under another name
    monkeypatch.setattr(hashes, "DECODERS", ["another"])
    looked_at.clear()
    assert len(listed(cut_short).test) == 40
    assert sorted(looked_at) == ["0.jpg", "1.jpg"]


def test_a_look_that_is_stopped_goes_on_from_there(tmp_path, fill, monkeypatch):
    root = fill(tmp_path / "set", "cats", "dogs", count=100)
    monkeypatch.setattr(hashes.processes, "in_order", lambda work, items: (yield from ([work(item)] for item in items)))
    looking = look(root, tmp_path / "cache")
    steps = (step for step in looking if step.what == "looking at the images")
    assert next(step for step in steps if step.done == 50)
    looking.close()
    assert next(step for step in look(root, tmp_path / "cache") if step.what == "looking at the images").total == 150


def test_pictures_read_only_now_make_another_data_set(tmp_path, fill, listed):
    root = fill(tmp_path / "set", "cats", "dogs", count=40)
    (root / "cats" / "0.jpg").write_bytes(b"\x89PNG")
    unread = listed(root)
    picture(root / "cats" / "0.jpg", 1, "WEBP")
    read = listed(root)
    lines = [(f"{split}/{photo.name}", photo.digest) for split in ("train", "test") for photo in getattr(read, split)]
    assert read.fingerprint not in (unread.fingerprint, hashes.digest_of(lines))


def test_images_with_a_name_of_bytes_that_are_no_text_are_prepared(tmp_path, fill, finish):
    root = fill(tmp_path / os.fsdecode(b"caf\xe9"), os.fsdecode(b"train/\xff"), "train/dogs", count=40)
    (root / "train" / os.fsdecode(b"\xff") / os.fsdecode(b"\xfe.jpg")).write_bytes(b"")
    (root / "train" / os.fsdecode(b"\xff") / os.fsdecode(b"\xfe.txt")).write_bytes(b"")
    source = catalogue.resolve(str(root), tmp_path / "cache")
    assert (source.name, source.given) == (r"caf\xe9", rf"{tmp_path}/caf\xe9")
    assert catalogue.resolve(source.given, tmp_path / "cache") == source
    identity = finish(catalogue.identify(source, tmp_path / "cache"))
    assert identity.classes == ("dogs", r"\xff")
    "\n".join(identity.notes).encode()
    assert len(finish(catalogue.prepare(source, 16, tmp_path / "cache")).classes) == 2


@pytest.fixture
def look_as_nobody(finish):
    """Look at a folder as a user who may not read everything; tests may run as root, who may."""

    def looked(root: Path) -> tuple[bool, object]:
        here, there = multiprocessing.get_context("fork").Pipe()

        def child() -> None:
            if os.geteuid() == 0:
                os.setuid(65534)
            try:
                listing = finish(look(root, root / "no cache"))
                there.send((True, (listing.identity.train_counts, listing.skipped)))
            except BadInput as error:
                there.send((False, str(error)))

        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join()
        return here.recv()

    with tempfile.TemporaryDirectory() as scratch:  # pytest's own is closed to others
        os.chmod(scratch, 0o755)
        yield Path(scratch, "set"), looked


def test_what_may_not_be_read_is_named_and_a_closed_test_folder_is_not_replaced(fill, look_as_nobody):
    root, looked = look_as_nobody
    fill(root, "train/cats", "train/dogs", "train/birds", "test/cats", "test/dogs", count=20)
    (root / "train/cats/0.jpg").chmod(0)
    (root / "train/birds").chmod(0)
    read, (counts, skipped) = looked(root)
    assert (read, counts) == (True, {"cats": 19, "dogs": 20})
    assert skipped == (
        ("train/birds", "is a folder that cannot be read (Permission denied)"),
        ("train/cats/0.jpg", "cannot be read (Permission denied)"),
    )
    (root / "test").chmod(0)
    assert looked(root) == (
        False,
        f"In {str(root)!r}, 'test' is a folder that cannot be read (Permission denied): bring the images there, or "
        "change permissions.",
    )
    root.chmod(0)
    read, why = looked(root)
    assert "cannot be read (Permission denied): change its permissions or give another" in why


@pytest.mark.parametrize(
    ("pointer", "why"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "`git lfs pull` fetches"),
        (b"/annex/objects/SHA256E-s9--0.jpg\n", "`git annex get` fetches"),
    ],
)
def test_pointers_in_place_of_images_are_told_from_damaged_ones(tmp_path, listed, pointer, why):
    for name in ("cats", "dogs"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "set" / name / f"{number}.jpg").write_bytes(pointer)
    with pytest.raises(BadInput, match=why):
        listed(tmp_path / "set")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("1.ppm", b"P6 1 1 255\n\0\0\0", r"'cats/1.ppm', for one, is no picture that can be read here, being PBM"),
        ("1.jp2", b"\0\0\0\x0cjP  \r\n\x87\n", r"here, being JPEG 2000: convert such to PNG"),
        ("1.nef", b"II*\0\x08\0\0\0", "is a camera's raw file"),
        ("1.parquet", b"PAR1", "'cats/1.parquet', for one, is no picture that can be read"),
        (".1.png", b"", r"\(what is hidden is not looked at\)"),
    ],
)
def test_a_folder_without_a_picture_says_what_lies_there(tmp_path, listed, name, content, why):
    for folder in ("cats", "dogs"):
        (tmp_path / "set" / folder).mkdir(parents=True)
        (tmp_path / "set" / folder / name).write_bytes(content)
    with pytest.raises(BadInput, match=why):
        listed(tmp_path / "set")


def test_classes_that_are_nearly_called_the_same_are_pointed_out(tmp_path, fill, listed):
    found = listed(fill(tmp_path / "set", "cats", "Cats", "dogs"))
    assert found.classes == ("Cats", "cats", "dogs")
    assert "'Cats', 'cats' are different classes, although their names are nearly the same." in found.notes
