"""A store of as many runs as one likes, of the shape that training gives them, none of them trained."""

import itertools
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.plan import Setting, request
from hpviz.runs.document import EpochRow, Inputs, Run, move, new_run, put_epoch
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from hpviz.spec import RunSpec, build_spec
from hpviz.studies import BATCH_SIZE, LEARNING_RATE, PRESETS, STUDIES

OTHER_IMAGES = "f" * 64
TRAIN_IMAGES = 1800
EPOCHS = (8, 9, 10)


def specs(source: Source, identity: Identity, precision: str) -> Iterator[RunSpec]:
    """Specs, most of them different; the first ten are enough for every chart of Learning rate and Overview.

    The others are sweeps of every study under four seeds, by other settings and, for every fourth setting, on other
    images.
    """
    quick = PRESETS["quick"]
    shared: dict[str, Any] = {"dataset": "scenes", "fingerprint": identity.fingerprint, "precision": precision}
    shared |= {"per_class": quick.per_class, "image_size": quick.image_size}
    for study, values in ((LEARNING_RATE, LEARNING_RATE.article_values), (BATCH_SIZE, BATCH_SIZE.quick_values[-2:])):
        for seed, value in itertools.product(range(2), values):
            yield build_spec(**shared, **study.settings("quick"), **{study.field: value}, seed=seed)
    settings = itertools.product((64, 96, 150), (100, 200, None), ("adam", "adamw"))
    for place, (image_size, per_class, optimizer) in enumerate(settings):
        images = {"dataset": "photos", "fingerprint": OTHER_IMAGES} if place % 4 == 3 else {}
        other = {**shared, **images, "image_size": image_size, "per_class": per_class, "optimizer": optimizer}
        for study, seed in itertools.product(STUDIES.values(), range(4)):
            setting = Setting(source, identity, quick.epochs, other | study.settings("quick"))
            for value in study.quick_values:
                yield request(setting, **{study.field: value, "seed": seed}).spec


def row(epoch: int, spec: RunSpec, luck: random.Random) -> EpochRow:
    """An epoch of a curve that rises to a plateau, with the digits of a real one."""
    learned = (1 - math.exp(-epoch / 3)) * (0.4 + 0.6 * luck.random())
    loss = 1.79 * (1 - learned) + 0.02 * luck.random()
    return {
        "epoch": epoch,
        "updates": epoch * math.ceil(TRAIN_IMAGES / spec.batch_size),
        "images": epoch * TRAIN_IMAGES,
        "train_loss": loss + 0.1 * luck.random(),
        "train_seconds": 0.8 + 0.1 * luck.random(),
        "images_per_second": 2000 + 100 * luck.random(),
        "peak_memory_bytes": 24_006_656,
        "train_loss_eval": loss,
        "train_accuracy_eval": 0.17 + 0.75 * learned,
        "test_loss": loss + 0.05 * luck.random(),
        "test_accuracy": 0.17 + 0.7 * learned,
        "validation_loss": None,
        "validation_accuracy": None,
        "test_seconds": 0.05 + 0.01 * luck.random(),
        "weight_norm": 24 + luck.random(),
        "gradient_norm": 10 * luck.random(),
    }


def made_up(spec: RunSpec, identity: Identity, machine: dict[str, Any], luck: random.Random) -> Run:
    """A finished run of that spec."""
    classes, images = list(identity.classes), sum(identity.test_counts.values())
    run = new_run(spec, Inputs(data="scenes", weights=None, classes=classes, test_images=images), luck.choice(EPOCHS))
    for epoch in range(1, run["target"] + 1):
        put_epoch(run, row(epoch, spec, luck))
    for status in ("queued", "running", "finished"):
        move(run, status)  # type: ignore[arg-type]  # a tuple of literals is one of str
    return {**run, "machine": machine}


def fill(cache: Path, count: int, identity: Identity, machine: dict[str, Any]) -> list[str]:
    """Put that many runs into the store of a cache folder; returns their ids."""
    store, luck = RunStore(cache), random.Random(0)
    # Two studies may ask for one and the same run.
    distinct: dict[str, RunSpec] = {}
    for spec in specs(catalogue.resolve("scenes", cache), identity, machine["precision"]):
        distinct.setdefault(spec.run_id, spec)
        if len(distinct) == count:
            break
    runs = [made_up(spec, identity, machine, luck) for spec in distinct.values()]
    with store.transaction():
        for run in runs:
            store.put(run)
    for run in runs:
        write_sidecar(run, store.checkpoints / run["id"])
        (store.checkpoints / run["id"] / "newest.pt").touch()
    store.close()
    return [run["id"] for run in runs]
