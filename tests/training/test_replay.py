"""A run trained again, in memory: the very network it was, at moments of which nothing was kept."""

import pytest
import torch

from hpviz.data.progress import Progress
from hpviz.training import checkpoint
from hpviz.training.events import Epoch
from hpviz.training.loop import train
from hpviz.training.replay import Moment, alike, replay


def recorded(spec, data, epochs, folder=None):
    return [event.row for event in train(spec, data, epochs=epochs, checkpoint=folder) if isinstance(event, Epoch)]


def moments(spec, data, rows, **options):
    return [each for each in replay(spec, data, rows, threads=1, weights=None, **options) if isinstance(each, Moment)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"optimizer": "sgd-momentum", "schedule": "cosine", "horizon": 2, "augmentation": "flip-crop"},
        {"weight_decay": 0.1, "validation_fraction": 0.2, "normalisation": "channel"},
    ],
)
def test_a_run_is_repeated_to_the_last_bit(data, make_spec, tmp_path, fields):
    spec = make_spec(**fields)
    rows = recorded(spec, data, 2, tmp_path)
    *_, last = moments(spec, data, rows)
    assert (last.epoch, last.equal) == (2, True)
    saved = checkpoint.load(tmp_path, spec)
    assert all(torch.equal(saved["network"][name], now) for name, now in last.learner.network.state_dict().items())


def test_it_is_met_at_the_start_after_every_epoch_and_so_many_updates_apart(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 2)  # of four updates each
    assert [each.epoch for each in moments(spec, data, rows)] == [0, 1, 2]
    assert [each.epoch for each in moments(spec, data, rows, every=2)] == [0, 0.5, 1, 1.5, 2]
    assert [each.epoch for each in moments(spec, data, rows, every=3)] == [0, 0.75, 1, 1.75, 2]


def test_who_is_not_the_run_that_is_stored_says_so_from_there_on(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 2)
    rows[1] = {**rows[1], "test_loss": rows[1]["test_loss"] * (1 + 1e-15)}
    assert [each.equal for each in moments(spec, data, rows)] == [True, True, False]
    assert alike({**rows[0], "train_seconds": 9.0}, rows[0])
    assert alike(rows[0], {name: rows[0][name] for name in ("epoch", "test_loss")})


def test_it_ends_where_training_diverges(data, make_spec):
    spec = make_spec(optimizer="sgd", learning_rate=1e4)
    rows = recorded(spec, data, 3)
    assert len(rows) == 1
    assert [each.epoch for each in moments(spec, data, [*rows, *rows])] == [0, 1]


def test_it_tells_how_far_it_is_can_be_stopped_and_leaves_the_threads_as_they_were(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 1)
    torch.set_num_threads(2)
    steps = replay(spec, data, rows, threads=1, weights=None)
    assert next(steps).epoch == 0
    assert next(steps) == Progress("training it again: epoch 1 of 1", 250, 1000)
    assert torch.get_num_threads() == 1
    steps.close()
    assert torch.get_num_threads() == 2
    with pytest.raises(StopIteration):
        next(steps)
