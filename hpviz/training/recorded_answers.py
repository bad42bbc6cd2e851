"""What a network answered on every test image, packed so small that it is kept with each run.

An answer takes as many bits as the number of classes needs, and all of them together are text in base85: with 6 classes
470 bytes per 1,000 images, with 512 classes 1,407.
"""

import re
from base64 import b85decode, b85encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

# Beyond, a run remembers no answers: a tenth bit an image would take more than 1.5 kB per 1,000, and a document is
# written anew after every epoch.
MOST_CLASSES, MOST_IMAGES = 512, 100_000

_BASE85 = re.compile(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+")

Classes = NDArray[np.int64]  # one class an image, (N,), in the order of the test set
Rows = Sequence[Mapping[str, Any]]


class Said(TypedDict):
    """The answers after an epoch (from 1), packed."""

    epoch: int
    said: str


class Recorded(TypedDict):
    """The labels of the test images, and the answers after the newest and the best epoch, as far as they are known.

    Best is the epoch of the highest test accuracy, the first among equals.
    """

    labels: str
    newest: NotRequired[Said]
    best: NotRequired[Said]


def can_be_kept(classes: int, images: int) -> bool:
    """Whether answers on so many images are kept."""
    return 2 <= classes <= MOST_CLASSES and 1 <= images <= MOST_IMAGES


def pack(answers: Classes, classes: int) -> str:
    """Classes as text; the same answers give the same text."""
    bits = _bits(classes)
    flags = answers[:, None] >> np.arange(bits - 1, -1, -1) & 1
    return b85encode(np.packbits(flags.astype(np.uint8)).tobytes()).decode()


@lru_cache(maxsize=512)  # a page looks at the same runs again and again, and all of one data set share their labels
def unpack(text: str, classes: int, images: int) -> Classes:
    """The classes that `pack` was given, read-only. Raises ValueError for a text that is none of its."""
    if not can_be_kept(classes, images) or len(text) != packed_length(classes, images):
        raise ValueError("answers of another size")
    bits = _bits(classes)
    flags = np.unpackbits(np.frombuffer(b85decode(text), np.uint8), count=bits * images).reshape(images, bits)
    answers: Classes = flags.astype(np.int64) @ (1 << np.arange(bits - 1, -1, -1))
    if answers.max() >= classes:
        raise ValueError("an answer that is no class")
    answers.flags.writeable = False
    return answers


def packed_length(classes: int, images: int) -> int:
    """Characters of a packed text, each a byte."""
    words, rest = divmod(-(-_bits(classes) * images // 8), 4)
    return 5 * words + (rest + 1 if rest else 0)


def _bits(classes: int) -> int:
    return (classes - 1).bit_length()


def best_epoch(rows: Rows) -> int | None:
    """The epoch (from 1) of the highest test accuracy, the first among equals; None where there is none."""
    accuracies = [-1.0 if row["test_accuracy"] is None else row["test_accuracy"] for row in rows]
    return accuracies.index(max(accuracies)) + 1 if max(accuracies, default=-1.0) >= 0 else None


def recorded(before: Recorded | None, rows: Rows, answers: Classes, labels: Classes, classes: int) -> Recorded | None:
    """What is remembered once `answers` were given after the last of `rows`; None where that is too much to keep.

    Of epochs that were trained before answers were kept there are none: the best is known again once a later epoch is
    better than all of them.
    """
    if not can_be_kept(classes, len(labels)):
        return None
    newest = Said(epoch=len(rows), said=pack(answers, classes))
    found = Recorded(labels=pack(labels, classes), newest=newest)
    best = best_epoch(rows)
    if best == len(rows):
        found["best"] = newest
    elif before and "best" in before and before["best"]["epoch"] == best:
        found["best"] = before["best"]
    return found


def in_step(found: object, rows: Rows, classes: int, images: int, but: int | None = None) -> Recorded | None:
    """Of what claims to be recorded answers those of the right size, of the newest and the best of `rows`; or None.

    Earlier versions train a run further without a thought for its answers, and anyone can write into a document. Those
    after epoch `but` are left out.
    """
    if not isinstance(found, dict) or not can_be_kept(classes, images):
        return None
    length = packed_length(classes, images)
    if not _is_packed(labels := found.get("labels"), length):
        return None
    epochs = {"newest": len(rows), "best": best_epoch(rows)}
    said = {name: _said(found.get(name), epoch, length) for name, epoch in epochs.items() if epoch != but}
    kept = {name: each for name, each in said.items() if each}
    return Recorded(labels=labels, **kept) if kept else None  # type: ignore[typeddict-item]  # names are not followed


def sound(found: object, rows: Rows, classes: int, images: int) -> Recorded | None:
    """The same, and none that cannot be read or contradicts the test accuracy of its epoch.

    That takes a millisecond for 10,000 images, which is too long for every look at every run.
    """
    if (kept := in_step(found, rows, classes, images)) is None:
        return None
    said = {name: each for name in ("newest", "best") if (each := kept.get(name))}
    true = {name: each for name, each in said.items() if _is_true(each, kept["labels"], rows, classes, images)}  # type: ignore[arg-type]
    return Recorded(labels=kept["labels"], **true) if true else None  # type: ignore[typeddict-item]


def _is_true(said: Said, labels: str, rows: Rows, classes: int, images: int) -> bool:
    try:
        right = unpack(said["said"], classes, images) == unpack(labels, classes, images)
    except ValueError:
        return False
    return bool(int(right.sum()) / images == rows[said["epoch"] - 1]["test_accuracy"])


def _said(found: object, epoch: int | None, length: int) -> Said | None:
    if not isinstance(found, dict) or type(found.get("epoch")) is not int or found["epoch"] != epoch:
        return None
    return Said(epoch=found["epoch"], said=found["said"]) if _is_packed(found.get("said"), length) else None


def _is_packed(text: object, length: int) -> bool:
    return isinstance(text, str) and len(text) == length and _BASE85.fullmatch(text) is not None
