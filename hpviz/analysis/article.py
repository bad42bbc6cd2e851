"""What the article's author logged; his accuracies stand beside runs that follow his recipe to the letter only."""

from collections.abc import Mapping
from typing import NamedTuple

from hpviz.data.prepared import Identity
from hpviz.spec import RunSpec, build_spec
from hpviz.studies import PRESETS, Study


class Logged(NamedTuple):
    """What the author's logs say of a run: its last test accuracy, and the seconds of all epochs, tests included."""

    accuracy: float
    seconds: float


# Ten epochs, one run each. The run at batch 450 stands in two studies: it is the one with λ = 0.
_BATCH_450 = Logged(0.7703, 430)
LOGGED: Mapping[str, Mapping[float, Logged]] = {
    "learning-rate": {1e-7: Logged(0.6160, 960), 1e-4: Logged(0.9243, 1110), 1e-2: Logged(0.6517, 830)},
    "batch-size": {10: Logged(0.8237, 810), 256: Logged(0.8117, 400), 450: _BATCH_450},
    "weight-decay": {0: _BATCH_450, 0.01: Logged(0.7820, 580), 1.0: Logged(0.2450, 680)},
}
AUTHORS_GPU = "GTX 1060 6 GB"
# The Intel photos: what tells them from another folder of that name.
TRAIN_IMAGES, TEST_IMAGES = 14_034, 3_000

# What a run may have otherwise: its label, its luck and its number format.
FREE = {"dataset", "fingerprint", "seed", "precision", "weights"}


def logged_accuracies(study: Study, spec: RunSpec, epochs: int, data: Identity) -> Mapping[float, float]:
    """The article's accuracies by value of the study; empty unless data, size, epochs and recipe are the article's."""
    settings = {"image_size": PRESETS["article"].image_size, **study.settings("article")}
    recipe = build_spec(dataset=spec.dataset, fingerprint=spec.fingerprint, **settings)
    free = FREE | {study.field}
    same = all(getattr(spec, name) == getattr(recipe, name) for name in RunSpec.model_fields if name not in free)
    start = (spec.weights is not None) == study.pretrained_in_article
    images = (sum(data.train_counts.values()), sum(data.test_counts.values())) == (TRAIN_IMAGES, TEST_IMAGES)
    if same and start and images and epochs == PRESETS["article"].epochs:
        return {value: run.accuracy for value, run in LOGGED.get(study.name, {}).items()}
    return {}
