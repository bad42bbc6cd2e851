"""Does full-batch gradient descent settle where its steps stop shrinking: at a sharpness of 2/lr?

    python -m benchmarks.edge_of_stability [--rates 0.015 0.03 …] [--images N] [--updates N] [--json]

A net of two hidden layers of tanh learns scenes of 16 px by gradient descent over all of them on the squared error, as
in the first figures of Cohen et al. (2021). Its sharpness is measured as hpviz measures that of any run, every 100
updates. Printed by rate: the edge 2/lr, the sharpness at the start, and in the second half of the updates its median
and its quarters over the edge. From below it climbs there, from above it falls, and there it stays: on a parabola it
could do neither. With cross-entropy it settles in no setting that was tried: `benchmarks/README.md` has them.
"""

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from hpviz.data.decode import square
from hpviz.data.scenes import SCENES_CLASSES, draw_scene, scene_rng
from hpviz.training.images import Images, Scale
from hpviz.training.sharpness import Hessian, largest_eigenvalue

SIZE, HIDDEN, EVERY = 16, 64, 100


def scenes(count: int) -> Images:
    """So many scenes, as many of each class, as pixels of mean 0 and deviation 1."""
    each = count // len(SCENES_CLASSES)
    pairs = [(label, index) for index in range(each) for label in range(len(SCENES_CLASSES))]
    drawn = [square(Image.fromarray(draw_scene(label, scene_rng(0, label, index))), SIZE) for label, index in pairs]
    pixels = np.stack(drawn)
    mean, deviation = (torch.tensor(float(figure) / 255).view(1, 1, 1, 1) for figure in (pixels.mean(), pixels.std()))
    labels = torch.tensor([label for label, _ in pairs])
    return Images(pixels, labels, torch.arange(len(pairs)), "cpu", Scale(mean, deviation))


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Linear(3 * SIZE**2, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh())
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(HIDDEN, len(SCENES_CLASSES)))


def squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    return (outputs - F.one_hot(labels, outputs.shape[1])).square().sum() / 2


def sharpness(net: nn.Module, images: Images) -> float:
    steps = largest_eigenvalue(Hessian(net, images, torch.arange(len(images)), loss=squared_error))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float("nan") if end.value is None else float(end.value)


def descend(images: Images, rate: float, updates: int) -> tuple[list[float], float]:
    """The sharpness at the start and every EVERY updates, and the last loss."""
    net = network()
    inputs, labels = images.gather(torch.arange(len(images)))
    optimizer = torch.optim.SGD(net.parameters(), rate)
    found = [sharpness(net, images)]
    for update in range(1, updates + 1):
        loss = squared_error(net(inputs), labels) / len(images)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if update % EVERY == 0:
            found.append(sharpness(net, images))
    return found, loss.item()


def settled(found: Sequence[float], rate: float) -> dict[str, float]:
    """How the sharpness stands to the edge in the second half: its median and its quarters, over 2/lr."""
    shares = np.array(found[len(found) // 2 :]) * rate / 2
    low, median, high = np.quantile(shares, (0.25, 0.5, 0.75))
    return {"rate": rate, "edge": 2 / rate, "start": found[0], "low": low, "median": median, "high": high}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.015, 0.03, 0.06, 0.2])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--updates", type=int, default=4_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    images = scenes(options.images)
    print(f"{len(images)} scenes, {options.updates} updates", file=sys.stderr)
    if not options.json:
        print("   lr    2/lr   start   second half, over 2/lr: median (quarters)   last loss")
    for rate in options.rates:
        found, loss = descend(images, rate, options.updates)
        told = settled(found, rate)
        if options.json:
            print(json.dumps({**told, "loss": loss, "sharpness": found}), flush=True)
        else:
            shares = f"{told['median']:.3f} ({told['low']:.3f} to {told['high']:.3f})"
            print(f"{rate:5g} {2 / rate:7.1f} {found[0]:7.1f} {shares:>44} {loss:11.4f}", flush=True)


if __name__ == "__main__":
    main()
