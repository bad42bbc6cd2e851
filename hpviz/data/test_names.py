"""What the files of the test images are called, kept beside the prepared images in the same order.

Prepared images are pixels alone. Those that earlier versions prepared get their names when the folder is looked at
again.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hpviz.confined import read_file, write_file
from hpviz.data.prepared import folder_of, prepared_sizes

FILE = "test_names.json"
MOST_BYTES = 100_000_000  # a million names of 100 letters


def keep_names(folder: Path, names: Sequence[str]) -> None:
    """Note them in a folder of prepared images; where that fails, they are found again next time."""
    with suppress(OSError):
        write_file(folder / FILE, json.dumps(names).encode())


def kept_names(cache: Path, fingerprint: str, images: int) -> tuple[str, ...] | None:
    """The names of so many test images, from the split on; None where they were not noted."""
    for size in prepared_sizes(cache, fingerprint):
        with suppress(OSError, ValueError, RecursionError):
            names = json.loads(read_file(folder_of(cache, fingerprint, size) / FILE, MOST_BYTES))
            if isinstance(names, list) and len(names) == images and all(isinstance(name, str) for name in names):
                return tuple(names)
    return None


def numbered(images: int) -> tuple[str, ...]:
    """The names of images that come without files, or whose files nobody finds any more."""
    return tuple(f"test/{place}" for place in range(images))
