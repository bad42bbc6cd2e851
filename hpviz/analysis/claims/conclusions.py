"""The claims that take more than one study: what to tune first, and what tuning is for."""

from hpviz.analysis.claims.case import ARTICLE_KERNELS, CNN, RESNET, Case, Finding
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.learning_rate import HIGH, LOW, MODERATE
from hpviz.analysis.claims.verdicts import all_of, any_of, beats, by_sign, on
from hpviz.analysis.evidence import Evidence, Value, gap, highest, last, percents
from hpviz.analysis.noise import Contrast, compare, contrast
from hpviz.analysis.words import listed, name_of

# What must be alike when nets are held against each other across studies: the images and how they are shown.
DATA = ("per_class", "validation_fraction", "image_size", "normalisation")

# Rates that someone would try with Adam, and weight decays that are not meant to break the net.
LOWEST_SENSIBLE_RATE, HIGHEST_SENSIBLE_DECAY = 1e-5, 1e-2


def tune_it_first(case: Case) -> Finding:
    """LR0: the range of best accuracy over sensible rates, less that of each other study."""
    rates = case.gather("learning-rate", (MODERATE, HIGH), also=_sensible_rate, **RESNET)
    cnn = {**CNN, **ARTICLE_KERNELS, **{name: rates.setting[name] for name in DATA}}
    sizes = case.gather("batch-size", also=lambda _: True, least_values=2, **cnn, weight_decay=0.0)
    decays = case.gather("weight-decay", (0, HIGHEST_SENSIBLE_DECAY), also=_sensible_decay, **cnn)
    studies = (rates, sizes, decays)
    verdicts = [by_sign(_wider(rates, other, case.test_images), tests=2) for other in (sizes, decays)]
    ranges = [f"{100 * _range(study):.1f} points over {_values(study)}" for study in studies]
    return Finding(all_of(verdicts), f"The best accuracy of a run ranges by {listed(ranges)}{on(*studies)}")


def _sensible_rate(value: Value) -> bool:
    return not isinstance(value, str) and LOWEST_SENSIBLE_RATE <= value <= HIGH


def _sensible_decay(value: Value) -> bool:
    return not isinstance(value, str) and value <= HIGHEST_SENSIBLE_DECAY


def _ends(study: Evidence) -> tuple[Value, Value]:
    """The values with the highest and the lowest mean."""
    means = study.means(highest("test_accuracy"))
    return max(means, key=lambda value: means[value]), min(means, key=lambda value: means[value])


def _range(study: Evidence) -> float:
    top, bottom = _ends(study)
    means = study.means(highest("test_accuracy"))
    return means[top] - means[bottom]


def _wider(one: Evidence, other: Evidence, test_images: int) -> Contrast:
    """The range of one study less that of another, their seeds pooled."""
    groups = {
        (study.field, value): accuracies
        for study in (one, other)
        for value, accuracies in study.figures(highest("test_accuracy")).items()
    }
    (top, bottom), (other_top, other_bottom) = _ends(one), _ends(other)
    weights = {
        (one.field, top): 1.0,
        (one.field, bottom): -1.0,
        (other.field, other_top): -1.0,
        (other.field, other_bottom): 1.0,
    }
    return contrast(groups, weights, test_images)


def _values(study: Evidence) -> str:
    return listed([name_of(study.field, value) for value in study.values])


def poor_tuning_loses(case: Case) -> Finding:
    """C1: ResNet18 at a poor rate against the simple net at any batch size, all of them on one screen."""
    rates = case.gather("learning-rate", (LOW, MODERATE, HIGH), **RESNET)
    cnn = {**CNN, **ARTICLE_KERNELS, "learning_rate": MODERATE, "weight_decay": 0.0}
    simple = case.gather("batch-size", also=lambda _: True, **cnn, **{name: rates.setting[name] for name in DATA})
    complex_nets = _named(rates)
    simple_nets = _named(simple)
    pairs = compare({**complex_nets, **simple_nets}, case.test_images)
    verdicts = [beats(pairs, net, name_of(rates.field, poor)) for net in simple_nets for poor in (LOW, HIGH)]
    return Finding(
        any_of(verdicts),
        f"Accuracy ended at {percents(rates, last('test_accuracy'))} for ResNet18 and at "
        f"{percents(simple, last('test_accuracy'))} for the article's CNN; at the best epoch it was "
        f"{percents(rates, highest('test_accuracy'))} against {percents(simple, highest('test_accuracy'))}"
        f"{on(rates, simple)}",
    )


def _named(study: Evidence) -> dict[str, list[float]]:
    """Last accuracies by the name of the value, so that two studies can share a screen."""
    return {name_of(study.field, value): each for value, each in study.figures(last("test_accuracy")).items()}


def both_goals(case: Case) -> Finding:
    """C2: whether the narrowest gap alone would have picked a worse net than accuracy does."""
    decays = case.gather("weight-decay", (0, 1.0), also=lambda _: True, **CNN, **ARTICLE_KERNELS)
    gaps, accuracies = decays.means(gap), decays.means(last("test_accuracy"))
    narrowest = min(gaps, key=lambda value: abs(gaps[value]))
    best = max(accuracies, key=lambda value: accuracies[value])
    told = [
        f"{name_of(decays.field, value)} has train loss {decays.means(last('train_loss_eval'))[value]:.2f}, "
        f"a gap of {gaps[value]:+.2f} and accuracy {accuracies[value]:.1%}"
        for value in dict.fromkeys((best, narrowest))
    ]
    if narrowest == best:
        return Finding("within noise", f"The narrowest gap and the best accuracy fall together: {told[0]}{on(decays)}")
    verdict = beats(compare(decays.figures(last("test_accuracy")), case.test_images), best, narrowest)
    return Finding(verdict, f"A small gap alone picks another net than accuracy does: {listed(told)}{on(decays)}")


LEARNING_RATE_FIRST = Claim(
    "LR0",
    "learning-rate",
    "If you have time to tune only one hyperparameter, tune the learning rate: this certainly holds.",
    "Rates span 31 points, batch sizes 5, weight decays 54 (but λ = 1 is absurd).",
    tune_it_first,
    pretrained=True,
)

CONCLUSIONS = (
    Claim(
        "C1",
        None,
        "A poorly tuned complex model like ResNet18 can easily perform worse than a well-tuned simple architecture.",
        "True at the last epoch (65.2% and 61.6% against 82.4%), a tie at the best epoch (81.7% and 82.7%).",
        poor_tuning_loses,
        pretrained=True,
    ),
    Claim(
        "C2",
        None,
        "The goal is to reduce train error and the gap between train and test error.",
        "A small gap alone is met by under-fitting: both have to be shown.",
        both_goals,
    ),
)
