"""Augmentation: training images seen mirrored and shifted, drawn anew each time they are seen.

The draws are made on the CPU by the run's own generator, so they are the same on every device and a resumed run goes
on exactly; the images are changed as uint8, a quarter of what floats would move.
"""

import torch
from torch import Generator, Tensor

from hpviz.spec import RunSpec, own_crop


def augmented(images: Tensor, spec: RunSpec, generator: Generator) -> Tensor:
    """The spec's augmentation of images (B, 3, S, S): the same for `none`, which draws nothing."""
    if spec.augmentation == "none":
        return images
    images = flipped(images, torch.rand(len(images), generator=generator) < 0.5)
    if spec.augmentation == "flip":
        return images
    most = spec.crop or own_crop(spec.image_size)
    return shifted(images, torch.randint(-most, most + 1, (len(images), 2), generator=generator))


def flipped(images: Tensor, chosen: Tensor) -> Tensor:
    """The chosen (B,) of the images mirrored left to right."""
    return torch.where(chosen.to(images.device)[:, None, None, None], images.flip(-1), images)


def shifted(images: Tensor, offsets: Tensor) -> Tensor:
    """Each image cropped at (down, right) of `offsets` (B, 2) and filled up with its own reflection at the edge."""
    places = torch.arange(images.shape[-1], device=images.device)
    rows, columns = (_reflected(places + offsets[:, axis, None].to(images.device)) for axis in (0, 1))
    each = torch.arange(len(images), device=images.device)[:, None, None]
    return images[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _reflected(places: Tensor) -> Tensor:
    """Places (B, S) on a line, some of them beyond its ends, mirrored at its first and last place."""
    last = places.shape[-1] - 1
    return last - (last - places.abs()).abs()
