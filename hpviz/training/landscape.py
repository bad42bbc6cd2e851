"""The loss of a network around the paths that its training really took.

The paths come from going through the runs again, bit for bit, and keeping their weights on the way. They span a plane;
the loss is computed on a grid over it, at every point of the paths, and where that point is projected into the plane:
what the projection hides is told with it, because projections mislead. Li, Xu, Taylor, Studer & Goldstein, Visualizing
the Loss Landscape of Neural Nets, 2018.

Losses are means over a fixed part of the training sample, in float32 whatever a run was trained in, without dropout.
Batch norm's statistics are those of the same images at every point: running ones belong to one point, and would make a
ridge of every step away from it.
"""

import math
import shutil
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from hpviz.confined import own_folder, read_file, write_file
from hpviz.data.prepared import Prepared
from hpviz.data.progress import Progress
from hpviz.models import build
from hpviz.spec import BadInput, RunSpec
from hpviz.training import numerics
from hpviz.training.events import Batch
from hpviz.training.images import split
from hpviz.training.measure import finite
from hpviz.training.plane import Plane, Region, Weights, around, plane_through
from hpviz.training.replay import Moment, PastRun, replay

POINTS = 40  # of a path at most, beside its start
SIDE = 21  # points of the grid along each axis
# Of the training sample: 78 ms a point in the article's network at 64 px on two cores, so 34 s a grid.
IMAGES, PIXELS = 384, 2**22
# Of weights along all paths together, on the disk for as long as the plane is being found: five paths of nine points in
# a ResNet18, and all points in the article's network. Larger networks have fewer points.
WEIGHTS_BYTES = 2 * 2**30
FLOAT_BYTES = 4
# What an update costs, in images whose loss is computed: about 2 for each of its own, and 20 whatever they are.
AN_UPDATE, AN_IMAGE = 20, 2

# Rounding of another machine moves the losses of an epoch by thousandths of a nat; what is further off goes elsewhere.
CLOSE = 0.05
# Weights that have grown so many times over have run away; paths that stay would be one dot beside them.
RUNAWAY = 100

LossAt = Callable[[Weights], float]
Finding = dict[str, Any]


class SampleLoss:
    """The loss of one kind of network, whose weights come as a vector, over the same images every time."""

    def __init__(self, spec: RunSpec, data: Prepared) -> None:
        self._network = build(spec.model_copy(update={"weights": None}), len(data.classes))
        self._network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        for layer in self._network.modules():
            if isinstance(layer, _BatchNorm):
                layer.train()  # with the statistics of the images that are looked at, all in one batch
        sample = split(spec, data, "cpu").sample
        order = torch.randperm(len(sample), generator=torch.Generator().manual_seed(0))
        self._images, self._labels = sample.gather(order[: min(IMAGES, PIXELS // sample.size**2)])
        self.images = len(self._labels)
        self.shapes = [tuple(parameter.shape) for parameter in self._network.parameters()]
        self.length = sum(map(math.prod, self.shapes))

    @torch.inference_mode()
    def at(self, weights: Weights) -> float:
        """The mean cross-entropy an image, in nats."""
        start = 0
        for parameter in self._network.parameters():
            end = start + parameter.numel()
            parameter.copy_(torch.from_numpy(weights[start:end]).view(parameter.shape))
            start = end
        return F.cross_entropy(self._network(self._images).double(), self._labels).item()


def vector(network: nn.Module) -> Weights:
    """All parameters of a network in one row, as `SampleLoss` takes them."""
    return torch.cat([parameter.detach().reshape(-1) for parameter in network.parameters()]).numpy()


class Steps:
    """How far the whole has come, in images whose loss is computed, whatever is done of it."""

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total

    def step(self, what: str, cost: int) -> Progress:
        told = Progress(what, self.done, self.total)
        self.done += cost
        return told


def survey(runs: Sequence[PastRun], data: Prepared, plane_file: Path) -> Generator[Progress, None, Finding]:
    """The plane through the paths of runs of one network and its images, and the losses there, as plain JSON.

    x, y: where the grid's columns and rows are, in L2 distances of weights; grid: a row of losses for every y; paths:
    x, y and loss of each point by run; epochs: how many epochs each point took; explained: the share of the paths'
    variance that lies in the plane; error: mean |loss − loss where it is projected|; images: how many the losses are
    means of; off: how far a run's losses are from the recorded ones (0: bit for bit); cut: the epoch in which a run's
    weights ran away, beyond RUNAWAY times their length or all numbers, where its path ends. Losses are in nats, null
    where not finite. `plane_file` becomes what `look_closer` needs; a temporary file beside it has no name and goes
    with the work. Raises BadInput, in a sentence, if a run cannot be repeated here or if the disk has no room.
    """
    threads = torch.get_num_threads()
    try:
        numerics.use_threads()
        return (yield from _survey(runs, data, plane_file))
    finally:
        numerics.use_threads(threads)


def _survey(runs: Sequence[PastRun], data: Prepared, plane_file: Path) -> Generator[Progress, None, Finding]:
    loss = SampleLoss(runs[0].spec, data)
    points = min(POINTS, max(WEIGHTS_BYTES // (len(runs) * loss.length * FLOAT_BYTES) - 1, 1))
    moments = {run.id: moments_of(run, data, points) for run in runs}
    count = sum(map(len, moments.values()))
    training = sum(updates_of(run, data) * len(run.rows) * _cost(run) for run in runs)
    steps = Steps(training + (2 * count + SIDE**2) * loss.images)
    _demand_room(own_folder(plane_file.parent), count * loss.length * FLOAT_BYTES)
    off: dict[str, float] = {}
    reached: dict[str, list[int]] = {}
    with TemporaryFile(dir=plane_file.parent) as file:
        for number, run in enumerate(runs, start=1):
            what = f"going through run {number} of {len(runs)} again"
            reached[run.id], off[run.id] = yield from _walk(run, data, moments[run.id], file, steps, what)
        file.flush()
        count = sum(map(len, reached.values()))
        weights = np.memmap(file, np.float32, "r", shape=(count, loss.length))  # type: ignore[call-overload]
        plane = yield from plane_through(weights, loss.shapes)
        losses, error = yield from along(weights, plane, loss.at, steps, loss.images)
        del weights
    grid = yield from grid_of(plane, around(plane.places), loss.at, steps, loss.images)
    _keep(plane, plane_file)
    told = iter(zip(plane.places.tolist(), losses, strict=True))
    return {
        "explained": plane.explained,
        "error": error,
        **grid,
        "paths": {run.id: [[*place, at] for place, at in (next(told) for _ in reached[run.id])] for run in runs},
        "epochs": {run.id: [updates / updates_of(run, data) for updates in reached[run.id]] for run in runs},
        "images": loss.images,
        "off": off,
        "cut": {
            run.id: reached[run.id][-1] // updates_of(run, data) + 1
            for run in runs
            if reached[run.id][-1] < moments[run.id][-1]
        },
    }


def look_closer(spec: RunSpec, data: Prepared, plane_file: Path, region: Region) -> Generator[Progress, None, Finding]:
    """x, y and grid of another part of a plane that `survey` kept; `region` is x from, to, y from, to.

    Raises BadInput where the plane is gone.
    """
    threads = torch.get_num_threads()
    try:
        numerics.use_threads()
        loss = SampleLoss(spec, data)
        plane = _kept(plane_file, loss.length)
        return (yield from grid_of(plane, region, loss.at, Steps(SIDE**2 * loss.images), loss.images))
    finally:
        numerics.use_threads(threads)


def updates_of(run: PastRun, data: Prepared) -> int:
    """Updates an epoch."""
    return math.ceil(len(split(run.spec, data, "cpu").train) / run.spec.batch_size)


def moments_of(run: PastRun, data: Prepared, points: int) -> list[int]:
    """After how many updates a point of the path is kept: at the start and at most `points` times more, evenly.

    Every epoch's end is among them where there are as many points as epochs; the last one's always is.
    """
    an_epoch, epochs = updates_of(run, data), len(run.rows)
    if points < epochs:
        return sorted({an_epoch * round(epochs * step / points) for step in range(points + 1)})
    each = min(points // epochs, an_epoch)
    inside = [round(an_epoch * step / each) for step in range(each)]
    return [*(an_epoch * epoch + step for epoch in range(epochs) for step in inside), an_epoch * epochs]


def _cost(run: PastRun) -> int:
    return AN_UPDATE + AN_IMAGE * run.spec.batch_size


def _walk(
    run: PastRun, data: Prepared, moments: Sequence[int], file: IO[bytes], steps: Steps, what: str
) -> Generator[Progress, None, tuple[list[int], float]]:
    """Append the weights at those moments, until they run away; returns which they are, and how far off."""
    reached: list[int] = []
    still, longest = True, math.inf
    events = replay(run, data, set(moments))
    try:
        while True:
            event = next(events)
            if isinstance(event, Batch):
                yield steps.step(f"{what}, epoch {event.epoch}/{len(run.rows)}", _cost(run))
            elif isinstance(event, Moment):
                _demand_close(run, event.off)
                if not still:
                    continue
                weights = vector(event.learner.network)
                length = float(np.linalg.norm(weights.astype(np.float64)))
                still = length <= longest and math.isfinite(length)
                if still:
                    file.write(weights.data)
                    reached.append(event.updates)
                    longest = RUNAWAY * length if event.updates == 0 else longest
    except StopIteration as end:
        if not reached:
            raise BadInput(f"The weights that run {run.id} begins with are not finite: it has no path.") from None
        _demand_close(run, end.value)
        return reached, end.value
    finally:
        events.close()


def _demand_close(run: PastRun, off: float) -> None:
    """Raise BadInput if what was gone through again is another run's path."""
    if off > CLOSE:
        how_far = f"{off:.2g} nats off" if math.isfinite(off) else "no longer a finite number in one of the two"
        raise BadInput(
            f"This machine computes otherwise than the one that recorded run {run.id}: gone through again, its losses "
            f"are {how_far}, so this would be another run's path; train it here anew."
        )


def along(
    points: Weights, plane: Plane, loss: LossAt, steps: Steps, cost: int
) -> Generator[Progress, None, tuple[list[float | None], float | None]]:
    """The loss at each point, and the mean |difference| to the loss where it is projected; None: never both finite."""
    losses, errors = [], []
    for number, (point, place) in enumerate(zip(points, plane.places, strict=True), start=1):
        yield steps.step(f"the loss along the paths, {number}/{len(points)}", cost)
        there = loss(np.array(point))
        yield steps.step(f"the loss along the paths, {number}/{len(points)}", cost)
        projected = loss(plane.at(*place))
        losses.append(finite(there))
        if math.isfinite(there) and math.isfinite(projected):
            errors.append(abs(there - projected))
    return losses, float(np.mean(errors)) if errors else None


def grid_of(plane: Plane, region: Region, loss: LossAt, steps: Steps, cost: int) -> Generator[Progress, None, Finding]:
    """x, y and the losses there, a row for every y."""
    left, right, bottom, top = region
    x, y = np.linspace(left, right, SIDE).tolist(), np.linspace(bottom, top, SIDE).tolist()
    grid: list[list[float | None]] = []
    for row, up in enumerate(y):
        grid.append([])
        for column, across in enumerate(x):
            yield steps.step(f"the loss on the grid, {row * SIDE + column + 1}/{SIDE**2}", cost)
            grid[-1].append(finite(loss(plane.at(across, up))))
    return {"x": x, "y": y, "grid": grid}


def _demand_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < 2 * needed:
        size = f"{needed / 2**30:.1f} GB" if needed > 2**29 else f"{needed / 2**20:.0f} MB"
        raise BadInput(
            f"The weights along these paths take {size} of disk for a while: free twice that or choose fewer."
        )


def _keep(plane: Plane, file: Path) -> None:
    write_file(file, np.vstack([plane.origin, plane.directions]).tobytes())


def _kept(file: Path, length: int) -> Plane:
    try:
        rows = np.frombuffer(read_file(file), np.float32).reshape(3, length)
    except (OSError, ValueError):
        raise BadInput("The plane of this landscape is gone: compute the landscape again.") from None
    return Plane(rows[0], rows[1:], np.empty((0, 2)), math.nan)
