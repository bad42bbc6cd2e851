"""The optimisers, an entry each: from a network's weights and a spec to PyTorch's own.

Weight decay is coupled (added to the gradient) but for AdamW, which takes it off the weights themselves.
"""

from collections.abc import Callable, Iterable, Mapping

from torch import nn, optim

from hpviz.spec import SGD_MOMENTUM, RunSpec

Weights = Iterable[nn.Parameter]
Maker = Callable[[Weights, RunSpec, bool], optim.Optimizer]


def _adam(weights: Weights, spec: RunSpec, fused: bool) -> optim.Optimizer:
    return optim.Adam(weights, spec.learning_rate, weight_decay=spec.weight_decay, fused=fused)


def _adamw(weights: Weights, spec: RunSpec, fused: bool) -> optim.Optimizer:
    return optim.AdamW(weights, spec.learning_rate, weight_decay=spec.weight_decay, fused=fused)


def _sgd(weights: Weights, spec: RunSpec, fused: bool) -> optim.Optimizer:
    return optim.SGD(weights, spec.learning_rate, spec.momentum, weight_decay=spec.weight_decay, fused=fused)


# A spec holds sgd-momentum as SGD and its momentum.
OPTIMIZERS: Mapping[str, Maker] = {"adam": _adam, "adamw": _adamw, "sgd": _sgd, SGD_MOMENTUM: _sgd}
