"""What was found inside a trained network, as plain data: whoever draws it needs no PyTorch."""

import base64
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


@dataclass(frozen=True)
class LayerMaps:
    """What a layer makes of one photo: a map for each of `shown`, its channels that answer most, counted from 0.

    `maps` are (shown, H, W) uint8, 0 being no answer and 255 the layer's `strongest`; the layer's own are `edge` pixels
    across, of which those with many are drawn smaller. It has `channels` in all.
    """

    name: str
    channels: int
    edge: int
    strongest: float
    shown: tuple[int, ...]
    maps: NDArray[np.uint8]


@dataclass(frozen=True)
class Answer:
    """The probability of each class after `epoch` epochs; 0 is before training."""

    epoch: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class OnePhoto:
    """What a network makes of one test photo: its answers at the epochs that are kept, and its newest maps."""

    answers: tuple[Answer, ...]
    layers: tuple[LayerMaps, ...]

    @property
    def epoch(self) -> int:
        """The epoch of the maps."""
        return self.answers[-1].epoch


def photo_to_json(found: OnePhoto) -> dict[str, Any]:
    """The same as plain JSON, a byte of a map in four thirds of a letter."""
    coded = [
        {"size": list(each.maps.shape), "bytes": base64.b64encode(each.maps.tobytes()).decode()}
        for each in found.layers
    ]
    told = asdict(found)
    return {**told, "layers": [{**layer, "maps": maps} for layer, maps in zip(told["layers"], coded, strict=True)]}


def photo_from_json(told: Mapping[str, Any]) -> OnePhoto:
    """What `photo_to_json` wrote."""
    answers = [Answer(each["epoch"], tuple(each["probabilities"])) for each in told["answers"]]
    return OnePhoto(tuple(answers), tuple(_maps_from_json(layer) for layer in told["layers"]))


def _maps_from_json(told: Mapping[str, Any]) -> LayerMaps:
    maps = np.frombuffer(base64.b64decode(told["maps"]["bytes"]), np.uint8).reshape(told["maps"]["size"])
    return LayerMaps(**{**told, "shown": tuple(told["shown"]), "maps": maps})
