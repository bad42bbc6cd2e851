"""The cost card against the networks themselves and against the figures known of the article's."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from hpviz.analysis.cost import WORKSPACE_BYTES, cost, gigabytes, refusal
from hpviz.models import build
from tests.made_up import spec


def million(count: int) -> float:
    return round(count / 1e6, 2)


@pytest.mark.parametrize(
    ("padding", "width", "activations", "convolution", "everything"),
    [
        ("valid", 3, 1.09, 17.3, 20.8),
        ("valid", 11, 0.88, 167.9, 169.5),
        ("same", 3, 1.14, 18.7, 22.5),
        ("same", 11, 1.14, 250.9, 254.8),
    ],
)
def test_activations_and_multiply_adds_of_the_articles_network(padding, width, activations, convolution, everything):
    counted = cost(spec(image_size=150, kernel_width=width, padding=padding), classes=6)
    assert million(counted.activations.blocks) == activations
    assert counted.multiply_adds.convolution / 1e6 == pytest.approx(convolution, abs=0.05)
    assert counted.multiply_adds.total / 1e6 == pytest.approx(everything, abs=0.05)


def test_unpadded_a_wider_kernel_has_more_weights_in_convolutions_and_fewer_in_all():
    narrow, wide = (cost(spec(image_size=150, kernel_width=k, padding="valid"), 6).parameters for k in (3, 11))
    assert (million(narrow.total), million(wide.total)) == (3.49, 1.61)
    assert wide.convolution > 13 * narrow.convolution
    assert wide.linear < narrow.linear / 2


def test_the_articles_own_network_has_its_known_size():
    parameters = cost(spec(image_size=150), 6).parameters
    assert million(parameters.total) == 2.85
    assert round(parameters.convolution + parameters.batch_norm, -2) == 15_600


NETWORKS = [
    (spec(image_size=64), 6),
    (spec(image_size=40, kernel_width=3, padding="valid"), 10),
    (spec(image_size=33, kernel_width=7, padding="same"), 3),
    (spec(image_size=43, model="resnet18"), 6),
    (spec(image_size=33, depth=1, width=0.25), 6),
    (spec(image_size=40, depth=2, dropout=0.2), 6),
    (spec(image_size=64, depth=4, width=2), 6),
    (spec(image_size=40, depth=4, kernel_width=3, padding="same", width=0.5), 6),
]


@pytest.mark.parametrize(("made", "classes"), NETWORKS)
def test_parameters_and_multiply_adds_are_those_of_the_build(made, classes):
    model = build(made, classes).eval()
    with FlopCounterMode(display=False) as flops, torch.inference_mode():
        model(torch.zeros(1, 3, made.image_size, made.image_size))
    counted = cost(made, classes)
    assert counted.parameters.total == sum(weights.numel() for weights in model.parameters())
    assert 2 * counted.multiply_adds.total == flops.get_total_flops()
    kinds = {"Conv2d": "convolution", "BatchNorm2d": "batch_norm", "BatchNorm": "batch_norm", "Linear": "linear"}
    for part in ("convolution", "batch_norm", "linear"):
        layers = [layer for layer in model.modules() if kinds.get(type(layer).__name__) == part]
        assert getattr(counted.parameters, part) == sum(w.numel() for layer in layers for w in layer.parameters())


@pytest.mark.parametrize(("made", "classes"), NETWORKS)
def test_outputs_of_convolutions_and_batch_norms_are_those_of_the_network(made, classes, monkeypatch):
    monkeypatch.setattr("hpviz.models.article.FUSED", False)  # in one piece, no layer's output would be seen
    model, seen = build(made, classes).eval(), {torch.nn.Conv2d: 0, torch.nn.BatchNorm2d: 0}

    def count(kind):
        def add(layer, inputs, output):
            seen[kind] += output.numel()

        return add

    for kind in seen:
        for layer in model.modules():
            if isinstance(layer, kind):
                layer.register_forward_hook(count(kind))
    with torch.inference_mode():
        model(torch.zeros(1, 3, made.image_size, made.image_size))
    activations = cost(made, classes).activations
    assert [activations.convolution, activations.batch_norm] == list(seen.values())


@pytest.mark.parametrize(("made", "classes"), NETWORKS)
def test_the_memory_estimate_covers_what_autograd_keeps_and_little_more_than_twice_that(made, classes):
    made = made.model_copy(update={"batch_size": 4})
    model, kept = build(made, classes).train(), {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = model(torch.rand(4, 3, made.image_size, made.image_size))
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    needed = sum(size for place, size in kept.items() if place not in weights)
    counted = cost(made, classes)
    estimated = counted.memory_bytes - 16 * counted.parameters.total - WORKSPACE_BYTES
    assert outputs.shape == (4, classes)
    assert needed <= estimated <= 3.4 * needed


def test_memory_grows_with_the_batch_and_shrinks_with_half_precision_and_plain_sgd():
    def memory(**values):
        return cost(spec(image_size=150, **values), 6).memory_bytes

    parameters = cost(spec(image_size=150), 6).parameters.total
    one_more = memory(batch_size=33) - memory(batch_size=32)
    assert memory(batch_size=450) - memory(batch_size=32) == pytest.approx(418 * one_more)
    assert memory() - memory(precision="bf16") == pytest.approx(32 * one_more / 2 - 4 * parameters)
    assert memory() - memory(optimizer="sgd") == 8 * parameters
    assert memory(optimizer="sgd", momentum=0.9) - memory(optimizer="sgd") == 4 * parameters
    assert memory(optimizer="sgd-momentum") == memory(optimizer="sgd", momentum=0.9)


def test_fewer_blocks_leave_more_pixels_and_so_far_more_weights():
    parameters = [cost(spec(image_size=150, depth=depth), 6).parameters for depth in (1, 2, 3, 4)]
    assert [million(each.total) for each in parameters] == [56.6, 27.08, 2.85, 1.05]
    assert parameters[0].convolution < parameters[3].convolution


def test_twice_the_width_has_some_four_times_the_weights_between_hidden_layers():
    narrow, wide = (cost(spec(image_size=150, width=width), 6) for width in (1, 2))
    assert wide.multiply_adds.linear / narrow.multiply_adds.linear == pytest.approx(4, rel=0.01)
    assert cost(spec(image_size=150, width=1), 6) == cost(spec(image_size=150), 6)


def test_without_dropout_its_outputs_are_not_held():
    with_dropout, without = (cost(spec(dropout=share), 6).activations.linear for share in (0.5, 0))
    assert with_dropout - without == 1024 + 512


def test_what_does_not_fit_is_refused_in_one_sentence_and_what_fits_is_not():
    needed = cost(spec(image_size=512, batch_size=4096), 6)
    sentence = refusal(needed, 8_000_000_000)
    assert gigabytes(needed.memory_bytes) in sentence
    assert "8.0 GB" in sentence
    assert "smaller batch" in sentence
    assert refusal(needed, needed.memory_bytes) is None


# The most that training held in a fresh process, in MB: the median of two on two cores of an AMD EPYC.
MEASURED = [
    (22.0, {"batch_size": 2, "precision": "bf16"}),
    (38.2, {"precision": "bf16"}),
    (53.8, {}),
    (63.0, {"batch_size": 64, "precision": "bf16"}),
    (326.2, {"batch_size": 256}),
    (304.6, {"width": 4.0, "precision": "bf16"}),
    (250.9, {"depth": 1, "precision": "bf16"}),
    (234.9, {"depth": 1}),
    (15.6, {"width": 0.25, "precision": "bf16"}),
    (93.8, {"image_size": 96, "padding": "same", "precision": "bf16"}),
    (23.4, {"image_size": 32, "padding": "same", "precision": "bf16"}),
    (194.8, {"image_size": 150, "precision": "bf16"}),
    (285.5, {"image_size": 150}),
    (285.0, {"model": "resnet18", "precision": "bf16"}),
]


@pytest.mark.parametrize(("megabytes", "fields"), MEASURED)
def test_the_memory_that_is_promised_is_what_was_measured_but_for_a_quarter(megabytes, fields):
    assert cost(spec(**fields), 6).memory_bytes / 1e6 == pytest.approx(megabytes, rel=0.25)
