"""A folder of images: which file belongs to which split and class, what is left aside, and what identifies them all."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from hpviz.data.ahead import Ahead
from hpviz.data.conversion import refuse_emptied, refuse_thinned
from hpviz.data.each_photo import Inside
from hpviz.data.files import OUT, OUT_TO_FOLDER, TO_NOTHING, Closed, File, Skipped, find_files, shown
from hpviz.data.folder_tree import Classed
from hpviz.data.follow_links import confirmed, note_unconfirmed, roots_of, sentence
from hpviz.data.hashes import NO_PICTURE, digest_of, examine_files, sniff_files
from hpviz.data.layout import NAMED, WANTED, Layout, arrange, labels_of, left_aside, twins_told
from hpviz.data.prepared import Identity, counts, hold_out
from hpviz.data.progress import Progress
from hpviz.data.split_names import DATA_WORDS, distinct_words, split_told
from hpviz.spec import BadInput

TEST_SHARE = 0.2  # of each class, where a folder has no test split

Aside = tuple[tuple[str, int, str], ...]
"""(name, files, why) of folders and files that are neither trained nor tested on."""


@dataclass(frozen=True)
class Photo:
    """An image file: its name from the class on ("forest/1.jpg"), where to open it, its class, its SHA-256.

    `decoder` names the one that earlier versions did without, `unreadable` says why none reads it; else they are empty.
    """

    name: str
    path: str
    label: int
    digest: str
    decoder: str = ""
    unreadable: str = ""


@dataclass(frozen=True)
class Listing:
    """What a folder holds, every file of it: trained on, tested on, skipped or left aside.

    `skipped` lists (name, reason), `notes` are sentences for the folder's owner.
    """

    classes: tuple[str, ...]
    train: tuple[Photo, ...]
    test: tuple[Photo, ...]
    skipped: Skipped
    aside: Aside
    notes: tuple[str, ...]
    fingerprint: str

    @property
    def identity(self) -> Identity:
        train, test = (counts(self.classes, (photo.label for photo in split)) for split in (self.train, self.test))
        return Identity(self.fingerprint, self.classes, train, test, self.notes)


def look(folder: Path, cache: Path, ahead: Ahead | None = None) -> Generator[Progress, None, Listing]:
    """List a folder's images by split and class; those that are new are hashed and decoded once.

    Without a test split a fixed fifth of each class is set aside. Raises BadInput, with one sentence, for a folder that
    cannot be trained on: it does not yield two classes, too many of its images are unreadable, or what it needs lies
    behind links that nobody has confirmed. Pixels are kept for the preparation that comes next if there is an `ahead`.
    """
    title = repr(str(folder))
    found = yield from find_files(folder, confirmed(folder, cache))
    leading_out = [way for way in found.closed if way.why in (OUT, OUT_TO_FOLDER)]
    roots = roots_of((way.target, way.to_folder) for way in leading_out)
    note_unconfirmed(folder, roots, cache)
    pictures, others = yield from sniff_files(folder, found.files, cache)
    while True:
        closed = what_is_closed(found.closed, roots)
        if not pictures:
            raise BadInput(f"In {title}, {closed}" if closed else nothing_in(folder, others, found.hidden))
        try:
            layout = arrange(title, pictures)
            classes, class_of = labels_of(title, layout)
        except BadInput as error:
            raise BadInput(f"{str(error).rstrip('.')}; in it, {closed}" if closed else str(error)) from None
        if lacks_split(layout, found.closed):
            raise BadInput(f"In {title}, {closed}")
        used = [*layout.train, *(layout.test or {})]
        inside, failures = yield from examine_files(folder, used, cache, ahead)
        # A file that is no picture by its name counts as one only if it can be read.
        wrong = {file: why for file in used if not file.has_picture_name and (why := unreadable(file, inside))}
        if not wrong:
            break
        pictures = [file for file in pictures if file not in wrong]
        others += wrong.items()
    labels = {name: classes.index(kind) for name, kind in class_of.items()}
    train, test = (photos(files, labels, inside) for files in (layout.train, layout.test or {}))
    notes = layout.notes + twins_told(classes)
    if layout.test is None:
        train, test = set_aside(train)
        share = f"{TEST_SHARE:.0%}"
        notes += (f"No test split was found: {share} of each class was set aside, the same images every time.",)
    names = tuple(shown((name,)) for name in classes)
    told: tuple[str, ...] = (sentence(roots),) if roots else ()
    aside, aside_told = other_files(others, pictures, found.hidden)
    told += _few([left_aside(*group) for group in layout.aside], "folders were") + aside_told
    return Listing(
        names,
        tuple(photo for photo in train if not photo.unreadable),
        tuple(photo for photo in test if not photo.unreadable),
        tuple(found.skipped) + layout.skipped + skipped_of(title, names, train, test, failures),
        layout.aside + aside,
        told + notes,
        fingerprint_of(train, test),
    )


def fingerprint_of(train: Sequence[Photo], test: Sequence[Photo]) -> str:
    """SHA-256 (hex) of the images' splits, classes, names and contents, wherever the folder lies.

    Those of a class folder that cannot be read are part of it, as ever. What earlier versions could not read is told
    apart, for they trained without it under the fingerprint of the same files.
    """
    splits = (("train", train), ("test", test))
    return digest_of((f"{split}/{photo.name}", photo.digest + photo.decoder) for split, of in splits for photo in of)


def skipped_of(
    title: str, classes: Sequence[str], train: Sequence[Photo], test: Sequence[Photo], failures: Skipped
) -> Skipped:
    """The images that cannot be opened and those that no decoder reads. Raises BadInput if that leaves too few."""
    splits = (("train", train), ("test", test))
    unread = ((f"{split}/{photo.name}", photo.unreadable) for split, of in splits for photo in of if photo.unreadable)
    skipped = (*failures, *unread)
    refuse_thinned(len(train) + len(test) + len(failures), skipped, f" in {title}")
    for split, of in splits:
        refuse_emptied(classes, split, (photo.label for photo in of if not photo.unreadable))
    return skipped


def nothing_in(folder: Path, others: Sequence[tuple[File, str]], hidden: int) -> str:
    """Why no image was found, in a sentence."""
    if not folder.is_dir():
        return f"The folder {str(folder)!r} is no longer there: put it back or give another."
    try:
        empty = not any(folder.iterdir())
    except OSError as error:
        return f"The folder {str(folder)!r} cannot be read ({error.strerror}): change its permissions or give another."
    if others:
        file, reason = next((each for each in others if each[1] != NO_PICTURE), others[0])
        why = f" ({shown(file.parts)!r}, for one, {reason})"
    else:
        why = " (what is hidden is not looked at)" if hidden else ""
    return f"The folder {str(folder)!r} {'is empty' if empty else 'holds no images'}{why}: {WANTED}."


def what_is_closed(closed: Sequence[Closed], roots: Sequence[tuple[str, int]]) -> str:
    """Why what is behind links or in a folder is not to be had, for the end of a sentence; empty if there is none."""
    if roots:
        return sentence(roots)
    if broken := [way for way in closed if way.why == TO_NOTHING]:
        first = shown(broken[0].parts)
        links = "1 link leads" if len(broken) == 1 else f"{len(broken):,} links lead"
        return f"{links} to nothing, {first!r} for one: fetch what they stand for, or give another folder."
    if closed:
        return f"{shown(closed[0].parts)!r} {closed[0].why}: bring the images there, or change permissions."
    return ""


def lacks_split(layout: Layout, closed: Sequence[Closed]) -> bool:
    """Whether what is closed may be a split, so that another would silently take its place."""
    if layout.has_test:
        return False
    base = next(iter((file.parts[: -len(parts)] for file, (_, parts) in layout.train.items())), ())
    return any(_may_be_split(way, base) for way in closed)


def _may_be_split(way: Closed, base: tuple[str, ...]) -> bool:
    """Whether a name says so, or a folder lies beside one that was taken for the whole set though its name does not."""
    if way.parts[: len(base)] == base:  # among the classes, or inside one
        return way.to_folder and split_told(way.parts[len(base) : len(base) + 1])
    if split_told(way.parts if way.to_folder else way.parts[:-1]):
        return True
    beside = base[len(way.parts) - 1] if way.parts[:-1] == base[: len(way.parts) - 1] else "train"
    return way.to_folder and not split_told([beside]) and not distinct_words(beside) & DATA_WORDS


def unreadable(file: File, inside: Mapping[File, Inside]) -> str:
    """Why a file cannot be read as a picture; empty if it can."""
    return inside[file].unreadable if file in inside else "cannot be read"


def other_files(
    others: Sequence[tuple[File, str]], pictures: Iterable[File], hidden: int
) -> tuple[Aside, tuple[str, ...]]:
    """The files that are no pictures, by folder, and sentences that name them."""
    filled = {file.parts[:depth] for file in pictures for depth in range(len(file.parts))}
    groups: dict[tuple[str, ...], list[tuple[File, str]]] = defaultdict(list)
    for file, why in others:
        # The outermost folder around it that holds no picture at all, else the one that it lies in.
        empty = (file.parts[:depth] for depth in range(1, len(file.parts)) if file.parts[:depth] not in filled)
        groups[next(empty, file.parts[:-1])].append((file, why))
    aside, folders, loose = [], [], []
    for place, files in groups.items():
        suffixes = sorted({PurePath(file.parts[-1]).suffix.lower() or "no ending" for file, _ in files})
        why, _ = Counter(why for _, why in files).most_common(1)[0]
        ending = f"{', '.join(suffixes[:NAMED])}{' …' if len(suffixes) > NAMED else ''}"
        name = shown(place if place else ("the folder itself",)) if len(files) > 1 else shown(files[0][0].parts)
        aside.append((name, len(files), why))
        if place and place not in filled:
            none = "its file" if len(files) == 1 else f"each of its {len(files):,} files"
            folders.append(f"{shown(place)!r} was left aside: {none} ({ending}) {why}.")
        else:
            loose.append(repr(name) if len(files) == 1 else f"{len(files):,} files in {name!r} ({ending})")
    told = _few(folders, "folders without a picture were")
    if loose:
        more = len(loose) - NAMED
        elsewhere = "" if more < 1 else " and in 1 more folder" if more == 1 else f" and in {more:,} more folders"
        told += (f"Left aside, for no decoder reads them: {', '.join(loose[:NAMED])}{elsewhere}.",)
    if hidden:
        aside.append(("hidden files and folders", hidden, "not looked at"))
    return tuple(aside), told


def _few(sentences: Sequence[str], what: str) -> tuple[str, ...]:
    more = len(sentences) - NAMED
    return (*sentences[:NAMED], *((f"{more} more {what} left aside.",) if more > 0 else ()))


def photos(files: Classed, labels: Mapping[str, int], inside: Mapping[File, Inside]) -> list[Photo]:
    """The files that could be opened, sorted by name."""
    return [
        Photo(shown(parts), file.path, labels[name], inside[file].digest, inside[file].decoder, inside[file].unreadable)
        for file, (name, parts) in sorted(files.items(), key=lambda item: item[1][1])
        if file in inside
    ]


def set_aside(all_photos: list[Photo]) -> tuple[list[Photo], list[Photo]]:
    """(train, test) of a folder without a test split."""
    kept, held = hold_out(np.array([photo.label for photo in all_photos]), TEST_SHARE)
    return [all_photos[index] for index in kept], [all_photos[index] for index in held]
