"""Weight decay, coupled and decoupled, against closed forms and against torch's optimisers."""

import numpy as np
import pytest
import torch

from hpviz.theory.shrinkage import adam_coupled, adamw, decoupled, gradient_noise, sgd_coupled

START = np.array([0.02, -0.01, 0.5])
NOISE = gradient_noise(updates=60, weights=3, size=1e-3)
RATE, DECAY = 1e-2, 0.3


def by_torch(optimizer: torch.optim.Optimizer, weights: torch.Tensor) -> np.ndarray:
    for gradient in NOISE:
        weights.grad = torch.from_numpy(gradient)
        optimizer.step()
    return weights.numpy()


@pytest.mark.parametrize(
    ("ours", "theirs"), [(sgd_coupled, torch.optim.SGD), (adam_coupled, torch.optim.Adam), (adamw, torch.optim.AdamW)]
)
def test_each_rule_moves_weights_as_torch_does(ours, theirs):
    weights = torch.from_numpy(START.copy())
    expected = by_torch(theirs([weights], lr=RATE, weight_decay=DECAY), weights)
    assert ours(START, NOISE, RATE, DECAY)[-1] == pytest.approx(expected, rel=1e-9)


def test_without_a_pull_of_the_data_sgd_and_adamw_keep_the_same_share_of_every_weight():
    silence = np.zeros((60, 3))
    share = decoupled(RATE, DECAY, 60)
    assert share == pytest.approx((1 - RATE * DECAY) ** np.arange(61))
    for rule in (sgd_coupled, adamw):
        assert rule(START, silence, RATE, DECAY) == pytest.approx(share[:, None] * START)


def test_coupled_adam_takes_the_whole_rate_off_a_weight_however_strong_the_decay():
    silence = np.zeros((1, 3))
    for decay in (1e-3, 1.0, 100.0):
        moved = START - adam_coupled(START, silence, 1e-4, decay)[-1]
        assert moved == pytest.approx(1e-4 * np.sign(START), rel=1e-2)


def test_in_the_authors_320_updates_adamw_keeps_97_percent_and_coupled_adam_nearly_nothing():
    assert decoupled(1e-4, 1.0, 320)[-1] == pytest.approx(0.97, abs=0.005)
    start, noise = np.full(50, 0.02), gradient_noise(320, 50, 2e-3)
    assert abs(adam_coupled(start, noise, 1e-4, 1.0)[-1].mean()) < 0.15 * 0.02
    assert adamw(start, noise, 1e-4, 1.0)[-1].mean() > 0.9 * 0.02


def test_no_decay_leaves_the_weights_to_the_data():
    for rule in (sgd_coupled, adam_coupled, adamw):
        assert rule(START, np.zeros((5, 3)), RATE, 0.0)[-1] == pytest.approx(START)


@pytest.mark.parametrize("rule", [sgd_coupled, adam_coupled, adamw])
def test_several_decays_at_once_give_what_each_gives_alone(rule):
    decays = np.array([0.0, 0.01, 1.0])
    together = rule(np.tile(START, (3, 1)), NOISE, RATE, decays[:, None])
    for column, decay in enumerate(decays):
        assert together[:, column] == pytest.approx(rule(START, NOISE, RATE, decay))
