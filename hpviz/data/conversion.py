"""From pictures of any origin to prepared arrays on disk."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hpviz.data import processes, threads
from hpviz.data.decode import Decoded, Unreadable
from hpviz.data.each_photo import HEADER_BYTES, Placed, place_of
from hpviz.data.lock import turn
from hpviz.data.prepared import VERSION, Prepared, folder_of, open_prepared
from hpviz.data.progress import Progress
from hpviz.in_use import move
from hpviz.spec import BadInput

UNREADABLE_LIMIT = 0.05  # share of the images; above it a folder is refused rather than quietly thinned
EXAMPLES = 5


@dataclass(frozen=True)
class Pictures:
    """One split on its way in: `load(i, edge)` reads picture i, `name(i)` is what a report calls it.

    `load` can be sent to other processes if the pictures are said to be `apart`, as files are.
    """

    labels: NDArray[np.int64]
    load: Callable[[int, int], Decoded]
    name: Callable[[int], str] = str
    apart: bool = False


@dataclass
class Report:
    """What was met on the way, of `total` images: the original size of each, and those that were skipped."""

    total: int
    sizes: list[tuple[str, int, int]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, name: str, why: str) -> None:
        """Note an unreadable image. Raises BadInput once there are too many."""
        self.skipped.append((name, why))
        refuse_thinned(self.total, self.skipped)

    def summary(self, image_size: int) -> dict[str, Any]:
        """The commonest original size, how many images have another, how many were resized, what was skipped."""
        commonest, _ = Counter(size[1:] for size in self.sizes).most_common(1)[0]
        others = [size for size in self.sizes if size[1:] != commonest]
        return {
            "commonest_size": commonest,
            "other_sizes": len(others),
            "other_size_examples": others[:EXAMPLES],
            "resized": sum(size[1:] != (image_size, image_size) for size in self.sizes),
            "skipped": self.skipped,
        }


def refuse_thinned(total: int, skipped: Sequence[tuple[str, str]], where: str = "") -> None:
    """Raise BadInput if so many of `total` images are left out that those left are another data set."""
    if len(skipped) > UNREADABLE_LIMIT * total:
        first, reason = skipped[0]
        raise BadInput(
            f"More than {UNREADABLE_LIMIT:.0%} of the {total:,} images{where} cannot be used ({first!r}, for one, "
            f"{reason}): mend or remove them."
        )


def refuse_emptied(classes: Sequence[str], split: str, labels: Iterable[int]) -> None:
    """Raise BadInput if a class has no image left in a split."""
    if gone := set(range(len(classes))).difference(labels):
        raise BadInput(f"None of the {split} images of the class {classes[min(gone)]!r} can be read: add some.")


def convert(
    cache: Path,
    fingerprint: str,
    classes: tuple[str, ...],
    image_size: int,
    train: Pictures,
    test: Pictures,
    notes: tuple[str, ...] = (),
) -> Generator[Progress, None, Prepared]:
    """Bring both splits to `image_size` pixels and keep them in `cache`; the result is open.

    All is written beside its place and moved there when complete: neither closing the generator nor
    a crash leaves anything half-made. `notes` are kept with the images. Raises BadInput, with one
    sentence, if over 5% of the images are unreadable, a class has none left, an image is gone, or
    nothing can be written (a full disk).
    """
    folder = folder_of(cache, fingerprint, image_size)
    with failures_told(cache), (yield from turn(folder.with_suffix(".lock"))):
        if (ready := open_prepared(cache, fingerprint, image_size)) is None:
            part = folder.with_suffix(".part")
            meta = {"version": VERSION, "fingerprint": fingerprint, "classes": classes, "notes": notes}
            yield from _fill(part, meta, image_size, train, test)
            shutil.rmtree(folder, ignore_errors=True)  # a damaged one
            move(part, folder)
            ready = open_prepared(cache, fingerprint, image_size)
    assert ready is not None
    return ready


@contextmanager
def failures_told(cache: Path) -> Iterator[None]:
    """Turn what the system refuses while images are prepared into BadInput, with one sentence."""
    try:
        yield
    except BadInput:  # has its sentence already
        raise
    except FileNotFoundError as error:
        raise BadInput(
            f"{str(error.filename)!r} disappeared while the images were being prepared: look at the folder again."
        ) from None
    except OSError as error:
        raise BadInput(
            f"The prepared images could not be written to {cache} ({error.strerror}): make room there, or choose "
            "another place with --cache."
        ) from None


def _fill(
    part: Path, meta: dict[str, Any], image_size: int, train: Pictures, test: Pictures
) -> Generator[Progress, None, None]:
    """Write everything into the folder `part`, begun afresh; without an end to its work, it is removed."""
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        report = Report(len(train.labels) + len(test.labels))
        splits = {"train": train, "test": test}
        for split, pictures in splits.items():
            with _images(part, split).open("wb") as file:
                _write_header(file, len(pictures.labels), image_size)
        kept = yield from _write(part, meta["classes"], splits, image_size, report)
        for split, pictures in splits.items():
            if len(kept[split]) < len(pictures.labels):
                _close_gaps(_images(part, split), kept[split], image_size)
            np.save(part / f"{split}_labels.npy", pictures.labels[kept[split]])
        known = json.dumps({**meta, **report.summary(image_size)})
        (part / "meta.json").write_text(known, encoding="utf-8")
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _images(part: Path, split: str) -> Path:
    return part / f"{split}_images.npy"


def _write(
    part: Path, classes: Sequence[str], splits: Mapping[str, Pictures], image_size: int, report: Report
) -> Generator[Progress, None, dict[str, list[int]]]:
    """Write the pixels of all splits in one go; the result lists the indices of the pictures that were readable."""
    order = [(split, index) for split, pictures in splits.items() for index in range(len(pictures.labels))]
    kept: dict[str, list[int]] = {split: [] for split in splits}
    work = Placed({split: (splits[split].load, _images(part, split)) for split in splits}, image_size)
    spread = processes.in_order if any(pictures.apart for pictures in splits.values()) else threads.in_order
    done = 0
    with closing(spread(work, order)) as batches:
        for batch in batches:
            split, index = order[min(done, len(order) - 1)]
            yield Progress(f"preparing the {split} images", index, len(splits[split].labels))
            for (split, index), outcome in zip(order[done : done + len(batch)], batch, strict=True):
                if isinstance(outcome, Unreadable):
                    report.skip(splits[split].name(index), str(outcome))
                else:
                    report.sizes.append((splits[split].name(index), *outcome))
                    kept[split].append(index)
                if index + 1 == len(splits[split].labels):
                    refuse_emptied(classes, split, splits[split].labels[kept[split]].tolist())
                    yield Progress(f"preparing the {split} images", index + 1, index + 1)
            done += len(batch)
    for split, pictures in splits.items():
        refuse_emptied(classes, split, pictures.labels[kept[split]].tolist())
    return kept


def _close_gaps(path: Path, kept: Sequence[int], image_size: int) -> None:
    """Let the pictures that were readable follow each other."""
    with path.open("r+b") as file:
        for place, index in enumerate(kept):
            if place < index:
                file.seek(place_of(index, image_size))
                pixels = file.read(3 * image_size**2)
                file.seek(place_of(place, image_size))
                file.write(pixels)
        file.truncate(place_of(len(kept), image_size))
        _write_header(file, len(kept), image_size)


def _write_header(file: BinaryIO, images: int, image_size: int) -> None:
    """(Re)write the header; NumPy pads it so that its length does not depend on the number of images."""
    file.seek(0)
    shape = (images, 3, image_size, image_size)
    npy.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    assert file.tell() == HEADER_BYTES
