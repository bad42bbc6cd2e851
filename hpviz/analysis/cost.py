"""What a run costs, by arithmetic: parameters, activations, multiply-adds and memory. No torch.

Counts are those of one image's forward pass; a multiply-add is one multiplication with its addition (2 FLOPs).
Layers are those of the article's network and of torchvision's ResNet18 (He et al., 2015).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from hpviz.spec import RunSpec, block_channels, feature_sizes, hidden_units, kernels_and_paddings

Part = Literal["convolution", "batch norm", "relu", "pool", "linear"]

FLOAT_BYTES = 4
# Set on 29 trainings of nine nets and batches in 15 processes: `python -m benchmarks.estimates` holds them against
# recorded runs. A weight in bf16 is there a second time, and so is its gradient; for every output that the
# forward pass keeps, the backward pass holds most of another; kernels and the allocator take something for themselves.
COPIES_IN_BF16 = 4
BACKWARD = 1.7
WORKSPACE_BYTES = 6_000_000
ACTIVATION_BYTES = {"fp32": 4, "tf32": 4, "bf16": 2}
OPTIMIZER_COPIES = {
    "adam": 2,
    "adamw": 2,
    "sgd": 0,
    "sgd-momentum": 0,
}  # moments kept for every weight; momentum adds one to SGD


@dataclass(frozen=True)
class Layer:
    """One layer's learned numbers, its outputs for one image, and the multiply-adds they take."""

    part: Part
    parameters: int
    activations: int
    multiply_adds: int = 0


@dataclass(frozen=True)
class Parts:
    """A count by part of the network. `linear` holds everything after the flattening, its ReLU and dropout too."""

    convolution: int
    batch_norm: int
    relu: int
    pool: int
    linear: int

    @property
    def total(self) -> int:
        return self.blocks + self.linear

    @property
    def blocks(self) -> int:
        """Everything before the linear layers."""
        return self.convolution + self.batch_norm + self.relu + self.pool


@dataclass(frozen=True)
class Cost:
    """What one training run of a spec takes.

    `activations` and `multiply_adds` are those of one image's forward pass. `memory_bytes` is the most that training
    holds at the spec's batch size, beyond what PyTorch takes for itself, as `training.memory` measures it: weights,
    gradients, the optimiser's moments, the batch, every layer's output and what the backward pass makes of these.
    """

    parameters: Parts
    activations: Parts
    multiply_adds: Parts
    memory_bytes: int


def cost(spec: RunSpec, classes: int) -> Cost:
    """The cost of a run with that many classes."""
    layers = list(article_layers(spec, classes) if spec.model == "article-cnn" else resnet_layers(spec, classes))
    parameters = _by_part(layers, lambda layer: layer.parameters)
    activations = _by_part(layers, lambda layer: layer.activations)
    return Cost(
        parameters=parameters,
        activations=activations,
        multiply_adds=_by_part(layers, lambda layer: layer.multiply_adds),
        memory_bytes=_memory(spec, parameters.total, activations.total),
    )


def refusal(needed: Cost, available_bytes: int) -> str | None:
    """A sentence if training would not fit in that much memory, else None."""
    if needed.memory_bytes <= available_bytes:
        return None
    return (
        f"This run needs about {gigabytes(needed.memory_bytes)} and {gigabytes(available_bytes)} are free; "
        "use a smaller batch or smaller images."
    )


def gigabytes(count: int) -> str:
    """A number of bytes as people read it: 1.2 GB, or 310 MB below one."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _by_part(layers: list[Layer], count: Callable[[Layer], int]) -> Parts:
    def of(part: Part) -> int:
        return sum(count(layer) for layer in layers if layer.part == part)

    return Parts(of("convolution"), of("batch norm"), of("relu"), of("pool"), of("linear"))


def _memory(spec: RunSpec, parameters: int, activations: int) -> int:
    copies = 2 + OPTIMIZER_COPIES[spec.optimizer] + (spec.momentum > 0)
    rounded = COPIES_IN_BF16 if spec.precision == "bf16" else 0
    outputs = spec.batch_size * (activations + 3 * spec.image_size**2) * ACTIVATION_BYTES[spec.precision]
    return parameters * (copies * FLOAT_BYTES + rounded) + round(BACKWARD * outputs) + WORKSPACE_BYTES


# The networks


def article_layers(spec: RunSpec, classes: int) -> Iterator[Layer]:
    """Blocks (convolution without bias, batch norm, ReLU, 2×2 max pool), three in the article, and three linear layers.

    Dropout at 0 does nothing and holds nothing.
    """
    widths = [width for width, _ in kernels_and_paddings(spec.kernel_width, spec.padding, spec.depth)]
    sizes = feature_sizes(spec.image_size, spec.kernel_width, spec.padding, spec.depth)
    counts, (first, second) = block_channels(spec.depth, spec.width), hidden_units(spec.width)
    for before, after, width, (edge, pooled) in zip(counts, counts[1:], widths, sizes, strict=False):
        yield from _convolved(before, after, width, edge)
        yield _relu(after, edge)
        yield _pool(after, pooled)
    flat = counts[-1] * sizes[-1][1] ** 2
    # The hidden linear layers are followed by a ReLU and a dropout: three outputs each.
    outputs = 3 if spec.dropout else 2
    yield Layer("linear", (flat + 1) * first, outputs * first, flat * first)
    yield Layer("linear", (first + 1) * second, outputs * second, first * second)
    yield Layer("linear", (second + 1) * classes, classes, second * classes)


def resnet_layers(spec: RunSpec, classes: int) -> Iterator[Layer]:
    """A stem, then four stages of two blocks, a mean over what is left of the image, and a linear head."""
    edge = _halved(spec.image_size)
    yield from _convolved(3, 64, 7, edge)
    yield _relu(64, edge)
    edge = _halved(edge)
    yield _pool(64, edge)
    channels = 64
    for stage in (64, 128, 256, 512):
        edge = edge if stage == channels else _halved(edge)
        yield from _residual(channels, stage, edge)
        yield from _residual(stage, stage, edge)
        channels = stage
    yield _pool(512, 1)
    yield Layer("linear", (512 + 1) * classes, classes, 512 * classes)


def _residual(before: int, after: int, edge: int) -> Iterator[Layer]:
    """Two convolutions 3 wide and the path around them, which is a convolution 1 wide where the shape changes."""
    for channels in (before, after):
        yield from _convolved(channels, after, 3, edge)
        yield _relu(after, edge)
    if before != after:
        yield from _convolved(before, after, 1, edge)


def _convolved(before: int, after: int, width: int, edge: int) -> Iterator[Layer]:
    """A convolution without bias and its batch norm, giving maps `edge` pixels wide."""
    weights = before * after * width**2
    yield Layer("convolution", weights, after * edge**2, weights * edge**2)
    yield Layer("batch norm", 2 * after, after * edge**2)


def _relu(channels: int, edge: int) -> Layer:
    return Layer("relu", 0, channels * edge**2)


def _pool(channels: int, edge: int) -> Layer:
    return Layer("pool", 0, channels * edge**2)


def _halved(edge: int) -> int:
    """The edge after a step of 2 with padding: ResNet rounds up."""
    return (edge + 1) // 2
