"""The claims about the batch size, on the article's CNN with Adam."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from statistics import fmean

import numpy as np

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, Case, Finding
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.verdicts import all_of, any_differ, at_the_end, by_sign, on, unless_lost
from hpviz.analysis.evidence import Evidence, highest, last, percents
from hpviz.analysis.fairness import different_machines
from hpviz.analysis.noise import contrast
from hpviz.analysis.words import listed, name_of, plural
from hpviz.runs.document import EpochRow
from hpviz.theory import contours, sampling
from hpviz.theory.noise_scale import spanned

ARTICLE_TRAIN_IMAGES = 14_034

# One surface, ten times as steep across as along, and one start, for three ways of descending it.
CONDITION, START, UPDATES, SMALL_RATE, BOLD_RATE = 10.0, (-3.0, 2.0), 96, 0.3, 1.5
ONE, MINI_BATCH = 1, 12


def _sizes(case: Case) -> Evidence:
    return case.gather("batch-size", also=lambda _: True, least_values=2, **CNN, **ARTICLE_KERNELS, weight_decay=0.0)


def accuracy_depends(case: Case) -> Finding:
    """BS1: any two sizes differ after equal epochs; what equal updates say is told beside it."""
    sizes = _sizes(case)
    pairs = at_the_end(sizes, case)
    verdict, told = any_differ(pairs, sizes.field)
    ended = percents(sizes, last("test_accuracy"))
    evidence = f"After equal epochs accuracy ended at {ended}: {told}. {_equal_updates(sizes)}{on(sizes)}"
    return Finding(verdict, evidence)


def _equal_updates(sizes: Evidence) -> str:
    """What the smallest size had reached when it had made as many updates as the largest ever makes."""
    small, large = sizes.values[0], sizes.values[-1]
    budget = max(rows[-1]["updates"] for rows in sizes.rows(large))
    within = [[row for row in rows if row["updates"] <= budget] for rows in sizes.rows(small)]
    few, many = name_of(sizes.field, large), name_of(sizes.field, small)
    if not all(within):
        first_epoch = sizes.rows(small)[0][0]["updates"]
        return f"Equal updates cannot be told: {few} makes {budget:,} in all, {many} {first_epoch:,} in its first epoch"
    reached = fmean(rows[-1]["test_accuracy"] for rows in within)
    return f"With no more updates than {few} makes in all ({budget:,}), {many} had {reached:.1%}"


def standard_error(case: Case) -> Finding:
    """BS2: arithmetic, for independent draws and for draws without replacement from the article's images.

    What was measured of gradients in one's own nets is told beside it.
    """
    gain = sampling.gain(100, 10_000)
    finite = sampling.gain(100, 10_000, population=ARTICLE_TRAIN_IMAGES)
    return Finding(
        "held",
        f"10,000 independent examples cost 100 times as much as 100, and the error is {gain:.0f} times smaller. "
        f"Drawn without replacement from the article's {ARTICLE_TRAIN_IMAGES:,} images, as an epoch draws them, it is "
        f"{finite:.1f} times smaller.{_measured_noise(case)}",
    )


def _measured_noise(case: Case) -> str:
    """How the error of a mini-batch's gradient fell in the nets of this data that were looked into; nothing if none."""
    looked_into = [case.noise[run["id"]] for run in case.runs if run["id"] in case.noise]
    slopes = [noise.slope for noise in looked_into if noise.slope is not None]
    if not slopes:
        return ""
    scales = sorted(noise.noise_scale for noise in looked_into if noise.noise_scale is not None)
    told = f" Measured in {plural(len(slopes), 'net')} of this data, gradients' errors fall as n to the power "
    told += f"{spanned(slopes)}, where σ/√n says −0.50"
    if not scales:
        return f"{told}."
    low, high = (f"{scale:,.0f}" for scale in (scales[0], scales[-1]))
    return f"{told}; averaging buys little beyond {low if low == high else f'{low} to {high}'} images (noise scale)."


def one_example_zig_zags(_: Case) -> Finding:
    """BS3: how much longer than the straight line each path is, on one surface from one start."""
    return _zig_zags()


@cache  # the sketch is the same whatever was trained
def _zig_zags() -> Finding:
    examples = contours.draw_examples(CONDITION)
    whole = len(examples.targets)
    one, few, full = (_detour(examples, size, SMALL_RATE) for size in (ONE, MINI_BATCH, whole))
    bold = _detour(examples, whole, BOLD_RATE)
    return Finding(
        "held" if one > few > full else "did not hold",
        f"On one surface, from one start, in {UPDATES} updates, the path over one example is {one:.1f} times as long "
        f"as the straight line, over {MINI_BATCH} examples {few:.1f} and over all {full:.1f} times. It is a "
        f"sketch: curvature alone makes a path zig-zag too. At a high rate the path over all examples is {bold:.1f} "
        "times as long.",
    )


def _detour(examples: contours.Examples, batch_size: int, rate: float) -> float:
    path = contours.descend(examples, batch_size, rate, UPDATES, START)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return float(steps.sum() / np.linalg.norm(path[-1] - path[0]))


def small_is_faster(case: Case) -> Finding:
    """BS4: the images and the seconds until the accuracy that every run of both sizes reaches."""
    sizes = _sizes(case)
    small, large = sizes.values[0], sizes.values[-1]
    pair = [run for value in (small, large) for run in sizes.runs[value]]
    if different := different_machines(pair):
        return Finding(
            "not comparable", f"Seconds do not compare: the machines differ in {listed(different)}{on(sizes)}"
        )
    target = min(highest("test_accuracy")(rows) for value in (small, large) for rows in sizes.rows(value))
    if target <= 1 / case.classes:
        return Finding("not run yet", f"Not every run is better than guessing yet: train longer{on(sizes)}")
    verdicts, told = [], []
    for unit, along in (("images", images), ("seconds of training", seconds)):
        needed = {
            value: [until(rows, target, along, case.classes) for rows in sizes.rows(value)] for value in (small, large)
        }
        logs = {value: [math.log(figure) for figure in each] for value, each in needed.items()}
        verdicts.append(by_sign(contrast(logs, {large: 1, small: -1}), tests=2))
        told.append(f"{fmean(needed[small]):,.0f} and {fmean(needed[large]):,.0f} {unit}")
    return Finding(
        unless_lost(all_of(verdicts), sizes, small, large),
        f"To reach {target:.1%}, {name_of(sizes.field, small)} and {name_of(sizes.field, large)} took {listed(told)}; "
        f"accuracy ended at {percents(sizes, last('test_accuracy'))}{on(sizes)}",
    )


Along = Callable[[Sequence[EpochRow]], list[float]]


def images(rows: Sequence[EpochRow]) -> list[float]:
    return [float(row["images"]) for row in rows]


def seconds(rows: Sequence[EpochRow]) -> list[float]:
    """Seconds of training so far."""
    return list(accumulate(float(row["train_seconds"] or 0.0) for row in rows))


def until(rows: Sequence[EpochRow], accuracy: float, along: Along, classes: int) -> float:
    """Where along a run an accuracy is first reached; straight lines between epochs, guessing at the start."""
    before, begun = 0.0, 1 / classes
    for here, row in zip(along(rows), rows, strict=True):
        if row["test_accuracy"] >= accuracy:
            return float(before + (here - before) * (accuracy - begun) / (row["test_accuracy"] - begun))
        before, begun = here, row["test_accuracy"]
    raise ValueError(f"The run never reaches {accuracy:.1%}.")


STUDY = "batch-size"

BATCH_SIZE_CLAIMS = (
    Claim(
        "BS1",
        "Accuracy depends on the batch size",
        STUDY,
        "The test accuracy depends on the batch size.",
        "Batches of 10, 256 and 450 ended at 82.4%, 81.2% and 77.0%, one run each; two unpublished repeats (77.9% at "
        "256, 79.2% at 450) overlap. The same epochs mean 14,040, 550 and 320 updates.",
        accuracy_depends,
    ),
    Claim(
        "BS2",
        "100 times the work, a tenth of the error",
        STUDY,
        "The standard error is σ/√n: 10,000 examples need 100 times the computation of 100 for a tenth of the error.",
        "Right for independent draws. Without replacement, from 14,034 images, the error is about 18.6 times smaller.",
        standard_error,
    ),
    Claim(
        "BS3",
        "One example zig-zags",
        STUDY,
        "Gradient descent over one example zig-zags; over a mini-batch it goes straighter.",
        "Not logged: the article draws a sketch. Curvature alone makes a path zig-zag too.",
        one_example_zig_zags,
    ),
    Claim(
        "BS4",
        "One example learns faster",
        STUDY,
        "Learning over one example is much faster and often achieves a better solution (LeCun et al., 1998).",
        "Fewer examples were needed, but not less time: 81 s per epoch at batch 10, 40 s at 256.",
        small_is_faster,
    ),
)
