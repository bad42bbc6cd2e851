"""Small image folders, and the running of long work to its end."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpviz.data.progress import Progress


@pytest.fixture(scope="session")
def finish() -> Callable[[Generator[Progress, None, Any]], Any]:
    """Run a generator of Progress to its end and give its result."""

    def run(work: Generator[Progress, None, Any]) -> Any:
        while True:
            try:
                assert isinstance(next(work), Progress)
            except StopIteration as end:
                return end.value

    return run


@pytest.fixture(scope="session")
def photo() -> Callable[..., Path]:
    """Save a picture of random pixels; the same seed gives the same file."""

    def save(path: Path, seed: int = 0, size: tuple[int, int] = (20, 20)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="PNG" if path.suffix.lower() == ".png" else "JPEG")
        return path

    return save


@pytest.fixture(scope="session")
def fill(photo: Callable[..., Path]) -> Callable[..., Path]:
    """Put `count` different pictures into each of the given folders below a root."""

    def make(root: Path, *folders: str, count: int = 5) -> Path:
        for row, folder in enumerate(folders):
            for index in range(count):
                photo(root / folder / f"{index}.jpg", seed=1000 * row + index)
        return root

    return make
