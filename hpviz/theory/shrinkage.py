"""What weight decay does to weights that the data pull nowhere: coupled L2 against decoupled decay.

Coupled L2 adds λw to the gradient before the optimiser sees it; decoupled decay takes ηλw off the weight itself
(Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019). For plain SGD they are the same. Adam divides the
gradient by its own size: once λw outweighs the data's gradient, every update moves a weight by η, however small it is.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's defaults (Kingma & Ba, 2015)


def decoupled(rate: float, decay: float, updates: int) -> Floats:
    """The share of a weight left after 0…updates updates, (1 - ηλ)^t: AdamW's decay, and SGD's with coupled L2."""
    return np.asarray((1 - rate * decay) ** np.arange(updates + 1))


def sgd_coupled(start: Floats, noise: Floats, rate: float, decay: float | Floats) -> Floats:
    """Weights (T + 1, N) under SGD with L2 in the gradient; `start` (N,), the data's gradients `noise` (T, N).

    Several decays (L, 1) at once take a `start` of (L, N) and give (T + 1, L, N); so for the other rules.
    """
    weights = [start]
    for gradient in noise:
        weights.append(weights[-1] - rate * (gradient + decay * weights[-1]))
    return np.array(weights)


def adam_coupled(start: Floats, noise: Floats, rate: float, decay: float | Floats) -> Floats:
    """Weights (T + 1, N) under Adam with L2 in the gradient, as the author of the article trained."""
    return _adam(start, noise, rate, coupled=decay, taken_off=0.0)


def adamw(start: Floats, noise: Floats, rate: float, decay: float | Floats) -> Floats:
    """Weights (T + 1, N) under Adam with the decay taken off the weights themselves."""
    return _adam(start, noise, rate, coupled=0.0, taken_off=decay)


def gradient_noise(updates: int, weights: int, size: float, seed: int = 0) -> Floats:
    """Gradients (updates, weights) of standard deviation `size` that pull nowhere on average."""
    return np.random.default_rng(seed).normal(0.0, size, (updates, weights))


def _adam(start: Floats, noise: Floats, rate: float, coupled: float | Floats, taken_off: float | Floats) -> Floats:
    weights = [start]
    mean, square = np.zeros_like(start), np.zeros_like(start)
    for update, gradient in enumerate(noise, start=1):
        gradient = gradient + coupled * weights[-1]
        mean = BETA1 * mean + (1 - BETA1) * gradient
        square = BETA2 * square + (1 - BETA2) * gradient**2
        step = mean / (1 - BETA1**update) / (np.sqrt(square / (1 - BETA2**update)) + EPSILON)
        weights.append(weights[-1] * (1 - rate * taken_off) - rate * step)
    return np.array(weights)
