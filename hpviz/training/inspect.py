"""A look inside a network that was trained: from its checkpoint, on the CPU, in nobody's way."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.models import build
from hpviz.spec import BadInput, RunSpec
from hpviz.training import checkpoint as checkpoints
from hpviz.training.gradient_noise import measure_noise
from hpviz.training.images import split
from hpviz.training.inside import Inside, LayerWeights

Weights = dict[str, Tensor]
GONE = "The checkpoint of this run is no longer here: delete the run and train it again to measure it."
NOT_FINITE = "The weights of this run are no longer finite numbers: there is nothing left to measure."


def inspect(spec: RunSpec, data: Prepared, checkpoint: Path) -> Generator[Progress, None, Inside]:
    """Measure the network in a run's `checkpoint` folder, which is only read, and how far training has moved it.

    It is a network of its own with a random state of its own, so a run that is being trained meanwhile does not
    notice, and the same checkpoint gives the same figures. Raises BadInput if there is no checkpoint of that run or
    what it holds is no longer finite.
    """
    with one_thread():
        return (yield from _inspect(spec, data, checkpoint))


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, and only here: two teams on the same cores wait for each other more than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _inspect(spec: RunSpec, data: Prepared, checkpoint: Path) -> Generator[Progress, None, Inside]:
    yield Progress("reading the checkpoint", 0, 0)
    saved = checkpoints.load(checkpoint, spec)
    if saved is None:
        raise BadInput(GONE)
    # As it began; where it began from pretrained weights, that is in their file, and not needed to go on.
    network = build(spec.model_copy(update={"weights": None}), len(data.classes))
    start = None if spec.weights else weights(network)
    network.load_state_dict(saved["network"])
    if not all(parameter.isfinite().all() for parameter in network.parameters()):
        raise BadInput(NOT_FINITE)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    noise = yield from measure_noise(network, split(spec, data, "cpu").train)
    now = weights(network)
    first = next(iter(now))
    return Inside(
        epoch=len(saved["rows"]),
        noise=noise,
        layers=tuple(describe(name, layer, start[name] if start else None) for name, layer in now.items()),
        kernels=as_array(now[first]),
        start_kernels=as_array(start[first]) if start else None,
    )


def weights(network: nn.Module) -> Weights:
    """Copies of the weights of every convolution and linear layer, numbered from the input on: "linear 2"."""
    numbers = {"convolution": count(1), "linear": count(1)}
    found = {}
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            kind = "convolution" if isinstance(layer, nn.Conv2d) else "linear"
            found[f"{kind} {next(numbers[kind])}"] = layer.weight.detach().clone()
    return found


def describe(name: str, now: Tensor, start: Tensor | None) -> LayerWeights:
    """A layer's weights in figures."""
    if start is None:
        return LayerWeights(name, now.numel(), now.norm().item(), None, None)
    began = start.norm().item()
    return LayerWeights(name, now.numel(), now.norm().item(), began, (now - start).norm().item() / began)


def as_array(kernels: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(kernels.numpy())
