"""Folders that earlier versions accepted keep their fingerprints and classes: run ids are made of them."""

import hashlib
import os
import struct
import unicodedata
import zlib
from pathlib import Path

import pytest

from hpviz.data.decode import decode
from hpviz.data.folder import look


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(number: int, edge: int = 4, depth: int = 8, colour: int = 2, *more: bytes) -> bytes:
    """A PNG whose bytes depend on no library: its pixels are stored, not compressed."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    line = channels * depth // 8 * edge
    noise = b"".join(hashlib.sha256(b"%d/%d" % (number, block)).digest() for block in range(line * edge // 32 + 1))
    raw = b"".join(b"\0" + noise[row * line : (row + 1) * line] for row in range(edge))
    stored = (
        b"\x78\x01\x01" + struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw + struct.pack(">I", zlib.adler32(raw))
    )
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def fill(root: Path, *folders: str, count: int = 5, suffix: str = ".png") -> Path:
    for row, folder in enumerate(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            (root / folder / f"{index}{suffix}").write_bytes(png(1000 * row + index))
    return root


def wrong_bytes(root: Path) -> None:
    fill(root, "train/a", "train/b", "test/a", "test/b", count=30)
    (root / "train/a/text.jpg").write_text("no picture")
    (root / "train/b/empty.png").write_bytes(b"")
    (root / "test/a/short.png").write_bytes(png(77)[:60])


def unsplit_wrong_bytes(root: Path) -> None:
    fill(root, "a", "b", count=40)
    (root / "a/0.png").write_bytes(b"")
    (root / "b/7.png").write_text("no picture")


def strays(root: Path) -> None:
    fill(root, "train/a", "train/b", "test/a", "test/b", "val/a", "val/b", "seg_pred", "figures")
    (root / "train/cover.png").write_bytes(png(5))
    (root / "cover.png").write_bytes(png(6))
    (root / "README.txt").write_text("x")
    (root / ".hidden").mkdir()
    (root / ".hidden/0.png").write_bytes(png(7))


def links(root: Path) -> None:
    fill(root, "a", "b")
    (root / "b/again.png").symlink_to(root / "a/0.png")
    (root / "a/out.png").symlink_to("/etc/hostname")


def both_forms(root: Path) -> None:
    names = [unicodedata.normalize(form, "café") for form in ("NFC", "NFD")]
    fill(root, *(f"{split}/{name}" for split in ("train", "test") for name in names))


def not_text(root: Path) -> None:
    fill(root, os.fsdecode(b"caf\xe9"), "dog ")
    (root / "dog " / os.fsdecode(b"\xff.png")).write_bytes(png(8))


TREES = {
    "plain": lambda root: fill(root, "cat", "dog"),
    "split": lambda root: fill(root, "train/cat", "train/dog", "test/cat", "test/dog", count=3),
    "doubled": lambda root: fill(root, *(f"seg_{s}/seg_{s}/{c}" for s in ("train", "test") for c in "xyz"), "seg_pred"),
    "wrapped": lambda root: fill(root / "archive/data", "Training/x", "Training/y", "TESTING/x", "TESTING/y"),
    "validated": lambda root: fill(root, "train/x", "train/y", "valid/x", "valid/y"),
    "train-only": lambda root: fill(root, "train/x", "train/y", "extra/x", "extra/y"),
    "train-and-flat": lambda root: fill(root, "train/x", "train/y", "extra"),
    "nested": lambda root: fill(root, "train/cat/2019", "train/cat/2020", "train/dog", "test/cat", "test/dog"),
    "nested-same": lambda root: fill(root, "cat/2019", "cat/2020", "dog/2019", "dog/2020"),
    "nested-one": lambda root: fill(root, "cat/images", "dog/images"),
    "nested-uneven": lambda root: fill(root, "cat/tabby", "cat/siamese", "dog", "bird"),
    "vehicles": lambda root: fill(root, "bus", "car", "train"),
    "exams": lambda root: fill(root, "test", "quiz", "homework"),
    "capitals": lambda root: fill(root, "Cat", "dog", "Zebra", suffix=".PNG"),
    "wrong-bytes": wrong_bytes,
    "unsplit-wrong-bytes": unsplit_wrong_bytes,
    "strays": strays,
    "links": links,
    "both-forms": both_forms,
    "not-text": not_text,
}  # fmt: skip

KNOWN = {  # what was trained on before anything else than JPEG and PNG was read
    "plain": ("140802ec02abe850", "cat|dog"),
    "split": ("0e239d145c855b8f", "cat|dog"),
    "doubled": ("59441be152583aff", "x|y|z"),
    "wrapped": ("aaf05b512a8820bd", "x|y"),
    "validated": ("aaf05b512a8820bd", "x|y"),
    "train-only": ("5084bc95ecca37fa", "x|y"),
    "train-and-flat": ("5084bc95ecca37fa", "x|y"),
    "nested": ("18be977dd023fd43", "cat|dog"),
    "nested-same": ("289af59722fa8733", "cat|dog"),
    "nested-one": ("cbb88d13e30974f9", "cat|dog"),
    "nested-uneven": ("5e42d6e166a3b61c", "bird|cat|dog"),
    "vehicles": ("3ff96b3ba7921d55", "bus|car|train"),
    "exams": ("7de4714b91ed7ba3", "homework|quiz|test"),
    "capitals": ("f504d5d261697617", "Cat|Zebra|dog"),
    "wrong-bytes": ("def0c97abf02b716", "a|b"),
    "unsplit-wrong-bytes": ("ef159754257e3c1c", "a|b"),
    "strays": ("14ddd092ffa9f7bc", "a|b"),
    "links": ("5e730922e28762ef", "a|b"),
    "both-forms": ("cecc9abf4185a765", "café|café"),
    "not-text": ("e797cebcc9762d84", "caf\\xe9|dog "),
}


@pytest.mark.parametrize("name", TREES)
def test_fingerprints_and_classes_are_those_of_earlier_versions(tmp_path, finish, name):
    TREES[name](tmp_path / "root")
    listing = finish(look(tmp_path / "root", tmp_path / "cache"))
    assert (listing.fingerprint[:16], "|".join(listing.classes)) == KNOWN[name]


PIXELS = {
    "grey": "e222aaf94b1fed05",
    "grey 16": "463ec9e748f9d17e",
    "colour": "1de43e6c725bf0c3",
    "colour 16": "bdf73de6dd2e5627",
    "grey alpha": "366c104e28ce63d1",
    "colour alpha": "a8d3acb05716977b",
    "colour key": "272076eb3b571c72",
    "palette": "b0f874323a7f53c3",
}
PICTURES = {
    "grey": png(1, 8, 8, 0),
    "grey 16": png(2, 8, 16, 0),
    "colour": png(3, 8, 8, 2),
    "colour 16": png(4, 8, 16, 2),
    "grey alpha": png(5, 8, 8, 4),
    "colour alpha": png(6, 8, 8, 6),
    "colour key": png(7, 8, 8, 2, chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "palette": png(8, 8, 8, 3, chunk(b"PLTE", bytes(range(256)) * 3), chunk(b"tRNS", bytes(range(0, 256, 2)))),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pixels_are_those_of_earlier_versions(tmp_path, name):
    (tmp_path / "a.png").write_bytes(PICTURES[name])
    pixels = decode(tmp_path / "a.png", 8).pixels
    assert hashlib.sha256(pixels.tobytes()).hexdigest()[:16] == PIXELS[name]
