"""The claims about the learning rate, on ResNet18 with Adam."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise
from statistics import fmean

from hpviz.analysis.claims.case import RESNET, Case, Finding
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.verdicts import all_of, at_the_end, beats, by_sign, on, unanimous, unless_lost
from hpviz.analysis.diagnosis import diagnosis, has_turned
from hpviz.analysis.evidence import Value, first, highest, last, losses, lowest, percents
from hpviz.analysis.noise import contrast
from hpviz.analysis.words import listed, name_of
from hpviz.runs.document import EpochRow

# The article's rates; it prints them ten times too small.
LOW, MODERATE, HIGH = 1e-7, 1e-4, 1e-2

# Kendall's tau of a falling series: three quarters of all pairs of epochs are in falling order.
FALLING = -0.5
# A rise in one epoch out of five is a habit.
BOUNCING = 0.2
# As many epochs as are read.
EPOCHS_TOLD = 6
# It takes three points to see a line bend.
TREND_EPOCHS = 3


def moderate_wins(case: Case) -> Finding:
    """LR1: the best rate between the extremes ends above both."""
    rates = case.gather("learning-rate", (LOW, MODERATE, HIGH), also=_is_moderate, **RESNET)
    accuracies = rates.accuracies(last("test_accuracy"), case.chance)
    best = max((value for value in accuracies if _is_moderate(value)), key=lambda value: fmean(accuracies[value]))
    pairs = at_the_end(rates, case)
    verdict = all_of([beats(pairs, best, extreme) for extreme in (LOW, HIGH)])
    at_best = percents(rates, highest("test_accuracy"))
    return Finding(
        verdict,
        f"Accuracy ended at {percents(rates, last('test_accuracy'))}; at its best epoch it was {at_best}{on(rates)}",
    )


def _is_moderate(value: Value) -> bool:
    return not isinstance(value, str) and LOW < value < HIGH


def all_fall(case: Case) -> Finding:
    """LR2: a falling trend of train loss at every rate."""
    rates = case.gather("learning-rate", (LOW, MODERATE, HIGH), least_epochs=TREND_EPOCHS, **RESNET)
    falls = {
        value: [trend(rows, "train_loss") <= FALLING for rows in rates.rows(value)] + [False] * rates.lost(value)
        for value in rates.values
    }
    verdict = all_of([unanimous(flags) for flags in falls.values()])
    counts = [
        f"{sum(flags)} of {len(flags)} runs with {name_of('learning_rate', value)}" for value, flags in falls.items()
    ]
    from_to = f"from {losses(rates, first('train_loss'))} to {losses(rates, last('train_loss'))}"
    return Finding(verdict, f"Train loss falls in {listed(counts)}: {from_to}{on(rates)}")


def low_is_slow(case: Case) -> Finding:
    """LR3: the lowest rate's last train loss against the high rate's first. The article speaks of train loss."""
    rates = case.gather("learning-rate", (LOW, HIGH), **RESNET)
    ends, starts = rates.figures(last("train_loss"))[LOW], rates.figures(first("train_loss"))[HIGH]
    found = contrast({LOW: ends, HIGH: starts}, {LOW: 1, HIGH: -1})
    test = (rates.means(last("test_loss"))[LOW], rates.means(first("test_loss"))[HIGH])
    return Finding(
        unless_lost(by_sign(found), rates, LOW, HIGH),
        f"Train loss is {fmean(ends):.3f} with lr 1e-7 after epoch {rates.epochs} and {fmean(starts):.3f} with lr 1e-2 "
        f"after epoch 1; test loss is {test[0]:.3f} and {test[1]:.3f}{on(rates)}",
    )


def high_stays_above(case: Case) -> Finding:
    """LR4: the minima of train loss."""
    rates = case.gather("learning-rate", (MODERATE, HIGH), **RESNET)
    found = contrast(rates.figures(lowest("train_loss")), {HIGH: 1, MODERATE: -1})
    begun = rates.means(first("train_loss"))[MODERATE]
    minima = losses(rates, lowest("train_loss"))
    return Finding(
        unless_lost(by_sign(found), rates, MODERATE, HIGH),
        f"The lowest train loss is {minima}; lr 1e-4 had {begun:.3f} after its first epoch{on(rates)}",
    )


def low_still_improves(case: Case) -> Finding:
    """LR5: the diagnosis "still improving" at the lowest rate."""
    rates = case.gather("learning-rate", (LOW,), least_epochs=TREND_EPOCHS, **RESNET)
    kinds = [found.kind for rows in rates.rows(LOW) if (found := diagnosis(rows, rates.epochs, case.classes))]
    kinds += ["diverged"] * rates.lost(LOW)
    counts = listed([f"{kinds.count(kind)} of {len(kinds)} runs {kind}" for kind in dict.fromkeys(kinds)])
    start, end = rates.means(first("test_loss"))[LOW], rates.means(last("test_loss"))[LOW]
    verdict = unanimous(kind == "still improving" for kind in kinds)
    return Finding(verdict, f"With lr 1e-7 test loss went from {start:.3f} to {end:.3f}: {counts}{on(rates)}")


def high_bounces(case: Case) -> Finding:
    """LR6: rises of train loss from epoch to epoch; those of test loss are counted apart, for they are another thing.

    The article means the optimiser, which descends the train loss. A run that diverged could not converge either.
    """
    rates = case.gather("learning-rate", (HIGH,), least_epochs=TREND_EPOCHS, **RESNET)
    steps = rates.epochs - 1
    train = [rises(rows, "train_loss") for rows in rates.rows(HIGH)]
    test = [rises(rows, "test_loss") for rows in rates.rows(HIGH)]
    highest_loss = max(highest("test_loss")(rows) for rows in rates.rows(HIGH))
    return Finding(
        unanimous([count / steps >= BOUNCING for count in train] + [True] * rates.lost(HIGH)),
        f"With lr 1e-2 train loss rises in {fmean(train):.2g} of {steps} steps from epoch to epoch, test loss in "
        f"{fmean(test):.2g}, up to {highest_loss:.2f}{on(rates)}",
    )


def moderate_over_fits(case: Case) -> Finding:
    """LR7: test loss turns while train loss falls; the epochs of best loss and best accuracy tell which kind it is."""
    rates = case.gather("learning-rate", (MODERATE,), least_epochs=TREND_EPOCHS, **RESNET)
    runs = rates.rows(MODERATE)
    low_loss = [min(rows, key=lambda row: row["test_loss"]) for rows in runs]
    high_accuracy = [max(rows, key=lambda row: row["test_accuracy"]) for rows in runs]
    ends = rates.means(last("test_loss"))[MODERATE], rates.means(last("test_accuracy"))[MODERATE]
    return Finding(
        unanimous([has_turned(rows) for rows in runs] + [False] * rates.lost(MODERATE)),
        f"With lr 1e-4 test loss went from {_mean(low_loss, 'test_loss'):.3f} at its best "
        f"({_where(runs, 'test_loss', min)}) "
        f"to {ends[0]:.3f}, accuracy from {_mean(low_loss, 'test_accuracy'):.1%} there to {ends[1]:.1%}, with its best "
        f"{_mean(high_accuracy, 'test_accuracy'):.1%} at {_where(runs, 'test_accuracy', max)}{on(rates)}",
    )


# Series


def trend(rows: Sequence[EpochRow], name: str) -> float:
    """Kendall's tau of a figure against the epoch: -1 falls throughout, 1 rises throughout."""
    steps = [after[name] - before[name] for before, after in combinations(rows, 2)]
    return float(sum(step > 0 for step in steps) - sum(step < 0 for step in steps)) / len(steps)


def rises(rows: Sequence[EpochRow], name: str) -> int:
    return sum(after[name] > before[name] for before, after in pairwise(rows))


def _mean(rows: Sequence[EpochRow], name: str) -> float:
    return fmean(float(row[name]) for row in rows)


def _where(runs: Sequence[Sequence[EpochRow]], name: str, best: Callable[[Iterable[float]], float]) -> str:
    """The epochs in which several seeds are at their best, equals among them: epoch 1, or epochs 1 and 2."""
    ends = [best(row[name] for row in rows) for rows in runs]
    epochs = sorted({row["epoch"] for rows, end in zip(runs, ends, strict=True) for row in rows if row[name] == end})
    if len(epochs) > EPOCHS_TOLD:
        return f"{len(epochs)} different epochs"
    return f"{'epoch' if len(epochs) == 1 else 'epochs'} {listed([str(epoch) for epoch in epochs])}"


STUDY = "learning-rate"

LEARNING_RATE_CLAIMS = (
    Claim(
        "LR1",
        "The moderate rate wins",
        STUDY,
        "The moderate rate achieves a test accuracy of 92%; the other two barely cross 70%.",
        "1e-4 did reach 92.4%; 1e-2 peaked at 81.7% and ended at 65.2%; 1e-7 never passed 61.6%.",
        moderate_wins,
        pretrained=True,
    ),
    Claim(
        "LR2",
        "Train loss falls at every rate",
        STUDY,
        "The train loss of all three rates decreases.",
        "True.",
        all_fall,
        pretrained=True,
    ),
    Claim(
        "LR3",
        "The low rate is slower than the high one",
        STUDY,
        "The lowest rate's loss at the 10th epoch is greater than the high rate's at the first.",
        "False for train loss (1.251 against 1.347), true for test loss (1.215 against 1.180).",
        low_is_slow,
        pretrained=True,
    ),
    Claim(
        "LR4",
        "The high rate stays above the moderate one",
        STUDY,
        "The lowest train loss of the high rate is still greater than that of the moderate rate.",
        "True: 0.363 against 0.021. Even the moderate rate's first epoch, at 0.306, is lower.",
        high_stays_above,
        pretrained=True,
    ),
    Claim(
        "LR5",
        "The low rate under-fits",
        STUDY,
        "At the lowest rate test loss decreases steadily and has not reached its lowest point: the model under-fits.",
        "True: it falls in every epoch.",
        low_still_improves,
        pretrained=True,
    ),
    Claim(
        "LR6",
        "The high rate bounces",
        STUDY,
        "At the high rate the optimiser could not converge and kept bouncing on the error landscape.",
        "Train loss falls in every epoch, from 1.347 to 0.363. Only test loss jumps (2.63 at epoch 7).",
        high_bounces,
        pretrained=True,
    ),
    Claim(
        "LR7",
        "The moderate rate over-fits",
        STUDY,
        "At the moderate rate test loss starts to increase after the first epoch: classic over-fitting.",
        "Test loss rises from 0.201 to 0.348 while accuracy stays (92.57% to 92.43%): over-fit in loss only.",
        moderate_over_fits,
        pretrained=True,
    ),
)
