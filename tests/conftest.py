"""What all tests share: nothing of a person's cache is touched, and hypothesis repeats itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from hpviz import gate
from hpviz.cli import main

# Machines are shared and slow at times; a test says what happens, never how fast.
settings.register_profile("calm", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

# A shell has what it starts in the background ignore Ctrl-C, nohup the end of a terminal, and so does all that is
# started from there; tests interrupt what they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPVIZ_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _bound_by_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (gate.ROOTS, gate.READ_ONLY):
        monkeypatch.delenv(name, raising=False)
    yield
    os.environ.pop(gate.FOR_PAGES, None)
    gate.current.cache_clear()


@pytest.fixture
def for_pages(monkeypatch: pytest.MonkeyPatch) -> Callable[..., gate.Gate]:
    """Has this process act for pages from now on, as the server does, under these variables."""

    def bind(**variables: object) -> gate.Gate:
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        os.environ.pop(gate.FOR_PAGES, None)
        return gate.bind()

    return bind


@pytest.fixture
def hpviz(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Run a verb with --json; its exit status and its lines."""

    def call(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
        status = main([*arguments, "--json"])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call


@pytest.fixture(scope="session")
def photos() -> str:
    """The folder of real photos; tests that need them skip where there are none."""
    folder = os.environ.get("HPVIZ_PHOTOS")
    if not folder:
        pytest.skip("HPVIZ_PHOTOS names no folder of real photos")
    return folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small set of images: bright and dark squares in noise, 40 to train and 8 to test on in each class."""
    root, random = tmp_path_factory.mktemp("squares"), np.random.default_rng(0)
    for split, count in (("train", 40), ("test", 8)):
        for name, level in (("bright", 150), ("dark", 100)):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(-80, 80, (32, 32, 3)) + level
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(root / split / name / f"{number}.png")
    return str(root)


@pytest.fixture(scope="session")
def drawn_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared images of a cache folder in which the scenes are drawn, so that no server need draw them again."""
    cache = tmp_path_factory.mktemp("drawn")
    command = ["run", "--epochs", "1", "--per-class", "2", "--json", "--cache", str(cache)]
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-m", "hpviz", *command], cwd=root, check=True, capture_output=True, timeout=300)
    return cache / "data"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the reference runs' site, as the command line makes it of an empty cache."""
    folder = tmp_path_factory.mktemp("published")
    command = ["publish", str(folder / "site"), "--cache", str(folder / "cache"), "--json"]
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-m", "hpviz", *command], cwd=root, check=True, capture_output=True, timeout=300)
    return folder / "site"
