"""Runs that remember what they answered, and the photos that they were asked about, for tests of pages."""

import json

import numpy as np

from hpviz.data.prepared import VERSION, folder_of
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.home import default_cache
from hpviz.runs.document import put_epoch
from hpviz.studies import WEIGHT_DECAY
from hpviz.training.recorded_answers import recorded
from tests.app.pages import remember
from tests.made_up import row

IMAGES, EDGE = 600, 64
LABELS = np.arange(IMAGES) % len(SCENES_CLASSES)
BUILDINGS, FOREST, GLACIER, MOUNTAIN, SEA, STREET = range(6)


def put_photos(classes=SCENES_CLASSES):
    """Grey squares in place of the test scenes."""
    folder = folder_of(default_cache(), SCENES_FINGERPRINT, EDGE)
    folder.mkdir(parents=True)
    for split, labels in (("train", LABELS[:6]), ("test", LABELS)):
        np.save(folder / f"{split}_images.npy", np.full((len(labels), 3, EDGE, EDGE), 128, np.uint8))
        np.save(folder / f"{split}_labels.npy", labels)
    (folder / "meta.json").write_text(json.dumps({"version": VERSION, "classes": classes}))


def answered(runner, wrong, **values):
    """A run of 8 epochs that takes the photos at some places for other classes, by place, and all others for right."""
    run = remember(runner, 7, study=WEIGHT_DECAY, **values)
    said = LABELS.copy()
    said[list(wrong)] = list(wrong.values())
    put_epoch(run, row(8, int((said == LABELS).sum()) / IMAGES, images=1800 * 8))
    run["answers"] = recorded(None, run["epochs"], said, LABELS, len(SCENES_CLASSES))
    runner.store.put(run)
    return run
