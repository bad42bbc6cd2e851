"""Tiny data, and one thread: nets this small are quicker so, and equal bits need equal thread counts."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from hpviz.data.prepared import Prepared
from hpviz.spec import RunSpec, build_spec

FINGERPRINT = "0" * 64


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)


def draw(count: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise whose brightness tells the class: four classes in turn."""
    labels = np.arange(count) % 4
    noise = np.random.default_rng(seed).integers(0, 120, (count, 3, size, size))
    return (noise + 40 * labels[:, None, None, None]).astype(np.uint8), labels


@pytest.fixture(scope="session")
def data() -> Prepared:
    """27 training and 10 test images of 32 px in four classes."""
    train_images, train_labels = draw(27, 32, 0)
    test_images, test_labels = draw(10, 32, 1)
    return Prepared(FINGERPRINT, tuple("abcd"), train_images, train_labels, test_images, test_labels)


@pytest.fixture
def make_spec() -> Callable[..., RunSpec]:
    """A spec for that data with some fields set otherwise."""

    def make(**fields: object) -> RunSpec:
        small = {"dataset": "noise", "fingerprint": FINGERPRINT, "image_size": 32, "batch_size": 8}
        if fields.get("model") != "resnet18":
            small |= {"padding": "same", "learning_rate": 1e-3}
        return build_spec(**(small | fields))

    return make
