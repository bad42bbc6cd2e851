"""Photos and scenes on their way in: how near to the decoder's own speed, and how long the default data set takes.

    python -m benchmarks.ingest --data FOLDER --image-size 64 --images 17000

The bare loop is Pillow's alone, in as many processes as hpviz starts, which wait for its first photo before the clock
starts: open, decode, resize, into an array. hpviz finds, hashes, checks, decodes, resizes, writes and lists them, its
processes' start included. FOLDER's photos are copied until there are enough; everything is in the system's cache.
"""

import argparse
import functools
import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hpviz.data import catalogue, scenes
from hpviz.data.progress import Progress
from hpviz.data.threads import cores


def bare(size: int, paths: list[Path]) -> int:
    """Decode and resize photos as hpviz does, and nothing else; returns how many."""
    for path in paths:
        with Image.open(path) as image:
            image.draft(None, (3 * size, 3 * size))
            np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR))
    return len(paths)


def copied(source: Path, target: Path, count: int) -> list[Path]:
    """That many photos of a folder in another, its first folders kept; the same ones again where it has fewer."""
    photos = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    paths = []
    for number in range(count):
        photo = photos[number % len(photos)]
        path = target / photo.relative_to(source).with_name(f"{number // len(photos)}-{photo.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, path)
        paths.append(path)
    return paths


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes; a generator of Progress is run to its end."""
    begun = time.perf_counter()
    result = work()
    if isinstance(result, Generator):
        for step in result:
            assert isinstance(step, Progress)
    return time.perf_counter() - begun


def photos(options: argparse.Namespace, folder: Path) -> None:
    """Print the rates of both, and their ratio in each round."""
    paths = copied(options.data, folder / "photos", options.images)
    size = options.image_size
    shares = [paths[start : start + 64] for start in range(0, len(paths), 64)]
    identified, prepared, whole = [], [], []
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        decode = functools.partial(bare, size)
        pool.map(decode, shares[: 4 * cores()], chunksize=1)
        for number in range(options.rounds):
            cache = folder / f"cache-{number}"
            source = catalogue.resolve(str(folder / "photos"), cache)
            alone = seconds(lambda: pool.map(decode, shares, chunksize=1))
            look = seconds(functools.partial(catalogue.identify, source, cache))
            prepare = seconds(functools.partial(catalogue.prepare, source, size, cache))
            shutil.rmtree(cache)
            both = seconds(functools.partial(catalogue.prepare, source, size, cache))
            shutil.rmtree(cache)
            rates = "  ".join(
                f"{what} {len(paths) / taken:,.0f}/s"
                for what, taken in (("bare", alone), ("look", look), ("prepare", prepare), ("never seen", both))
            )
            print(f"{rates}   prepare / bare {alone / prepare:.2f}, never seen / bare {alone / both:.2f}", flush=True)
            identified.append(alone / look)
            prepared.append(alone / prepare)
            whole.append(alone / both)
    print(
        f"{len(paths):,} photos at {size} px on {cores()} cores, medians of the ratios to the bare loop: "
        f"look {statistics.median(identified):.2f}, prepare {statistics.median(prepared):.2f}, "
        f"never seen before {statistics.median(whole):.2f}"
    )


def drawing(options: argparse.Namespace, folder: Path) -> None:
    """Print how long the scenes take to be ready, and what one core needs for one of them."""
    taken = []
    for number in range(options.rounds):
        cache = folder / f"scenes-{number}"
        source = catalogue.resolve("scenes", cache)
        taken.append(seconds(functools.partial(catalogue.prepare, source, options.image_size, cache)))
        shutil.rmtree(cache)
    keys = [(0, label, index) for label in range(len(scenes.SCENES_CLASSES)) for index in range(20)]
    one = seconds(lambda: [scenes.draw_scene(key[1], scenes.scene_rng(*key)) for key in keys]) / len(keys)
    rounds = ", ".join(f"{each:.1f}" for each in taken)
    print(
        f"2,400 scenes ready at {options.image_size} px on {cores()} cores: {rounds} s; one scene, one core {one:.4f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of JPEGs; without it only the scenes are drawn")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--images", type=int, default=17_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data:
            photos(options, Path(folder))
        drawing(options, Path(folder))


if __name__ == "__main__":
    main()
