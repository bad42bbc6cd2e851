"""What a net makes of one photo: maps whose truth is known, answers of the epochs that are kept, sentences else."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hpviz.models import build
from hpviz.spec import BadInput
from hpviz.training import checkpoint
from hpviz.training.images import split
from hpviz.training.inside import photo_from_json, photo_to_json
from hpviz.training.loop import train
from hpviz.training.one_photo import MOST_CHANNELS, layer_maps, look_at, maps_of
from tests.training.test_inspect import result_of


@pytest.fixture
def trained(data, make_spec, tmp_path):
    """A run of two epochs that was stopped, so that the checkpoint before the newest is still there."""
    spec = make_spec()
    events = train(spec, data, epochs=3, checkpoint=tmp_path)
    for event in events:
        if hasattr(event, "row") and event.row["epoch"] == 2:
            break
    events.close()
    return spec, tmp_path


def test_a_kernel_that_passes_red_on_gives_the_map_of_the_photos_red(data, make_spec):
    network = build(make_spec(kernel_width=3, depth=1), 4).eval()
    block = network[0]
    with torch.no_grad():
        block.conv.weight.zero_()
        block.conv.weight[2, 0, 1, 1] = 1.0  # the middle of the red channel, into the third map
        block.conv.weight[5, 0, 1, 1] = -1.0  # rectified away
    image, _ = split(make_spec(), data, "cpu").test.gather(torch.tensor([3]))
    _, (layer,) = maps_of(network, image)
    red = data.test_images[3, 0].reshape(16, 2, 16, 2).max((1, 3))  # after the pool
    assert layer.name == "block 1"
    assert (layer.channels, layer.edge, layer.shown) == (10, 16, tuple(range(10)))
    assert layer.strongest == pytest.approx(red.max() / 255, rel=1e-4)
    assert np.abs(layer.maps[2] - 255.0 * red / red.max()).max() <= 0.51
    assert not layer.maps[[0, 1, 3, 4, 5]].any()


def test_of_many_channels_those_that_answer_most_are_shown_and_large_maps_made_small():
    features = torch.zeros(64, 128, 128)
    features[10:40, :64, :64] = torch.arange(1.0, 31)[:, None, None]
    layer = layer_maps("stage 1", features)
    assert layer.shown == tuple(range(40 - MOST_CHANNELS, 40))
    assert layer.maps.shape == (MOST_CHANNELS, 64, 64)
    assert (layer.edge, layer.strongest) == (128, 30.0)
    assert layer.maps[-1, 0, 0] == 255
    assert layer.maps[-1, 40, 40] == 0


def test_a_layer_that_answers_nothing_is_black():
    assert not layer_maps("block 1", torch.zeros(3, 4, 4)).maps.any()


def test_the_answers_are_those_of_the_checkpoints_that_are_kept_and_of_the_start(data, trained):
    spec, folder = trained
    found, _ = result_of(look_at(spec, data, folder, 5))
    assert [answer.epoch for answer in found.answers] == [0, 1, 2]
    image, _ = split(spec, data, "cpu").test.gather(torch.tensor([5]))
    for answer, state in zip(found.answers, [None, *checkpoint.kept(folder, spec)], strict=True):
        network = build(spec, 4).eval()
        if state:
            network.load_state_dict(state["network"])
        expected = F.softmax(network(image), 1)[0].tolist()
        assert answer.probabilities == pytest.approx(expected, abs=1e-6)
    assert [layer.name for layer in found.layers] == ["block 1", "block 2", "block 3"]


def test_a_finished_run_has_its_newest_epoch_and_its_start(data, trained):
    spec, folder = trained
    checkpoint.settle(folder)
    found, _ = result_of(look_at(spec, data, folder, 0))
    assert [answer.epoch for answer in found.answers] == [0, 2]


def test_it_travels_as_plain_json_and_comes_back_as_it_was(data, trained):
    found, _ = result_of(look_at(*[trained[0], data, trained[1]], 1))
    back = photo_from_json(photo_to_json(found))
    assert back.answers == found.answers
    for one, other in zip(back.layers, found.layers, strict=True):
        assert np.array_equal(one.maps, other.maps)
        assert (one.name, one.shown, one.strongest) == (other.name, other.shown, other.strongest)


def test_a_resnet_shows_its_first_convolution_and_its_four_stages(data, make_spec, tmp_path):
    spec = make_spec(model="resnet18")
    for _ in train(spec, data, epochs=1, checkpoint=tmp_path):
        pass
    found, _ = result_of(look_at(spec, data, tmp_path, 0))
    assert [(layer.name, layer.edge) for layer in found.layers] == [
        ("first convolution", 16),
        *((f"stage {number}", edge) for number, edge in zip(range(1, 5), (8, 4, 2, 1), strict=True)),
    ]
    assert sum(found.answers[-1].probabilities) == pytest.approx(1)


@pytest.mark.parametrize("place", [-1, 10])
def test_a_photo_that_is_not_there_is_a_sentence(data, trained, place):
    with pytest.raises(BadInput, match=rf"^There are 10 test photos, counted from 0; {place} is none of them\.$"):
        result_of(look_at(trained[0], data, trained[1], place))


def test_without_a_checkpoint_or_with_numbers_that_ran_away_it_says_so(data, make_spec, trained, tmp_path):
    with pytest.raises(BadInput, match="no longer here"):
        result_of(look_at(make_spec(seed=9), data, tmp_path / "nowhere", 0))
    spec, folder = trained
    saved = checkpoint.load(folder, spec)
    saved["network"]["0.conv.weight"][0] = math.nan
    checkpoint.save(folder, spec, {name: saved[name] for name in ("network", "rows")})
    with pytest.raises(BadInput, match="no longer finite"):
        result_of(look_at(spec, data, folder, 0))
