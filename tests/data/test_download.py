"""The real kagglehub and torchvision against a server on 127.0.0.1 that plays their hosts.

It is reached as an HTTP proxy, which leaves every line of theirs as it is.
"""

import base64
import gzip
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest

from hpviz.data import arrays, download, published
from hpviz.data.catalogue import NotFetched, fetch, identify, is_ready, prepare, resolve
from hpviz.data.download import kagglehub_folder, newest_complete
from hpviz.spec import BadInput

MEBIBYTE = 1 << 20
FASHION = Path("/usr/share/datasets/fashion-mnist")


@dataclass
class Host:
    """What the stand-in serves and how it fails: it stops before byte `stop_at` until `go_on` is set, then hangs up."""

    files: dict[str, bytes]
    stop_at: int | None = None
    go_on: threading.Event = field(default_factory=threading.Event)
    refuse: bool = False
    damage: bool = False
    requests: list[tuple[str, str | None, str | None]] = field(default_factory=list)  # path, range, authorization

    def ranges(self) -> list[str]:
        return [asked for _, asked, _ in self.requests if asked]


def handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            path = self.noted()
            if host.refuse:
                self.send_error(403)
            elif path.endswith("GetDataset"):
                self.answer(json.dumps({"currentVersionNumber": 2}).encode(), "application/json")
            else:
                self.send_response(302)
                self.send_header("Location", "http://localhost/archive.zip")
                self.end_headers()

        def do_GET(self) -> None:
            content = host.files[self.noted().rpartition("/")[2]]
            self.answer(content, "application/octet-stream")

        def do_HEAD(self) -> None:
            self.do_GET()

        def noted(self) -> str:
            path = urlparse(self.path).path
            host.requests.append((path, self.headers["Range"], self.headers["Authorization"]))
            return path

        def answer(self, content: bytes, kind: str) -> None:
            start = int((self.headers["Range"] or "bytes=0-")[6:-1])
            digest = base64.b64encode(hashlib.md5(b"other" if host.damage else content).digest()).decode()
            self.send_response(206 if start else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("X-Goog-Hash", f"md5={digest}")
            self.end_headers()
            if self.command == "HEAD":
                return
            end = host.stop_at if kind != "application/json" else None
            try:
                self.wfile.write(content[start:end])
                self.wfile.flush()
            except OSError:
                return  # the client has seen enough
            if end is not None:
                host.go_on.wait()

    return Handler


@pytest.fixture
def host(tmp_path, monkeypatch) -> Iterator[Host]:
    """A running stand-in, and an environment in which Kaggle and all plain HTTP lead there."""
    stand_in = Host(files={})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(stand_in))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield stand_in
    stand_in.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def archive(tmp_path, fill) -> bytes:
    """Kaggle's archive in small, doubled folders and all, padded to three times what kagglehub reads at once."""
    splits = [f"{split}/{split}/{name}" for split in ("seg_train", "seg_test") for name in ("forest", "sea")]
    root = fill(tmp_path / "intel", *splits, count=3)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("padding.bin", np.random.default_rng(0).bytes(3 * MEBIBYTE))
        for path in sorted(root.rglob("*.jpg")):
            archive.write(path, path.relative_to(root))
    return buffer.getvalue()


def partial() -> Path:
    (path,) = kagglehub_folder().glob("*.archive")
    return path


def test_a_download_that_was_cut_goes_on_where_it_stopped(tmp_path, host, archive, finish):
    host.files["archive.zip"], host.stop_at = archive, 5 * MEBIBYTE // 2
    host.go_on.set()
    intel = resolve("intel", tmp_path)
    with pytest.raises(BadInput, match=r"could not be downloaded \(no connection\): try again to go on from where it"):
        finish(fetch(intel, tmp_path))
    assert not is_ready(intel, tmp_path)
    arrived = partial().stat().st_size
    assert arrived >= MEBIBYTE

    host.stop_at = None
    finish(fetch(intel, tmp_path))
    assert host.ranges() == [f"bytes={arrived}-"]
    assert is_ready(intel, tmp_path)
    identity = finish(identify(intel, tmp_path))
    assert identity.train_counts == identity.test_counts == {"forest": 3, "sea": 3}
    assert not list(kagglehub_folder().glob("*.archive"))

    host.requests.clear()
    finish(fetch(intel, tmp_path))
    assert host.requests == []


def test_stopping_a_download_ends_it_at_once_and_keeps_what_has_arrived(tmp_path, host, archive, finish):
    host.files["archive.zip"], host.stop_at = archive, 5 * MEBIBYTE // 2
    intel = resolve("intel", tmp_path)
    work = fetch(intel, tmp_path)
    while (progress := next(work)).done < 2 * MEBIBYTE:
        assert progress.what == "downloading the Intel photos"
    assert progress.total == len(archive)
    work.close()
    assert not is_ready(intel, tmp_path)
    with pytest.raises(NotFetched, match="has not been downloaded yet"):
        finish(identify(intel, tmp_path))

    host.go_on.set()
    host.stop_at = None
    finish(fetch(intel, tmp_path))
    assert host.ranges() == [f"bytes={2 * MEBIBYTE}-"]
    assert is_ready(intel, tmp_path)


def test_a_connection_that_falls_silent_is_given_up(tmp_path, host, archive, finish, monkeypatch):
    monkeypatch.setattr(download, "STALLED_AFTER", 0.5)
    host.files["archive.zip"], host.stop_at = archive, 5 * MEBIBYTE // 2
    with pytest.raises(BadInput, match="no connection"):
        finish(fetch(resolve("intel", tmp_path), tmp_path))


def test_a_damaged_archive_is_removed_so_that_the_next_try_begins_anew(tmp_path, host, archive, finish):
    host.files["archive.zip"], host.damage = archive, True
    intel = resolve("intel", tmp_path)
    with pytest.raises(BadInput, match="the archive arrived damaged"):
        finish(fetch(intel, tmp_path))
    host.damage = False
    finish(fetch(intel, tmp_path))
    assert host.ranges() == []
    assert is_ready(intel, tmp_path)


def test_the_persons_credentials_are_neither_needed_nor_sent(tmp_path, host, archive, finish, monkeypatch, capfd):
    home = tmp_path / "home"
    (home / ".kaggle").mkdir(parents=True)
    (home / ".kaggle" / "kaggle.json").write_text('{"username": "someone", "key": "wrong"}')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", "wrong")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "wrong")
    host.files["archive.zip"] = archive
    finish(fetch(resolve("intel", tmp_path), tmp_path))
    assert [authorization for *_, authorization in host.requests] == [None, None, None]
    assert capfd.readouterr() == ("", "")


def test_a_refusal_is_told_in_one_sentence_with_the_way_out(tmp_path, host, finish):
    host.refuse = True
    with pytest.raises(BadInput) as caught:
        finish(fetch(resolve("intel", tmp_path), tmp_path))
    assert str(caught.value) == (
        "The Intel photos could not be downloaded (the server refused): try again to go on from where it stopped, or "
        "bring a folder of images yourself and give it with --data FOLDER or on the Data page."
    )


def test_photos_that_kagglehub_already_has_are_used_without_a_network(tmp_path, monkeypatch, fill, finish):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    assert not is_ready(resolve("intel", tmp_path), tmp_path)
    folder = kagglehub_folder()
    fill(folder / "versions" / "2", "seg_train/seg_train/a", "seg_train/seg_train/b")
    assert not is_ready(resolve("intel", tmp_path), tmp_path), "half-unpacked: kagglehub has not marked it"
    (folder / "2.complete").touch()
    intel = resolve("intel", tmp_path)
    assert intel.folder == folder / "versions" / "2"
    assert finish(identify(intel, tmp_path)).classes == ("a", "b")


def test_the_newest_complete_version_counts(tmp_path):
    for version in ("2", "9", "10", "11"):
        (tmp_path / "versions" / version).mkdir(parents=True)
    for mark in ("2.complete", "9.complete", "10.complete", "12.complete", "x.complete"):
        (tmp_path / mark).touch()
    assert newest_complete(tmp_path) == tmp_path / "versions" / "10"


def test_torchvisions_half_made_folder_does_not_count_as_downloaded(tmp_path):
    (tmp_path / "downloads" / "cifar10.part").mkdir(parents=True)
    assert not is_ready(resolve("cifar10", tmp_path), tmp_path)


def idx(array: np.ndarray) -> bytes:
    """The array in the format of the MNIST files (http://yann.lecun.com/exdb/mnist)."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


def test_fashion_mnist_comes_through_torchvision(tmp_path, host, finish, monkeypatch):
    for split, count in (("train", 20), ("t10k", 10)):
        host.files[f"{split}-images-idx3-ubyte.gz"] = gzip.compress(idx(np.full((count, 28, 28), 7, np.uint8)))
        host.files[f"{split}-labels-idx1-ubyte.gz"] = gzip.compress(idx(np.arange(count, dtype=np.uint8) % 10))
    checksums = [(name, hashlib.md5(content).hexdigest()) for name, content in host.files.items()]
    tiny = f"from torchvision.datasets import FashionMNIST\nFashionMNIST.resources = {checksums}\n"
    monkeypatch.setattr(download, "TORCH", tiny + download.TORCH)
    fashion = resolve("fashion-mnist", tmp_path)
    with pytest.raises(NotFetched, match="fashion-mnist has not been downloaded yet"):
        finish(identify(fashion, tmp_path))
    finish(fetch(fashion, tmp_path))
    assert is_ready(fashion, tmp_path)
    assert set(finish(identify(fashion, tmp_path)).train_counts.values()) == {2}
    read = arrays.read_torchvision("fashion-mnist", fashion.folder or resolve("fashion-mnist", tmp_path).folder)
    assert (read.train_images.shape, int(read.test_images[9, 27, 27])) == ((20, 28, 28), 7)
    assert read.test_labels.tolist() == list(range(10))
    assert not (tmp_path / "downloads" / "fashion-mnist.part").exists()


@pytest.mark.parametrize("content", [b"", b"\0\0\x0d\1\0\0\0\1\0", b"\0\0\x08\3", b"\0\0\x08\1\0\0\0\x09123"])
def test_damaged_files_of_fashion_mnist_are_refused(tmp_path, finish, content):
    raw = tmp_path / "downloads" / "fashion-mnist" / published.FASHION_MNIST
    raw.mkdir(parents=True)
    for split in ("train", "t10k"):
        for what in published.IDX:
            (raw / f"{split}-{what}").write_bytes(content)
    with pytest.raises(BadInput, match="The files of fashion-mnist are damaged: remove"):
        finish(identify(resolve("fashion-mnist", tmp_path), tmp_path))


def test_the_real_fashion_mnist_is_what_its_authors_published(tmp_path, finish):
    if not FASHION.is_dir():
        pytest.skip(f"Fashion-MNIST is not at {FASHION}")
    raw = tmp_path / "downloads" / "fashion-mnist" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in FASHION.glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    fashion = resolve("fashion-mnist", tmp_path)
    identity = finish(identify(fashion, tmp_path))
    assert identity.classes[-1] == "Ankle boot"
    assert set(identity.train_counts.values()) == {6000}
    assert set(identity.test_counts.values()) == {1000}
    prepared = finish(prepare(fashion, 28, tmp_path))
    assert prepared.train_images.shape == (60_000, 3, 28, 28)
    assert prepared.train_images[:, 0].mean() == pytest.approx(
        0.2860 * 255, rel=1e-3
    )  # the mean everyone normalises by


@pytest.mark.parametrize(
    ("last_words", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("RuntimeError: File not found or corrupted.", "the archive arrived damaged"),
        ("urllib.error.HTTPError: HTTP Error 404: Not Found", "the server refused"),
        ("ModuleNotFoundError: No module named 'kagglehub'", "a package of requirements.txt is not installed"),
        ("requests.exceptions.ConnectionError: Max retries exceeded", "no connection"),
        ("", "no connection"),
    ],
)
def test_what_went_wrong_is_told_in_plain_words(last_words, reason):
    assert download.reason_in(last_words) == reason
