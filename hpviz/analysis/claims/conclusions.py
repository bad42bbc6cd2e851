"""The claims that take more than one study: what to tune first, and what tuning is for."""

import math
from statistics import fmean

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, RESNET, Case, Finding, Unsettled, Verdict
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.learning_rate import HIGH, LOW, MODERATE
from hpviz.analysis.claims.verdicts import all_of, any_of, at_the_end, beats, by_sign, on, unless_lost
from hpviz.analysis.evidence import Evidence, Value, gap, highest, last, percents
from hpviz.analysis.noise import compare, contrast
from hpviz.analysis.ranking import leader, lowest
from hpviz.analysis.words import listed, name_of

# What must be alike when nets are held against each other across studies: the images and how they are shown.
DATA = ("per_class", "validation_fraction", "image_size", "normalisation")

# Rates that someone would try with Adam, and weight decays that are not meant to break the net.
LOWEST_SENSIBLE_RATE, HIGHEST_SENSIBLE_DECAY = 1e-5, 1e-2


def tune_it_first(case: Case) -> Finding:
    """LR0: the range of best accuracy over sensible rates, less that of each other study.

    A range is the difference of two values that were picked as the furthest apart, so its noise is that of the largest
    of all differences: the wider range is corrected for as many pairs as it was picked from (Bonferroni).
    """
    rates = case.gather("learning-rate", (MODERATE, HIGH), also=_sensible_rate, **RESNET)
    cnn = {**CNN, **ARTICLE_KERNELS, **{name: rates.setting[name] for name in DATA}}
    sizes = case.gather("batch-size", also=lambda _: True, least_values=2, **cnn, weight_decay=0.0)
    decays = case.gather("weight-decay", (0, HIGHEST_SENSIBLE_DECAY), also=_sensible_decay, **cnn)
    studies = (rates, sizes, decays)
    verdicts = [_wider(rates, other, case) for other in (sizes, decays)]
    ranges = [f"{100 * _range(study, case.chance):.1f} points over {_values(study)}" for study in studies]
    return Finding(all_of(verdicts), f"The best accuracy of a run ranges by {listed(ranges)}{on(*studies)}")


def _sensible_rate(value: Value) -> bool:
    return not isinstance(value, str) and LOWEST_SENSIBLE_RATE <= value <= HIGH


def _sensible_decay(value: Value) -> bool:
    return not isinstance(value, str) and value <= HIGHEST_SENSIBLE_DECAY


def _bests(study: Evidence, chance: float) -> dict[Value, list[float]]:
    return study.accuracies(highest("test_accuracy"), chance)


def _ends(study: Evidence, chance: float) -> tuple[Value, Value]:
    """The values with the highest and the lowest mean; where they are equal, any two."""
    means = {value: fmean(each) for value, each in _bests(study, chance).items()}
    ordered = sorted(means, key=lambda value: means[value])
    return ordered[-1], ordered[0]


def _range(study: Evidence, chance: float) -> float:
    top, bottom = (fmean(_bests(study, chance)[value]) for value in _ends(study, chance))
    return top - bottom


def _wider(one: Evidence, other: Evidence, case: Case) -> Verdict:
    """Whether the range of one study is wider than that of another, their seeds pooled; two such tests are made."""
    groups = {
        (study.field, value): accuracies
        for study in (one, other)
        for value, accuracies in _bests(study, case.chance).items()
    }
    (top, bottom), (other_top, other_bottom) = _ends(one, case.chance), _ends(other, case.chance)
    weights = {
        (one.field, top): 1.0,
        (one.field, bottom): -1.0,
        (other.field, other_top): -1.0,
        (other.field, other_bottom): 1.0,
    }
    lost = {(study.field, value): study.lost(value) for study in (one, other) for value in study.values}
    found = contrast(groups, weights, case.test_images, lost=lost)
    wider = one if found.estimate > 0 else other
    return by_sign(found, tests=2 * math.comb(len(wider.values), 2))


def _values(study: Evidence) -> str:
    return listed([name_of(study.field, value) for value in study.values])


def poor_tuning_loses(case: Case) -> Finding:
    """C1: ResNet18 at a poor rate against the simple net at any batch size, all of them on one screen."""
    rates = case.gather("learning-rate", (LOW, MODERATE, HIGH), **RESNET)
    cnn = {**CNN, **ARTICLE_KERNELS, "learning_rate": MODERATE, "weight_decay": 0.0}
    simple = case.gather("batch-size", also=lambda _: True, **cnn, **{name: rates.setting[name] for name in DATA})
    complex_nets = _named(rates, case.chance)
    simple_nets = _named(simple, case.chance)
    lost = {name_of(study.field, value): study.lost(value) for study in (rates, simple) for value in study.values}
    trails = {name_of(study.field, value): each for study in (rates, simple) for value, each in study.trails.items()}
    pairs = compare({**complex_nets, **simple_nets}, case.test_images, lost=lost, trails=trails)
    verdicts = [beats(pairs, net, name_of(rates.field, poor)) for net in simple_nets for poor in (LOW, HIGH)]
    return Finding(
        any_of(verdicts),
        f"Accuracy ended at {percents(rates, last('test_accuracy'))} for ResNet18 and at "
        f"{percents(simple, last('test_accuracy'))} for the article's CNN; at the best epoch it was "
        f"{percents(rates, highest('test_accuracy'))} against {percents(simple, highest('test_accuracy'))}"
        f"{on(rates, simple)}",
    )


def _named(study: Evidence, chance: float) -> dict[str, list[float]]:
    """Last accuracies by the name of the value, so that two studies can share a screen."""
    return {
        name_of(study.field, value): each for value, each in study.accuracies(last("test_accuracy"), chance).items()
    }


def both_goals(case: Case) -> Finding:
    """C2: whether the narrowest gap alone would have picked a worse net than accuracy does, both beyond noise."""
    decays = case.gather("weight-decay", (0, 1.0), also=lambda _: True, **CNN, **ARTICLE_KERNELS)
    accuracies = decays.accuracies(last("test_accuracy"), case.chance)
    best = leader(accuracies, case.test_images, decays.diverged, decays.trails)
    narrowest = lowest({value: [abs(each) for each in gaps] for value, gaps in decays.figures(gap).items()})
    if best is None or narrowest is None:
        raise Unsettled("not run yet", f"There is no gap to compare yet{on(decays)}")
    told = [_goals(decays, value) for value in dict.fromkeys((best.value, narrowest.value))]
    if len(told) == 1:
        return Finding("within noise", f"The narrowest gap and the best accuracy fall together: {told[0]}{on(decays)}")
    if best.value in narrowest.alike:
        return Finding("within noise", f"No gap is the narrowest beyond noise: {listed(told)}{on(decays)}")
    verdict = unless_lost(
        beats(at_the_end(decays, case), best.value, narrowest.value),
        decays,
        *decays.values,
    )
    return Finding(verdict, f"A small gap alone picks another net than accuracy does: {listed(told)}{on(decays)}")


def _goals(decays: Evidence, value: Value) -> str:
    """What there is to reach, of one value."""
    return (
        f"{name_of(decays.field, value)} has train loss {decays.means(last('train_loss_eval'))[value]:.2f}, "
        f"a gap of {decays.means(gap)[value]:+.2f} and accuracy {decays.means(last('test_accuracy'))[value]:.1%}"
    )


LEARNING_RATE_FIRST = Claim(
    "LR0",
    "Tune the learning rate first",
    "learning-rate",
    "If you have time to tune only one hyperparameter, tune the learning rate: this certainly holds.",
    "Accuracy varies by 31 points over rates, 5 over batch sizes and 54 over weight decays (λ = 1 is extreme).",
    tune_it_first,
    pretrained=True,
)

CONCLUSIONS = (
    Claim(
        "C1",
        "A poorly tuned ResNet18 loses",
        None,
        "A poorly tuned complex model like ResNet18 can easily perform worse than a well-tuned simple architecture.",
        "True at the last epoch (65.2% and 61.6% against 82.4%); about equal at the best epoch (81.7% and 82.7%).",
        poor_tuning_loses,
        pretrained=True,
    ),
    Claim(
        "C2",
        "Reduce the train error and the gap",
        None,
        "The goal is to reduce train error and the gap between train and test error.",
        "A net that under-fits has a small gap too, so both have to be shown.",
        both_goals,
    ),
)
