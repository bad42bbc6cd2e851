"""The article's own network: three convolution blocks and three linear layers."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from hpviz.models.initial import blank, initialise
from hpviz.models.norm_pool import conv_norm_pool
from hpviz.spec import ARTICLE_CHANNELS, KernelWidth, Padding, feature_sizes, kernels_and_paddings

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
    """Dropout of one half that draws from the run's own generator, so that runs do not disturb each other."""

    generator: Generator | None = None

    def forward(self, features: Tensor) -> Tensor:
        if not self.training:
            return features
        return features * torch.empty_like(features).bernoulli_(0.5, generator=self.generator) * 2


def article_cnn(
    classes: int,
    image_size: int,
    kernel_width: KernelWidth = "article",
    padding: Padding = "article",
    generator: Generator | None = None,
) -> nn.Module:
    """The article's network for images (N, 3, S, S) in 0…1, giving logits (N, classes); 2.85 M parameters at 150 px.

    The order of the last layers (dropout before ReLU once, after it once) is the author's. Raises ValueError, with a
    sentence, if a kernel does not fit.
    """
    edge = feature_sizes(image_size, kernel_width, padding)[-1][1]
    shapes = zip(ARTICLE_CHANNELS, ARTICLE_CHANNELS[1:], kernels_and_paddings(kernel_width, padding), strict=False)

    def layers() -> nn.Module:
        return nn.Sequential(
            *(Block(before, after, width, pad) for before, after, (width, pad) in shapes),
            nn.Flatten(),
            nn.Linear(ARTICLE_CHANNELS[-1] * edge**2, 1024),
            Dropout(),
            nn.ReLU(),
            nn.Linear(1024, 512),
            nn.ReLU(),
            Dropout(),
            nn.Linear(512, classes),
        )

    network = blank(layers)
    initialise(network, generator or torch.Generator().manual_seed(0))
    return network


def give_dropout(network: nn.Module, generator: Generator) -> None:
    """Let every dropout of the network draw from `generator`, which lives on the network's device."""
    for layer in network.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator
