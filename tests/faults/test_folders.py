"""Folders as people have them: odd images, odd layouts, links, and images that go away; with real processes."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpviz.cli import main

ROOT = Path(__file__).parent.parent.parent
TINY = ["--image-size", "48", "--batch-size", "8", "--precision", "fp32"]


@pytest.fixture
def hpviz(tmp_path):
    """Start `python -m hpviz` on a cache of its own."""

    def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hpviz", *arguments, "--json", "--cache", str(tmp_path / "cache")]
        env = {**os.environ, "OMP_NUM_THREADS": "1", **(env or {})}
        return subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return start


def finish(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def state(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in sorted(root.rglob("*"))}


def bomb() -> bytes:
    """A PNG of a few bytes that claims to hold 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def save(image: Image.Image, path: Path, kind: str) -> None:
    image.save(path, kind)


def cut_short(path: Path) -> None:
    save(Image.new("RGB", (150, 113), "red"), path, "JPEG")
    os.truncate(path, 400)


ODD = {  # row 11: read
    "cmyk.jpg": lambda path: save(Image.new("CMYK", (20, 20), (0, 99, 99, 0)), path, "JPEG"),
    "grey.jpg": lambda path: save(Image.new("L", (20, 20), 99), path, "JPEG"),
    "deep.png": lambda path: save(Image.new("I;16", (20, 20), 30_000), path, "PNG"),
    "wide.jpg": lambda path: save(Image.new("RGB", (150, 113), "red"), path, "JPEG"),
    "png.jpg": lambda path: save(Image.new("RGB", (20, 20), "blue"), path, "PNG"),
    "webp.jpg": lambda path: save(Image.new("RGB", (20, 20), "lime"), path, "WEBP"),
    "film.gif": lambda path: save(Image.new("P", (20, 20), 7), path, "GIF"),
    "scan.tif": lambda path: save(Image.fromarray(np.ones((20, 20), np.float32)), path, "TIFF"),
    "no ending": lambda path: save(Image.new("RGB", (20, 20), "cyan"), path, "BMP"),
}
BAD = {  # row 11: skipped and listed
    "short.jpg": (cut_short, "is cut short or damaged"),
    "empty.jpg": (lambda path: path.write_bytes(b""), "is empty"),
    "text.jpg": (lambda path: path.write_text("no picture"), "is no picture that can be read"),
    "bomb.png": (lambda path: path.write_bytes(bomb()), "has more than 64 million pixels"),
}  # fmt: skip


def test_odd_images_are_converted_or_skipped_and_listed_and_the_counts_are_those_of_the_run(tmp_path, folder, hpviz):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    for name, make in ODD.items():
        make(root / "test/dark" / name)
    for name, (make, _) in BAD.items():
        make(root / "test/dark" / name)
    before = state(root)
    status, (told,), _ = finish(hpviz("data", "--data", str(root)))
    assert (status, told["ready"], told["test_counts"]) == (0, True, {"bright": 8, "dark": 8 + len(ODD)})
    assert dict(told["audit"]["skipped"]) == {f"test/dark/{name}": why for name, (_, why) in BAD.items()}
    status, lines, _ = finish(hpviz("run", "--data", str(root), "--epochs", "1", *TINY))
    assert status == 0
    accuracy = next(line["test_accuracy"] for line in lines if line["event"] == "epoch")
    tested = 16 + len(ODD)
    assert accuracy * tested == pytest.approx(round(accuracy * tested))
    assert state(root) == before

    for number in range(2):
        (root / "train/dark" / f"more {number}.jpg").write_text("no picture")
    for verb in (["data"], ["run", *TINY]):
        status, lines, err = finish(hpviz(*verb, "--data", str(root)))
        assert status == 2
        assert "More than 5% of the 111 images in" in lines[-1]["message"]
        assert err.count("\n") == 1


def test_images_that_go_away_while_a_run_trains_do_not_end_it(tmp_path, folder, hpviz):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    training = hpviz("run", "--data", str(root), "--epochs", "3", *TINY)
    assert any(json.loads(line)["event"] == "epoch" for line in training.stdout)
    shutil.rmtree(root)
    status, lines, _ = finish(training)
    assert (status, lines[-1]["status"]) == (0, "finished")
    status, lines, _ = finish(hpviz("resume", lines[-1]["id"], "--epochs", "4"))
    assert (status, lines[-1]["status"]) == (0, "finished")
    status, lines, err = finish(hpviz("data", "--data", str(root)))
    assert status == 2
    assert "is neither a data set nor a folder" in err


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (None, "is neither a data set nor a folder"),
        ((), "is empty"),
        (("cats",), "has only one class, 'cats'"),
        (("seg_pred/seg_pred",), "holds only images without a class (seg_pred)"),
        (("train/cats", "train/dogs", "test/cats", "test/Dogs"), "The class 'Dogs' is in test but not in train"),
        (("test/cats", "test/dogs"), None),
        (("cats", "dogs"), "20% of each class was set aside"),
        (("seg_train/seg_train/cats", "seg_train/seg_train/dogs", "seg_test/cats", "seg_test/dogs"), ""),
    ],
)
def test_an_odd_folder_serves_or_is_refused_in_one_sentence(tmp_path, capsys, folders, sentence):
    root = tmp_path / "set"
    for folder in folders or ():
        (root / folder).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (20, 20), (number, len(folder), 9)).save(root / folder / f"{number}.png")
    if folders is not None:
        root.mkdir(exist_ok=True)
    status = main(["data", "--data", str(root), "--json", "--cache", str(tmp_path / "cache")])
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    if status == 0:
        assert set(lines[0]["train_counts"]) == {"cats", "dogs"}
        assert (sentence or "") in " ".join(lines[0]["notes"])
    else:
        assert status == 2
        assert captured.err.count("\n") == 1
        assert sentence in captured.err


def test_a_set_of_links_trains_once_confirmed_and_nothing_outside_the_cache_is_touched(tmp_path, folder, hpviz):
    store, root = Path(shutil.copytree(folder, tmp_path / "store")), tmp_path / "set"
    for file in list(store.rglob("*.png")):
        link = root / file.relative_to(store)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    secret = tmp_path / "keys"
    shutil.copytree(store / "test/dark", secret)
    (root / "test/dark/key.png").symlink_to(secret / "1.png")
    before = state(tmp_path)
    status, lines, _ = finish(hpviz("run", "--data", str(root), "--epochs", "1", *TINY))
    assert status == 2
    assert f"--follow {tmp_path}" in lines[-1]["message"]
    status, lines, _ = finish(hpviz("run", "--data", str(root), "--follow", str(store), "--epochs", "1", *TINY))
    assert (status, lines[-1]["status"]) == (0, "finished")
    status, (told,), _ = finish(hpviz("data", "--data", str(root)))
    assert told["test_counts"] == {"bright": 8, "dark": 8}
    assert told["audit"]["skipped"] == [["test/dark/key.png", "is a link that leads out of the folder"]]
    after = state(tmp_path)
    assert {path: about for path, about in after.items() if not path.startswith(str(tmp_path / "cache"))} == before


def test_a_set_is_the_same_where_the_system_cannot_spell_its_names(tmp_path, folder, hpviz):
    root = Path(shutil.copytree(folder, tmp_path / "squares"))
    for split in ("train", "test"):
        (root / split / "dark").rename(root / split / "dunkel – ночь")
    told = []
    for more in ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        status, (line, *_), err = finish(hpviz("data", "--data", str(root), env=more))
        assert status == 0, err
        told.append((line["fingerprint"], line["classes"], line["train_counts"]))
    assert told[0] == told[1]
