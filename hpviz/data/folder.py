"""A folder of images: which file belongs to which split and class, and what identifies them all."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpviz.data.files import File, Skipped, image_files, shown
from hpviz.data.hashes import digest_of, hash_files
from hpviz.data.prepared import Identity, counts, hold_out
from hpviz.data.progress import Progress
from hpviz.spec import BadInput

SPLITS = {
    **dict.fromkeys(("train", "training", "seg_train"), "train"),
    **dict.fromkeys(("test", "testing", "seg_test"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    "seg_pred": "unlabelled",  # Kaggle's name for the Intel photos without a class
}
TEST_SHARE = 0.2  # of each class, where a folder has no test split

WANTED = "one folder of JPEG or PNG images a class is needed, with or without train and test folders around them"

Parts = dict[File, tuple[str, ...]]
"""Files with what is left of their path once the folders around are taken off."""


@dataclass(frozen=True)
class Photo:
    """An image file: its name from the class on ("forest/1.jpg"), where to open it, its class, its SHA-256."""

    name: str
    path: str
    label: int
    digest: str


@dataclass(frozen=True)
class Listing:
    """What a folder holds; `skipped` lists (name, reason), `notes` are sentences for the folder's owner."""

    classes: tuple[str, ...]
    train: tuple[Photo, ...]
    test: tuple[Photo, ...]
    skipped: Skipped
    notes: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the images' splits, classes, names and contents, wherever the folder lies."""
        splits = (("train", self.train), ("test", self.test))
        return digest_of((f"{split}/{photo.name}", photo.digest) for split, photos in splits for photo in photos)

    @property
    def identity(self) -> Identity:
        train, test = (counts(self.classes, (photo.label for photo in split)) for split in (self.train, self.test))
        return Identity(self.fingerprint, self.classes, train, test, self.notes)


@dataclass(frozen=True)
class Layout:
    """The files of each split, their parts from the class on (`test` is None if there is none), and strays."""

    train: Parts
    test: Parts | None
    skipped: Skipped
    notes: tuple[str, ...]


def look(folder: Path, cache: Path) -> Generator[Progress, None, Listing]:
    """List a folder's images by split and class, and hash those that are new.

    Splits are called train, training or seg_train; test, testing or seg_test; val, valid or
    validation (the test split if there is no other), in any case, and may be doubled as Kaggle leaves
    them. Without a test split a fixed fifth of each class is set aside. Raises BadInput, with one
    sentence, for a folder that does not yield two classes.
    """
    files, links = yield from image_files(folder)
    if not files:
        raise BadInput(nothing_in(folder))
    layout = arrange(folder, files)
    classes = class_names(folder, layout)
    digests, failures = yield from hash_files(folder, [*layout.train, *(layout.test or {})], cache)
    notes = layout.notes
    train, test = (photos(files, classes, digests) for files in (layout.train, layout.test or {}))
    if layout.test is None:
        train, test = set_aside(train)
        share = f"{TEST_SHARE:.0%}"
        notes += (f"No test split was found: {share} of each class was set aside, the same images every time.",)
    names = tuple(shown((name,)) for name in classes)
    return Listing(names, tuple(train), tuple(test), links + layout.skipped + failures, notes)


def nothing_in(folder: Path) -> str:
    """Why no image was found, in a sentence."""
    if not folder.is_dir():
        return f"The folder {str(folder)!r} is no longer there: put it back or give another."
    try:
        empty = not any(folder.iterdir())
    except OSError as error:
        return f"The folder {str(folder)!r} cannot be read ({error.strerror}): change its permissions or give another."
    return f"The folder {str(folder)!r} {'is empty' if empty else 'holds no images'}: {WANTED}."


def arrange(folder: Path, files: list[File]) -> Layout:
    """Sort the files into splits by the names of the folders around them. Raises BadInput without a train split."""
    around = unwrapped({file: file.parts for file in files})
    splits: dict[str, Parts] = {}
    for file, parts in around.items():
        split = SPLITS.get(parts[0].casefold(), "") if len(parts) > 1 else ""
        splits.setdefault(split, {})[file] = parts
    if splits.keys() == {"unlabelled"}:
        raise BadInput(f"{str(folder)!r} holds only images without a class (seg_pred): bring the other folders too.")
    if splits.keys() <= {"test", "validation", "unlabelled"}:
        raise BadInput(f"{str(folder)!r} has a test folder but no train folder: {WANTED}.")
    train, test = splits.get("train"), splits.get("test") or splits.get("validation")
    # Without a test folder, "train" with images right inside is a class of vehicles, not a split.
    if not train or (not test and any(len(parts) == 2 for parts in train.values())):
        return unsplit(around, splits.get("unlabelled", {}))
    used = train | (test or {})
    notes: tuple[str, ...] = ()
    if test and "test" not in splits:
        notes = ("No test split was found: the validation images serve as one.",)
    train, strays = without_strays(unwrapped(inside(train)))
    if test:
        test, more_strays = without_strays(unwrapped(inside(test)))
        strays += more_strays
    return Layout(train, test, strays, notes + left_aside(around, used))


def unsplit(around: Parts, unlabelled: Parts) -> Layout:
    """The layout of a folder of class folders."""
    train, strays = without_strays({file: parts for file, parts in around.items() if file not in unlabelled})
    return Layout(train, None, strays, left_aside(unlabelled, {}))


def unwrapped(files: Parts) -> Parts:
    """Without the folders that hold nothing but one folder, as archives and Kaggle's doubling leave them."""
    while len({parts[0] for parts in files.values()}) == 1 and all(len(parts) > 2 for parts in files.values()):
        files = inside(files)
    return files


def inside(files: Parts) -> Parts:
    """The files seen from one folder further in."""
    return {file: parts[1:] for file, parts in files.items()}


def without_strays(files: Parts) -> tuple[Parts, Skipped]:
    """The files that lie in a class folder, and those beside them."""
    strays = tuple((shown(file.parts), "lies in no class folder") for file, parts in files.items() if len(parts) == 1)
    return {file: parts for file, parts in files.items() if len(parts) > 1}, strays


def left_aside(around: Parts, used: Parts) -> tuple[str, ...]:
    """A note for each folder that is neither train nor test."""
    images = Counter(shown(parts[:1]) for file, parts in around.items() if file not in used)
    return tuple(f"{name!r} was left aside ({count:,} images)." for name, count in images.items())


def class_names(folder: Path, layout: Layout) -> list[str]:
    """The class folders' names, sorted. Raises BadInput unless there are two or more, the same in both splits."""
    images = Counter(parts[0] for parts in layout.train.values())
    if not images:
        raise BadInput(f"The images in {str(folder)!r} are not sorted into classes: {WANTED}.")
    if layout.test is not None and (different := images.keys() ^ {parts[0] for parts in layout.test.values()}):
        name = min(different)
        split, other = ("train", "test") if name in images else ("test", "train")
        raise BadInput(f"The class {name!r} is in {split} but not in {other}: both need the same class folders.")
    if len(images) == 1:
        raise BadInput(
            f"{str(folder)!r} has only one class, {min(images)!r}: there is nothing to tell apart, add another."
        )
    if layout.test is None and (single := [name for name, count in images.items() if count == 1]):
        raise BadInput(
            f"The class {min(single)!r} has a single image, which cannot serve both to train and to test: add images."
        )
    return sorted(images)


def photos(files: Parts, classes: list[str], digests: dict[File, str]) -> list[Photo]:
    """The files that could be read, sorted by name."""
    labels = {name: label for label, name in enumerate(classes)}
    return [
        Photo(shown(parts), file.path, labels[parts[0]], digests[file])
        for file, parts in sorted(files.items(), key=lambda item: item[1])
        if file in digests
    ]


def set_aside(all_photos: list[Photo]) -> tuple[list[Photo], list[Photo]]:
    """(train, test) of a folder without a test split."""
    kept, held = hold_out(np.array([photo.label for photo in all_photos]), TEST_SHARE)
    return [all_photos[index] for index in kept], [all_photos[index] for index in held]
