"""The article's logged accuracies, for runs that follow its recipe to the letter and for no others."""

from collections.abc import Mapping

from hpviz.data.prepared import Identity
from hpviz.spec import RunSpec, build_spec
from hpviz.studies import PRESETS, Study

# Test accuracy after the last of ten epochs, one run each, from the author's logs. λ = 0 is the batch-450 run.
LOGGED: Mapping[str, Mapping[float, float]] = {
    "learning-rate": {1e-7: 0.6160, 1e-4: 0.9243, 1e-2: 0.6517},
    "batch-size": {10: 0.8237, 256: 0.8117, 450: 0.7703},
    "weight-decay": {0: 0.7703, 0.01: 0.7820, 1.0: 0.2450},
}
# The Intel photos: what tells them from another folder of that name.
TRAIN_IMAGES, TEST_IMAGES = 14_034, 3_000

# What a run may have otherwise: its label, its luck and its number format.
FREE = {"dataset", "fingerprint", "seed", "precision", "weights"}


def logged_accuracies(study: Study, spec: RunSpec, epochs: int, data: Identity) -> Mapping[float, float]:
    """The article's figures by value of the study; empty unless data, size, epochs and recipe are the article's."""
    settings = {"image_size": PRESETS["article"].image_size, **study.settings("article")}
    recipe = build_spec(dataset=spec.dataset, fingerprint=spec.fingerprint, **settings)
    free = FREE | {study.field}
    same = all(getattr(spec, name) == getattr(recipe, name) for name in RunSpec.model_fields if name not in free)
    start = (spec.weights is not None) == study.pretrained_in_article
    images = (sum(data.train_counts.values()), sum(data.test_counts.values())) == (TRAIN_IMAGES, TEST_IMAGES)
    if same and start and images and epochs == PRESETS["article"].epochs:
        return LOGGED.get(study.name, {})
    return {}
