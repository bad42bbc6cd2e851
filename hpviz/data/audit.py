"""What is odd about a data set: odd sizes, unreadable files, the same picture where it should not be."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hpviz.data.catalogue import Source, here, identify, prepare
from hpviz.data.duplicates import Duplicates, Group, Member, count, same_files
from hpviz.data.files import Skipped
from hpviz.data.folder import Aside, Listing, look
from hpviz.data.look_alikes import Groups, compare, known_alikes
from hpviz.data.prepared import Identity, Prepared, folder_of, prepared_sizes, read_meta
from hpviz.data.progress import Progress

Result = TypeVar("Result")


@dataclass(frozen=True)
class Audit:
    """A data set's particulars; `dataclasses.asdict` of it is plain data for JSON.

    Sizes are (width, height) in pixels. `commonest_size` and `other_sizes`, how many images have
    another one, are None until the images have been prepared once; `resized` tells for each prepared
    image size how many were resized. `skipped` lists (name, reason), `aside` (folder or file, files, reason) of what is
    neither trained nor tested on. `duplicates` are equal files, None for a data set that is not made of files.
    `same_pixels` and `look_alikes` are None until the images were compared, the latter also where that would say
    little.
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
    aside: Aside
    duplicates: Duplicates | None
    same_pixels: Duplicates | None = None
    look_alikes: Duplicates | None = None


@dataclass(frozen=True)
class Survey:
    """An audit with the images to look at: groups of equal pixels, and of look-alikes (None: not looked for)."""

    audit: Audit
    prepared: Prepared
    same: list[Group]
    alike: list[Group] | None


def audit(source: Source, cache: Path) -> Audit:
    """Audit a data set from what is already known of it: quick once it has been identified; nothing is decoded.

    Raises NotFetched if it has to be downloaded first, BadInput if a folder cannot serve.
    """
    return _result(_audit(source, cache))[0]


def survey(source: Source, image_size: int, cache: Path) -> Generator[Progress, None, Survey]:
    """Prepare a data set at a size, compare its images, once, and audit it. Raises as `audit` does."""
    prepared = yield from prepare(source, image_size, cache)
    yield from compare(cache, prepared.fingerprint)
    found, groups = yield from _audit(source, cache)
    if groups is None:  # not writable: nothing could be remembered
        return Survey(found, prepared, [], None)
    return Survey(found, *groups)


Known = tuple[Prepared, list[Group], list[Group] | None]


def _audit(source: Source, cache: Path) -> Generator[Progress, None, tuple[Audit, Known | None]]:
    listing: Listing | None = None
    if source.kind in ("folder", "intel"):
        listing = yield from look(here(source, cache), cache)
        identity = listing.identity
    else:
        identity = yield from identify(source, cache)
    metas = _metas(cache, identity.fingerprint)
    seen: dict[str, Any] = next(iter(metas.values()), {})
    # What could be read when it was looked at and not any more when it was prepared.
    spoilt: Skipped = tuple(map(tuple, seen.get("skipped", ())))
    known = _known_groups(cache, identity, listing, {name for name, _ in spoilt})
    found = Audit(
        fingerprint=identity.fingerprint,
        classes=identity.classes,
        train_counts=identity.train_counts,
        test_counts=identity.test_counts,
        notes=identity.notes,
        commonest_size=tuple(seen["commonest_size"]) if seen else None,
        other_sizes=seen.get("other_sizes"),
        other_size_examples=tuple(map(tuple, seen.get("other_size_examples", ()))),
        resized={image_size: meta["resized"] for image_size, meta in metas.items()},
        skipped=tuple(dict.fromkeys((listing.skipped if listing else ()) + spoilt)),
        aside=listing.aside if listing else (),
        duplicates=count(same_files(listing.train, listing.test)) if listing else None,
        same_pixels=None if known is None else count(known[1]),
        look_alikes=None if known is None or known[2] is None else count(known[2]),
    )
    return found, known


def _known_groups(cache: Path, identity: Identity, listing: Listing | None, spoilt: set[str]) -> Known | None:
    """The groups that were found when the images were compared, with their names."""
    if (known := known_alikes(cache, identity.fingerprint)) is None:
        return None
    prepared, alikes = known
    members = _members(prepared, listing, spoilt)
    same = _named(alikes.same, members)
    return prepared, same, None if alikes.alike is None else _named(alikes.alike, members)


def _members(prepared: Prepared, listing: Listing | None, spoilt: set[str]) -> list[Member]:
    """Every prepared image in its place. Those that are not files are called by their number."""
    members: list[Member] = []
    for split, labels in (("train", prepared.train_labels), ("test", prepared.test_labels)):
        names = [str(number) for number in range(len(labels))]
        if listing is not None:
            photos = listing.train if split == "train" else listing.test
            names = [photo.name for photo in photos if f"{split}/{photo.name}" not in spoilt]
        labelled = zip(names, labels.tolist(), strict=True)
        members += [Member(split, name, label, len(members) + place) for place, (name, label) in enumerate(labelled)]
    return members


def _named(groups: Groups, members: Sequence[Member]) -> list[Group]:
    return [tuple(members[place] for place in group) for group in groups]


def _metas(cache: Path, fingerprint: str) -> dict[int, dict[str, Any]]:
    """What was noted at each size that the images were prepared at, the smallest first."""
    sizes = prepared_sizes(cache, fingerprint)
    return {size: meta for size in sizes if (meta := read_meta(folder_of(cache, fingerprint, size)))}


def _result(work: Generator[Progress, None, Result]) -> Result:
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
