"""How good a network is on images it is not trained on at that moment, and how large its weights are."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from hpviz.training.images import Images
from hpviz.training.numerics import autocast

# A forward pass takes about 100 bytes a pixel in the article's network: 200 MB at a time, whatever the image size.
PIXELS_AT_A_TIME = 2**21


@dataclass(frozen=True)
class Score:
    """Mean cross-entropy an image (nats), share of images classified right, seconds of inference, answers (N,)."""

    loss: float
    accuracy: float
    seconds: float
    said: NDArray[np.int64] = field(compare=False, repr=False)


def evaluate(network: nn.Module, images: Images, precision: str) -> Iterator[int | Score]:
    """Yield the number of images of each chunk once it is done and, last, the Score.

    The network is in eval mode only while a chunk is computed: between chunks the caller may do as it likes.
    """
    loss = torch.zeros((), dtype=torch.float64, device=images.device)
    right = torch.zeros((), dtype=torch.int64, device=images.device)
    chunk, seconds, said = max(1, PIXELS_AT_A_TIME // images.size**2), 0.0, []
    for indices in torch.split(torch.arange(len(images)), chunk):
        begun = time.perf_counter()
        logits, labels = _infer(network, images, indices, precision)
        loss += F.cross_entropy(logits.float(), labels, reduction="sum")
        said.append(logits.argmax(1))
        right += (said[-1] == labels).sum()
        seconds += time.perf_counter() - begun
        yield len(indices)
    begun = time.perf_counter()
    mean_loss, accuracy = loss.item() / len(images), right.item() / len(images)  # on a GPU this waits for the work
    seconds += time.perf_counter() - begun
    yield Score(mean_loss, accuracy, seconds, torch.cat(said).cpu().numpy())


@torch.inference_mode()
def _infer(network: nn.Module, images: Images, indices: Tensor, precision: str) -> tuple[Tensor, Tensor]:
    inputs, labels = images.gather(indices)
    network.eval()
    with autocast(precision, images.device):
        logits = network(inputs)
    network.train()
    return logits, labels


def norm(tensors: Iterable[Tensor | None]) -> float:
    """L2 norm of all numbers in the tensors together; None counts as nothing."""
    norms = [torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64) for tensor in tensors if tensor is not None]
    return torch.stack(norms).norm().item() if norms else 0.0


def finite(value: float) -> float | None:
    """The value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None
