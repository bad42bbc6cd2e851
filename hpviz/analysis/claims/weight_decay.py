"""The claims about weight decay, on the article's CNN."""

import math
from statistics import fmean

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, Case, Finding, Unsettled, Verdict
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.verdicts import any_of, at_the_end, beats, by_sign, on, unless_lost
from hpviz.analysis.evidence import Evidence, Value, gap, last, losses, percents
from hpviz.analysis.noise import ALPHA, contrast
from hpviz.analysis.words import listed, name_of

EXTREME = 1.0
# Above it, a decay is meant to break the net.
LARGEST_SENSIBLE = 0.1
# "Almost none": less than a quarter of the way that the twin without decay has come.
CAPACITY_LEFT = 0.25
# The twin has learned if it has come a quarter of the way from guessing to no loss.
TWIN_LEARNED = 0.25


def extreme_stops_learning(case: Case) -> Finding:
    """WD1: λ = 1 closes less than 25% of the way from ln K to the train loss of its λ = 0 twin."""
    decays = case.gather("weight-decay", (0, EXTREME), **CNN, **ARTICLE_KERNELS)
    train_losses = decays.figures(last("train_loss_eval"))
    guessing = math.log(case.classes)
    twin, extreme = fmean(train_losses[0]), fmean(train_losses[EXTREME])
    if guessing - twin < TWIN_LEARNED * guessing:
        sentence = (
            f"The λ = 0 twin has hardly learned itself (train loss {twin:.2f}, guessing {guessing:.2f}): train longer"
        )
        raise Unsettled("not run yet", f"{sentence}{on(decays)}")
    # Above 0 where the extreme's loss stays above the point a quarter of the way down from guessing to the twin.
    weights = {EXTREME: 1.0, 0: -CAPACITY_LEFT}
    found = contrast(train_losses, weights, offset=-(1 - CAPACITY_LEFT) * guessing)
    share = (guessing - extreme) / (guessing - twin)
    return Finding(
        unless_lost(by_sign(found), decays, 0, EXTREME),
        f"λ 1 closes {share:.0%} of the way from guessing's train loss ({guessing:.2f}) to that of λ 0 ({twin:.2f}), "
        f"at {extreme:.2f}; accuracy ended at {percents(decays, last('test_accuracy'))}, guessing has "
        f"{1 / case.classes:.1%}{on(decays)}",
    )


def right_decay_generalises(case: Case) -> Finding:
    """WD2: some small λ narrows the gap of λ = 0 and does not pay for it with test loss."""
    decays = case.gather(
        "weight-decay", (0,), also=_is_small, least_values=2, offer=(0, 0.01), **CNN, **ARTICLE_KERNELS
    )
    small = [value for value in decays.values if value != 0]
    verdicts = [_generalises(decays, value, len(small)) for value in small]
    return Finding(
        any_of(verdicts),
        f"The gap between test and train loss is {losses(decays, gap)}, test loss {losses(decays, last('test_loss'))}, "
        f"accuracy {percents(decays, last('test_accuracy'))}{on(decays)}",
    )


def _is_small(value: Value) -> bool:
    return not isinstance(value, str) and 0 < value <= LARGEST_SENSIBLE


def _generalises(decays: Evidence, value: Value, tests: int) -> Verdict:
    narrower = unless_lost(by_sign(contrast(decays.figures(gap), {0: 1, value: -1}), tests), decays, 0, value)
    costs = contrast(decays.figures(last("test_loss")), {value: 1, 0: -1})
    if narrower == "held" and costs.estimate > 0 and costs.p <= ALPHA:
        return "did not hold"
    return narrower


def decay_is_l2(case: Case) -> Finding:
    """WD3: L2 in the loss (Adam) against decay of the weights (AdamW), at the same extreme λ.

    Source of the difference: Loshchilov & Hutter, Decoupled Weight Decay Regularization (2019).
    """
    held = {"model": "article-cnn", **ARTICLE_KERNELS, "weight_decay": EXTREME}
    kinds = case.gather("weight-decay", ("adam", "adamw"), varied="optimizer", **held)
    pairs = at_the_end(kinds, case)
    differ = beats(pairs, "adamw", "adam") != "within noise"
    norms = kinds.means(last("weight_norm"))
    told = listed([f"{norm:.1f} ({name_of(kinds.field, value)})" for value, norm in norms.items()])
    conclusion = "are two things" if differ else "cannot be told apart here"
    return Finding(
        "did not hold" if differ else "within noise",
        f"With λ 1 accuracy ended at {percents(kinds, last('test_accuracy'))}, weight norms at {told}: L2 in the loss "
        f"(Adam) and decay of the weights (AdamW) {conclusion}{on(kinds)}",
    )


STUDY = "weight-decay"

WEIGHT_DECAY_CLAIMS = (
    Claim(
        "WD1",
        "Extreme decay stops learning",
        STUDY,
        "With an extremely high weight decay the learning capacity is almost none.",
        "λ = 1.0 ends at 24.5% (best 34.1%, chance 16.7%) with train loss 1.60, where chance is ln 6 = 1.79.",
        extreme_stops_learning,
    ),
    Claim(
        "WD2",
        "The right decay generalises",
        STUDY,
        "The right weight decay improves the ability to generalise and reduces over-fitting.",
        "Not tested: the figure has no run with λ = 0.",
        right_decay_generalises,
    ),
    Claim(
        "WD3",
        "Weight decay is L2 regularisation",
        STUDY,
        "Weight decay is the strength of L2 regularisation.",
        "True of the author's Adam, which adds L2 to the loss. False for AdamW, where λ = 1 does not stop learning.",
        decay_is_l2,
    ),
)
