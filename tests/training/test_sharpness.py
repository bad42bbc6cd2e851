"""The largest eigenvalue of the loss's Hessian: held against the exact one on networks small enough to have it."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn, optim
from torch.nn import functional as F

from hpviz.data.progress import Progress
from hpviz.models import article
from hpviz.models.article import Block, Dropout
from hpviz.training import sharpness as module
from hpviz.training.events import Epoch
from hpviz.training.images import split
from hpviz.training.loop import Learner, train, update
from hpviz.training.replay import PastRun
from hpviz.training.sharpness import (
    Hessian,
    edge,
    fixed_sample,
    follow_sharpness,
    largest_eigenvalue,
    second_moment_scales,
    sharpness,
)
from tests.made_up import result_of


def small_network():
    """A block of the article's network, dropout and a linear layer: 308 parameters."""
    torch.manual_seed(0)
    block = Block(3, 4, 5, 0)
    block.norm.weight.data.uniform_(-1, 1)
    block.norm.bias.data.uniform_(-1, 1)
    return nn.Sequential(nn.AvgPool2d(2), block, nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dropout(0.5), nn.Linear(4, 4))


def learner_of(spec, network, optimizer):
    return replace(Learner.begin(spec, 4, "cpu", None, None), network=network, optimizer=optimizer)


def exact_hessian(network, images, pieces, weight_decay=0.0):
    """By torch.autograd.functional, of the loss as one function of all parameters in a row, written out anew."""
    (block,) = (layer for layer in network if isinstance(layer, Block))
    named = dict(network.named_parameters())

    def logits(given, inputs):
        features = F.conv2d(F.avg_pool2d(inputs, 2), given["1.conv.weight"])
        apart = features - features.mean((0, 2, 3), keepdim=True)
        unit = apart / (apart.square().mean((0, 2, 3), keepdim=True) + block.norm.eps).sqrt()
        scaled = unit * given["1.norm.weight"][:, None, None] + given["1.norm.bias"][:, None, None]
        pooled = F.max_pool2d(scaled.relu(), 2).mean((2, 3))
        return pooled @ given["5.weight"].T + given["5.bias"]

    def loss(flat):
        parts = flat.split([each.numel() for each in named.values()])
        given = {name: part.view_as(each) for (name, each), part in zip(named.items(), parts, strict=True)}
        batches = [images.gather(piece) for piece in pieces]
        summed = sum(F.cross_entropy(logits(given, *each[:1]), each[1], reduction="sum") for each in batches)
        return summed / sum(map(len, pieces)) + weight_decay / 2 * flat.square().sum()

    return torch.autograd.functional.hessian(loss, torch.cat([each.detach().flatten() for each in named.values()]))


def exact_eigenvalue(hessian):
    return torch.linalg.eigvalsh(hessian.double())[-1].item()


@pytest.fixture
def images(data, make_spec):
    return split(make_spec(), data, "cpu").train


def test_it_is_the_exact_largest_eigenvalue(images, make_spec, monkeypatch):
    monkeypatch.setattr(module, "LEAST_AT_A_TIME", 1)
    monkeypatch.setattr(module, "PIXELS_AT_A_TIME", 10 * 32**2)  # 27 images in three pieces
    spec = make_spec(optimizer="sgd", weight_decay=0.3)
    network, sample = small_network(), fixed_sample(images)
    learner = learner_of(spec, network, optim.SGD(network.parameters(), 0.1))
    exact = exact_eigenvalue(exact_hessian(network, images, torch.split(sample, 9), 0.3))
    assert exact > 0.5
    assert result_of(sharpness(learner, images, sample)) == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_for_adam_it_is_that_of_the_hessian_scaled_by_its_second_moments(images, make_spec, kind):
    spec = make_spec(optimizer=kind, weight_decay=0.1)
    network, sample = small_network(), fixed_sample(images)
    make = optim.Adam if kind == "adam" else optim.AdamW
    optimizer = make(network.parameters(), 1e-2, weight_decay=0.1, betas=(0.9, 0.99))
    learner = learner_of(spec, network, optimizer)
    assert result_of(sharpness(learner, images, sample)) is None  # it has no second moments yet
    for batch in torch.split(sample, 9):
        update(learner, *images.gather(batch))
    exact = exact_hessian(network, images, [sample], 0.1 if kind == "adam" else 0.0)
    moments = torch.cat([optimizer.state[each]["exp_avg_sq"].flatten() for each in network.parameters()])
    scales = (moments / (1 - 0.99**3)).sqrt() + 1e-8
    assert torch.allclose(second_moment_scales(network, optimizer), scales)
    expected = exact_eigenvalue(exact / (scales[:, None] * scales).sqrt())
    assert result_of(sharpness(learner, images, sample)) == pytest.approx(expected, rel=0.01)


def test_it_is_the_largest_even_where_a_negative_one_is_larger_in_size(images):
    class Given(Hessian):
        size = 40

        def product(self, vector):
            yield from ()
            return torch.linspace(-30.0, 2.0, 40) * vector

    assert result_of(largest_eigenvalue(Given(nn.Identity(), images, torch.arange(1)))) == pytest.approx(2, rel=0.01)


def test_the_edge_is_where_steps_on_a_parabola_stop_shrinking():
    makers = {
        2 / 0.1: lambda p: optim.SGD(p, 0.1),
        3.8 / 0.1: lambda p: optim.SGD(p, 0.1, momentum=0.9),
        38 / 0.1: lambda p: optim.Adam(p, 0.1),
    }
    for expected, make in makers.items():
        assert edge(make([nn.Parameter(torch.ones(1))])) == pytest.approx(expected)
    for make in list(makers.values())[:2]:
        for factor, grows in ((0.99, False), (1.01, True)):
            weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
            optimizer = make([weight])
            curvature = factor * edge(optimizer)
            for _ in range(2_000):
                weight.grad = curvature * weight.detach()
                optimizer.step()
            assert (abs(weight.item()) > 1) == grows


def test_a_run_is_followed_from_its_start_an_epoch_at_a_time(data, make_spec):
    spec = make_spec(optimizer="sgd", learning_rate=0.01, width=0.25, schedule="step", horizon=2)
    rows = [event.row for event in train(spec, data, epochs=2) if isinstance(event, Epoch)]
    found = result_of(follow_sharpness(PastRun("a", spec, rows, 1), data))
    assert [value > 0 for value in (found["start"], *found["epochs"])] == [True, True, True]
    assert found["edge"] == pytest.approx([2 / 0.01, 2 / 0.0001])  # the rate of each last update
    assert (found["images"], found["train_images"]) == (27, 27)
    assert (found["preconditioned"], found["equal"], found["reason"]) == (False, True, None)


def test_measuring_changes_nothing_of_the_run(data, make_spec):
    spec = make_spec(width=0.25)
    rows = [event.row for event in train(spec, data, epochs=2) if isinstance(event, Epoch)]
    found = result_of(follow_sharpness(PastRun("a", spec, rows, 1), data))
    assert found["equal"]
    assert found["start"] is None
    assert found["preconditioned"]
    assert found["at_a_time"] == 27
    assert len(found["epochs"]) == 2


def test_a_network_that_diverged_ends_the_series_with_none_and_a_sentence(data, make_spec):
    spec = make_spec(optimizer="sgd", learning_rate=1e4, width=0.25)
    rows = [event.row for event in train(spec, data, epochs=3) if isinstance(event, Epoch)]
    found = result_of(follow_sharpness(PastRun("a", spec, rows, 1), data))
    assert found["epochs"] == [None]
    assert found["reason"].startswith("After epoch 1 the weights or the loss's curvature are no longer finite")


def test_it_tells_how_far_it_is_and_can_be_stopped_within_a_product(data, make_spec):
    spec = make_spec(width=0.25, optimizer="sgd", learning_rate=0.01)
    rows = [event.row for event in train(spec, data, epochs=1) if isinstance(event, Epoch)]
    steps = follow_sharpness(PastRun("a", spec, rows, 1), data)
    assert next(steps) == Progress("curvature at the start", 0, 1000)
    told = [each for each in steps if each.what == "curvature after epoch 1 of 1"]
    assert told
    assert all((each.done, each.total) == (1000, 1000) for each in told)
    steps = follow_sharpness(PastRun("a", spec, rows, 1), data)
    next(steps)
    steps.close()


def test_it_leaves_a_network_as_it_was_even_where_it_is_left_half_way(images, make_spec):
    learner = Learner.begin(make_spec(width=0.25, optimizer="sgd"), 4, "cpu", None, None)
    before = {name: each.clone() for name, each in learner.network.state_dict().items()}
    steps = sharpness(learner, images, fixed_sample(images))
    for _ in range(3):
        next(steps)
    steps.close()
    assert all(torch.equal(before[name], each) for name, each in learner.network.state_dict().items())
    assert all(layer.training for layer in learner.network.modules())
    assert all(each.track_running_stats for each in learner.network.modules() if isinstance(each, nn.BatchNorm2d))
    assert article.FUSED


def test_what_is_not_finite_is_none(images, make_spec):
    network = small_network()
    learner = learner_of(make_spec(optimizer="sgd"), network, optim.SGD(network.parameters(), 0.1))
    network[-1].weight.data[0, 0] = math.inf
    assert result_of(sharpness(learner, images, fixed_sample(images))) is None
    assert network.training
