"""What ails a run: the shape of its curves in one word, the figures that decided and the next thing to try.

Train figures are those measured again without dropout, so that a gap to the test figures is a gap of the net and not
of the measurement. Losses are judged in units of ln K, the loss of guessing among K classes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Literal

from hpviz.notation import figure
from hpviz.runs.document import ACTIVE, EpochRow, Run, Status

Kind = Literal[
    "under-fit",
    "still improving",
    "over-fit in loss only",
    "over-fit",
    "unstable",
    "diverged",
    "dead",
    "good",
    "training",
    "stopped",
]

# How a run ends that was not let go on, whoever or whatever stopped it.
CUT_SHORT: frozenset[Status] = frozenset({"stopped", "interrupted", "failed"})

# A training loss a hundred times that of guessing is on its way to infinity, though it can still be written down.
LOST = 100.0
# Less than a twentieth of the way from guessing to no error: what the class frequencies alone can give.
NOTHING_LEARNED = 0.05
# Halfway from guessing to no error: a net that stops before has not fitted its training images.
HALF_LEARNED = 0.5
# Test loss is noisy from epoch to epoch by some percent; a tenth above its best is a turn.
TURNED = 0.10
# A fall of 1% an epoch is another tenth within ten epochs, the length of an article run.
STILL_FALLING = 0.01
# The slope is taken over so many epochs, so that one lucky epoch makes no trend.
SLOPE_EPOCHS = 3
# Over-fitting lifts the test loss gently; a quarter of ln K within one epoch is a jump.
JUMP = 0.25
# One epoch in five, the newest included or not, is a habit.
JUMPY = 0.2
# Two points of accuracy: twice the sampling error of an accuracy of 80% on 1,500 images.
ACCURACY_LOST = 0.02
# Ten points between train and test accuracy cannot be sampling on any test set worth the name.
WIDE_GAP = 0.10

NEXT_STEPS: dict[Kind, str] = {
    "diverged": "Lower the learning rate tenfold.",
    "dead": "Raise the learning rate tenfold; if it is high already, lower it, and take weight decay off.",
    "unstable": "Lower the learning rate by a factor of 3 to 10, or take larger batches.",
    "over-fit": "Stop at the best epoch, add training images, or try a small weight decay.",
    "over-fit in loss only": "Stop at the best epoch if probabilities matter; for accuracy it may stay as it is.",
    "still improving": "Train for more epochs, or raise the learning rate by a factor of 3.",
    "under-fit": "Take weight decay off, raise the learning rate by a factor of 3, or take a larger net.",
    "good": "Repeat it with more seeds before you compare it with others.",
    "training": "Wait for its last epoch.",
    "stopped": "Resume it to have it judged.",
}


@dataclass(frozen=True)
class Diagnosis:
    """The kind, the sentence with the figures that decided, the next thing to try."""

    kind: Kind
    rule: str
    next_step: str


def diagnosis_of(run: Run, epochs: int, classes: int) -> Diagnosis | None:
    """Judge the first `epochs` epochs of a run on that many classes; None if it has no epoch yet.

    A run that ended before it had come as far as it was asked to is no shape of a curve: it is "stopped", whoever or
    whatever stopped it, and one under way is "training". Only that a loss is no number any more is said at once.
    """
    found, reached, target = diagnosis(run["epochs"], epochs, classes), len(run["epochs"]), run["target"]
    if found is None or found.kind == "diverged":
        return found
    if run["status"] == "diverged":
        return _unjudged("diverged", f"A loss was no longer a finite number after epoch {reached}: diverged.")
    if run["status"] in ACTIVE and reached <= epochs and reached < target:
        return _unjudged("training", f"Epoch {reached} of {target} has ended: training, not judged yet.")
    if is_cut_short(run, epochs):
        kind = run["status"].capitalize()
        return _unjudged("stopped", f"{kind} after epoch {reached} of {target}: stopped, not judged.")
    return found


def is_cut_short(run: Run, epochs: int) -> bool:
    """Whether a run ended before it was as far as it was asked to be, and has no more than `epochs` to judge it by."""
    reached = len(run["epochs"])
    return run["status"] in CUT_SHORT and reached <= epochs and reached < run["target"]


def ended_after(run: Run) -> str:
    """Where a run ended that was not let go on: stopped after epoch 2/6."""
    reached, target = len(run["epochs"]), run["target"]
    how = run["status"] if reached < target else "ended"
    return f"{how} after epoch {reached}/{max(reached, target)}"


def _unjudged(kind: Kind, rule: str) -> Diagnosis:
    return Diagnosis(kind, rule, NEXT_STEPS[kind])


def diagnosis(rows: Sequence[EpochRow], epochs: int, classes: int) -> Diagnosis | None:
    """Judge the shape of the first `epochs` rows of a run on that many classes; None if it has no epoch yet."""
    shown = list(rows[:epochs])
    if not shown:
        return None
    guessing = math.log(classes)
    kind, rule = (
        _diverged(shown, guessing)
        or _single(shown)
        or _dead(shown, guessing)
        or _unstable(shown, guessing)
        or _turned(shown)
        or _improving(shown)
        or _memorised(shown)
        or _under_fit(shown, guessing)
        or _good(shown)
    )
    return Diagnosis(kind, f"{rule}: {kind}.", NEXT_STEPS[kind])


Found = tuple[Kind, str] | None

MEASURED = ("train_loss", "train_loss_eval", "train_accuracy_eval", "test_loss", "test_accuracy")


_measured = itemgetter(*MEASURED)


def is_finite(row: EpochRow) -> bool:
    """Whether every loss and accuracy of the epoch is a number."""
    return None not in _measured(row)


def _diverged(rows: list[EpochRow], guessing: float) -> Found:
    for row in rows:
        if not is_finite(row):
            return "diverged", f"A loss was no longer a finite number in epoch {row['epoch']}"
    if (loss := rows[-1]["train_loss"]) > LOST * guessing:
        return "diverged", f"Train loss is {loss:.3g}, {figure(loss / guessing, 0)} times that of guessing"
    return None


def _single(rows: list[EpochRow]) -> Found:
    if len(rows) > 1:
        return None
    return "still improving", f"One epoch makes no trend, and test loss stands at {figure(rows[0]['test_loss'], 2)}"


def _dead(rows: list[EpochRow], guessing: float) -> Found:
    lowest = min(row["train_loss_eval"] for row in rows)
    if lowest < (1 - NOTHING_LEARNED) * guessing or _slope(rows, "train_loss_eval") >= STILL_FALLING:
        return None
    return "dead", f"Train loss never left that of guessing: {lowest:.2f} at best, where guessing has {guessing:.2f}"


def _unstable(rows: list[EpochRow], guessing: float) -> Found:
    jumps = [after for before, after in pairwise(rows) if _is_jump(before, after, guessing)]
    if not jumps or (len(jumps) < JUMPY * (len(rows) - 1) and jumps[-1] is not rows[-1]):
        return None
    worst = max(jumps, key=lambda row: row["test_loss"])
    times = "once" if len(jumps) == 1 else f"{len(jumps)} times"
    where = f"to {figure(worst['test_loss'], 2)} in epoch {worst['epoch']}"
    return "unstable", f"Test loss jumped {times} within {len(rows)} epochs, {where}"


def _is_jump(before: EpochRow, after: EpochRow, guessing: float) -> bool:
    """Whether test loss leapt in an epoch that made the net worse; over-fitting alone does not do that at once."""
    worse = (
        after["train_loss_eval"] > before["train_loss_eval"]
        or after["test_accuracy"] <= before["test_accuracy"] - ACCURACY_LOST
    )
    return bool(worse and after["test_loss"] - before["test_loss"] >= JUMP * guessing)


def has_turned(rows: Sequence[EpochRow]) -> bool:
    """Whether test loss has risen a tenth above its best since then, while train loss went on falling."""
    best, last = min(rows, key=lambda row: row["test_loss"]), rows[-1]
    risen = last["test_loss"] - best["test_loss"] >= TURNED * best["test_loss"]
    return bool(risen and last["train_loss_eval"] < best["train_loss_eval"])


def _turned(rows: list[EpochRow]) -> Found:
    if not has_turned(rows):
        return None
    best, last = min(rows, key=lambda row: row["test_loss"]), rows[-1]
    rise = last["test_loss"] - best["test_loss"]
    rule = f"Test loss rose {figure(rise, 2)} above its best at epoch {best['epoch']} while train loss fell"
    accuracies = f"from {best['test_accuracy']:.1%} to {last['test_accuracy']:.1%}"
    if best["test_accuracy"] - last["test_accuracy"] >= ACCURACY_LOST:
        return "over-fit", f"{rule} and accuracy fell {accuracies}"
    return "over-fit in loss only", f"{rule}, yet accuracy went {accuracies}"


def _improving(rows: list[EpochRow]) -> Found:
    fall, last = _slope(rows, "test_loss"), rows[-1]["test_loss"]
    # A loss that only comes back from a bump is not below what it had reached before.
    earlier = min((row["test_loss"] for row in rows[: -1 - SLOPE_EPOCHS]), default=math.inf)
    if fall < STILL_FALLING or last > (1 - STILL_FALLING) * earlier:
        return None
    return "still improving", f"Test loss still falls by {fall:.0%} an epoch, to {figure(rows[-1]['test_loss'], 2)}"


def _memorised(rows: list[EpochRow]) -> Found:
    last = rows[-1]
    if last["train_accuracy_eval"] - last["test_accuracy"] < WIDE_GAP:
        return None
    train, test = last["train_accuracy_eval"], last["test_accuracy"]
    return (
        "over-fit",
        f"Test loss falls no more, with {train:.1%} right of the training images and {test:.1%} of the test's",
    )


def _under_fit(rows: list[EpochRow], guessing: float) -> Found:
    loss = rows[-1]["train_loss_eval"]
    if loss <= (1 - HALF_LEARNED) * guessing:
        return None
    return "under-fit", f"Test loss falls no more, and train loss is {loss:.2f}, {loss / guessing:.0%} of guessing's"


def _good(rows: list[EpochRow]) -> tuple[Kind, str]:
    last = rows[-1]
    train, test = last["train_accuracy_eval"], last["test_accuracy"]
    return (
        "good",
        f"Test loss has settled at {figure(last['test_loss'], 2)}, with {train:.1%} right in training and {test:.1%} "
        "in test",
    )


def _slope(rows: list[EpochRow], name: str) -> float:
    """The fall of a loss an epoch, as a share of it, over the newest epochs."""
    newest = rows[-1 - SLOPE_EPOCHS :]
    before, after = newest[0][name], newest[-1][name]
    return float(1 - after / before) / (len(newest) - 1) if before > 0 else 0.0
