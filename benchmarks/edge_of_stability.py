"""Does full-batch gradient descent settle where its steps stop shrinking: at a sharpness of 2/lr?

    python -m benchmarks.edge_of_stability [--rates 0.02 0.05 …] [--images N] [--updates N] [--json]

A net of two hidden layers of tanh, as in Cohen et al. (2021), learns a few hundred scenes of 16 px by plain gradient
descent over all of them. Its sharpness is measured as hpviz measures that of any run, every 25 updates. Printed by
rate: the edge 2/lr, the sharpness at the start, where it first comes within 5% of the edge, and its median and its
quarters from there on, over the edge. Progressive sharpening brings it there, and then it stays: a parabola would not.
"""

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from hpviz.data.decode import square
from hpviz.data.scenes import SCENES_CLASSES, draw_scene, scene_rng
from hpviz.training.images import Images, Scale
from hpviz.training.sharpness import Hessian, largest_eigenvalue

SIZE, HIDDEN, EVERY = 16, 64, 25
NEAR = 0.95


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


def sharpness(net: nn.Module, images: Images) -> float:
    steps = largest_eigenvalue(Hessian(net, images, torch.arange(len(images))))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return float("nan") if end.value is None else float(end.value)


def descend(images: Images, rate: float, updates: int) -> tuple[list[float], float]:
    """The sharpness at the start and every EVERY updates, and the last loss in nats."""
    net = network()
    inputs, labels = images.gather(torch.arange(len(images)))
    optimizer = torch.optim.SGD(net.parameters(), rate)
    found = [sharpness(net, images)]
    for update in range(1, updates + 1):
        loss = F.cross_entropy(net(inputs), labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if update % EVERY == 0:
            found.append(sharpness(net, images))
    return found, loss.item()


def settled(found: Sequence[float], rate: float) -> dict[str, float | None]:
    """Where a run comes near its edge, and how it stands to it from there on."""
    shares = np.array(found) * rate / 2
    near = np.flatnonzero(shares >= NEAR)
    told: dict[str, float | None] = {"rate": rate, "edge": 2 / rate, "start": found[0], "first": None}
    if not len(near):
        return told | {"median": None, "low": None, "high": None}
    low, median, high = np.quantile(shares[near[0] :], (0.25, 0.5, 0.75))
    return told | {"first": float(near[0] * EVERY), "median": float(median), "low": float(low), "high": float(high)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.02, 0.04, 0.08])
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--updates", type=int, default=3_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    images = scenes(options.images)
    print(f"{len(images)} scenes, {options.updates} updates", file=sys.stderr)
    if not options.json:
        print("   lr    2/lr   start   near the edge after   from there on, over the edge   last loss")
    for rate in options.rates:
        found, loss = descend(images, rate, options.updates)
        told = settled(found, rate)
        if options.json:
            print(json.dumps({**told, "loss": loss, "sharpness": found}), flush=True)
        elif told["first"] is None:
            print(f"{rate:5g} {2 / rate:7.1f} {found[0]:7.2f}   never (largest {max(found):.1f}), loss {loss:.3f}")
        else:
            within = f"{told['median']:.3f} ({told['low']:.3f} to {told['high']:.3f})"
            print(f"{rate:5g} {2 / rate:7.1f} {found[0]:7.2f} {told['first']:13,.0f} updates {within:>30} {loss:11.3f}")


if __name__ == "__main__":
    main()
