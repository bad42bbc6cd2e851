"""Pictures that occur twice though their files differ: saved again, re-coloured, or taken a moment later.

Images are compared as a network sees them. Equal pixels are one picture for certain. Look-alikes are found by their
light and dark at 16 × 16 px and confirmed by their fine detail, which two photos of different places do not share.
"""

import hashlib
from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from hpviz.data.prepared import Prepared, folder_of, open_prepared, prepared_sizes
from hpviz.data.progress import Progress
from hpviz.data.remembered import recall, remember

VERSION = 1  # of what is remembered
ROUGH, FINE = 16, 48  # pixels
BLOCK = 512  # images a step: a few tenths of a second
# Correlations. Of the Intel photos every pair above 0.9 in detail is one place from one spot and the first doubtful one
# is at 0.66; of the drawn scenes, which are all different, the closest reach 0.77.
ALIKE_ROUGHLY, ALIKE = 0.95, 0.9
# The work grows with the square of the images, and where everything looks alike (clothes, digits) likeness says little.
MOST_IMAGES, MOST_CANDIDATES_EACH = 20_000, 20

Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Alikes:
    """Groups of places, the training images counted first: equal pixels, and look-alikes (None: not looked for)."""

    same: Groups
    alike: Groups | None


def compare(cache: Path, fingerprint: str) -> Generator[Progress, None, Alikes | None]:
    """Find the pictures that occur twice; done once and remembered. None if no image has been prepared yet."""
    if (opened := smallest_fit(cache, fingerprint)) is None:
        return None
    prepared, memory = opened
    known = recall(memory)
    if known.get("version") != VERSION:
        same = yield from same_pixels(prepared)
        alike = yield from look_alikes(prepared, dropped={place for group in same for place in group[1:]})
        known = {"version": VERSION, "same": same, "alike": alike}
        remember(memory, known)
    return _alikes(known)


def known_alikes(cache: Path, fingerprint: str) -> tuple[Prepared, Alikes] | None:
    """What `compare` once found, and the images it found it in; None until then."""
    if (opened := smallest_fit(cache, fingerprint)) is None:
        return None
    prepared, memory = opened
    known = recall(memory)
    return (prepared, _alikes(known)) if known.get("version") == VERSION else None


def smallest_fit(cache: Path, fingerprint: str) -> tuple[Prepared, Path] | None:
    """The prepared images to compare, no larger than needed, and where the outcome is remembered."""
    sizes = prepared_sizes(cache, fingerprint)
    size = min((size for size in sizes if size >= FINE), default=max(sizes, default=0))
    prepared = open_prepared(cache, fingerprint, size)
    return None if prepared is None else (prepared, folder_of(cache, fingerprint, size) / "alikes.json")


def same_pixels(prepared: Prepared) -> Generator[Progress, None, list[list[int]]]:
    """Groups of images that do not differ in a single pixel."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    total = _total(prepared)
    for place, image in enumerate(_images(prepared)):
        if place % BLOCK == 0:
            yield Progress("looking for equal images", place, total)
        groups[hashlib.sha256(np.ascontiguousarray(image).data).digest()].append(place)
    return [group for group in groups.values() if len(group) > 1]


def look_alikes(prepared: Prepared, dropped: set[int]) -> Generator[Progress, None, list[list[int]] | None]:
    """Groups of images that look alike, `dropped` places aside; None where that would say little."""
    total = _total(prepared)
    if total > MOST_IMAGES:
        return None
    rough, fine = np.empty((total, ROUGH**2), np.float32), np.empty((total, FINE, FINE), np.float16)
    for place, image in enumerate(_images(prepared)):
        if place % BLOCK == 0:
            yield Progress("looking closely at the images", place, total)
        rough[place], fine[place] = _rough(image), _fine(image)
    pairs: list[tuple[int, int]] = []
    for start in range(0, total, BLOCK):
        yield Progress("comparing the images", start, total)
        likeness = rough[start : start + BLOCK] @ rough[start:].T
        found = np.argwhere(np.triu(likeness > ALIKE_ROUGHLY, k=1)) + start
        if len(pairs) + len(found) > MOST_CANDIDATES_EACH * total:
            return None
        pairs += [(a, b) for a, b in found.tolist() if not dropped.intersection((a, b))]
    close: list[tuple[int, int]] = []
    for number, (a, b) in enumerate(pairs):
        if number % BLOCK == 0:
            yield Progress("looking at pairs", number, len(pairs))
        if likeness_of(fine[a], fine[b]) > ALIKE:
            close.append((a, b))
    return joined(close)


def likeness_of(a: NDArray[np.float16], b: NDArray[np.float16]) -> float:
    """The correlation of two images' detail, at the best of nine shifts by up to a pixel."""
    inner = _unit(a[2:-2, 2:-2])
    edge = FINE - 4
    shifts = [(down, right) for down in (1, 2, 3) for right in (1, 2, 3)]
    return max(float(inner @ _unit(b[down : down + edge, right : right + edge])) for down, right in shifts)


def joined(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Groups of all that are connected by pairs, each sorted."""
    group_of: dict[int, list[int]] = {}
    for a, b in pairs:
        one, other = group_of.setdefault(a, [a]), group_of.setdefault(b, [b])
        if one is not other:
            one += other
            group_of |= dict.fromkeys(other, one)
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())


def _rough(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return _unit(np.asarray(_grey(image).resize((ROUGH, ROUGH), Image.Resampling.BILINEAR), np.float32))


def _fine(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What is left of an image once its blurred self is taken off."""
    grey = _grey(image).resize((FINE, FINE), Image.Resampling.BILINEAR)
    return np.asarray(grey, np.float32) - np.asarray(grey.filter(ImageFilter.BoxBlur(2)), np.float32)


def _unit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Flat, with mean 0 and length 1, so that a product of two is their correlation; nothing stays nothing."""
    centred: NDArray[np.float32] = np.array(values, np.float32).ravel()
    centred -= centred.mean()
    centred /= max(float(np.linalg.norm(centred)), 1.0)
    return centred


def _grey(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image.transpose(1, 2, 0)).convert("L")


def _images(prepared: Prepared) -> Generator[NDArray[np.uint8], None, None]:
    yield from prepared.train_images
    yield from prepared.test_images


def _total(prepared: Prepared) -> int:
    return len(prepared.train_labels) + len(prepared.test_labels)


def _alikes(known: dict[str, list[list[int]] | None]) -> Alikes:
    same, alike = known["same"], known["alike"]
    return Alikes(tuple(map(tuple, same or ())), None if alike is None else tuple(map(tuple, alike)))
