"""Images where they are needed: uint8 on the device or in the prepared file, gathered by index into float batches."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpviz.data.prepared import Prepared, hold_out, subset
from hpviz.spec import RunSpec

CHUNK = 256


@dataclass(frozen=True)
class Scale:
    """What is subtracted and divided by, by channel, in 0…1: (1, 3, 1, 1), float32."""

    mean: Tensor
    deviation: Tensor


@dataclass(frozen=True)
class Images:
    """Some of a split's images: `chosen` are their places (M,) in `pixels` (N, 3, S, S), uint8, and `labels` (N,).

    On a CPU `pixels` stay the prepared array, so that nothing is copied but batches; on a GPU they live there.
    """

    pixels: np.ndarray | Tensor
    labels: Tensor
    chosen: Tensor
    device: str
    scale: Scale | None = None

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def size(self) -> int:
        """Edge of the images in pixels."""
        return int(self.pixels.shape[-1])

    def gather(self, indices: Tensor, change: Callable[[Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Images (B, 3, S, S) as float32 in 0…1, normalised if there is a scale, and their labels (B,).

        `change` is made to the pixels, uint8, before.
        """
        places = self.chosen[indices]
        if isinstance(self.pixels, Tensor):
            places = places.to(self.device)
            batch = self.pixels[places]
        else:
            batch = torch.from_numpy(self.pixels[places.numpy()])
        batch = change(batch) if change else batch
        images = batch.to(torch.float32, memory_format=torch.channels_last).div_(255)
        if self.scale:
            images = (images - self.scale.mean) / self.scale.deviation
        return images, self.labels[places]


@dataclass(frozen=True)
class Splits:
    """The images a run learns from and is measured on; `sample` is a part of `train` as large as `test`."""

    train: Images
    sample: Images
    test: Images
    validation: Images | None


def split(spec: RunSpec, data: Prepared, device: str) -> Splits:
    """The spec's images of a prepared data set. The draws depend on neither seed nor device."""
    chosen = subset(data.train_labels, spec.per_class)
    kept, held = hold_out(data.train_labels[chosen], spec.validation_fraction)
    learned, validated = chosen[kept], chosen[held]
    scale = measure_scale(data.train_images, learned, device) if spec.normalisation == "channel" else None
    train_images, test_images = resident(data.train_images, device), resident(data.test_images, device)

    def images(places: NDArray[np.int64], pixels: np.ndarray | Tensor, labels: np.ndarray) -> Images:
        return Images(pixels, torch.tensor(labels, device=device), torch.tensor(places), device, scale)

    fixed = torch.Generator().manual_seed(0)
    sampled = torch.randperm(len(learned), generator=fixed)[: len(data.test_labels)].sort().values
    return Splits(
        train=images(learned, train_images, data.train_labels),
        sample=images(learned[sampled.numpy()], train_images, data.train_labels),
        test=images(np.arange(len(data.test_labels)), test_images, data.test_labels),
        validation=images(validated, train_images, data.train_labels) if len(validated) else None,
    )


def resident(pixels: np.ndarray, device: str) -> np.ndarray | Tensor:
    """The pixels where batches are gathered: on a GPU as a tensor there, on a CPU as they are."""
    return pixels if device == "cpu" else torch.from_numpy(np.array(pixels)).to(device)


def measure_scale(pixels: np.ndarray, places: NDArray[np.int64], device: str) -> Scale:
    """Mean and standard deviation by channel of the images at those places, exact but for one rounding."""
    total, squares = np.zeros(3), np.zeros(3)
    for start in range(0, len(places), CHUNK):
        values = pixels[places[start : start + CHUNK]].astype(np.int64)
        total += values.sum((0, 2, 3))
        squares += (values**2).sum((0, 2, 3))
    count = len(places) * pixels[0, 0].size
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 1.0))  # a flat channel is not divided by 0
    mean, deviation = (torch.tensor(part / 255, dtype=torch.float32).view(1, 3, 1, 1) for part in (mean, deviation))
    return Scale(mean.to(device), deviation.to(device))
