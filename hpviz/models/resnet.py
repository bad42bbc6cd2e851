"""torchvision's ResNet18, from scratch or from ImageNet weights, with a head for our classes."""

from pathlib import Path

import torch
import torchvision
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.nn import init

from hpviz.models.initial import blank, uniform
from hpviz.models.pretrained import load_pretrained


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that also takes a single value a channel (one 32 px image), which has no variance of its own.

    Such a batch is normalised with the running statistics and leaves them as they are.
    """

    def forward(self, features: Tensor) -> Tensor:
        if self.training and features.numel() == self.num_features:
            return F.batch_norm(
                features, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
            )
        return super().forward(features)


def resnet18(classes: int, weights: Path | None = None, generator: Generator | None = None) -> nn.Module:
    """ResNet18 (He et al., 2015) for images (N, 3, S, S) in 0…1, giving logits (N, classes).

    With `weights`, a state dict as torchvision leaves it, only the head is drawn anew. Raises BadInput, in a
    sentence, if the file is not that.
    """
    network = blank(lambda: torchvision.models.resnet18(num_classes=classes, norm_layer=BatchNorm))
    generator = generator or torch.Generator().manual_seed(0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif isinstance(layer, nn.Linear):
            uniform(layer, generator)
    if weights is not None:
        load_pretrained(network, weights)
    return network
