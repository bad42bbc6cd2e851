"""What a trained network makes of one photo: its answer, and what each layer finds where."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.models import build
from hpviz.models.article import Block
from hpviz.spec import BadInput, RunSpec
from hpviz.training import checkpoint as checkpoints
from hpviz.training.images import split
from hpviz.training.inside import Answer, LayerMaps, OnePhoto
from hpviz.training.inspect import GONE, NOT_FINITE, one_thread

# Two rows of ten, as many as the article's widest layer has; 64 px are more than a page shows of each.
MOST_CHANNELS, MOST_PIXELS = 20, 64
# ResNet18 by the layers after which its maps change their size.
STAGES = {"first convolution": "relu", **{f"stage {number}": f"layer{number}" for number in range(1, 5)}}


def look_at(spec: RunSpec, data: Prepared, checkpoint: Path, place: int) -> Generator[Progress, None, OnePhoto]:
    """What the networks in a run's `checkpoint` folder, which is only read, make of test photo `place`, on the CPU.

    As in testing: dropout is off and batch norm uses its running statistics. Raises BadInput if there is no such photo,
    no checkpoint of that run, or what it holds is no longer finite.
    """
    if not 0 <= place < len(data.test_labels):
        raise BadInput(f"There are {len(data.test_labels):,} test photos, counted from 0; {place} is none of them.")
    with one_thread():
        return (yield from _look_at(spec, data, checkpoint, place))


def _look_at(spec: RunSpec, data: Prepared, checkpoint: Path, place: int) -> Generator[Progress, None, OnePhoto]:
    yield Progress("reading the checkpoint", 0, 0)
    saved = checkpoints.kept(checkpoint, spec)
    if not saved:
        raise BadInput(GONE)
    image, _ = split(spec, data, "cpu").test.gather(torch.tensor([place]))
    network = build(spec.model_copy(update={"weights": None}), len(data.classes)).eval()
    # As it began; where it began from pretrained weights, that is in their file.
    answers = [] if spec.weights else [Answer(0, probabilities(network, image))]
    layers: tuple[LayerMaps, ...] = ()
    for number, state in enumerate(saved):
        yield Progress("looking at the photo", number, len(saved))
        network.load_state_dict(state["network"])
        if not all(parameter.isfinite().all() for parameter in network.parameters()):
            raise BadInput(NOT_FINITE)
        found, layers = maps_of(network, image)
        answers.append(Answer(len(state["rows"]), found))
    return OnePhoto(tuple(answers), layers)


def probabilities(network: nn.Module, image: Tensor) -> tuple[float, ...]:
    """The probability of each class for an image (1, 3, S, S)."""
    with torch.inference_mode():
        return tuple(F.softmax(network(image).float(), 1)[0].tolist())


def maps_of(network: nn.Module, image: Tensor) -> tuple[tuple[float, ...], tuple[LayerMaps, ...]]:
    """The probabilities, and the maps of each layer on the way to them, from the image on."""
    maps: dict[str, Tensor] = {}

    def keep(name: str) -> torch.utils.hooks.RemovableHandle:
        return layers[name].register_forward_hook(lambda _, __, features: maps.update({name: features[0].clone()}))

    layers = layers_of(network)
    hooks = [keep(name) for name in layers]
    try:
        found = probabilities(network, image)
    finally:
        for hook in hooks:
            hook.remove()
    return found, tuple(layer_maps(name, maps[name]) for name in layers)


def layers_of(network: nn.Module) -> dict[str, nn.Module]:
    """The layers whose maps are shown: the article's blocks, after their pool; the first convolution and the stages."""
    blocks = [layer for layer in network.modules() if isinstance(layer, Block)]
    if blocks:
        return {f"block {number}": block for number, block in enumerate(blocks, 1)}
    return {name: getattr(network, layer) for name, layer in STAGES.items()}


def layer_maps(name: str, features: Tensor) -> LayerMaps:
    """The maps (C, H, W), which ReLU has left at 0 or more, in 8 bits; only the channels with the largest means."""
    channels, edge = len(features), features.shape[-1]
    shown = features.mean((1, 2)).topk(min(channels, MOST_CHANNELS)).indices.sort().values
    strongest = features[shown].max().item()
    small = F.adaptive_avg_pool2d(features[shown], min(edge, MOST_PIXELS))
    bytes_ = (small * (255 / (strongest or 1.0))).round().to(torch.uint8).numpy()
    return LayerMaps(name, channels, edge, strongest, tuple(shown.tolist()), np.ascontiguousarray(bytes_))
