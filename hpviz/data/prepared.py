"""Prepared images: decoded once to uint8 arrays on disk, memory-mapped ever after."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

VERSION = 1  # of what is kept on disk: another version is prepared anew

SUBSET_DRAW, HOLD_OUT_DRAW = 1, 2


@dataclass(frozen=True)
class Prepared:
    """A data set at one image size, ready to train on.

    `train_images` and `test_images` are uint8, (N, 3, S, S), RGB, read-only memory maps; the labels
    int64, (N,), indices into `classes`. `fingerprint` identifies the original images.
    """

    fingerprint: str
    classes: tuple[str, ...]
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


@dataclass(frozen=True)
class Identity:
    """What a data set holds: the fingerprint of its images, images a class in each split, notes in sentences."""

    fingerprint: str
    classes: tuple[str, ...]
    train_counts: dict[str, int]
    test_counts: dict[str, int]
    notes: tuple[str, ...] = ()


def counts(classes: Sequence[str], labels: Iterable[int]) -> dict[str, int]:
    """Images of each class."""
    images = Counter(labels)
    return {name: images[label] for label, name in enumerate(classes)}


def folder_of(cache: Path, fingerprint: str, image_size: int) -> Path:
    """Where a data set is kept at one size."""
    return cache / "data" / f"{fingerprint}-{image_size}"


def prepared_sizes(cache: Path, fingerprint: str) -> list[int]:
    """The sizes that a data set has been prepared at, the smallest first."""
    names = (folder.name.rpartition("-")[2] for folder in (cache / "data").glob(f"{fingerprint}-*"))
    sizes = sorted(int(name) for name in names if name.isdecimal())
    return [size for size in sizes if read_meta(folder_of(cache, fingerprint, size))]


def read_meta(folder: Path) -> dict[str, Any] | None:
    """What was noted when the images in `folder` were prepared; None if there is nothing of use."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return meta if isinstance(meta, dict) and meta.get("version") == VERSION else None


def open_prepared(cache: Path, fingerprint: str, image_size: int) -> Prepared | None:
    """The prepared images, without a look at the originals; None if they have yet to be prepared."""
    folder = folder_of(cache, fingerprint, image_size)
    if (meta := read_meta(folder)) is None:
        return None
    try:
        return Prepared(
            fingerprint,
            tuple(meta["classes"]),
            train_images=mapped(folder / "train_images.npy"),
            train_labels=np.array(mapped(folder / "train_labels.npy")),
            test_images=mapped(folder / "test_images.npy"),
            test_labels=np.array(mapped(folder / "test_labels.npy")),
        )
    except (OSError, ValueError, KeyError):  # damaged on disk: as good as absent
        return None


# What np.save writes of the arrays here; nothing else is opened.
HEADER = re.compile(
    rb"\{'descr': '(\|u1|<i8)', 'fortran_order': False, 'shape': \((\d+), ?((?:\d+(?:, ?)?)*)\), \} *\n"
)


def mapped(path: Path) -> np.memmap[Any, np.dtype[Any]]:
    """A .npy file of bytes or labels as a read-only memory map. Raises OSError or ValueError if it is damaged.

    np.load parses the header as Python code, and before Python 3.11.8 two threads that parse code at once, as a page
    being compiled and images being opened, can end each other with a SystemError.
    """
    with path.open("rb") as file:
        if npy.read_magic(file) != (1, 0):
            raise ValueError(f"{path.name} is of another version")
        length = int.from_bytes(file.read(2), "little")
        header = HEADER.fullmatch(file.read(length))
    if header is None:
        raise ValueError(f"{path.name} has another header")
    kind, first, rest = (part.decode() for part in header.groups())
    shape = tuple(map(int, [first, *re.findall(r"\d+", rest)]))
    offset = npy.MAGIC_LEN + 2 + length
    dtype = np.dtype(kind)
    if path.stat().st_size != offset + dtype.itemsize * math.prod(shape):
        raise ValueError(f"{path.name} is cut short or longer than it says")
    return np.memmap(path, dtype, "r", offset, shape)


def subset(labels: np.ndarray, per_class: int | None) -> NDArray[np.int64]:
    """Indices, sorted, of `per_class` images of each class (None: all of them; fewer where a class has fewer).

    The draw depends on nothing but the labels, and a smaller one is part of a larger one.
    """
    if per_class is None:
        return np.arange(len(labels))
    return _joined([indices[:per_class] for indices in _shuffled(labels, SUBSET_DRAW)])


def hold_out(labels: np.ndarray, fraction: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(kept, held) indices, both sorted: `fraction` of each class is held out, the same images every time.

    Unless the fraction is 0, a class of two or more gives at least one image; each class keeps at least one.
    """
    kept, held = [], []
    for indices in _shuffled(labels, HOLD_OUT_DRAW):
        least = 1 if fraction > 0 else 0
        count = min(max(round(fraction * len(indices)), least), len(indices) - 1)
        held.append(indices[:count])
        kept.append(indices[count:])
    return _joined(kept), _joined(held)


def _shuffled(labels: np.ndarray, draw: int) -> Iterator[NDArray[np.int64]]:
    """Each class's indices in a fixed random order; RandomState, because NumPy never changes its stream."""
    for label in np.unique(labels):
        yield np.random.RandomState([draw, int(label)]).permutation(np.flatnonzero(labels == label))


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)
