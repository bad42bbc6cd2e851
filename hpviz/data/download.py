"""Downloads: the Intel photos from Kaggle, CIFAR-10 and Fashion-MNIST through torchvision.

Each runs in a child process. So it can be stopped at any moment, its messages stay out of our
output, and the user's Kaggle credentials, right or wrong, play no part: the photos need no account.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path

from hpviz.data.lock import turn
from hpviz.data.progress import Progress
from hpviz.in_use import move
from hpviz.own_process import apart
from hpviz.spec import BadInput

INTEL = "puneet6060/intel-image-classification"
TORCHVISION = {"cifar10": "CIFAR10", "fashion-mnist": "FashionMNIST"}

SIGN_OF_LIFE = 0.2  # seconds between two looks at the child
STALLED_AFTER = 60.0  # seconds without a byte; kagglehub itself would wait for ever

# The child ends with its parent, whichever way that ends: its standard input is then closed. Why it is taken away from
# everything else there: see own_process.take_line.
PROLOGUE = """
import os, sys, threading
line = os.dup(0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
threading.Thread(target=lambda: (os.read(line, 1), os._exit(1)), daemon=True).start()
"""
KAGGLE = """
os.environ["HOME"] = os.environ["USERPROFILE"] = os.environ["HPVIZ_EMPTY_HOME"]
import kagglehub
kagglehub.dataset_download(sys.argv[1])
"""
TORCH = """
from torchvision import datasets
getattr(datasets, sys.argv[1])(sys.argv[2], download=True)
"""

DAMAGED = "the archive arrived damaged"
REASONS = {  # what the child's last words contain → what it means
    "No space left": "the disk is full",
    "ModuleNotFoundError": "a package of requirements.txt is not installed",
    "HTTPError": "the server refused",
    "HTTP Error": "the server refused",
    "BadZipFile": DAMAGED,
    "DataCorruptionError": DAMAGED,
    "Unsupported archive": DAMAGED,
    "File not found or corrupted": DAMAGED,
}


def located(kind: str, cache: Path) -> Path | None:
    """The folder of a downloaded data set; None if it has yet to be fetched. A look at the disk, no network."""
    if kind == "intel":
        return newest_complete(kagglehub_folder())
    folder = cache / "downloads" / kind
    return folder if folder.is_dir() else None


def kagglehub_folder() -> Path:
    """Where kagglehub keeps the Intel photos: in the user's own cache, so that one copy serves every program."""
    cache = os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub"
    return Path(cache, "datasets", *INTEL.split("/"))


def newest_complete(folder: Path) -> Path | None:
    """The newest version that kagglehub has marked as complete; None too where one may not look."""
    try:
        marked = [int(mark.stem) for mark in folder.glob("*.complete") if mark.stem.isdecimal()]
        versions = (folder / "versions" / str(version) for version in sorted(marked, reverse=True))
        return next((version for version in versions if version.is_dir()), None)
    except OSError:
        return None


def download_intel() -> Generator[Progress, None, None]:
    """Fetch the Intel photos (363 MB) into kagglehub's cache; what an earlier try left there is not sent again.

    Raises BadInput, with one sentence that says how to go on, if they cannot be had.
    """
    folder = kagglehub_folder()
    with (yield from turn(folder / "hpviz.lock")), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        env = {name: value for name, value in os.environ.items() if not _is_credential(name)}
        env |= {"HPVIZ_EMPTY_HOME": empty, "KAGGLEHUB_CACHE": str(folder.parents[2])}
        env |= {"DISABLE_KAGGLE_CACHE": "true", "DISABLE_COLAB_CACHE": "true"}
        failure = yield from _in_child(KAGGLE, (INTEL,), env, "downloading the Intel photos")
        if failure == DAMAGED:
            for archive in folder.glob("*.archive"):  # kagglehub would go on from it for ever
                archive.unlink()
        if failure:
            raise BadInput(_sentence("The Intel photos", failure, "try again to go on from where it stopped"))


def download_torchvision(kind: str, cache: Path) -> Generator[Progress, None, None]:
    """Fetch "cifar10" or "fashion-mnist" into `cache`/downloads. torchvision cannot resume: a new try begins anew.

    Raises BadInput, with one sentence that says how to go on, if it cannot be had.
    """
    folder = cache / "downloads" / kind
    with (yield from turn(folder.with_suffix(".lock"))):
        if folder.is_dir():
            return
        # torchvision takes a half-unpacked file for a whole one, so it never works in the final place.
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            failure = yield from _in_child(TORCH, (TORCHVISION[kind], str(part)), os.environ, f"downloading {kind}")
            if failure:
                raise BadInput(_sentence(f"The data set {kind}", failure, "try again"))
            move(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _in_child(
    code: str, arguments: tuple[str, ...], env: Mapping[str, str], what: str
) -> Generator[Progress, None, str | None]:
    """Run `code` in a Python of its own and tell how far its progress bar has come; the result says why it failed."""
    command = [sys.executable, "-c", PROLOGUE + code, *arguments]
    env = {**env, "TQDM_BAR_FORMAT": "{n} {total}", "TQDM_MININTERVAL": "0"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = Path(folder, "stderr")
        with (
            words.open("wb") as stderr,
            subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
                command,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                creationflags=apart(),
            ) as child,
        ):
            try:
                seen, since = (0, 0), time.monotonic()
                while child.poll() is None:
                    done, total = _count(words)
                    unpacking = 0 < total <= done
                    yield Progress("unpacking" if unpacking else what, done, total)
                    if unpacking or (done, total) != seen:
                        seen, since = (done, total), time.monotonic()
                    elif time.monotonic() - since > STALLED_AFTER:
                        break
                    with suppress(subprocess.TimeoutExpired):
                        child.wait(SIGN_OF_LIFE)
            finally:
                child.kill()
        return reason_in(words.read_text(encoding="utf-8", errors="replace")) if child.returncode else None


def _count(words: Path) -> tuple[int, int]:
    """(done, total) bytes as the child's progress bar last told."""
    try:
        counts = re.findall(rb"\r(\d+) (\d+)", words.read_bytes())
    except FileNotFoundError:  # a process that ends tidies up its temporary files before it stops its work
        return 0, 0
    return (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 0)


def reason_in(words: str) -> str:
    """Why the child failed; without a known sign of anything else, nothing came through the network."""
    return next((reason for sign, reason in REASONS.items() if sign in words), "no connection")


def _sentence(what: str, failure: str, retry: str) -> str:
    return (
        f"{what} could not be downloaded ({failure}): {retry}, or bring a folder of images yourself and give it "
        "with --data FOLDER or on the Data page."
    )


def _is_credential(name: str) -> bool:
    return name.startswith("KAGGLE_") and name != "KAGGLE_API_ENVIRONMENT"
