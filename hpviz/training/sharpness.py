"""How sharply the loss curves where training stands, beside what its optimiser can bear: the edge of stability.

On a parabola of curvature h gradient descent leaves where h > 2/lr. In a network the h that counts is the largest
eigenvalue of the loss's Hessian; for an optimiser that scales each weight's step, that of the Hessian so scaled.

Sources: Cohen et al., Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability (2021); Cohen et
al., Adaptive Gradient Methods at the Edge of Stability (2022).
"""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn, optim
from torch.nn import functional as F

from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.models import article
from hpviz.training.events import Batch, Evaluating
from hpviz.training.images import Images, split
from hpviz.training.loop import Learner
from hpviz.training.replay import Moment, PastRun, replay

SAMPLE = 256  # images that stand for the training set; a product with them costs as much as training on 1,700
# 64 images of 64 px: about 300 MB in the article's network; of few, statistics are too noisy to stand for training's.
PIXELS_AT_A_TIME, LEAST_AT_A_TIME = 2**18, 32
# Ends where the eigenvalue's residual is within that share of it, which bounds its error; the rest is for flat spectra.
TOLERANCE, MOST_PRODUCTS = 0.01, 80

NOT_FINITE = (
    "After epoch {epoch} the weights or the loss's curvature are no longer finite: there is nothing to measure."
)


def summed_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, reduction="sum")


@dataclass(frozen=True)
class Hessian:
    """The Hessian of the mean loss over some images, by its products with vectors over all parameters, in float32.

    The loss is what the optimiser descends: with `weight_decay` where that is coupled, λ/2 times the weights' square;
    batch norm uses the statistics of the images at hand, as it does in training, of as many as are computed at a time.
    With its running statistics, which stand still beside the weights, the curvature would be another: of a small net
    that was tried three times as much, far beyond the edge at which it trained well. Dropout is off. With `scales`
    (P,), one a parameter, it is D^-1/2 H D^-1/2.
    """

    network: nn.Module
    images: Images
    sample: Tensor
    weight_decay: float = 0.0
    scales: Tensor | None = None
    loss: Callable[[Tensor, Tensor], Tensor] = summed_cross_entropy

    @property
    def size(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    @property
    def pieces(self) -> tuple[Tensor, ...]:
        """The sample in pieces alike, so that none is too few images for their statistics."""
        return torch.tensor_split(self.sample, math.ceil(len(self.sample) / at_a_time(self.images, self.sample)))

    def product(self, vector: Tensor) -> Generator[Progress, None, Tensor]:
        """H v for `vector` (P,); Progress in images, so that it may be left between two pieces of the sample."""
        parameters = list(self.network.parameters())
        scaled = vector if self.scales is None else vector / self.scales.sqrt()
        parts = torch.split(scaled, [each.numel() for each in parameters])
        directions = [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]
        total, done = torch.zeros_like(scaled), 0
        for piece in self.pieces:
            yield Progress("curvature", done, len(self.sample))
            inputs, labels = self.images.gather(piece)
            with as_in_training(self.network):
                loss = self.loss(self.network(inputs), labels)
            first = torch.autograd.grad(loss, parameters, create_graph=True)
            along = torch.stack([(g * v).sum() for g, v in zip(first, directions, strict=True)]).sum()
            second = torch.autograd.grad(along, parameters, materialize_grads=True)
            total += torch.cat([part.flatten() for part in second])
            done += len(piece)
        curved = total / len(self.sample) + self.weight_decay * scaled
        return curved if self.scales is None else curved / self.scales.sqrt()


def at_a_time(images: Images, sample: Tensor) -> int:
    """How many images are computed together, at most."""
    return min(len(sample), max(LEAST_AT_A_TIME, PIXELS_AT_A_TIME // images.size**2))


@contextmanager
def as_in_training(network: nn.Module) -> Iterator[None]:
    """Batch norm by the statistics of its batch, of which it keeps none; dropout off. All is as before afterwards.

    Layer by layer, for the blocks in one piece have no second derivative.
    """
    was_training, was_fused = network.training, article.FUSED
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    network.eval()
    article.FUSED = False
    for norm in norms:
        norm.training, norm.track_running_stats = True, False
    try:
        yield
    finally:
        article.FUSED = was_fused
        for norm in norms:
            norm.track_running_stats = True
        network.train(was_training)


def largest_eigenvalue(hessian: Hessian) -> Generator[Progress, None, float | None]:
    """The largest (not the largest in size), within 1%; None if it is not finite.

    By Lanczos' three-term recurrence from a fixed random vector, sums in float64. Without reorthogonalisation, which
    would keep dozens of vectors as long as all weights: rounding then repeats eigenvalues already found, and moves none
    (Paige, 1980).
    """
    random = torch.Generator().manual_seed(0)
    vector = torch.randn(hessian.size, generator=random)
    vector /= _length(vector)
    before, beta = torch.zeros_like(vector), 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    largest = None
    for _ in range(min(MOST_PRODUCTS, hessian.size)):
        product = yield from hessian.product(vector)
        diagonal.append((product * vector).sum(dtype=torch.float64).item())
        product -= diagonal[-1] * vector + beta * before
        beta = _length(product)
        if not math.isfinite(diagonal[-1]) or not math.isfinite(beta):
            return None
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
        largest = float(values[-1])
        # With no reach left beyond the vectors so far, what they span is all that the start had a part in.
        if beta * abs(vectors[-1, -1]) <= TOLERANCE * abs(largest) or beta == 0:
            return largest
        beside.append(beta)
        before, vector = vector, product / beta
    return largest


def _length(vector: Tensor) -> float:
    return float(torch.linalg.vector_norm(vector, dtype=torch.float64))


def sharpness(learner: Learner, images: Images, sample: Tensor) -> Generator[Progress, None, float | None]:
    """The curvature that the learner's optimiser meets, in its network as it is and leaves it; None: not finite.

    Adam has no estimate to scale by before its first update: then it is None, too.
    """
    network, optimizer = learner.network, learner.optimizer
    adapts = isinstance(optimizer, optim.Adam)
    scales = second_moment_scales(network, optimizer) if adapts else None
    if (adapts and scales is None) or not all(parameter.isfinite().all() for parameter in network.parameters()):
        return None
    coupled = 0.0 if isinstance(optimizer, optim.AdamW) else learner.spec.weight_decay
    return (yield from largest_eigenvalue(Hessian(network, images, sample, coupled, scales)))


def second_moment_scales(network: nn.Module, optimizer: optim.Optimizer) -> Tensor | None:
    """What Adam divides each parameter's step by, (P,): √v̂ + ε, v̂ free of its bias; None before the first update."""
    (group,) = optimizer.param_groups
    parts = []
    for parameter in network.parameters():
        state = optimizer.state.get(parameter)
        if not state:
            return None
        unbiased = state["exp_avg_sq"] / (1 - group["betas"][1] ** state["step"].item())
        parts.append((unbiased.sqrt() + group["eps"]).flatten())
    return torch.cat(parts)


def edge(optimizer: optim.Optimizer) -> float:
    """The curvature beyond which steps of the optimiser's present rate grow instead of shrink, on a parabola.

    2/lr for SGD and (2 + 2β)/lr with momentum β (Cohen et al., 2021); for Adam, whose momentum is an average, it is
    (2 + 2β₁)/((1 - β₁) lr), or 38/lr (Cohen et al., 2022).
    """
    (group,) = optimizer.param_groups
    if "betas" in group:
        beta = group["betas"][0]
        return float((2 + 2 * beta) / ((1 - beta) * group["lr"]))
    return float((2 + 2 * group["momentum"]) / group["lr"])


def fixed_sample(images: Images) -> Tensor:
    """Places (M,) of the images that it is measured on: SAMPLE of them, or all, the same for every run on this data."""
    return torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[:SAMPLE]


def follow_sharpness(run: PastRun, data: Prepared) -> Generator[Progress, None, dict[str, Any]]:
    """Train a run again and measure at its start and after every epoch; plain JSON.

    `start` and `epochs`, one value an epoch, with `edge` beside them; None where there was nothing finite to measure,
    which ends the series, and `reason` says so. `preconditioned`: scaled by Adam. `images` of the run's `train_images`
    it was measured on. `equal`: the run went as it is stored, to the last bit.
    """
    images = split(run.spec, data, "cpu").train
    sample, epochs = fixed_sample(images), len(run.rows)
    start, reason, equal = None, None, True
    values: list[float | None] = []
    edges: list[float] = []
    preconditioned = run.spec.optimizer != "sgd"
    for moment in replay(run, data):
        if not isinstance(moment, Moment):
            yield _progress(moment, epochs)
            continue
        value = yield from _measure(moment, epochs, images, sample)
        equal = moment.off == 0
        if moment.epoch == 0:
            start = value
            continue
        values.append(value)
        edges.append(edge(moment.learner.optimizer))
        if value is None:
            reason = NOT_FINITE.format(epoch=len(values))
            break
    return {
        "start": start,
        "epochs": values,
        "edge": edges,
        "preconditioned": preconditioned,
        "images": len(sample),
        "at_a_time": at_a_time(images, sample),
        "train_images": len(images),
        "equal": equal,
        "reason": reason,
    }


def _progress(event: Batch | Evaluating, epochs: int) -> Progress:
    done = event.updates / event.of if isinstance(event, Batch) else 1.0
    what = f"training it again: epoch {event.epoch} of {epochs}"
    return Progress(what, round(1000 * (event.epoch - 1 + done)), 1000 * epochs)


def _measure(moment: Moment, epochs: int, images: Images, sample: Tensor) -> Generator[Progress, None, float | None]:
    """The sharpness at that moment, told as standing still on the way through the epochs."""
    steps = sharpness(moment.learner, images, sample)
    what = f"curvature after epoch {moment.epoch:.0f} of {epochs}" if moment.epoch else "curvature at the start"
    try:
        while True:
            next(steps)
            yield Progress(what, round(1000 * moment.epoch), 1000 * epochs)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        steps.close()
