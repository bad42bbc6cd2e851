"""Schedules against PyTorch's own, and what becomes of them beyond their horizon."""

from itertools import pairwise

import pytest
import torch
from torch import optim

from hpviz.training.schedule import rate_factor

UPDATES, HORIZON = 10, 4
TOTAL = UPDATES * HORIZON


def factors(spec, count=TOTAL):
    return [rate_factor(spec, done, UPDATES) for done in range(count)]


def torchs(make):
    """The rates that one of PyTorch's schedulers gives a rate of 1, an update at a time."""
    optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, seen = make(optimizer), []
    for _ in range(TOTAL):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_the_cosine_is_that_of_pytorch(make_spec):
    told = torchs(lambda optimizer: optim.lr_scheduler.CosineAnnealingLR(optimizer, TOTAL))
    assert factors(make_spec(schedule="cosine", horizon=HORIZON)) == pytest.approx(told, abs=1e-12)


def test_the_steps_are_those_of_pytorch(make_spec):
    told = torchs(lambda optimizer: optim.lr_scheduler.MultiStepLR(optimizer, [TOTAL // 2, TOTAL * 3 // 4], 0.1))
    assert factors(make_spec(schedule="step", horizon=HORIZON)) == pytest.approx(told, rel=1e-12)


def test_the_warm_up_rises_to_the_full_rate_and_the_cosine_follows(make_spec):
    seen = factors(make_spec(schedule="warmup-cosine", horizon=HORIZON))
    assert seen[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert all(before > after for before, after in pairwise(seen[4:]))
    assert max(seen) == 1.0


@pytest.mark.parametrize("schedule", ["step", "cosine", "warmup-cosine"])
@pytest.mark.parametrize(("horizon", "updates"), [(1, 1), (1, 2), (3, 1), (4, 10)])
def test_the_rate_is_never_0_and_beyond_the_horizon_stays_at_its_last_value(make_spec, schedule, horizon, updates):
    spec, total = make_spec(schedule=schedule, horizon=horizon), horizon * updates
    seen = [rate_factor(spec, done, updates) for done in range(3 * total)]
    assert all(0 < factor <= 1 for factor in seen)
    assert set(seen[total:]) == {seen[total - 1]}


def test_a_constant_rate_stays(make_spec):
    assert set(factors(make_spec())) == {1.0}
