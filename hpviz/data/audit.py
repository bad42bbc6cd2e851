"""What is odd about a data set: odd sizes, unreadable files, the same picture where it should not be."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hpviz.data.catalogue import Source, here, identify
from hpviz.data.files import Skipped
from hpviz.data.folder import Photo, look
from hpviz.data.prepared import Identity, folder_of, read_meta
from hpviz.data.progress import Progress

Result = TypeVar("Result")

EXAMPLES = 5


@dataclass(frozen=True)
class Duplicates:
    """Images that are the same file, byte for byte.

    `leaked` counts test images that are also training images, `conflicting` images that also lie in
    another class; `examples` are groups of names.
    """

    leaked: int
    conflicting: int
    examples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Audit:
    """A data set's particulars; `dataclasses.asdict` of it is plain data for JSON.

    Sizes are (width, height) in pixels. `commonest_size` and `other_sizes`, how many images have
    another one, are None until the images have been prepared once; `resized` tells for each prepared
    image size how many were resized. `skipped` lists (name, reason). `duplicates` is None for a data
    set that is not made of files.
    """

    fingerprint: str
    classes: tuple[str, ...]
    train_counts: dict[str, int]
    test_counts: dict[str, int]
    notes: tuple[str, ...]
    commonest_size: tuple[int, int] | None
    other_sizes: int | None
    other_size_examples: tuple[tuple[str, int, int], ...]
    resized: dict[int, int]
    skipped: Skipped
    duplicates: Duplicates | None


def audit(source: Source, cache: Path) -> Audit:
    """Audit a data set from what is already known of it: quick once it has been identified; nothing is decoded.

    Raises NotFetched if it has to be downloaded first, BadInput if a folder cannot serve.
    """
    if source.kind not in ("folder", "intel"):
        return _audit(_result(identify(source, cache)), cache, (), None)
    listing = _result(look(here(source, cache), cache))
    return _audit(listing.identity, cache, listing.skipped, duplicates(listing.train, listing.test))


def duplicates(train: Sequence[Photo], test: Sequence[Photo]) -> Duplicates:
    """The images that occur more than once, in both splits or in two classes."""
    copies: dict[str, list[tuple[str, Photo]]] = defaultdict(list)
    for split, photos in (("train", train), ("test", test)):
        for photo in photos:
            copies[photo.digest].append((split, photo))
    leaks = [group for group in copies.values() if len({split for split, _ in group}) > 1]
    conflicts = [group for group in copies.values() if len({photo.label for _, photo in group}) > 1]
    examples = [tuple(f"{split}/{photo.name}" for split, photo in group) for group in conflicts + leaks]
    return Duplicates(
        leaked=sum(split == "test" for group in leaks for split, _ in group),
        conflicting=sum(map(len, conflicts)),
        examples=tuple(dict.fromkeys(examples))[:EXAMPLES],
    )


def _audit(identity: Identity, cache: Path, skipped: Skipped, found: Duplicates | None) -> Audit:
    metas = _metas(cache, identity.fingerprint)
    seen: dict[str, Any] = next(iter(metas.values()), {})
    return Audit(
        fingerprint=identity.fingerprint,
        classes=identity.classes,
        train_counts=identity.train_counts,
        test_counts=identity.test_counts,
        notes=identity.notes,
        commonest_size=tuple(seen["commonest_size"]) if seen else None,
        other_sizes=seen.get("other_sizes"),
        other_size_examples=tuple(map(tuple, seen.get("other_size_examples", ()))),
        resized={image_size: meta["resized"] for image_size, meta in metas.items()},
        skipped=skipped + tuple(map(tuple, seen.get("skipped", ()))),
        duplicates=found,
    )


def _metas(cache: Path, fingerprint: str) -> dict[int, dict[str, Any]]:
    """What was noted at each size that the images were prepared at, the smallest first."""
    names = (folder.name.rpartition("-")[2] for folder in (cache / "data").glob(f"{fingerprint}-*"))
    sizes = sorted(int(name) for name in names if name.isdecimal())
    return {size: meta for size in sizes if (meta := read_meta(folder_of(cache, fingerprint, size)))}


def _result(work: Generator[Progress, None, Result]) -> Result:
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def sentences(found: Audit) -> list[str]:
    """An audit in plain words, one sentence each, with what each finding means for the numbers."""
    told = [f"{sum(found.train_counts.values())} training and {sum(found.test_counts.values())} test images."]
    if found.commonest_size and found.other_sizes:
        width, height = found.commonest_size
        told.append(f"{found.other_sizes} images are not {width}×{height} px; they were resized like the others.")
    if found.skipped:
        first, reason = found.skipped[0]
        told.append(f"{len(found.skipped)} files were skipped, the first {first}: {reason}.")
    if found.duplicates is None:
        return told
    if found.duplicates.leaked:
        told.append(
            f"{found.duplicates.leaked} test images are training images too: test figures are a little too good."
        )
    if found.duplicates.conflicting:
        told.append(f"{found.duplicates.conflicting} images lie in two classes: no net can be right about them.")
    if not found.duplicates.leaked and not found.duplicates.conflicting:
        told.append("No image occurs twice across splits or classes.")
    return told
