"""What is done with each photo by whichever process has it in hand: hashed and looked into, or brought to a size.

Every process that is started for it imports this first, so it imports little.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpviz.data.decode import Decoded, Unreadable, decode, examine, small_jpeg

HEADER_BYTES = 128  # of a .npy file of pictures
WRITE = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

Place = tuple[int, int, int]
"""Where a photo's pixels were put aside, and the width and height (pixels) that it came in."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A file's SHA-256 (hex), the decoder that earlier versions did without ("" if none), and why it is unreadable.

    `size`, (width, height) in pixels, is that of a photo whose pixels were put aside.
    """

    digest: str
    decoder: str = ""
    unreadable: str = ""
    size: tuple[int, int] | None = None


def look_inside(known: frozenset[str], place: tuple[str, str]) -> Inside | OSError:
    """What is in the file (path, its digest if that is known); a `known` content is only named."""
    path, digest = place
    try:
        content = None if digest in known else small_jpeg(path)
        digest = digest or (_digest(path) if content is None else sha256(content))
        return Inside(digest) if digest in known else Inside(digest, examine(Path(path), content))
    except Unreadable as unreadable:
        return Inside(digest, unreadable=str(unreadable))
    except OSError as error:
        return error


def look_ahead(known: frozenset[str], file: Path, edge: int, place: tuple[str, str, int]) -> Inside | OSError:
    """The same for (path, digest, place), and the photo's pixels in that place of a file unless its content is known.

    A photo that cannot be decoded at that size, or a disk that is full, is left to those who prepare.
    """
    path, digest, index = place
    try:
        content = small_jpeg(path)
        if content is not None and (named := digest or sha256(content)) not in known:
            picture = decode(Path(path), edge, content)
            put(file, index, picture)
            return Inside(named, picture.decoder, size=(picture.width, picture.height))
    except (OSError, Unreadable):
        pass
    return look_inside(known, (path, digest))


def load(
    paths: Sequence[str], ahead: Path, placed: Mapping[str, tuple[int, int, int]], index: int, edge: int
) -> Decoded:
    """The photo at that place in the list, which may have been decoded ahead; raises as `decode` does."""
    if (known := placed.get(paths[index])) is None:
        return decode(Path(paths[index]), edge)
    place, width, height = known
    with open(ahead, "rb", buffering=0) as file:
        file.seek(place_of(place, edge))
        pixels = np.frombuffer(file.read(3 * edge**2), np.uint8)
    return Decoded(pixels.reshape(3, edge, edge), width, height)


@dataclass(frozen=True)
class Placed:
    """Loads pictures and puts their pixels in their places in the .npy file of their split; the same in any process.

    `splits`: what loads a split's picture, by its index and size, and the split's file.
    """

    splits: Mapping[str, tuple[Callable[[int, int], Decoded], Path]]
    image_size: int

    def __call__(self, place: tuple[str, int]) -> tuple[int, int] | Unreadable:
        """The size that picture (split, index) came in, or why it is left out. Raises OSError if the disk is full."""
        split, index = place
        read, file = self.splits[split]
        try:
            picture = read(index, self.image_size)
        except Unreadable as unreadable:
            return unreadable
        put(file, index, picture)
        return picture.width, picture.height


def put(path: Path, index: int, picture: Decoded) -> None:
    """Write a picture's pixels in its place: plainly, as with a writable memory map a full disk kills the process."""
    rest = picture.pixels.data.cast("B")
    file = os.open(path, WRITE)  # a tenth of a small photo's time faster than Python's own files
    try:
        os.lseek(file, place_of(index, picture.pixels.shape[-1]), os.SEEK_SET)
        while rest:
            rest = rest[os.write(file, rest) :]
    finally:
        os.close(file)


def place_of(index: int, image_size: int) -> int:
    """Where a picture begins in its file, in bytes."""
    return HEADER_BYTES + index * 3 * image_size**2


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
