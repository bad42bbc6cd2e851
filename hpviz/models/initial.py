"""PyTorch's own initial weights, drawn from a generator of the run's instead of the global one."""

from collections.abc import Callable

import torch
from torch import Generator, nn
from torch.nn import init


def blank(make: Callable[[], nn.Module]) -> nn.Module:
    """The network with its memory laid out and nothing drawn yet, so that the global generator is left alone."""
    with torch.device("meta"):
        network = make()
    return network.to_empty(device="cpu")


def initialise(network: nn.Module, generator: Generator) -> None:
    """Every layer as PyTorch's constructors leave it, in the order of the layers."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            uniform(layer, generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()


def uniform(layer: nn.Conv2d | nn.Linear, generator: Generator) -> None:
    """Weights and biases uniform within ±1/√fan-in (`reset_parameters` of torch.nn.Linear and Conv2d)."""
    init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)
    if layer.bias is not None:
        bound = layer.weight[0].numel() ** -0.5
        init.uniform_(layer.bias, -bound, bound, generator=generator)
