"""Convolution, batch norm and 2×2 max pool in one, exact in value and quick on CPUs in channels_last.

PyTorch's batch norm and pool vectorise over channels, and the article's network has 10 or 20 of them where a vector
register holds 16 or 32. Three things help, none of which changes a value:

- A channels_last tensor is also a matrix (N·H, W·C). As W·C "channels" its statistics are quick, and W of them make
  one channel's (Chan et al., 1979).
- Batch norm is increasing where its weight is positive, so it can follow the pool, on a quarter of the pixels. Where
  the weight is negative the sign is moved into the convolution, which is exact.
- The maximum of four is that of two rows, then of two columns: elementwise, over long contiguous runs.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv_norm_pool(images: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    """`max_pool2d(norm(conv(images)), 2)` for a convolution without bias; (N, C, H, W) in and out."""
    sign = torch.where(norm.weight.detach() < 0, -1.0, 1.0)
    features = F.conv2d(images, conv.weight * sign[:, None, None, None], padding=conv.padding)
    features = features.permute(0, 2, 3, 1).contiguous()
    weight = norm.weight * sign
    if norm.training:
        pooled, mean, variance = NormPool.apply(features, weight, norm.bias, norm.eps)
        track(norm, mean * sign, variance, features.numel() // len(sign))
    else:
        mean, variance = running(norm)
        pooled = normalised(max_pool(features), mean * sign, variance, weight, norm.bias, norm.eps)
    return cast(Tensor, pooled).permute(0, 3, 1, 2)


class NormPool(torch.autograd.Function):
    """Training-time batch norm with weights ≥ 0, then the pool, of (N, H, W, C); also the batch's mean and variance."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        mean, variance = statistics(features)
        rows = torch.maximum(*pairs(features, 1))
        pooled = torch.maximum(*pairs(rows, 2))
        ctx.save_for_backward(features, rows, pooled, weight, mean, variance)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        return normalised(pooled, mean, variance, weight, bias, eps), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Ioffe & Szegedy (2015), section 3: the pooled pixels' own gradient less its mean and its slope on x̂."""
        features, rows, pooled, weight, mean, variance = ctx.saved_tensors
        gradient, pixels = gradients[0].contiguous(), features.numel() // len(mean)
        deviation = (variance + ctx.eps).sqrt()
        bias_gradient = channel_sum(gradient)
        weight_gradient = channel_sum(gradient * ((pooled - mean) / deviation))
        scale = weight / deviation
        slope, shift = -scale * weight_gradient / pixels, -scale * bias_gradient / pixels
        everywhere = normalised(features, mean, variance, slope, shift, ctx.eps)
        add_unpooled(everywhere, features, rows, (gradient * scale).to(gradient.dtype))
        return everywhere, weight_gradient, bias_gradient, None


def statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (C,) of (N, H, W, C), in float32 or better."""
    matrix, columns = folded(features), features.shape[2:]
    # The kernel computes in the type of the running statistics it could update; momentum 0 leaves them unused.
    unused = matrix.new_zeros(matrix.shape[1], dtype=torch.promote_types(features.dtype, torch.float32))
    mean, variance = (part.view(columns) for part in torch.batch_norm_update_stats(matrix, unused, unused, 0.0))
    return mean.mean(0), variance.mean(0) + mean.var(0, correction=0)


def normalised(x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """(x - mean) / √(variance + eps) · weight + bias of (N, H, W, C) by channel, computed in float32 or better."""
    mean, variance, weight, bias = (part.repeat(x.shape[2]) for part in (mean, variance, weight, bias))
    return F.batch_norm(folded(x), mean, variance, weight, bias, training=False, eps=eps).view(x.shape)


def max_pool(features: Tensor) -> Tensor:
    """2×2 maxima of (N, H, W, C); an odd last row or column is left out, as in PyTorch."""
    return torch.maximum(*pairs(torch.maximum(*pairs(features, 1)), 2))


def add_unpooled(total: Tensor, features: Tensor, rows: Tensor, gradient: Tensor) -> None:
    """Add the pooled pixels' gradient to `total` where each maximum came from; ties go up, then left."""
    left, right = pairs(rows, 2)
    to_right = torch.ops.aten.threshold_backward(gradient, right - left, 0)
    by_row = torch.zeros_like(rows)
    for part, share in zip(pairs(by_row, 2), (gradient - to_right, to_right), strict=True):
        part.copy_(share)
    upper, lower = pairs(features, 1)
    to_lower = torch.ops.aten.threshold_backward(by_row, lower - upper, 0)
    for part, share in zip(pairs(total, 1), (by_row - to_lower, to_lower), strict=True):
        part.add_(share)


def pairs(x: Tensor, axis: int) -> tuple[Tensor, ...]:
    """Views of the even and of the odd places along an axis, as many of one as of the other."""
    even = x.narrow(axis, 0, x.shape[axis] // 2 * 2)
    return even.reshape(*even.shape[:axis], -1, 2, *even.shape[axis + 1 :]).unbind(axis + 1)


def folded(x: Tensor) -> Tensor:
    """(N, H, W, C) as the matrix (N·H, W·C)."""
    return x.reshape(x.shape[0] * x.shape[1], -1)


def channel_sum(x: Tensor) -> Tensor:
    return folded(x).sum(0, dtype=torch.promote_types(x.dtype, torch.float32)).view(x.shape[2:]).sum(0)


@torch.no_grad()
def track(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, count: int) -> None:
    """Update the running statistics of `count` values a channel as torch.nn.BatchNorm2d does."""
    assert norm.momentum is not None
    assert norm.num_batches_tracked is not None
    running_mean, running_variance = running(norm)
    running_mean.lerp_(mean, norm.momentum)
    running_variance.lerp_(variance * (count / (count - 1)), norm.momentum)
    norm.num_batches_tracked.add_(1)


def running(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """The running mean and variance, which every batch norm here has."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return norm.running_mean, norm.running_var
