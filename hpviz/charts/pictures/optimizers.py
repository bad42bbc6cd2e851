"""Three rules on one surface: what SGD, momentum and Adam make of the same gradients in a narrow valley."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from hpviz.charts.pictures.contours import (
    HALF_WIDTH,
    START,
    contour_map,
    ellipse,
    ends,
    path_colour,
    walks,
)
from hpviz.charts.pictures.picture import Picture, at, choice, slider, stack, words
from hpviz.notation import short
from hpviz.spec import MOMENTUM
from hpviz.theory.contours import draw_examples
from hpviz.theory.optimizers import Floats, Rule, adam, losses, sgd, tuned

UPDATES = 60
CONDITIONS = (5, 25, 100)
POWERS = range(-2, 3)  # of two, by which the tuned rate is multiplied
# Rates that are tried for each rule, in units of 1/h, h being the steepest curvature: 16 a decade.
TRIED = np.geomspace(1e-3, 10, 65)

SGD, WITH_MOMENTUM, ADAM = "SGD", f"SGD, momentum {MOMENTUM}", "Adam"
RULES: dict[str, Rule] = {SGD: sgd, WITH_MOMENTUM: partial(sgd, momentum=MOMENTUM), ADAM: adam}


@cache
def optimizers_picture(dark: bool) -> Picture:
    """Three paths of descent from one start, the rate on a slider in units of each rule's own tuned rate."""
    power = slider("power", "rate = tuned × 2^", POWERS[0], POWERS[-1], 1, 0)
    condition = choice("condition", "condition number", list(CONDITIONS), list(map(str, CONDITIONS)), 100)
    steepness = "datum.condition == condition"
    ellipses = pd.DataFrame(record for number in CONDITIONS for record in ellipse(number))
    paths = pd.DataFrame(record for number in CONDITIONS for record in _paths(number))
    sentences = pd.DataFrame(record for number in CONDITIONS for record in _sentences(number))
    kept = [steepness, at("power", power, 1)]
    layers = [
        *contour_map(ellipses, steepness, dark),
        *walks(paths, kept, path_colour(list(RULES), dark)),
        *ends(dark),
        words(sentences, kept, dark),
    ]
    left = "; ".join(f"{name} {_share(share)}" for name, share in shares_left(100, 0).items())
    return Picture(
        stack(*layers, sliders=[power, condition]),
        "Paths of SGD, SGD with momentum and Adam over the contours of one loss, each at its own tuned rate. "
        f"In a valley 100 times as steep across as along, {UPDATES} updates leave of the loss: {left}.",
        "The gradients are exact, so only the rules differ. Twice SGD's tuned rate is already too much in a narrow "
        "valley; Adam's first step is one rate long on each axis whatever the gradient. At too high a rate it "
        "circles the minimum instead of diverging. AdamW without decay is Adam.",
    )


@cache
def rates(condition: float) -> dict[str, float]:
    """Each rule's tuned rate on that surface."""
    hessian = draw_examples(condition).hessian
    return {name: tuned(rule, hessian, np.array(START), UPDATES, TRIED) for name, rule in RULES.items()}


def paths_of(condition: float, power: int) -> dict[str, Floats]:
    """Weights (UPDATES + 1, 2) of each rule at 2^power times its tuned rate."""
    hessian, start = draw_examples(condition).hessian, np.array(START)
    return {
        name: rule(hessian, start, np.array([rates(condition)[name] * 2.0**power]), UPDATES)[:, 0]
        for name, rule in RULES.items()
    }


def shares_left(condition: float, power: int) -> dict[str, float]:
    """The loss after the last update over that at the start."""
    hessian = draw_examples(condition).hessian
    ended = {name: losses(hessian, path) for name, path in paths_of(condition, power).items()}
    return {name: float(loss[-1] / loss[0]) for name, loss in ended.items()}


def _paths(condition: float) -> Iterator[dict[str, Any]]:
    """One record an update of each path, up to where it leaves the map for good."""
    for power in POWERS:
        for name, path in paths_of(condition, power).items():
            frame = {"condition": condition, "power": power, "path": name}
            for update, (w1, w2) in enumerate(path):
                yield {**frame, "update": update, "w1": round(w1, 2), "w2": round(w2, 2)}
                if np.hypot(w1, w2) > 2 * HALF_WIDTH:
                    break


def _sentences(condition: float) -> Iterator[dict[str, Any]]:
    for power in POWERS:
        lines = [
            f"{name} at {short(float(f'{rates(condition)[name] * 2.0**power:.2g}'))}/h leaves {_share(share)}"
            for name, share in shares_left(condition, power).items()
        ]
        yield {"condition": condition, "power": power, "sentence": "\n".join(lines)}


def _share(left: float) -> str:
    """What is left of the loss; more than at the start is a descent that leaves."""
    return "more than it had" if left > 1 else f"{left:.2%}" if left >= 0.0001 else "under 0.01%"
