"""The training loop: the recipe, its numbers, and how it goes on where it was cut off."""

import logging
import math
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import get_args

import numpy as np
import pytest
import torch
import torchvision
from torch.nn import functional as F

from hpviz.models import article, build, digest
from hpviz.runs import bundle
from hpviz.runs.document import move, new_run
from hpviz.spec import BadInput, Optimizer
from hpviz.training import loop, measure, numerics
from hpviz.training.events import Batch, Diverged, Epoch, Evaluating, Resumed
from hpviz.training.images import split
from hpviz.training.loop import train

CLOCKS = ("train_seconds", "test_seconds", "images_per_second", "peak_memory_bytes")


def rows(events):
    """The epochs' rows without what a clock measured."""
    return [timeless(event.row) for event in events if isinstance(event, Epoch)]


def timeless(row):
    return {name: value for name, value in row.items() if name not in CLOCKS}


def test_every_update_and_epoch_is_told_in_order(data, make_spec):
    events = list(train(make_spec(), data, epochs=2))
    told = [event for event in events if not isinstance(event, Evaluating)]
    assert [type(event) for event in told] == ([Batch] * 4 + [Epoch]) * 2
    assert (told[5].epoch, told[5].updates, told[5].of) == (2, 1, 4)
    assert [event.done for event in events if isinstance(event, Evaluating) and event.epoch == 1] == [10, 20]


def test_a_row_has_plain_finite_numbers_and_counts_what_was_done(data, make_spec):
    *_, last = train(make_spec(), data, epochs=2)
    assert {type(value) for value in last.row.values()} == {int, float, type(None)}
    assert (last.row["epoch"], last.row["updates"], last.row["images"]) == (2, 8, 54)
    assert [name for name, value in last.row.items() if value is None] == ["validation_loss", "validation_accuracy"]
    assert all(last.row[name] > 0 for name in (*CLOCKS, "weight_norm", "gradient_norm"))


def test_the_train_loss_is_the_mean_over_images_though_the_last_batch_is_smaller(data, make_spec, monkeypatch):
    batches = []
    update = loop.update

    def spy(learner, images, labels):
        loss = update(learner, images, labels)
        batches.append((loss.item(), len(labels)))
        return loss

    monkeypatch.setattr(loop, "update", spy)
    [row] = rows(train(make_spec(), data, epochs=1))
    assert [count for _, count in batches] == [8, 8, 8, 3]
    assert row["train_loss"] == pytest.approx(sum(loss * count for loss, count in batches) / 27, rel=1e-6)


def test_the_test_loss_and_accuracy_are_those_of_the_network_in_eval_mode(data, make_spec, monkeypatch):
    monkeypatch.setattr(measure, "PIXELS_AT_A_TIME", 4 * 32**2)  # three chunks, the last of two images
    learners = []
    begin = loop.Learner.begin
    monkeypatch.setattr(loop.Learner, "begin", lambda *given: learners.append(begin(*given)) or learners[0])
    [row] = rows(train(make_spec(), data, epochs=1))
    network = learners[0].network.eval()
    labels = torch.from_numpy(data.test_labels)
    with torch.no_grad():
        logits = network(torch.from_numpy(data.test_images) / 255)
    assert row["test_loss"] == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    assert row["test_accuracy"] == (logits.argmax(1) == labels).sum().item() / 10
    assert row["weight_norm"] == pytest.approx(sum(p.square().sum().item() for p in network.parameters()) ** 0.5)


def plain_losses(spec, data, dropout):
    """The recipe written down with nothing but PyTorch's own, in the order of images the run had; one epoch."""
    network = build(spec, 4)
    article.give_dropout(network, dropout)
    optimizer = torch.optim.Adam(network.parameters(), lr=spec.learning_rate, weight_decay=spec.weight_decay)
    order = torch.randperm(27, generator=torch.Generator().manual_seed(spec.seed + 2**31))
    total = 0.0
    for indices in order.split(spec.batch_size):
        inputs = torch.from_numpy(data.train_images[indices.numpy()]).float() / 255
        loss = F.cross_entropy(network(inputs), torch.from_numpy(data.train_labels)[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(indices)
    return total / 27


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_all_that_makes_it_fast_leaves_the_numbers_of_the_plain_recipe(data, make_spec, weight_decay, monkeypatch):
    spec = make_spec(weight_decay=weight_decay)
    [row] = rows(train(spec, data, epochs=1))
    monkeypatch.setattr(article, "FUSED", False)
    dropout = torch.Generator().manual_seed(spec.seed + 2**32)
    assert row["train_loss"] == pytest.approx(plain_losses(spec, data, dropout), rel=1e-4)


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_the_fused_optimiser_agrees_with_the_plain_one(data, make_spec, optimizer, monkeypatch):
    spec = make_spec(optimizer=optimizer, weight_decay=0.1)
    [fused] = rows(train(spec, data, epochs=1))
    monkeypatch.setattr(loop, "FUSED", False)
    [plain] = rows(train(spec, data, epochs=1))
    assert fused["test_loss"] == pytest.approx(plain["test_loss"], rel=1e-3)


def test_weight_decay_is_coupled_in_adam_and_decoupled_in_adamw(data, make_spec):
    norms = {
        name: rows(train(make_spec(optimizer=name, weight_decay=decay), data, epochs=2))[-1]["weight_norm"]
        for name, decay in (("adam", 0.0), ("adamw", 1.0))
    }
    coupled = rows(train(make_spec(weight_decay=1.0), data, epochs=2))[-1]["weight_norm"]
    # AdamW takes lr·λ of every weight at each of 8 updates; coupled, Adam walks a whole lr towards 0 each time.
    assert norms["adamw"] == pytest.approx(norms["adam"] * (1 - 1e-3) ** 8, rel=0.01)
    assert coupled < 0.9 * norms["adamw"]


@pytest.mark.parametrize("model", ["article-cnn", "resnet18"])
@pytest.mark.parametrize("batch_size", [1, 26, 1000])
def test_single_images_tails_of_one_and_batches_larger_than_the_set_train(data, make_spec, model, batch_size):
    few = (
        replace(data, train_images=data.train_images[:5], train_labels=data.train_labels[:5])
        if batch_size == 1
        else data
    )
    images = len(few.train_labels)
    *_, last = train(make_spec(model=model, batch_size=batch_size), few, epochs=1)
    assert isinstance(last, Epoch)
    assert last.row["updates"] == math.ceil(images / batch_size)
    assert last.row["images"] == images
    assert last.row["test_loss"] is not None


def test_bf16_trains_on_a_cpu_near_the_fp32_numbers_with_fp32_weights(data, make_spec, monkeypatch):
    learners = []
    begin = loop.Learner.begin
    monkeypatch.setattr(loop.Learner, "begin", lambda *given: learners.append(begin(*given)) or learners[-1])
    [exact] = rows(train(make_spec(), data, epochs=1))
    [rounded] = rows(train(make_spec(precision="bf16"), data, epochs=1))
    assert rounded["train_loss"] != exact["train_loss"]
    assert rounded["train_loss"] == pytest.approx(exact["train_loss"], rel=0.02)
    assert {parameter.dtype for parameter in learners[1].network.parameters()} == {torch.float32}


def test_a_device_that_only_emulates_bf16_is_told_of_and_not_refused(data, make_spec, monkeypatch, caplog):
    monkeypatch.setattr(numerics, "has_bf16", lambda device: False)
    with caplog.at_level(logging.WARNING, logger="hpviz"):
        assert rows(train(make_spec(precision="bf16"), data, epochs=1))
    assert "emulation" in caplog.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "sgd", "momentum": 0.9},
        {"precision": "bf16"},
        {"model": "resnet18"},
        {"model": "resnet18", "optimizer": "sgd", "momentum": 0.9},
        {"model": "resnet18", "optimizer": "adamw"},
        {"validation_fraction": 0.2, "normalisation": "channel"},
        {"augmentation": "flip"},
        {"augmentation": "flip-crop", "schedule": "warmup-cosine", "horizon": 3},
        {"schedule": "step", "horizon": 2},
        {"depth": 2, "width": 0.25, "dropout": 0.2, "optimizer": "sgd-momentum"},
    ],
    ids=str,
)
def test_a_run_cut_off_after_any_epoch_ends_bit_for_bit_as_if_it_had_not_been(data, make_spec, tmp_path, fields):
    spec = make_spec(**fields)
    epochs = 2 if spec.model == "resnet18" else 3  # its checkpoints are 130 MB
    whole = rows(train(spec, data, epochs=epochs))
    for cut in range(1, epochs):
        checkpoint = tmp_path / str(cut)
        stop_after_epoch(train(spec, data, epochs=epochs, checkpoint=checkpoint), cut)
        resumed, *events = train(spec, data, epochs=epochs, checkpoint=checkpoint)
        assert isinstance(resumed, Resumed)
        assert [timeless(row) for row in resumed.rows] + rows(events) == whole


def stop_after_epoch(events, number):
    """Follow until that epoch was told and the next is under way, then close."""
    for event in events:
        if isinstance(event, Batch) and event.epoch > number:
            events.close()
            return


def test_closing_ends_training_within_a_batch_and_keeps_the_epochs_before(data, make_spec, tmp_path):
    events = train(make_spec(), data, epochs=9, checkpoint=tmp_path)
    stop_after_epoch(events, 1)
    assert next(events, None) is None
    assert len(next(train(make_spec(), data, epochs=9, checkpoint=tmp_path)).rows) == 1


def test_asking_for_no_more_epochs_than_there_are_only_recalls_them(data, make_spec, tmp_path):
    rows(train(make_spec(), data, epochs=2, checkpoint=tmp_path))
    [resumed] = train(make_spec(), data, epochs=1, checkpoint=tmp_path)
    assert [row["epoch"] for row in resumed.rows] == [1, 2]


def test_an_epoch_is_announced_only_once_it_is_on_disk(data, make_spec, tmp_path, monkeypatch):
    full = OSError(28, "No space left on device")

    def fail(*given):
        raise full

    events = train(make_spec(), data, epochs=3, checkpoint=tmp_path)
    assert rows([next(event for event in events if isinstance(event, Epoch))])[0]["epoch"] == 1
    monkeypatch.setattr(loop.checkpoints, "save", fail)
    told = []
    with pytest.raises(OSError, match="No space left"):
        told.extend(event for event in events if isinstance(event, Epoch))
    assert told == []


def test_nothing_is_trained_under_a_precision_the_device_does_not_compute_in(data, make_spec, tmp_path):
    with pytest.raises(BadInput, match="tf32"):
        list(train(make_spec(precision="tf32"), data, epochs=1, checkpoint=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_run_is_refused(data, make_spec, tmp_path):
    rows(train(make_spec(), data, epochs=1, checkpoint=tmp_path))
    with pytest.raises(BadInput, match="another run"):
        list(train(make_spec(seed=1), data, epochs=2, checkpoint=tmp_path))


def test_the_seed_decides_and_nothing_else(data, make_spec):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = rows(train(make_spec(seed=3), data, epochs=1))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert rows(train(make_spec(seed=3), data, epochs=1)) == first
    assert rows(train(make_spec(seed=4), data, epochs=1)) != first


def test_two_runs_in_turns_are_bit_for_bit_what_each_is_alone(data, make_spec):
    specs = make_spec(seed=1), make_spec(seed=2, precision="bf16")
    alone = [rows(train(spec, data, epochs=2)) for spec in specs]
    told = zip_longest(*(train(spec, data, epochs=2) for spec in specs))
    together = list(zip(*told, strict=True))
    assert [rows(events) for events in together] == alone


@pytest.mark.parametrize("batch_size", [1, 8, 27], ids="{} at a time".format)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_what_is_written_of_a_run_that_diverges_can_be_passed_on_exactly(data, make_spec, optimizer, batch_size):
    spec = make_spec(learning_rate=1e4, optimizer=optimizer, batch_size=batch_size)
    *before, diverged = [event for event in train(spec, data, epochs=50) if isinstance(event, (Epoch, Diverged))]
    run = new_run(spec, {"data": "noise", "weights": None, "classes": list(data.classes), "test_images": 10}, 50)
    move(run, "diverged", diverged.reason)
    run["epochs"] = [event.row for event in before]
    (passed_on,) = bundle.read(bundle.write([run]))
    assert (passed_on["epochs"], passed_on["reason"]) == (run["epochs"], run["reason"])


@pytest.mark.parametrize("fields", [{"precision": "fp32"}, {"precision": "bf16"}, {"optimizer": "sgd"}], ids=str)
def test_an_absurd_learning_rate_ends_as_diverged_with_a_row_and_a_sentence(data, make_spec, tmp_path, fields):
    spec = make_spec(learning_rate=1e3, **fields)
    *_, epoch, diverged = train(spec, data, epochs=50, checkpoint=tmp_path)
    assert isinstance(epoch, Epoch)
    assert isinstance(diverged, Diverged)
    assert diverged.epoch == epoch.row["epoch"]
    assert "learning rate" in diverged.reason
    assert all(value is None or math.isfinite(value) for value in epoch.row.values())
    # It stays diverged: asking again trains nothing.
    again = list(train(spec, data, epochs=60, checkpoint=tmp_path))
    assert [type(event) for event in again] == [Resumed, Diverged]
    assert again[0].rows[-1] == epoch.row


def test_a_loss_that_is_no_number_stops_the_epoch_and_is_null_in_its_row(data, make_spec, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_SECONDS", -1.0)
    monkeypatch.setattr(loop, "update", lambda *given: torch.tensor(math.nan))
    *events, diverged = train(make_spec(), data, epochs=2)
    assert [event.updates for event in events if isinstance(event, Batch)] == [1]
    assert events[-1].row["train_loss"] is None
    assert events[-1].row["updates"] == 1
    assert diverged.epoch == 1


def test_a_spike_that_was_recovered_from_is_no_divergence():
    assert loop.divergence(1, mean=1e6, last=2.0, sample=2.0, test=2.0) is None
    assert loop.divergence(1, mean=2.0, last=2.0, sample=1e6, test=1e6) is None
    assert loop.divergence(1, mean=1e6, last=1e6, sample=1e6, test=1e6)
    assert loop.divergence(1, mean=2.0, last=2.0, sample=2.0, test=math.inf)


def test_the_sample_is_as_large_as_the_test_set_and_held_out_images_are_not_learned(data, make_spec):
    splits = split(make_spec(validation_fraction=0.25), data, "cpu")
    learned, held = set(splits.train.chosen.tolist()), set(splits.validation.chosen.tolist())
    assert len(splits.sample) == len(splits.test) == 10
    assert set(splits.sample.chosen.tolist()) <= learned
    assert not learned & held
    assert learned | held == set(range(27))


def test_validation_is_measured_when_there_is_some(data, make_spec):
    [row] = rows(train(make_spec(validation_fraction=0.2), data, epochs=1))
    assert row["validation_loss"] > 0
    assert 0 <= row["validation_accuracy"] <= 1


def test_inputs_are_pixels_over_255_in_the_order_asked_for(data, make_spec):
    images, labels = split(make_spec(), data, "cpu").train.gather(torch.tensor([5, 2]))
    assert images.dtype == torch.float32
    assert np.array_equal(images.numpy(), data.train_images[[5, 2]].astype(np.float32) / np.float32(255))
    assert labels.tolist() == data.train_labels[[5, 2]].tolist()


def test_channel_normalisation_gives_the_training_images_mean_0_and_deviation_1(data, make_spec):
    images, _ = split(make_spec(normalisation="channel"), data, "cpu").train.gather(torch.arange(27))
    assert images.mean((0, 2, 3)).abs().max() < 1e-5
    assert (images.std((0, 2, 3)) - 1).abs().max() < 1e-3


def test_fewer_images_a_class_are_learned_and_all_test_images_judged(data, make_spec):
    [row] = rows(train(make_spec(per_class=3), data, epochs=1))
    assert row["images"] == 12
    assert len(split(make_spec(per_class=3), data, "cpu").test) == 10


def test_keeping_freed_memory_changes_no_bit(data, make_spec, monkeypatch):
    kept = rows(train(make_spec(), data, epochs=1))
    monkeypatch.setattr(numerics, "keep_freed_memory", lambda: None)
    assert rows(train(make_spec(), data, epochs=1)) == kept


def test_a_pretrained_run_goes_on_without_the_file_it_began_with(data, make_spec, tmp_path):
    weights = tmp_path / "weights.pth"
    torch.save(torchvision.models.resnet18().state_dict(), weights)
    spec = make_spec(model="resnet18", weights=digest(weights), batch_size=27)
    with pytest.raises(BadInput, match="--weights"):
        next(train(spec, data, epochs=1))
    rows(train(spec, data, epochs=1, weights=weights, checkpoint=tmp_path / "run"))
    weights.unlink()
    assert [row["epoch"] for row in rows(train(spec, data, epochs=2, checkpoint=tmp_path / "run"))] == [2]


def rates(spec, data, epochs, monkeypatch, **given):
    """The rate of every update of a run."""
    seen, update = [], loop.update

    def spy(learner, images, labels):
        seen.append(learner.optimizer.param_groups[0]["lr"])
        return update(learner, images, labels)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "update", spy)
        list(train(spec, data, epochs=epochs, **given))
    return seen


def test_an_extended_run_trains_on_at_the_last_rate_of_its_schedule_and_as_if_it_had_not_stopped(
    data, make_spec, tmp_path, monkeypatch
):
    spec = make_spec(schedule="cosine", horizon=2)
    whole = rates(spec, data, 4, monkeypatch)
    assert len(whole) == 16  # four updates an epoch
    assert all(before > after for before, after in pairwise(whole[:8]))
    assert set(whole[8:]) == {whole[7]}
    assert 0 < whole[7] < 0.05 * spec.learning_rate
    assert rates(spec, data, 2, monkeypatch, checkpoint=tmp_path) == whole[:8]
    assert rates(spec, data, 4, monkeypatch, checkpoint=tmp_path) == whole[8:]


def test_a_constant_rate_is_never_touched(data, make_spec, monkeypatch):
    assert set(rates(make_spec(), data, 2, monkeypatch)) == {1e-3}
    monkeypatch.setattr(loop, "rate_factor", None)
    assert rows(train(make_spec(), data, epochs=1))


def test_an_augmented_run_learns_from_other_pixels_and_is_measured_on_the_same(data, make_spec, monkeypatch):
    [plain] = rows(train(make_spec(), data, epochs=1))
    [flipped] = rows(train(make_spec(augmentation="flip"), data, epochs=1))
    assert flipped["train_loss"] != plain["train_loss"]
    monkeypatch.setattr(loop, "augmented", lambda images, spec, generator: images)
    assert rows(train(make_spec(augmentation="flip"), data, epochs=1)) == [plain]


def test_the_loss_so_far_is_told_from_the_first_batch_on_and_ends_as_the_epochs(data, make_spec):
    events = list(train(make_spec(), data, epochs=1))
    batches = [event for event in events if isinstance(event, Batch)]
    row = next(event.row for event in events if isinstance(event, Epoch))
    assert batches[0].train_loss is not None
    assert batches[-1].train_loss == row["train_loss"]
    assert [batches[-1].images, batches[-1].seconds] == [row["images"], row["train_seconds"]]


@pytest.mark.parametrize("seconds", [-1.0, math.inf])
def test_looking_at_the_loss_changes_no_number(data, make_spec, monkeypatch, seconds):
    expected = rows(train(make_spec(), data, epochs=2))
    monkeypatch.setattr(loop, "LOOK_SECONDS", seconds)
    assert rows(train(make_spec(), data, epochs=2)) == expected
