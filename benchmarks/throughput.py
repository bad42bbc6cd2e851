"""Images a second while training, hpviz against the plain loop: same images, same network, loading included.

    python -m benchmarks.throughput --data FOLDER --image-size 150 --model resnet18

FOLDER holds one folder of images a class. The two loops take turns, each in a process of its own, so that whatever
else the machine does meets both alike; only the ratio is worth quoting.
"""

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP_UPDATES = 5


def plain(options: argparse.Namespace, prepared: Path) -> Iterator[int]:
    """The plain loop's updates."""
    from benchmarks.plain_loop import plain_loop

    return plain_loop(options.data, options.image_size, options.model, options.batch_size)


def hpviz(options: argparse.Namespace, prepared: Path) -> Iterator[int]:
    """The updates of hpviz's own loop on the images that were prepared once."""
    from hpviz.data.prepared import Prepared
    from hpviz.spec import build_spec
    from hpviz.training.loop import train

    images, labels = np.load(prepared / "images.npy", mmap_mode="r"), np.load(prepared / "labels.npy")
    data = Prepared("0" * 64, tuple(map(str, range(labels.max() + 1))), images, labels, images[:1], labels[:1])
    spec = build_spec(
        dataset="benchmark",
        fingerprint=data.fingerprint,
        image_size=options.image_size,
        model=options.model,
        batch_size=options.batch_size,
        precision=options.precision,
    )
    return trained(train(spec, data, epochs=1000), len(labels), options.batch_size)


def trained(events: Iterable[Any], images: int, batch_size: int) -> Iterator[int]:
    """The number of images of each update, from training's events."""
    from hpviz.training.events import Batch

    for event in events:
        if isinstance(event, Batch):
            yield batch_size if event.updates < event.of else images - batch_size * (event.of - 1)


def prepare(options: argparse.Namespace, target: Path) -> dict[str, Any]:
    """Decode all images once, as the plain loop decodes them, and say what the machine is."""
    import torch

    from benchmarks.plain_loop import image_folder
    from hpviz.training.numerics import machine, resolve_precision

    folder = image_folder(options.data, options.image_size)
    loader = torch.utils.data.DataLoader(folder, 256, num_workers=2)
    parts = [((images * 255).round().to(torch.uint8).numpy(), labels.numpy()) for images, labels in loader]
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    np.save(target / "images.npy", images)
    np.save(target / "labels.npy", labels)
    return {**machine("cpu"), "precision": resolve_precision(options.precision, "cpu"), "images": len(labels)}


class Turns:
    """A loop in a process of its own, which trains only while it is its turn."""

    def __init__(self, loop: Callable[..., Iterator[int]], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # Not a daemon: those may have no children, such as a DataLoader's workers.
        self._process = context.Process(target=_serve, args=(theirs, loop, *arguments))
        self._process.start()

    def rate(self, seconds: float) -> float:
        """Images a second in a turn of at least that long and three updates, the first of the turn left out."""
        self._pipe.send(seconds)
        return float(self._pipe.recv())

    def end(self) -> None:
        self._pipe.send(0.0)
        self._process.join()


def _serve(pipe: Connection, loop: Callable[..., Iterator[int]], *arguments: Any) -> None:
    updates = loop(*arguments)
    while seconds := pipe.recv():
        # Enough to use up what a DataLoader has loaded ahead while the other had its turn.
        for _ in range(WARM_UP_UPDATES):
            next(updates)
        begun, seen, count = time.perf_counter(), 0, 0
        while time.perf_counter() - begun < seconds or count < 3:
            seen += next(updates)
            count += 1
        pipe.send(seen / (time.perf_counter() - begun))


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Let the loops take turns; medians, their ratio, and every round's."""
    with tempfile.TemporaryDirectory() as folder:
        here = prepare(options, Path(folder))
        options.precision = here["precision"]
        loops = [Turns(loop, options, Path(folder)) for loop in (plain, hpviz)]
        rounds = [[loop.rate(options.seconds) for loop in loops] for _ in range(options.rounds)]
        for loop in loops:
            loop.end()
    return {
        "model": options.model,
        "image_size": options.image_size,
        "batch_size": options.batch_size,
        "plain": statistics.median(rates[0] for rates in rounds),
        "hpviz": statistics.median(rates[1] for rates in rounds),
        "ratio": statistics.median(rates[1] / rates[0] for rates in rounds),
        "rounds": rounds,
        "machine": here,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="one folder of images a class")
    parser.add_argument("--image-size", type=int, default=150, metavar="N", help="pixels")
    parser.add_argument("--model", choices=("article-cnn", "resnet18"), default="article-cnn")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="of hpviz")
    parser.add_argument("--seconds", type=float, default=2, metavar="X", help="measured a turn")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="turns each")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    result = compare(options)
    if options.json:
        print(json.dumps(result))
        return
    here = result["machine"]
    print(f"{here['name']}, {here['threads']} threads, {here['precision']}, PyTorch {here['torch']}")
    print(f"{result['model']}, {options.image_size} px, batch {options.batch_size}, {here['images']} images\n")
    print(f"{'round':>6} {'plain':>9} {'hpviz':>9} {'ratio':>7}   images a second")
    for number, (theirs, ours) in enumerate(result["rounds"], start=1):
        print(f"{number:>6} {theirs:9.1f} {ours:9.1f} {ours / theirs:6.2f}×")
    print(f"{'median':>6} {result['plain']:9.1f} {result['hpviz']:9.1f} {result['ratio']:6.2f}×")


if __name__ == "__main__":
    main()
