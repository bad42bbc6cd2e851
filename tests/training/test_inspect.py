"""A look inside a trained network: what it measures, and that it disturbs nothing."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from hpviz.data.prepared import Prepared
from hpviz.models import build
from hpviz.spec import BadInput
from hpviz.theory.sampling import standard_error
from hpviz.training import checkpoint, gradient_noise
from hpviz.training.gradient_noise import draw, draws, gradient, measure_noise, powers_of_two
from hpviz.training.images import split
from hpviz.training.inspect import inspect
from hpviz.training.loop import train
from tests.training.conftest import FINGERPRINT
from tests.training.conftest import draw as draw_images


def result_of(steps):
    """What a generator returns, and the last progress that it told."""
    step = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value, step


@pytest.fixture(scope="module")
def many() -> Prepared:
    """Enough images for the noise of small batches to be that of independent draws."""
    images, labels = draw_images(300, 16, 2)
    return Prepared(FINGERPRINT, tuple("abcd"), images, labels, images[:8], labels[:8])


@pytest.fixture
def small(make_spec):
    return make_spec(image_size=16, kernel_width=3)


@pytest.fixture
def network(small):
    """Sure of a class that three images of four are not: their gradients have much in common."""
    network = build(small, 4)
    with torch.no_grad():
        network[-1].bias[0] += 2.0
    return network


@pytest.fixture
def trained(data, make_spec, tmp_path):
    """A run of two epochs: its spec and its checkpoint's folder."""
    spec = make_spec()
    for _ in train(spec, data, epochs=2, checkpoint=tmp_path):
        pass
    return spec, tmp_path


def errors_of(noise):
    return {each.batch_size: each.error for each in noise.errors}


def test_the_error_halves_when_the_batch_grows_fourfold(network, small, many):
    noise, _ = result_of(measure_noise(network, split(small, many, "cpu").train, [1, 4, 16]))
    errors = errors_of(noise)
    assert errors[1] / errors[4] == pytest.approx(2, rel=0.15)
    assert errors[4] / errors[16] == pytest.approx(2, rel=0.15)
    assert noise.slope == pytest.approx(-0.5, abs=0.06)


def test_a_batch_of_all_images_has_no_error_and_those_before_follow_the_finite_set(network, small, many, monkeypatch):
    monkeypatch.setattr(gradient_noise, "LEAST_DRAWS", 60)
    noise, _ = result_of(measure_noise(network, split(small, many, "cpu").train, [100, 200, 300]))
    errors = errors_of(noise)
    assert errors[300] < 1e-5
    for size in (100, 200):
        assert errors[size] == pytest.approx(standard_error(size, noise.deviation, population=300), rel=0.15)


def test_the_deviation_is_that_of_the_images_own_gradients(network, small, many):
    images = split(small, many, "cpu").train
    noise, _ = result_of(measure_noise(network, images))
    network.eval()
    each = torch.stack([gradient(network, images, torch.tensor([place])) for place in range(300)])
    whole = each.mean(0)
    assert noise.gradient_norm == pytest.approx(whole.norm().item(), rel=1e-4)
    deviation = (each - whole).square().sum(1).mean().sqrt() / whole.norm()
    assert noise.deviation == pytest.approx(deviation.item(), rel=0.1)
    trace = (each - whole).square().sum().item() / 299
    expected = trace / (whole.square().sum().item() - trace / 300)
    assert noise.noise_scale == pytest.approx(expected, rel=0.2)


def test_an_images_gradient_does_not_depend_on_who_shares_its_batch(network, small, many):
    images = split(small, many, "cpu").train
    network.eval()
    alone = [gradient(network, images, torch.tensor([place])) for place in (3, 7)]
    together = gradient(network, images, torch.tensor([3, 7]))
    assert torch.allclose(together, (alone[0] + alone[1]) / 2, atol=1e-6)


def test_batches_are_cut_from_shuffles_so_that_none_holds_an_image_twice():
    batches = list(islice(draw(torch.arange(20), 6, torch.Generator().manual_seed(0)), 9))
    assert all(len(set(batch.tolist())) == 6 for batch in batches)
    assert len(set(torch.cat(batches[:3]).tolist())) == 18


def test_two_halves_of_a_shuffle_are_not_two_draws():
    first, second = islice(draw(torch.arange(20), 10, torch.Generator().manual_seed(0)), 2)
    assert set(first.tolist()) & set(second.tolist())


def test_small_batches_are_drawn_more_often():
    assert [draws(512, size) for size in (1, 8, 32, 256)] == [128, 64, 16, 10]


def test_batches_grow_in_powers_of_two_and_stay_below_the_whole():
    assert powers_of_two(27) == [1, 2, 4, 8, 16]
    assert powers_of_two(16) == [1, 2, 4, 8]
    assert powers_of_two(10_000)[-1] == 256


def test_a_look_inside_tells_how_far_it_is_and_what_it_found(data, trained):
    spec, folder = trained
    found, last = result_of(inspect(spec, data, folder))
    assert last.what == "gradients of batches of 16"
    assert 0 < last.done < last.total
    assert found.epoch == 2
    assert (found.noise.images, found.noise.train_images) == (27, 27)
    assert [layer.name for layer in found.layers] == [
        *(f"convolution {number}" for number in (1, 2, 3)),
        *(f"linear {number}" for number in (1, 2, 3)),
    ]
    assert found.kernels.shape == found.start_kernels.shape == (10, 3, 5, 5)


def test_the_weights_are_those_of_the_checkpoint_and_of_the_seed(data, trained):
    spec, folder = trained
    found, _ = result_of(inspect(spec, data, folder))
    saved = checkpoint.load(folder, spec)["network"]
    began = build(spec, 4).state_dict()
    assert np.array_equal(found.kernels, saved["0.conv.weight"].numpy())
    assert np.array_equal(found.start_kernels, began["0.conv.weight"].numpy())
    last, name = found.layers[-1], next(name for name in reversed(saved) if name.endswith("weight"))
    assert last.count == 4 * 512
    assert last.norm == pytest.approx(saved[name].norm().item())
    assert last.start_norm == pytest.approx(began[name].norm().item())
    moved = (saved[name] - began[name]).norm() / began[name].norm()
    assert last.moved == pytest.approx(moved.item())


def test_the_same_checkpoint_gives_the_same_figures_and_stays_as_it_is(data, trained):
    spec, folder = trained
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (first, _), (second, _) = (result_of(inspect(spec, data, folder)) for _ in range(2))
    assert first.noise == second.noise
    assert first.layers == second.layers
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_look_inside_leaves_the_global_random_state_and_training_alone(data, make_spec, trained, tmp_path):
    spec, folder = trained
    state = torch.get_rng_state()
    events = train(spec, data, epochs=3, checkpoint=folder)
    rows = []
    for event in events:
        rows += [event.row] if hasattr(event, "row") else []
        if not rows:
            result_of(inspect(spec, data, folder))
    assert torch.equal(torch.get_rng_state(), state)
    *_, alone = train(spec, data, epochs=3, checkpoint=tmp_path / "alone")
    assert (rows[-1]["train_loss"], rows[-1]["weight_norm"]) == (alone.row["train_loss"], alone.row["weight_norm"])


def test_it_computes_in_one_thread_and_leaves_the_number_of_threads_as_it_was(data, trained):
    spec, folder = trained
    torch.set_num_threads(2)
    steps = inspect(spec, data, folder)
    next(steps)
    assert torch.get_num_threads() == 1
    with ThreadPoolExecutor(1) as other:
        other.submit(torch.set_num_threads, 2).result()
        result_of(steps)
        assert other.submit(torch.get_num_threads).result() == 2
    assert torch.get_num_threads() == 2


def test_it_can_be_stopped_at_every_step(data, trained):
    spec, folder = trained
    steps = inspect(spec, data, folder)
    next(steps)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_without_a_checkpoint_it_says_so_in_a_sentence(data, make_spec, tmp_path):
    with pytest.raises(BadInput, match=r"^The checkpoint of this run is no longer here: [^.]+\.$"):
        result_of(inspect(make_spec(), data, tmp_path))


def test_weights_that_are_no_numbers_are_a_sentence(data, trained):
    spec, folder = trained
    saved = checkpoint.load(folder, spec)
    saved["network"]["0.conv.weight"][0] = math.nan
    checkpoint.save(folder, spec, {name: saved[name] for name in ("network", "rows")})
    with pytest.raises(BadInput, match="no longer finite numbers"):
        result_of(inspect(spec, data, folder))


def test_without_a_gradient_there_is_no_noise_to_measure(network, small, many):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network[-1].bias[0] = 200.0  # sure of one class, and right
    alike = replace(many, train_images=many.train_images[::4], train_labels=many.train_labels[::4])
    assert result_of(measure_noise(network, split(small, alike, "cpu").train))[0] is None


def test_a_resnet_can_be_looked_into_too(data, make_spec, tmp_path):
    spec = make_spec(model="resnet18")
    for _ in train(spec, data, epochs=1, checkpoint=tmp_path):
        pass
    found, _ = result_of(inspect(spec, data, tmp_path))
    assert found.kernels.shape == (64, 3, 7, 7)
    assert len(found.layers) == 21
    assert found.noise.deviation > 0
