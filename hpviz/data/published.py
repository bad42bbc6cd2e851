"""CIFAR-10 and Fashion-MNIST as their authors publish them, read where torchvision unpacks them, without it."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Parts = tuple[tuple[str, ...], NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]

# Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009: the files and their MD5 sums.
CIFAR10 = Path("cifar-10-batches-py")
CIFAR10_TRAIN = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
}
CIFAR10_TEST = {"test_batch": "40351d587109b95175f43aff81a1287e"}
CIFAR10_META = {"batches.meta": "5ff9c542aee3614f3951f8cda6e48888"}

# Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017, in the format of MNIST.
FASHION_MNIST = Path("FashionMNIST", "raw")
IDX = ("images-idx3-ubyte", "labels-idx1-ubyte")
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def cifar10(folder: Path) -> Parts:
    """Classes, then images (N, 32, 32, 3) and labels to train and to test on. Raises OSError, ValueError."""
    train, test, (meta,) = (
        [_unpickled(folder / CIFAR10 / name, md5) for name, md5 in files.items()]
        for files in (CIFAR10_TRAIN, CIFAR10_TEST, CIFAR10_META)
    )
    return tuple(meta["label_names"]), *_joined(train), *_joined(test)


def fashion_mnist(folder: Path) -> Parts:
    """Classes, then images (N, 28, 28) and labels to train and to test on. Raises OSError, ValueError."""
    arrays = (_idx(folder / FASHION_MNIST / f"{split}-{what}") for split in ("train", "t10k") for what in IDX)
    train_images, train_labels, test_images, test_labels = arrays
    return FASHION_CLASSES, train_images, train_labels.astype(np.int64), test_images, test_labels.astype(np.int64)


def _unpickled(path: Path, md5: str) -> dict[str, Any]:
    """What a pickle holds. It might run anything, so it is opened only if it is the very file that was published."""
    content = path.read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise ValueError(f"{path.name} is not the file that was published")
    read: dict[str, Any] = pickle.loads(content, encoding="latin1")  # noqa: S301
    return read


def _joined(batches: list[dict[str, Any]]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Batches hold an image a row, its red, green and blue one after the other."""
    images = np.vstack([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return images, np.array([label for batch in batches for label in batch["labels"]], np.int64)


def _idx(path: Path) -> NDArray[np.uint8]:
    """An array of bytes in the format of MNIST: two zeros, the type (8), the dimensions, each size in four bytes."""
    content = path.read_bytes()
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} holds no bytes in the format of MNIST")
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, -1, 4 + 4 * dimensions).reshape(shape)
