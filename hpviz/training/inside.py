"""What was found inside a trained network, as plain data: whoever draws it needs no PyTorch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BatchError:
    """How far gradients of `draws` random batches are from the whole sample's: root mean square, over its length."""

    batch_size: int
    error: float
    draws: int


@dataclass(frozen=True)
class GradientNoise:
    """The error of mini-batch gradients, measured on `images` of the run's `train_images`.

    `gradient_norm` is the length of the gradient over all of those images. `deviation` is one image's standard
    deviation σ from it, over that length; `slope` the exponent with which the errors fall (None: too few to tell);
    `noise_scale` is tr(Σ)/|G|² in images (None: more than these images can tell).
    """

    images: int
    train_images: int
    gradient_norm: float
    errors: tuple[BatchError, ...]
    deviation: float
    slope: float | None
    noise_scale: float | None


@dataclass(frozen=True)
class LayerWeights:
    """The weights of a convolution or linear layer: how many, and their L2 norm.

    `start_norm` is what it was before training and `moved` the distance from there over it; None where training began
    from pretrained weights.
    """

    name: str
    count: int
    norm: float
    start_norm: float | None
    moved: float | None


@dataclass(frozen=True)
class Inside:
    """A network after `epoch` epochs. `kernels` are the first convolution's, (out, 3, k, k), `start_kernels` those it
    began with; `noise` is None where there is no gradient left to measure.
    """

    epoch: int
    noise: GradientNoise | None
    layers: tuple[LayerWeights, ...]
    kernels: NDArray[np.float32]
    start_kernels: NDArray[np.float32] | None


def to_json(inside: Inside) -> dict[str, Any]:
    """What was found as plain JSON, as it travels between processes; every float32 comes back as it was."""
    start = inside.start_kernels
    kernels = {"kernels": inside.kernels.tolist(), "start_kernels": None if start is None else start.tolist()}
    return {**asdict(inside), **kernels}


def from_json(told: Mapping[str, Any]) -> Inside:
    """What `to_json` wrote."""
    noise, start = told["noise"], told["start_kernels"]
    return Inside(
        epoch=told["epoch"],
        noise=noise and GradientNoise(**{**noise, "errors": tuple(BatchError(**each) for each in noise["errors"])}),
        layers=tuple(LayerWeights(**layer) for layer in told["layers"]),
        kernels=np.array(told["kernels"], np.float32),
        start_kernels=None if start is None else np.array(start, np.float32),
    )
