"""How well the gradient of a mini-batch stands for that of the training set: batches are really drawn."""

import math
from collections.abc import Generator, Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hpviz.data.progress import Progress
from hpviz.theory.noise_scale import deviation, simple_noise_scale, slope
from hpviz.training.images import Images
from hpviz.training.inside import BatchError, GradientNoise

SAMPLE = 512  # images that stand for the training set
LARGEST = 256  # images in a batch
# Small batches scatter more, so more are drawn: in a network that has learned, few images have much of a gradient.
LEAST_DRAWS, MOST_DRAWS = 10, 128
PIXELS_AT_A_TIME = 2**19  # 128 images of 64 px: about 100 MB in the article's network, backward pass included

Parameters = list[nn.Parameter]


def measure_noise(
    network: nn.Module, images: Images, sizes: Sequence[int] | None = None
) -> Generator[Progress, None, GradientNoise | None]:
    """Draw batches of 1, 2, 4 … images without replacement and hold their gradients against that of all of them.

    Dropout is off and batch norm uses its running statistics: an image's gradient is then its own, whoever shares its
    batch, and two batches differ in their images alone. In float32, for rounding would be noise too. Without weight
    decay, which is no estimate. None if the gradient of all is zero or not finite: then there is nothing to compare.
    """
    network.eval()
    random = torch.Generator().manual_seed(0)
    sample = torch.randperm(len(images), generator=random)[:SAMPLE]
    sizes = powers_of_two(len(sample)) if sizes is None else sizes
    batches = {size: list(islice(draw(sample, size, random), draws(len(sample), size))) for size in sizes}
    done, total = 0, len(sample) + sum(size * len(drawn) for size, drawn in batches.items())
    yield Progress("the gradient over all images", done, total)
    whole = gradient(network, images, sample)
    length = whole.norm().item()
    if not math.isfinite(length) or length == 0:
        return None
    done, errors = len(sample), []
    for size, drawn in batches.items():
        squared = 0.0
        for batch in drawn:
            yield Progress(f"gradients of batches of {size}", done, total)
            squared += (gradient(network, images, batch) - whole).square().sum().item()
            done += size
        errors.append(BatchError(size, math.sqrt(squared / len(drawn)) / length, len(drawn)))
    return summary(errors, len(sample), len(images), length)


def summary(errors: Sequence[BatchError], images: int, train_images: int, length: float) -> GradientNoise:
    """The errors and what they say; a batch of all images has none and says nothing."""
    partial = [error for error in errors if error.batch_size < images]
    counts, shares = [error.batch_size for error in partial], [error.error for error in partial]
    draws = [error.draws for error in partial]
    spread = deviation(counts, shares, draws, images) if partial else 0.0
    return GradientNoise(
        images=images,
        train_images=train_images,
        gradient_norm=length,
        errors=tuple(errors),
        deviation=spread,
        slope=slope(counts, shares, draws, images),
        noise_scale=simple_noise_scale(spread, images) if partial else None,
    )


def powers_of_two(images: int) -> list[int]:
    """1, 2, 4 … below the number of images and up to LARGEST."""
    return [2**power for power in range(LARGEST.bit_length()) if 2**power < images]


def draws(images: int, size: int) -> int:
    """How many batches of that size: as many as the images fill, within bounds."""
    return min(max(images // size, LEAST_DRAWS), MOST_DRAWS)


def draw(sample: Tensor, size: int, random: torch.Generator) -> Iterator[Tensor]:
    """Random batches without end: shuffles of the sample, cut as an epoch cuts them.

    What the others leave of a shuffle is not a batch: its gradient would follow from theirs.
    """
    a_shuffle = max(1, (len(sample) - 1) // size)
    while True:
        shuffled = sample[torch.randperm(len(sample), generator=random)]
        yield from torch.split(shuffled[: a_shuffle * size], size)


def gradient(network: nn.Module, images: Images, batch: Tensor) -> Tensor:
    """The gradient of the mean loss over a batch, all parameters in one vector; computed in pieces, as it is a sum."""
    parameters = list(network.parameters())
    total = torch.zeros(sum(parameter.numel() for parameter in parameters))
    for piece in torch.split(batch, max(1, PIXELS_AT_A_TIME // images.size**2)):
        inputs, labels = images.gather(piece)
        loss = F.cross_entropy(network(inputs), labels, reduction="sum")
        total += torch.cat([part.flatten() for part in torch.autograd.grad(loss, parameters)])
    return total / len(batch)
