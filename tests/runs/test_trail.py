"""How the train loss of a running epoch is kept while it grows."""

import pytest

from hpviz.runs.trail import MOST_POINTS, Trail
from hpviz.training.events import Batch
from tests.made_up import row


def batch(updates, loss, epoch=1, of=1000):
    return Batch(epoch, updates, of, images=32 * updates, seconds=0.1 * updates, train_loss=loss)


def test_a_point_counts_the_whole_run_in_the_units_of_every_axis():
    rows = [row(1, train_seconds=2.0), row(2, train_seconds=3.0)]
    (point,) = Trail().follow(batch(1, 0.5, epoch=3, of=4), rows)
    assert point == {
        "epoch": 2.25,
        "updates": rows[-1]["updates"] + 1,
        "images": rows[-1]["images"] + 32,
        "seconds": pytest.approx(5.1),
        "train_loss": 0.5,
    }


def test_only_a_new_look_at_the_loss_is_a_point():
    trail = Trail()
    assert trail.follow(batch(1, None), []) == ()
    for updates, loss in ((2, 0.9), (3, 0.9), (4, 0.8)):
        points = trail.follow(batch(updates, loss), [])
    assert [(point["updates"], point["train_loss"]) for point in points] == [(2, 0.9), (4, 0.8)]


def test_an_epoch_that_begins_leaves_nothing_of_the_one_before():
    trail = Trail()
    trail.follow(batch(1, 0.9), [])
    assert [point["epoch"] for point in trail.follow(batch(1, 0.7, epoch=2), [row(1)])] == [1.001]


def test_however_long_an_epoch_is_its_points_are_few_and_reach_from_its_first_to_its_newest():
    trail = Trail()
    for updates in range(1, 1001):
        points = trail.follow(batch(updates, 1 / updates), [])
        assert len(points) <= MOST_POINTS
        assert (points[0]["updates"], points[-1]["updates"]) == (1, updates)
    ahead = [point["updates"] for point in points]
    assert ahead == sorted(set(ahead))
    assert len(points) > MOST_POINTS / 3
