"""The article's own network: three convolution blocks and three linear layers."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from hpviz.models.initial import blank, initialise
from hpviz.models.norm_pool import conv_norm_pool
from hpviz.spec import (
    ARTICLE_DEPTH,
    OWN_DROPOUT,
    KernelWidth,
    Padding,
    block_channels,
    feature_sizes,
    hidden_units,
    kernels_and_paddings,
)

FUSED = True  # the blocks in one quick piece on CPUs; False: layer by layer, the same numbers


class Block(nn.Module):
    """Convolution without bias, batch norm, ReLU, 2×2 max pool: (N, C, H, W) to (N, C', H'/2, W'/2)."""

    def __init__(self, channels_in: int, channels_out: int, kernel_width: int, padding: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel_width, padding=padding, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, images: Tensor) -> Tensor:
        if FUSED and images.is_cpu:
            # max and ReLU commute: rectifying what is left after the pool is a quarter of the work.
            return F.relu(conv_norm_pool(images, self.conv, self.norm))
        return F.max_pool2d(F.relu(self.norm(self.conv(images))), 2)


class Dropout(nn.Module):
    """Dropout that draws from the run's own generator, so that runs do not disturb each other.

    `share` is how many of the features are left out, one half in the article's network; at 0 nothing is drawn.
    """

    generator: Generator | None = None

    def __init__(self, share: float = OWN_DROPOUT["article-cnn"]) -> None:
        super().__init__()
        self.keep = 1 - share

    def forward(self, features: Tensor) -> Tensor:
        if not self.training or self.keep == 1:
            return features
        return features * torch.empty_like(features).bernoulli_(self.keep, generator=self.generator) * (1 / self.keep)


def article_cnn(
    classes: int,
    image_size: int,
    kernel_width: KernelWidth = "article",
    padding: Padding = "article",
    generator: Generator | None = None,
    *,
    depth: int = ARTICLE_DEPTH,
    width: float = 1.0,
    dropout: float = OWN_DROPOUT["article-cnn"],
) -> nn.Module:
    """The article's network for images (N, 3, S, S) in 0…1, giving logits (N, classes); 2.85 M parameters at 150 px.

    The order of the last layers (dropout before ReLU once, after it once) is the author's. `depth` is the number of
    blocks, `width` a factor on channels and hidden units, `dropout` the share left out. Raises ValueError, with a
    sentence, if a kernel does not fit.
    """
    edge = feature_sizes(image_size, kernel_width, padding, depth)[-1][1]
    counts, (first, second) = block_channels(depth, width), hidden_units(width)
    shapes = zip(counts, counts[1:], kernels_and_paddings(kernel_width, padding, depth), strict=False)

    def layers() -> nn.Module:
        return nn.Sequential(
            *(Block(before, after, kernel, pad) for before, after, (kernel, pad) in shapes),
            nn.Flatten(),
            nn.Linear(counts[-1] * edge**2, first),
            Dropout(dropout),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            Dropout(dropout),
            nn.Linear(second, classes),
        )

    network = blank(layers)
    initialise(network, generator or torch.Generator().manual_seed(0))
    return network


def give_dropout(network: nn.Module, generator: Generator) -> None:
    """Let every dropout of the network draw from `generator`, which lives on the network's device."""
    for layer in network.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator
