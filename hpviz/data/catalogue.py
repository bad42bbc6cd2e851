"""The data sets by name: where each comes from, whether it is ready, what it holds, and how to prepare it.

Long work is a generator of Progress that returns its result: a caller shows how far it has come and
stops it by closing it, at any moment, without leaving anything half-made behind.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from hpviz.data import arrays
from hpviz.data.ahead import Ahead
from hpviz.data.conversion import Pictures, convert
from hpviz.data.download import TORCHVISION, download_intel, download_torchvision, located
from hpviz.data.each_photo import load
from hpviz.data.folder import Photo, look
from hpviz.data.follow_links import confirm, unconfirmed
from hpviz.data.prepared import Identity, Prepared, folder_of, open_prepared, prepared_sizes
from hpviz.data.progress import Progress
from hpviz.data.remembered import memory_of
from hpviz.data.test_names import keep_names, kept_names, numbered
from hpviz.gate import Outside, admitted, named, refuse_changes
from hpviz.paths import nature, quoted, reason, spelled
from hpviz.spec import BadInput

Kind = Literal["scenes", "folder", "intel", "cifar10", "fashion-mnist"]

MAX_NAME = 200  # characters of a folder's name that a run remembers
NAMES: tuple[Kind, ...] = ("scenes", "intel", "cifar10", "fashion-mnist")


class NotFetched(BadInput):
    """The data set has to be downloaded first: see `fetch`."""


@dataclass(frozen=True)
class Source:
    """Where images come from.

    `name` is the label to show (a folder's own name), `folder` where the images lie (None: drawn, or
    not downloaded yet), `given` what to `resolve` again later (absolute for a folder).
    """

    name: str
    kind: Kind
    folder: Path | None
    given: str


def resolve(data: str, cache: Path) -> Source:
    """The source that `data` names: one of NAMES, or a folder of images.

    Raises BadInput, with one sentence, if it is neither, and Outside, which is one, for what pages may not read.
    """
    for kind in NAMES:
        if data.strip() == kind:
            return Source(kind, kind, None if kind == "scenes" else located(kind, cache), kind)
    known = f"give one of {', '.join(NAMES)}, or the path of a folder of images"
    if not data.strip():
        raise BadInput(f"No data set was named: {known}.")
    try:
        folder = named(data)
        found = nature(folder)
    except Outside as error:
        raise Outside(f"{str(error).rstrip('.')}: {known}.") from None
    except BadInput as error:
        raise BadInput(f"{str(error).rstrip('.')}: {known}.") from None
    if found == "folder":
        name = spelled(folder.name) or str(folder)
        return Source(name[:MAX_NAME], "folder", folder, spelled(folder))
    problem = f"is a {found}, not a folder" if found else "is neither a data set nor a folder"
    raise BadInput(f"{quoted(data)} {problem}: {known}.")


def follow_links(source: Source, root: str | Path, cache: Path) -> None:
    """Let the links in a data set's folder lead to `root`, from now on. Raises BadInput, with one sentence."""
    folder = _folder(source, cache)
    if folder is None:
        raise BadInput(f"{source.name} is not a folder on this machine, so it has no links to follow.")
    confirm(folder, root, cache)


def unconfirmed_links(source: Source, cache: Path) -> list[tuple[str, int]]:
    """(root, links) that lead out of a data set's folder and were not followed when it was last identified."""
    folder = _folder(source, cache)
    return unconfirmed(folder, cache) if folder else []


def is_ready(source: Source, cache: Path) -> bool:
    """Whether `identify` and `prepare` can do without the network."""
    return source.kind == "scenes" or _folder(source, cache) is not None


def fetch(source: Source, cache: Path) -> Generator[Progress, None, None]:
    """Download what is not here yet. Raises BadInput, with one sentence that says how to go on, if that fails."""
    if is_ready(source, cache):
        return
    refuse_changes()
    if source.kind == "folder":
        raise BadInput(f"The folder {source.given!r} is no longer there: put it back or give another.")
    try:
        yield from download_intel() if source.kind == "intel" else download_torchvision(source.kind, cache)
    except OSError as error:
        raise BadInput(
            f"{source.name} could not be downloaded, because {quoted(error.filename or cache)} cannot be written "
            f"({reason(error)}): choose another place with KAGGLEHUB_CACHE for intel, or --cache for the others."
        ) from None


def identify(source: Source, cache: Path) -> Generator[Progress, None, Identity]:
    """Find out what a data set holds; files are read only once, and again when they change.

    Raises NotFetched if it has to be downloaded first, BadInput if a folder cannot serve.
    """
    if source.kind == "scenes":
        return arrays.identify_scenes(cache)
    folder = here(source, cache)
    if source.kind in TORCHVISION:
        return (yield from arrays.identify_torchvision(source.kind, folder, cache))
    listing = yield from look(folder, cache)
    return listing.identity


def prepare(source: Source, image_size: int, cache: Path) -> Generator[Progress, None, Prepared]:
    """Bring a data set to `image_size` × `image_size` pixels, unless that has been done; the result is open.

    The scenes are drawn if need be. Raises NotFetched if a data set has to be downloaded first, and
    BadInput if a folder cannot serve, has changed meanwhile or nothing can be written.
    """
    if source.kind == "scenes":
        return (yield from arrays.prepare_scenes(image_size, cache))
    folder = here(source, cache)
    if source.kind in TORCHVISION:
        return (yield from arrays.prepare_torchvision(source.kind, folder, image_size, cache))
    with closing(Ahead(memory_of("ahead", folder, cache).with_suffix(".part"), image_size)) as ahead:
        listing = yield from look(folder, cache, ahead)
        prepared = open_prepared(cache, listing.fingerprint, image_size)
        if prepared is None:
            train, test = _photographs("train", listing.train, ahead), _photographs("test", listing.test, ahead)
            prepared = yield from convert(cache, listing.fingerprint, listing.classes, image_size, train, test)
        images = len(prepared.test_labels)
        if images == len(listing.test) and kept_names(cache, listing.fingerprint, images) is None:
            keep_names(folder_of(cache, listing.fingerprint, image_size), _names(listing.test))
        return prepared


def name_tests(given: str, fingerprint: str, images: int, cache: Path) -> Generator[Progress, None, tuple[str, ...]]:
    """What the test images of that fingerprint are called, in their order: "test/sea/20066.jpg", or "test/0".

    `given` is where they were; a folder that has changed meanwhile, or is gone, has no names any more.
    """
    if names := kept_names(cache, fingerprint, images):
        return names
    try:
        source = resolve(given, cache)
        if source.kind in ("folder", "intel"):
            listing = yield from look(here(source, cache), cache)
            if listing.fingerprint == fingerprint and len(listing.test) == images:
                found = _names(listing.test)
                for size in prepared_sizes(cache, fingerprint)[:1]:
                    keep_names(folder_of(cache, fingerprint, size), found)
                return found
    except BadInput:
        pass
    return numbered(images)


def _names(photos: Sequence[Photo]) -> tuple[str, ...]:
    """From the split on, whatever the folder calls that, so that a photo has one name wherever its folder lies."""
    return tuple(f"test/{photo.name}" for photo in photos)


def _folder(source: Source, cache: Path) -> Path | None:
    """Where the images lie now, which may be later than the source was resolved."""
    if source.kind == "folder":
        return source.folder if source.folder and source.folder.is_dir() else None
    return located(source.kind, cache)


def here(source: Source, cache: Path) -> Path:
    """The folder of a source's files. Raises NotFetched, or BadInput if a given folder is gone or not to be read."""
    folder = _folder(source, cache)
    if folder:
        return admitted(folder, source.given) if source.kind == "folder" else folder
    if source.kind == "folder":
        raise BadInput(f"The folder {source.given!r} is no longer there: put it back or give another.")
    raise NotFetched(f"The data set {source.name} has not been downloaded yet: fetch it on the Data page or by a run.")


def _photographs(split: str, photos: Sequence[Photo], ahead: Ahead) -> Pictures:
    paths = [photo.path for photo in photos]
    return Pictures(
        labels=np.array([photo.label for photo in photos], np.int64),
        load=partial(load, paths, ahead.file, ahead.placed),
        name=lambda index: f"{split}/{photos[index].name}",
        apart=not ahead.placed.keys() >= set(paths),
    )
