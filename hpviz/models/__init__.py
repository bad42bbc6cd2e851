"""The networks: the article's small CNN and torchvision's ResNet18, built from a spec and nothing else."""

from pathlib import Path

import torch
from torch import nn

from hpviz.models.article import article_cnn
from hpviz.models.pretrained import imagenet_weights, known_weights
from hpviz.models.resnet import resnet18
from hpviz.spec import BadInput, RunSpec
from hpviz.weight_files import digest

__all__ = ["article_cnn", "build", "digest", "imagenet_weights", "known_weights", "resnet18"]


def build(spec: RunSpec, classes: int, weights: Path | None = None) -> nn.Module:
    """The spec's network on the CPU in float32, its weights drawn from the spec's seed.

    The same seed gives the same weights whatever the global random state is, and leaves that state alone. Raises
    BadInput if the spec asks for pretrained weights and `weights` is missing or not that file.
    """
    generator = torch.Generator().manual_seed(spec.seed)
    if spec.model == "article-cnn":
        shape = {"depth": spec.depth, "width": spec.width, "dropout": spec.dropout}
        return article_cnn(classes, spec.image_size, spec.kernel_width, spec.padding, generator, **shape)  # type: ignore[arg-type]
    if spec.weights is None:
        return resnet18(classes, None, generator)
    if weights is None:
        raise BadInput("This run begins with pretrained weights; give their file with `--weights FILE`.")
    if digest(weights) != spec.weights:
        raise BadInput(f"{weights.name} is not the file of weights this run was specified with; launch the run anew.")
    return resnet18(classes, weights, generator)
