"""The pictures of dropout, optimiser, schedule and augmentation against what training itself does."""

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from hpviz.charts.pictures import (
    augmentations,
    augmentations_picture,
    dropout_net,
    dropout_net_picture,
    dropout_noise,
    dropout_noise_picture,
    optimizers,
    optimizers_picture,
    schedules,
    schedules_picture,
    settling,
    settling_picture,
)
from hpviz.spec import RunSpec, build_spec, hidden_units
from hpviz.theory.contours import draw_examples
from hpviz.training.augmentation import flipped, shifted
from hpviz.training.optimizers import OPTIMIZERS
from hpviz.training.schedule import rate_factor
from tests.charts.test_theory import SQUARE, drawn, records


def test_the_pictures_need_no_torch():
    code = "import sys, hpviz.ui.study.pictures; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Dropout


@pytest.mark.parametrize("dropout", [0.0, 0.2, 0.5, 0.9])
def test_each_update_leaves_out_the_units_whose_number_lies_below_p_and_scales_the_others(dropout):
    kept = int((dropout_net.dice()[2] >= dropout).sum())
    svg = drawn(dropout_net_picture(dark=False), dropout=dropout, update=3)
    said = "trains no hidden unit" if kept == 0 else f"update 3 trains {kept} of 10 hidden units"
    assert said in svg
    assert kept == 0 or f"each sends on {1 / (1 - dropout):.3g}×" in svg
    wires = 7 * kept  # four inputs below a hidden unit, three outputs above
    assert svg.count('aria-roledescription="rule mark"') == wires


def test_over_many_units_the_share_left_out_is_p_and_no_two_updates_are_alike():
    dice = dropout_net.dice()
    assert abs((dice < 0.5).mean() - 0.5) < 0.1
    assert len({tuple(row < 0.5) for row in dice}) == dropout_net.UPDATES


def test_the_caption_names_the_hidden_layers_that_the_network_has():
    first, second = hidden_units()
    assert f"half of its {first:,} and of its {second:,} hidden units" in dropout_net_picture(dark=False).caption


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.8])
def test_the_noise_is_that_of_pytorch_s_dropout(dropout):
    parts = torch.tensor(dropout_noise.PARTS).expand(100_000, -1)
    torch.manual_seed(0)
    received = torch.nn.functional.dropout(parts, dropout).sum(dim=1)
    sentence = f"the input is {received.mean():.1f}"
    assert sentence in drawn(dropout_noise_picture(dark=False), dropout=dropout)
    assert dropout_noise.deviation(dropout_noise.PARTS, dropout) == pytest.approx(float(received.std()), rel=0.02)


def test_the_bars_are_all_there_is_and_their_mean_is_the_input_without_dropout():
    for dropout in (0.0, 0.3, 0.5):
        bars = [one for one in records(dropout_noise_picture(False)) if "chance" in one and one["dropout"] == dropout]
        assert sum(bar["chance"] for bar in bars) == pytest.approx(1, abs=1e-3)
        mean = sum(bar["chance"] * (bar["from"] + bar["to"]) / 2 for bar in bars)
        assert mean == pytest.approx(dropout_noise.PARTS.sum(), abs=0.02)


# Optimiser


@pytest.mark.parametrize("name", ["sgd", "sgd-momentum", "adam", "adamw"])
@pytest.mark.parametrize("condition", [5, 100])
def test_each_path_is_that_of_the_optimiser_that_training_uses(name, condition):
    drawn_as = {"sgd": optimizers.SGD, "sgd-momentum": optimizers.WITH_MOMENTUM}.get(name, optimizers.ADAM)
    rate = optimizers.rates(condition)[drawn_as]
    weights = torch.nn.Parameter(torch.tensor(optimizers.START, dtype=torch.float64))
    fields = {"dataset": "drawn", "fingerprint": "0" * 16}
    spec = build_spec(**fields, optimizer=name, learning_rate=1.0).model_copy(update={"learning_rate": rate})
    optimizer = OPTIMIZERS[spec.optimizer]([weights], spec, False)
    hessian, path = torch.tensor(draw_examples(condition).hessian), [weights.detach().clone()]
    for _ in range(optimizers.UPDATES):
        optimizer.zero_grad()
        (0.5 * weights @ hessian @ weights).backward()
        optimizer.step()
        path.append(weights.detach().clone())
    assert optimizers.paths_of(condition, 0)[drawn_as] == pytest.approx(torch.stack(path).numpy(), abs=1e-6)


def test_a_tuned_rate_lies_inside_what_was_tried_and_both_neighbours_do_worse():
    for condition in optimizers.CONDITIONS:
        for name, rate in optimizers.rates(condition).items():
            assert optimizers.TRIED[0] < rate < optimizers.TRIED[-1]
            later = slice(-optimizers.UPDATES // 4, None)
            hessian, tried = draw_examples(condition).hessian, rate * np.array([0.5, 1.0, 2.0])
            paths = optimizers.RULES[name](hessian, np.array(optimizers.START), tried, optimizers.UPDATES)
            worst = optimizers.losses(hessian, paths[later]).max(axis=0)
            assert worst.argmin() == 1


def test_the_captions_of_the_optimisers_hold_on_every_surface():
    for condition in optimizers.CONDITIONS:
        assert optimizers.shares_left(condition, 1)[optimizers.SGD] > 1  # twice SGD's tuned rate
        assert all(optimizers.shares_left(condition, power)[optimizers.ADAM] < 1 for power in optimizers.POWERS)
        first = np.diff(optimizers.paths_of(condition, 2)[optimizers.ADAM], axis=0)[0]
        assert np.abs(first) == pytest.approx(4 * optimizers.rates(condition)[optimizers.ADAM], rel=1e-6)
    assert "SGD at 3.6/h leaves more than it had" in drawn(optimizers_picture(dark=False), power=1, condition=25)


# Schedule


def test_the_rates_are_those_that_training_sets_up_to_the_horizon_and_past_it():
    lines = [record for record in records(schedules_picture(dark=False)) if "schedule" in record]
    assert {record["schedule"] for record in lines} == {"constant", "step", "cosine", "warmup-cosine"}
    for record in lines:
        name, horizon = record["schedule"], record["horizon"]
        ends = {} if name == "constant" else {"horizon": horizon}
        spec = RunSpec(dataset="d", fingerprint="0" * 16, schedule=name, **ends)
        done = round(record["epoch"] * schedules.UPDATES)
        assert record["rate"] == pytest.approx(rate_factor(spec, done, schedules.UPDATES), abs=1e-4)
    last = {record["schedule"]: record for record in lines if record["horizon"] == 8}
    assert {record["epoch"] for record in last.values()} == {12}
    assert (last["step"]["rate"], last["constant"]["rate"]) == (0.01, 1.0)


def test_the_sentence_of_the_schedules_follows_the_horizon():
    assert "past epoch 4 step stays at 0.01" in drawn(schedules_picture(dark=False), horizon=4)
    assert "and cosine at 1e-5 of the rate" in drawn(schedules_picture(dark=False))


@pytest.mark.parametrize("name", ["constant", "cosine"])
def test_the_mean_loss_is_the_mean_of_many_noisy_descents(name):
    rates = settling.rates(name, 0.5)
    random, weights = np.random.default_rng(3), np.full(20_000, settling.START)
    for rate in rates:
        weights = weights - rate * (weights + random.normal(0, settling.NOISE, len(weights)))
    assert settling.mean_losses(name, 0.5)[-1] == pytest.approx(0.5 * (weights**2).mean(), rel=0.05)


def test_a_constant_rate_settles_at_its_floor_and_a_falling_one_below_it():
    floor = settling.floor(0.5, settling.NOISE)
    assert settling.mean_losses("constant", 0.5)[-1] == pytest.approx(floor)
    assert all(settling.mean_losses(name, 0.5)[-1] < floor / 4 for name in ("step", "cosine", "warmup-cosine"))
    picture = settling_picture(dark=False)
    assert "constant has settled at 0.17" in drawn(picture)
    assert "step at" in drawn(picture, schedule="step")
    assert "has come down to" in drawn(picture, power=-6)
    assert f"{floor:.2f}" in picture.alt_text


# Augmentation


@pytest.mark.parametrize("epoch", range(1, augmentations.EPOCHS + 1))
def test_the_views_are_those_that_training_makes_of_the_same_draws_bit_for_bit(epoch):
    image = torch.from_numpy(SQUARE).permute(2, 0, 1)[None]
    mirrored = flipped(image, torch.tensor([augmentations.flips()[epoch - 1]]))
    moved = shifted(mirrored, torch.tensor([augmentations.offsets(len(SQUARE))[epoch - 1]]))
    expected = {"none": image, "flip": mirrored, "flip-crop": moved}
    for column, (name, pixels) in enumerate(expected.items()):
        told = pixels[0].permute(1, 2, 0).numpy()
        assert (augmentations.seen(SQUARE, name, epoch) == told).all()
        assert (shown(epoch, column) == told).all()


def shown(epoch, column):
    """The pixels that the picture holds for that epoch in that column."""
    of_epoch = [
        record
        for record in records(augmentations_picture(SQUARE, dark=False))
        if f",{epoch}," in record.get("epochs", "") and int(record["x"]) == column
    ]
    [record] = of_epoch
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(record["view"].split(",")[1]))))


def test_what_is_said_of_the_views_is_so():
    picture = augmentations_picture(SQUARE, dark=False)
    assert "2·17² = 578 views" in picture.caption
    assert f"mirrored in {sum(augmentations.flips())} of the epochs" in picture.alt_text
    views = {augmentations.seen(SQUARE, "flip-crop", epoch).tobytes() for epoch in range(1, augmentations.EPOCHS + 1)}
    assert len(views) == augmentations.EPOCHS
    down, right = augmentations.offsets(64)[7]
    assert max(abs(down), abs(right)) <= 8
    assert "epoch 8: mirrored" in drawn(picture, epoch=8)
    assert f"moves it {abs(right)} px right, {abs(down)} px up" in drawn(picture, epoch=8)
    assert (down, right) == (6, -8)
