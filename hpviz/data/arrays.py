"""Data sets that come as arrays rather than files: the drawn scenes and torchvision's."""

import hashlib
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hpviz.data import published, scenes
from hpviz.data.conversion import Pictures, convert, failures_told
from hpviz.data.decode import Decoded, rgb, square
from hpviz.data.lock import turn
from hpviz.data.prepared import Identity, Prepared, counts, folder_of, open_prepared, read_meta
from hpviz.data.progress import Progress
from hpviz.data.remembered import recall, remember
from hpviz.spec import BadInput

DRAWN_OTHERWISE = (
    "This machine rounds differently: a few pixels of its scenes are not those of other machines, so compare runs "
    "made here with each other."
)


@dataclass(frozen=True)
class Arrays:
    """Images uint8, (N, H, W, 3) or (N, H, W) if grey; labels int64, (N,), indices into `classes`."""

    classes: tuple[str, ...]
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


def pictures(split: str, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Pictures:
    """One split's images, (N, H, W, 3) or (N, H, W), ready to be brought to a size."""

    def load(index: int, edge: int) -> Decoded:
        image = rgb(Image.fromarray(images[index]))
        return Decoded(square(image, edge), image.width, image.height)

    return Pictures(labels, load, lambda index: f"{split}/{index}")


def identify_scenes(cache: Path) -> Identity:
    """The scenes' identity, known without drawing them."""
    native = read_meta(folder_of(cache, scenes.SCENES_FINGERPRINT, scenes.EDGE)) or {}
    classes = scenes.SCENES_CLASSES
    return Identity(
        scenes.SCENES_FINGERPRINT,
        classes,
        counts(classes, scenes.training_labels().tolist()),
        dict.fromkeys(classes, scenes.TEST_PER_CLASS),
        tuple(native.get("notes", ())),
    )


def prepare_scenes(image_size: int, cache: Path) -> Generator[Progress, None, Prepared]:
    """The scenes at a size: drawn once at their own, then resized."""
    if ready := open_prepared(cache, scenes.SCENES_FINGERPRINT, image_size):
        return ready
    native = yield from _drawn(cache)
    if image_size == scenes.EDGE:
        return native
    train = pictures("train", native.train_images.transpose(0, 2, 3, 1), native.train_labels)
    test = pictures("test", native.test_images.transpose(0, 2, 3, 1), native.test_labels)
    return (yield from convert(cache, native.fingerprint, native.classes, image_size, train, test))


def _drawn(cache: Path) -> Generator[Progress, None, Prepared]:
    """The scenes at their own size. A run that begins while the server draws them waits instead of drawing as well."""
    fingerprint, classes = scenes.SCENES_FINGERPRINT, scenes.SCENES_CLASSES
    with failures_told(cache), (yield from turn(cache / "data" / f"{fingerprint}.lock")):
        if native := open_prepared(cache, fingerprint, scenes.EDGE):
            return native
        drawn = yield from scenes.draw_scenes()
        train = pictures("train", drawn.train_images, drawn.train_labels)
        test = pictures("test", drawn.test_images, drawn.test_labels)
        notes = () if scenes.fingerprint(drawn) == fingerprint else (DRAWN_OTHERWISE,)
        return (yield from convert(cache, fingerprint, classes, scenes.EDGE, train, test, notes))


def identify_torchvision(kind: str, folder: Path, cache: Path) -> Generator[Progress, None, Identity]:
    """The identity of "cifar10" or "fashion-mnist", found out once and remembered until the files change."""
    memory = cache / "data" / f"{kind}.json"
    state = [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in sorted(folder.rglob("*"))]
    known = recall(memory)
    if known.get("state") != state:
        yield Progress(f"reading {kind}", 0, 0)
        known = {"state": state, "identity": asdict(_identity(read_torchvision(kind, folder)))}
        remember(memory, known)
    identity = known["identity"]
    return Identity(**{**identity, "classes": tuple(identity["classes"]), "notes": tuple(identity["notes"])})


def prepare_torchvision(kind: str, folder: Path, image_size: int, cache: Path) -> Generator[Progress, None, Prepared]:
    """Either of torchvision's sets at a size."""
    identity = yield from identify_torchvision(kind, folder, cache)
    if ready := open_prepared(cache, identity.fingerprint, image_size):
        return ready
    read = read_torchvision(kind, folder)
    train = pictures("train", read.train_images, read.train_labels)
    test = pictures("test", read.test_images, read.test_labels)
    return (yield from convert(cache, identity.fingerprint, identity.classes, image_size, train, test))


def read_torchvision(kind: str, folder: Path) -> Arrays:
    """The files of "cifar10" or "fashion-mnist" as torchvision leaves them. Raises BadInput if they are damaged."""
    try:
        return Arrays(*(published.cifar10 if kind == "cifar10" else published.fashion_mnist)(folder))
    except (OSError, ValueError, LookupError) as error:
        raise BadInput(f"The files of {kind} are damaged: remove {str(folder)!r} and download them again.") from error


def _identity(read: Arrays) -> Identity:
    """The fingerprint covers pixels, shapes and labels, not the files they came in."""
    digest = hashlib.sha256()
    for array in (read.train_images, read.train_labels, read.test_images, read.test_labels):
        digest.update(f"{array.shape} {array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return Identity(
        digest.hexdigest(),
        read.classes,
        counts(read.classes, read.train_labels.tolist()),
        counts(read.classes, read.test_labels.tolist()),
    )
