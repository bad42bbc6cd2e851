"""What is inside each file of a folder: its content hash and whether a decoder reads it, found out once."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from PIL import __version__ as pillow_version

from hpviz.data import processes
from hpviz.data.ahead import Ahead
from hpviz.data.decode import FORMATS, NOT_READ, SNIFFED, sniff
from hpviz.data.each_photo import Inside, look_ahead, look_inside, sha256
from hpviz.data.files import File, Skipped, shown
from hpviz.data.progress import Progress
from hpviz.data.remembered import memory_of, recall, remember
from hpviz.data.threads import in_order

# Another decoder may read what this one could not.
DECODERS = [pillow_version, *FORMATS]
NO_PICTURE = "is no picture that can be read"
# TIFF by their first bytes: what a decoder finds in them is a small preview, often of a photo that lies beside as JPEG.
CAMERA_RAW = (".3fr", ".arw", ".cr2", ".dcr", ".dng", ".erf", ".iiq", ".nef", ".nrw", ".orf", ".pef", ".sr2", ".srw")


def sniff_files(
    root: Path, files: Sequence[File], cache: Path
) -> Generator[Progress, None, tuple[list[File], list[tuple[File, str]]]]:
    """The files that are pictures by their names or by their first bytes, and the others with the reason."""
    memory = memory_of("sniffed", root, cache)
    known = recall(memory)
    unknown = [file for file in files if not file.has_picture_name and file.key not in known]
    kinds: dict[str, str] = {}
    with closing(in_order(_kind, unknown)) as batches:
        for batch in batches:
            yield Progress("looking into the files", len(kinds), len(unknown))
            kinds |= {file.key: kind for file, kind in batch}
    if unknown:
        remember(memory, {file.key: known[file.key] for file in files if file.key in known} | kinds)
    pictures: list[File] = []
    others: list[tuple[File, str]] = []
    for file in files:
        kind = "" if file.has_picture_name else str(kinds.get(file.key, known.get(file.key, "")))
        if kind == "TIFF" and file.parts[-1].lower().endswith(CAMERA_RAW):
            others.append((file, "is a camera's raw file, of which only a preview could be read"))
        elif file.has_picture_name or kind in FORMATS:
            pictures.append(file)
        else:
            others.append((file, NOT_READ.get(kind, NO_PICTURE)))
    return pictures, others


def examine_files(
    root: Path, files: Sequence[File], cache: Path, ahead: Ahead | None = None
) -> Generator[Progress, None, tuple[dict[File, Inside], Skipped]]:
    """What is inside each file of the folder `root`, and those that cannot be opened, with the reason.

    Both are remembered, also when the work is stopped halfway: the hash for as long as the file's size and time stay
    the same, the outcome for that content. Photos that are looked into for the first time are decoded `ahead`.
    """
    hashes, outcomes = memory_of("hashes", root, cache), memory_of("readable", root, cache)
    digests: dict[str, str] = recall(hashes)
    readable = _outcomes(recall(outcomes))
    unknown = [file for file in files if digests.get(file.key) not in readable]
    failures: dict[File, str] = {}

    places = [(file.path, digests.get(file.key, "")) for file in unknown]
    contents = frozenset(readable)
    if unknown and ahead and not ahead.placed and ahead.begin(len(unknown)):
        work: Any = partial(look_ahead, contents, ahead.file, ahead.image_size)
        items: Sequence[Any] = [(*place, index) for index, place in enumerate(places)]
    else:
        work, items = partial(look_inside, contents), places
    done = 0
    try:
        with closing(processes.in_order(work, items)) as batches:
            for batch in batches:
                yield Progress("looking at the images", done, len(unknown))
                for place, outcome in enumerate(batch, done):
                    file = unknown[place]
                    if isinstance(outcome, OSError):
                        failures[file] = f"cannot be read ({outcome.strerror})"
                    else:
                        digests[file.key] = outcome.digest
                        readable.setdefault(outcome.digest, (outcome.decoder, outcome.unreadable))
                        if ahead and outcome.size:
                            ahead.placed[file.path] = (place, *outcome.size)
                done += len(batch)
    finally:
        if done:
            kept = {file.key: digests[file.key] for file in files if file.key in digests}
            told = {digest: readable[digest] for digest in kept.values() if digest in readable}
            remember(hashes, kept)
            remember(outcomes, {"decoders": DECODERS, "outcomes": told})
    inside = {
        file: Inside(digest, *readable[digest])
        for file in files
        if file not in failures and (digest := digests[file.key])
    }
    return inside, tuple((shown(file.parts), why) for file, why in failures.items())


def digest_of(lines: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 (hex) for a set of (name, content hash), whatever its order."""
    lines = sorted(lines)
    # As UTF-8 whatever this system calls files in: the same images are the same set everywhere.
    return sha256("".join(f"{name}\0{digest}\n" for name, digest in lines).encode("utf-8", "surrogateescape"))


def _outcomes(known: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What is remembered of each content; what other decoders could not read is to be tried again."""
    same = known.get("decoders") == DECODERS
    outcomes = known.get("outcomes")
    if not isinstance(outcomes, dict):
        return {}
    return {digest: (decoder, bad) for digest, (decoder, bad) in outcomes.items() if same or not bad}


def _kind(file: File) -> tuple[File, str]:
    try:
        with open(file.path, "rb") as stream:
            return file, sniff(stream.read(SNIFFED)) or ""
    except OSError:
        return file, ""
