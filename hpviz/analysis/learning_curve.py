"""How many images a run learned from, and the power law of the test errors of runs that differ in it."""

from collections.abc import Mapping
from typing import Any

from hpviz.analysis import power_law
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.evidence import last
from hpviz.analysis.power_law import NoLaw, PowerLaw
from hpviz.hyperparameters import HYPERPARAMETERS, value_of
from hpviz.runs.document import Run

IMAGES = "per_class"


def is_learning_curve(comparison: Comparison) -> bool:
    """Whether the number of training images is all that differs."""
    return comparison.differing == (IMAGES,)


def place_of(run: Run, field: str) -> float:
    """Where a run stands on a field's axis. All images are as many a class, on average, as an epoch has seen."""
    value = value_of(run["spec"], field)
    if field == IMAGES and value is None and (images := _images_a_class(run)):
        return images
    return HYPERPARAMETERS[field].place(value)


def has_place(run: Run, field: str) -> bool:
    """Whether a run's value is a number, or all images and it is known how many these are."""
    value = value_of(run["spec"], field)
    return value is not None or (field == IMAGES and _images_a_class(run) is not None)


def _images_a_class(run: Run) -> float | None:
    """The training images of an epoch by class, those that were held out counted; None if the classes are not known."""
    classes = len(run["inputs"].get("classes", ()))
    trained = run["epochs"][0]["images"] if run["epochs"] else 0
    return float(round(trained / (1 - run["spec"]["validation_fraction"]) / classes)) if classes and trained else None


def law_of(comparison: Comparison) -> PowerLaw:
    """The power law through the test errors where the runs are compared.

    Raises NoLaw, with a sentence, where there is none to be told.
    """
    if comparison.lost:
        raise NoLaw("Seeds diverged, and those that are left would tell of the lucky ones: no power law is fitted.")
    errors: dict[float, list[float]] = {}
    for runs in comparison.arrived.values():
        for run in runs:
            errors.setdefault(place_of(run, IMAGES), []).append(1 - last("test_accuracy")(run["epochs"]))
    return power_law.fit(errors)


def law_in_words(comparison: Comparison) -> str:
    """What the power law says, or why there is none; nothing unless the number of images is all that differs."""
    if not is_learning_curve(comparison):
        return ""
    try:
        return power_law.told(law_of(comparison))
    except NoLaw as why:
        return str(why)


def law_rows(comparison: Comparison, places: int = 24) -> list[Mapping[str, Any]]:
    """The law's line and its band as rows of an isolation plot: over the values tried, then on to twice the most.

    It goes on only where it predicts something. Empty where there is no law.
    """
    try:
        law = law_of(comparison)
    except NoLaw:
        return []
    tried = [law.fewest * (law.most / law.fewest) ** (step / (places - 1)) for step in range(places)]
    beyond = [] if law.bends else [law.most, 2 * law.most]
    return [_row(law, "law", each) for each in tried] + [_row(law, "beyond", each) for each in beyond]


def _row(law: PowerLaw, kind: str, images: float) -> Mapping[str, Any]:
    low, high = law.band(images)
    return {"kind": kind, "value": images, "error": law.error(images), "low": low, "high": high}
