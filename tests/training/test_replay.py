"""A run trained again, in memory: the very network it was, at moments of which nothing was kept."""

import pytest
import torch

from hpviz.training import checkpoint
from hpviz.training.events import Batch, Epoch
from hpviz.training.loop import train
from hpviz.training.replay import Moment, PastRun, replay


def recorded(spec, data, epochs, folder=None):
    return [event.row for event in train(spec, data, epochs=epochs, checkpoint=folder) if isinstance(event, Epoch)]


def moments(spec, data, rows, *at):
    return [each for each in replay(PastRun("a", spec, rows, 1), data, *at) if isinstance(each, Moment)]


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
    assert (last.epoch, last.off) == (2, 0)
    saved = checkpoint.load(tmp_path, spec)
    assert all(torch.equal(saved["network"][name], now) for name, now in last.learner.network.state_dict().items())


def test_it_is_met_at_the_start_and_after_every_epoch_or_at_the_updates_asked_for(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 2)  # of four updates each
    assert [(each.updates, each.epoch) for each in moments(spec, data, rows)] == [(0, 0), (4, 1), (8, 2)]
    met = moments(spec, data, rows, {0, 3, 4, 5})
    assert [(each.updates, each.epoch) for each in met] == [(0, 0), (3, 0.75), (4, 1), (5, 1.25)]
    assert moments(spec, data, rows, set()) == []


def test_who_is_not_the_run_that_is_stored_says_how_far_off_from_there_on(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 2)
    loss = rows[1]["test_loss"]
    rows[1] = {**rows[1], "test_loss": loss * (1 + 1e-15), "train_seconds": 9.0}
    assert [each.off for each in moments(spec, data, rows)] == [0, 0, abs(loss * (1 + 1e-15) - loss)]


def test_it_ends_where_training_diverges(data, make_spec):
    spec = make_spec(optimizer="sgd", learning_rate=1e4)
    rows = recorded(spec, data, 3)
    assert len(rows) == 1
    assert [each.epoch for each in moments(spec, data, [*rows, *rows])] == [0, 1]


def test_it_tells_how_far_it_is_can_be_stopped_and_leaves_the_threads_as_they_were(data, make_spec):
    spec = make_spec()
    rows = recorded(spec, data, 1)
    torch.set_num_threads(2)
    steps = replay(PastRun("a", spec, rows, 1), data)
    assert next(steps).epoch == 0
    told = next(steps)
    assert (type(told), told.epoch, told.updates, told.of) == (Batch, 1, 1, 4)
    assert torch.get_num_threads() == 1
    steps.close()
    assert torch.get_num_threads() == 2
    with pytest.raises(StopIteration):
        next(steps)
