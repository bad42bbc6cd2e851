"""The loss around real paths: on surfaces whose truth is known, and along runs gone through again."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from hpviz.models import build
from hpviz.spec import BadInput
from hpviz.training import landscape
from hpviz.training.landscape import SampleLoss, Steps, along, grid_of, look_closer, moments_of, survey, vector
from hpviz.training.loop import train
from hpviz.training.plane import around, filter_normalised, plane_through
from hpviz.training.replay import Moment, PastRun, distance, replay


def result_of(steps):
    """What a generator returns, and all that it told before."""
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def recorded(spec, data, epochs, name="a"):
    rows = [event.row for event in train(spec, data, epochs=epochs, threads=1) if hasattr(event, "row")]
    return PastRun(name, spec, rows, 1)


@pytest.fixture
def small(make_spec):
    """Specs of a network of a few thousand weights."""
    return lambda **fields: make_spec(width=0.25, kernel_width=3, **fields)


@pytest.fixture
def few(monkeypatch):
    """A grid of nine points is enough to be right or wrong."""
    monkeypatch.setattr(landscape, "SIDE", 3)


@pytest.fixture(scope="module")
def bowl():
    """A quadratic surface over six weights, and a path on a tilted plane in it."""
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.standard_normal((6, 2)))[0]
    centre, turns = random.standard_normal(6), np.linspace(0, 5, 12)
    flat = np.stack([turns * np.cos(turns), turns * np.sin(turns)], 1)
    return (centre + flat @ basis.T).astype(np.float32), lambda weights: float((weights.astype(float) ** 2).sum())


def test_a_path_that_lies_in_a_plane_is_explained_whole_and_has_no_error(bowl):
    points, loss = bowl
    plane, _ = result_of(plane_through(points, [(6,)]))
    (losses, error), _ = result_of(along(points, plane, loss, Steps(1), 0))
    assert plane.explained == pytest.approx(1)
    assert error == pytest.approx(0, abs=1e-4)
    assert losses == pytest.approx([loss(point) for point in points])


def test_places_keep_the_distances_of_weights_and_lead_back_to_them(bowl):
    points, _ = bowl
    plane, _ = result_of(plane_through(points, [(6,)]))
    assert plane.directions @ plane.directions.T == pytest.approx(np.eye(2), abs=1e-6)
    assert np.linalg.norm(plane.places[0] - plane.places[7]) == pytest.approx(np.linalg.norm(points[0] - points[7]))
    for point, (x, y) in zip(points, plane.places, strict=True):
        assert plane.at(x, y) == pytest.approx(point, abs=1e-5)


def test_what_leads_out_of_the_plane_is_missing_in_the_share_and_is_the_error():
    points = np.zeros((5, 3), np.float32)
    points[1:] = [[3, 0, 1], [-3, 0, 1], [0, 2, -1], [0, -2, -1]]
    plane, _ = result_of(plane_through(points, [(3,)]))
    assert plane.explained == pytest.approx((18 + 8) / (18 + 8 + 4))
    (_, error), _ = result_of(along(points, plane, lambda weights: float(weights[2]), Steps(1), 0))
    assert error == pytest.approx(4 / 5, abs=1e-5)


def test_the_grid_at_a_point_of_a_path_is_its_loss(bowl):
    points, loss = bowl
    plane, _ = result_of(plane_through(points, [(6,)]))
    (left, bottom), (right, top) = plane.places[3], plane.places[3] + 1
    grid, _ = result_of(grid_of(plane, (left, right, bottom, top), loss, Steps(1), 0))
    assert grid["grid"][0][0] == pytest.approx(loss(points[3]), rel=1e-5)
    assert (grid["x"][0], grid["x"][-1], grid["y"][0], grid["y"][-1]) == pytest.approx((left, right, bottom, top))
    assert grid["grid"][2][5] == pytest.approx(loss(plane.at(grid["x"][5], grid["y"][2])))


def test_where_paths_have_but_one_direction_the_other_is_random_and_filter_normalised():
    points = np.outer(np.arange(4), np.ones(10)).astype(np.float32)
    plane, _ = result_of(plane_through(points, [(2, 4), (2,)]))
    assert plane.explained == pytest.approx(1)
    assert plane.directions @ plane.directions.T == pytest.approx(np.eye(2), abs=1e-6)
    origin = np.arange(10, dtype=np.float32)
    drawn = filter_normalised(np.random.default_rng(0), origin, [(2, 4), (2,)])
    for row in (slice(0, 4), slice(4, 8)):
        assert np.linalg.norm(drawn[row]) == pytest.approx(np.linalg.norm(origin[row]))
    assert not drawn[8:].any()


def test_the_view_has_room_around_the_paths_and_is_never_very_flat():
    left, right, bottom, top = around(np.array([[0.0, 1.0], [10.0, 1.0]]))
    assert (left, right) == pytest.approx((-1.5, 11.5))
    assert (bottom + top) / 2 == pytest.approx(1)
    assert top - bottom == pytest.approx(6.5)


def test_a_run_is_gone_through_again_bit_for_bit_and_its_last_weights_are_those_it_ended_with(data, small):
    run = recorded(small(augmentation="flip-crop"), data, 2)
    seen = {}
    off, told = result_of(replay(run, data, {0, 3, 8}))
    assert off == 0
    for event in replay(run, data, {0, 3, 8}):
        if isinstance(event, Moment):
            seen[event.updates] = vector(event.learner.network).copy()
    assert sorted(seen) == [0, 3, 8] == [event.updates for event in told if isinstance(event, Moment)]
    assert np.array_equal(seen[0], vector(build(run.spec, 4)))
    assert math.sqrt(float((seen[8].astype(float) ** 2).sum())) == pytest.approx(run.rows[-1]["weight_norm"])


def test_a_run_that_another_machine_recorded_a_little_otherwise_is_told(data, small, tmp_path, few):
    run = recorded(small(), data, 1)
    other = PastRun("b", run.spec, [{**run.rows[0], "test_loss": run.rows[0]["test_loss"] + 1e-3}], 1)
    found, _ = result_of(survey([other], data, tmp_path / "a.plane"))
    assert found["off"]["b"] == pytest.approx(1e-3)


@pytest.mark.parametrize("loss", [9.0, None])
def test_a_run_that_this_machine_does_not_repeat_is_one_sentence(data, small, tmp_path, few, loss):
    run = recorded(small(), data, 2)
    other = PastRun("b", run.spec, [{**run.rows[0], "train_loss_eval": loss}, run.rows[1]], 1)
    with pytest.raises(BadInput, match=r"^This machine computes otherwise .* train it here anew\.$"):
        result_of(survey([other], data, tmp_path / "a.plane"))


def test_rows_that_stopped_being_numbers_alike_are_equal():
    row = {"train_loss": None, "train_loss_eval": 1.0, "test_loss": None}
    assert distance(row, dict(row)) == 0
    assert distance(row, {**row, "test_loss": 2.0}) == math.inf


def test_points_are_kept_evenly_over_updates_every_epochs_end_among_them(data, small):
    run = PastRun("a", small(batch_size=3), [{}, {}, {}], 1)  # nine updates an epoch
    assert moments_of(run, data, 9) == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]
    assert moments_of(run, data, 40) == list(range(28))
    assert moments_of(run, data, 2) == [0, 18, 27]
    assert moments_of(run, data, 1) == [0, 27]


def test_two_paths_from_one_start_and_the_losses_around_them(data, small, tmp_path, few):
    runs = [recorded(small(batch_size=size), data, 2, str(size)) for size in (8, 27)]
    found, told = result_of(survey(runs, data, tmp_path / "a.plane"))
    assert found["off"] == {"8": 0, "27": 0}
    assert not found["cut"]
    assert found["paths"]["8"][0] == pytest.approx(found["paths"]["27"][0])
    assert found["epochs"] == {"8": pytest.approx([step / 4 for step in range(9)]), "27": [0, 1, 2]}
    assert [len(found["grid"]), len(found["grid"][0])] == [3, 3]
    assert 0 < found["explained"] <= 1
    assert found["error"] >= 0
    assert found["paths"]["8"][-1][2] < found["paths"]["8"][0][2]
    counted = [step for step in told if step.total]
    assert [step.done for step in counted] == sorted(step.done for step in counted)
    assert counted[-1].done < counted[-1].total
    assert counted[-1].what == "the loss on the grid, 9/9"


def test_a_closer_look_needs_the_plane_alone_and_agrees_with_the_paths(data, small, tmp_path, few):
    run = recorded(small(), data, 1)
    found, _ = result_of(survey([run], data, tmp_path / "a.plane"))
    region = (found["x"][0], found["x"][2], found["y"][0], found["y"][2])
    closer, told = result_of(look_closer(run.spec, data, tmp_path / "a.plane", region))
    assert closer == {name: found[name] for name in ("x", "y", "grid")}
    assert len(told) == 9
    (tmp_path / "a.plane").unlink()
    with pytest.raises(BadInput, match="compute the landscape again"):
        result_of(look_closer(run.spec, data, tmp_path / "a.plane", region))


def test_weights_that_run_away_end_their_path_and_that_is_told(data, small, tmp_path, few):
    run = recorded(small(learning_rate=1e4, weight_decay=1e3, optimizer="sgd"), data, 3)
    found, _ = result_of(survey([run, recorded(small(), data, 1, "b")], data, tmp_path / "a.plane"))
    assert found["cut"] == {"a": 1}
    assert len(found["paths"]["a"]) < 5
    assert all(math.isfinite(number) for point in found["paths"]["a"] for number in point[:2])


def test_it_may_be_closed_at_any_step_and_leaves_nothing_behind(data, small, tmp_path, few):
    run = recorded(small(), data, 1)
    _, told = result_of(survey([run], data, tmp_path / "a.plane"))
    (tmp_path / "a.plane").unlink()
    for steps in range(1, len(told), 5):
        work = survey([run], data, tmp_path / "a.plane")
        for _ in range(steps):
            next(work)
        work.close()
        assert list(tmp_path.iterdir()) == []
    assert torch.get_num_threads() == 1


def test_batch_norm_has_the_statistics_of_the_sample_at_every_point(data, small):
    spec = small()
    loss, network = SampleLoss(spec, data), build(spec, 4)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = 1.0
    images, labels = loss._images, loss._labels
    network.eval()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train()
    network(images)
    with torch.inference_mode():
        known = nn.functional.cross_entropy(network.eval()(images), labels).item()
    assert loss.at(vector(network)) == pytest.approx(known, rel=1e-2)
    away = loss.at(vector(build(small(seed=5), 4)))
    assert loss.at(vector(network)) != away
    assert loss.at(vector(build(small(seed=5), 4))) == away


def test_where_weights_have_little_room_paths_have_fewer_points(data, small, tmp_path, few, monkeypatch):
    run = recorded(small(), data, 2)
    monkeypatch.setattr(landscape, "WEIGHTS_BYTES", 2 * 4 * SampleLoss(run.spec, data).length)
    found, _ = result_of(survey([run], data, tmp_path / "a.plane"))
    assert found["epochs"]["a"] == [0, 2]
    assert found["explained"] == pytest.approx(1)
    assert found["error"] == pytest.approx(0, abs=1e-3)


def test_without_room_on_the_disk_it_says_so_before_anything_is_trained(data, small, tmp_path, monkeypatch):
    run = recorded(small(), data, 1)
    monkeypatch.setattr(landscape.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    with pytest.raises(BadInput, match="free twice that or choose fewer"):
        next(survey([run], data, tmp_path / "a.plane"))
