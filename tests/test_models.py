"""The networks: their shapes, their first weights, and how fast and plain formulations agree."""

import hashlib
import io
import os
import pickle
import random
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from hpviz import weight_files
from hpviz.models import article, article_cnn, build, digest, imagenet_weights, known_weights, resnet18
from hpviz.models.norm_pool import NormPool, conv_norm_pool
from hpviz.spec import BadInput, build_spec


def make_spec(**fields):
    return build_spec(**{"dataset": "noise", "fingerprint": "0" * 64, "image_size": 64, **fields})


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_article_cnn_has_2_85_million_parameters_at_150_px_almost_none_of_them_in_convolutions():
    network = article_cnn(6, 150)
    assert count(network) == 2_848_532
    assert sum(count(layer) for layer in network.modules() if isinstance(layer, nn.Conv2d)) == 15_550


@pytest.mark.parametrize(("width", "padding"), [(3, "valid"), (3, "same"), (9, "same"), (1, "article"), (5, "valid")])
def test_a_kernel_width_changes_the_layers_and_the_network_still_classifies(width, padding):
    network = article_cnn(7, 96, width, padding)
    assert [layer.kernel_size for layer in network.modules() if isinstance(layer, nn.Conv2d)] == [(width, width)] * 3
    assert network(torch.rand(2, 3, 96, 96)).shape == (2, 7)
    assert count(network) != count(article_cnn(7, 96))


def test_a_kernel_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        article_cnn(6, 32, 15, "valid")


def test_the_layers_are_in_the_authors_order():
    kinds = [type(layer).__name__ for layer in article_cnn(6, 64)]
    assert kinds == ["Block"] * 3 + ["Flatten", "Linear", "Dropout", "ReLU", "Linear", "ReLU", "Dropout", "Linear"]


@pytest.mark.parametrize("model", ["article-cnn", "resnet18"])
def test_a_seed_gives_the_same_weights_whatever_the_global_state_and_leaves_that_alone(model):
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first = build(make_spec(model=model, seed=5), 6).state_dict()
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(2)
    again = build(make_spec(model=model, seed=5), 6).state_dict()
    other = build(make_spec(model=model, seed=6), 6).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_the_article_cnn_starts_as_pytorch_would_start_it():
    torch.manual_seed(3)
    convolutions = [nn.Conv2d(3, 10, 5, bias=False), nn.Conv2d(10, 20, 5, bias=False), nn.Conv2d(20, 10, 7, bias=False)]
    plain = nn.ModuleList([*convolutions, nn.Linear(160, 1024), nn.Linear(1024, 512), nn.Linear(512, 6)])
    ours = [layer for layer in build(make_spec(seed=3), 6).modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer, reference in zip(ours, plain, strict=True):
        assert torch.equal(layer.weight, reference.weight)
        assert layer.bias is reference.bias is None or torch.equal(layer.bias, reference.bias)


def test_resnet18_starts_as_torchvision_would_start_it():
    ours, reference = build(make_spec(model="resnet18"), 6).state_dict(), torchvision.models.resnet18(num_classes=6)
    for name, expected in reference.state_dict().items():
        assert ours[name].shape == expected.shape
        if expected.dim() == 4:
            assert ours[name].std().item() == pytest.approx(expected.std().item(), rel=0.05)
        elif not name.startswith("fc"):
            assert torch.equal(ours[name], expected)


def test_dropout_halves_doubles_draws_from_its_own_generator_and_is_off_in_eval_mode():
    dropout = article.Dropout()
    ones = torch.ones(10_000)
    dropout.generator = torch.Generator().manual_seed(1)
    first = dropout(ones)
    assert set(first.tolist()) == {0.0, 2.0}
    assert first.mean().item() == pytest.approx(1, abs=0.05)
    dropout.generator.manual_seed(1)
    torch.manual_seed(7)
    assert torch.equal(dropout(ones), first)
    assert torch.equal(dropout.eval()(ones), ones)


def test_dropout_leaves_out_its_share_and_keeps_the_mean_and_at_0_draws_nothing():
    dropout, ones = article.Dropout(0.8), torch.ones(10_000)
    dropout.generator = torch.Generator().manual_seed(1)
    dropped = dropout(ones)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.8, abs=0.02)
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)
    none = article.Dropout(0.0)
    none.generator = torch.Generator().manual_seed(1)
    state = none.generator.get_state()
    assert torch.equal(none(ones), ones)
    assert torch.equal(none.generator.get_state(), state)


@pytest.mark.parametrize(("depth", "width"), [(1, 0.25), (2, 1), (4, 0.5)])
def test_depth_and_width_change_the_layers_and_the_network_still_classifies(depth, width):
    network = build(make_spec(depth=depth, width=width), 5)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert len(convolutions) == depth
    assert [layer.out_features for layer in linear] == [1024 * width, 512 * width, 5]
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 5)


def test_neutral_depth_width_and_dropout_are_the_articles_network():
    plain, told = build(make_spec(), 6), build(make_spec(depth=3, width=1.0, dropout=0.5), 6)
    assert str(plain) == str(told)
    for name, weights in plain.state_dict().items():
        assert torch.equal(weights, told.state_dict()[name])


def conv_and_norm(dtype, kernel_width=3):
    """A block's layers with weights of either sign."""
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 5, kernel_width, bias=False, dtype=dtype), nn.BatchNorm2d(5, dtype=dtype)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.5, -0.5, 0.1, 2.0, -1.0]))
        norm.bias.uniform_(-1, 1)
    return conv, norm


def plain_pool(images, conv, norm):
    return F.max_pool2d(norm(conv(images)), 2)


@pytest.mark.parametrize("edges", [(10, 10), (11, 9), (4, 5)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 2e-4)])
def test_the_fused_block_agrees_with_the_plain_layers_in_values_gradients_and_statistics(edges, dtype, tolerance):
    images, outcomes = torch.rand(4, 3, *edges, dtype=dtype), []
    for formulation in (conv_norm_pool, plain_pool):
        conv, norm = conv_and_norm(dtype)
        inputs = images.clone().requires_grad_()
        pooled = formulation(inputs, conv, norm)
        (pooled * torch.linspace(-1, 2, pooled.numel(), dtype=dtype).view(pooled.shape)).sum().backward()
        gradients = [inputs.grad, conv.weight.grad, norm.weight.grad, norm.bias.grad]
        norm.eval()
        outcomes.append([pooled, *gradients, *norm.buffers(), formulation(images, conv, norm)])
    for fused, plain in zip(*outcomes, strict=True):
        torch.testing.assert_close(fused, plain, rtol=tolerance, atol=tolerance)


def test_the_fused_gradient_is_the_derivative():
    torch.manual_seed(0)
    features = torch.randn(2, 5, 4, 3, dtype=torch.float64, requires_grad=True)
    weight, bias = torch.rand(3, dtype=torch.float64, requires_grad=True), torch.randn(3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, w, b: NormPool.apply(x, w, b, 1e-5)[0], (features, weight, bias))


def loss_and_gradient(bf16):
    """Of one batch of noise, which is the same each time."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.rand(16, 3, 64, 64, generator=generator), torch.arange(16) % 6
    network = article_cnn(6, 64).to(memory_format=torch.channels_last)
    article.give_dropout(network.eval(), generator)
    for layer in network:
        layer.train(isinstance(layer, article.Block))  # dropout off: its masks are drawn alike in one type only
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        loss = F.cross_entropy(network(images.contiguous(memory_format=torch.channels_last)), labels)
    loss.backward()
    return loss.item(), torch.cat([parameter.grad.flatten() for parameter in network.parameters()])


def test_in_bf16_the_fused_network_is_as_near_to_fp32_as_the_plain_one(monkeypatch):
    exact_loss, exact = loss_and_gradient(bf16=False)
    fused_loss, fused = loss_and_gradient(bf16=True)
    monkeypatch.setattr(article, "FUSED", False)
    _, plain = loss_and_gradient(bf16=True)
    assert fused_loss == pytest.approx(exact_loss, rel=2e-3)
    assert (fused - exact).norm() < 1.2 * (plain - exact).norm()


def test_one_image_of_32_px_trains_resnet18_and_leaves_single_valued_statistics_alone():
    network = resnet18(6).train()
    last = network.layer4[1].bn2
    network(torch.rand(1, 3, 32, 32)).sum().backward()
    assert torch.isfinite(last.running_var).all()
    assert last.num_batches_tracked == 0
    assert network.bn1.num_batches_tracked == 1


@pytest.fixture
def weights(tmp_path):
    """A file as torchvision leaves it, of a thousand classes."""
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_pretrained_weights_fill_all_but_the_head(weights):
    network = build(make_spec(model="resnet18", weights=digest(weights)), 6, weights)
    state = torch.load(weights, weights_only=True)
    assert torch.equal(network.conv1.weight, state["conv1.weight"])
    assert torch.equal(network.layer4[1].bn2.weight, state["layer4.1.bn2.weight"])
    assert network.fc.weight.shape == (6, 512)
    torch.save({name: part for name, part in state.items() if "num_batches" not in name}, weights)
    assert torch.equal(resnet18(6, weights).conv1.weight, state["conv1.weight"])


def test_weights_that_are_missing_or_another_file_than_the_specs_are_refused(weights):
    spec = make_spec(model="resnet18", weights="0" * 64)
    with pytest.raises(BadInput, match="--weights"):
        build(spec, 6)
    with pytest.raises(BadInput, match="not the file"):
        build(spec, 6, weights)
    with pytest.raises(BadInput, match="cannot be read"):
        build(spec, 6, weights.with_name("nowhere.pth"))


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        [1, 2],
        {"conv1.weight": torch.zeros(1)},
        torchvision.models.resnet18(width_per_group=64).half,
        lambda: torchvision.models.resnet34().state_dict(),
    ],
    ids=["empty", "a list", "another shape", "a function", "resnet34"],
)
def test_a_file_of_something_else_is_refused_in_a_sentence(tmp_path, foreign):
    path = tmp_path / "foreign.pth"
    torch.save(foreign() if callable(foreign) else foreign, path)
    with pytest.raises(BadInput, match="foreign"):
        resnet18(6, path)


def test_a_damaged_file_is_refused_in_a_sentence(weights):
    content = weights.read_bytes()
    for damaged in (b"", b"no weights", content[: len(content) // 2]):
        weights.write_bytes(damaged)
        with pytest.raises(BadInput, match="damaged"):
            resnet18(6, weights)


class Planted:
    """What a pickle makes run when it is read carelessly."""

    def __init__(self, file):
        self.file = str(file)

    def __reduce__(self):
        return open, (self.file, "w")


def hostile_files(folder, weights):
    """Files that are given for weights: each ends in a sentence, or a reader has been talked into something."""
    state, content = torch.load(weights, weights_only=True), weights.read_bytes()
    yield "text", b"root:x:0:0:root:/root:/bin/sh\n" * 40
    yield "a pickle with code", pickle.dumps(Planted(folder / "canary"))
    yield "an old pickle with code", pickle.dumps(119547037146038801333356) + pickle.dumps(Planted(folder / "canary"))
    for number in range(5):
        yield f"bytes {number}", random.Random(number).randbytes(4000)
        yield f"bytes {number} of a pickle", b"\x80\x02" + random.Random(number).randbytes(400)
        yield f"bytes {number} changed", _changed(content, random.Random(number))
    for name, parts in {
        "code in weights": {**state, "conv1.weight": Planted(folder / "canary")},
        "numbers for names": dict(enumerate(state.values())),
        "of nothing": {name: part.to("meta") for name, part in state.items()},
        "sparse": {**state, "conv1.weight": state["conv1.weight"].to_sparse()},
        "whole numbers": {name: part.long() for name, part in state.items()},
    }.items():
        file = io.BytesIO()
        torch.save(parts, file)
        yield name, file.getvalue()
    for name, size in (("a zip", 10), ("a bomb", 300_000_000)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", bytes(size))
        yield name, file.getvalue()


def _changed(content, draw):
    """The same size with some bytes of the archive's lists changed, where its structure is."""
    changed = bytearray(content)
    for _ in range(40):
        changed[-draw.randrange(1, 12_000)] = draw.randrange(256)
    return bytes(changed)


def test_hostile_files_of_weights_are_refused_in_a_sentence_and_run_nothing(weights, tmp_path):
    given = tmp_path / "given.pth"
    for name, content in hostile_files(tmp_path, weights):
        given.write_bytes(content)
        try:
            known_weights(given)
            resnet18(6, given)  # some changes hit nothing that matters
        except BadInput as refusal:
            assert "given.pth" in str(refusal), name
        else:
            assert "changed" in name, name
        assert not (tmp_path / "canary").exists(), name


def test_weights_are_read_from_files_only(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(10**12)
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "huge", tmp_path / "none"):
        for read in (known_weights, digest, lambda path: resnet18(6, path)):
            with pytest.raises(BadInput, match="cannot be read"):
                read(path)


def test_weights_that_can_serve_are_known_by_their_digest(weights):
    assert known_weights(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *given):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A stand-in for torchvision's server: the folder it serves and its address."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setenv("no_proxy", "*")
    served = tmp_path / "served"
    served.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield served, f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_where_the_weights_lie_is_known_without_torch(monkeypatch, tmp_path):
    url = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url
    assert url == weight_files.IMAGENET_URL
    for home in (None, str(tmp_path), "~/models"):
        for cache in (None, str(tmp_path / "cache")):
            for name, value in (("TORCH_HOME", home), ("XDG_CACHE_HOME", cache)):
                monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
            name = url.rpartition("/")[2]
            assert weight_files.imagenet_file() == Path(torch.hub.get_dir(), "checkpoints", name)


def test_weights_are_downloaded_once_and_found_again_without_the_server(server):
    served, address = server
    name = f"resnet18-{hashlib.sha256(b'weights').hexdigest()[:8]}.pth"
    (served / name).write_bytes(b"weights")
    path = imagenet_weights(f"{address}/{name}")
    assert path.read_bytes() == b"weights"
    assert digest(path) == hashlib.sha256(b"weights").hexdigest()
    (served / name).unlink()
    assert imagenet_weights(f"{address}/{name}") == path


def test_a_download_that_fails_or_arrives_changed_says_what_to_do_and_leaves_nothing(server):
    served, address = server
    (served / "resnet18-00000000.pth").write_bytes(b"tampered")
    for url in (f"{address}/nowhere-00000000.pth", f"{address}/resnet18-00000000.pth", "http://127.0.0.1:9/x.pth"):
        with pytest.raises(BadInput, match="--weights FILE"):
            imagenet_weights(url)
    assert list((served.parent / "hub" / "checkpoints").iterdir()) == []
