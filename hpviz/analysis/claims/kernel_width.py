"""The claims about the kernel width of the article's CNN: two are arithmetic, one has to be trained."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from statistics import fmean
from typing import get_args

from hpviz.analysis.claims.case import CNN, Case, Finding, is_the_authors
from hpviz.analysis.claims.claim import Claim
from hpviz.analysis.claims.verdicts import any_differ, at_the_end, on
from hpviz.analysis.cost import Cost, cost, gigabytes
from hpviz.analysis.evidence import Evidence, Value, aligned, last, percents
from hpviz.analysis.fairness import different_machines
from hpviz.analysis.measured import peak_memory
from hpviz.analysis.words import listed, name_of
from hpviz.spec import BadInput, Padding, build_spec

WIDTHS = (3, 5, 7, 9, 11)
PADDINGS: tuple[Padding, ...] = get_args(Padding)
ARTICLE_IMAGE_SIZE = 150


def more_parameters(case: Case) -> Finding:
    """KW1: a count. It fails as a general statement if the whole net shrinks while its kernels grow."""
    convolutions = _span(case, "valid", lambda each: each.parameters.convolution)
    unpadded = _span(case, "valid", lambda each: each.parameters.total)
    padded = _span(case, "same", lambda each: each.parameters.total)
    return Finding(
        "held" if unpadded[1] > unpadded[0] and padded[1] > padded[0] else "did not hold",
        f"{_counted(case, 'valid')} without padding: parameters in the convolutions {_short(convolutions)}, but in the "
        f"whole net {_short(unpadded)}, because the first linear layer sees smaller maps. {_counted(case, 'same')} "
        f"with padding “same”: in the whole net {_short(padded)}.",
    )


def memory_can_be_counted(case: Case) -> Finding:
    """KW2: a count too, so it is not hard to comment on."""
    told = []
    ways: tuple[tuple[Padding, str], ...] = (("valid", "without padding"), ("same", "with padding “same”"))
    for padding, words in ways:
        activations = _span(case, padding, lambda each: each.activations.blocks)
        multiply_adds = _span(case, padding, lambda each: each.multiply_adds.convolution)
        told.append(
            f"{_counted(case, padding)} {words}: activations per image in the convolution blocks "
            f"{_short(activations)}, "
            f"multiply-adds of the convolutions {_short(multiply_adds)}."
        )
    return Finding("did not hold", f"It can be counted. {' '.join(told)}{_measured_memory(case)}")


def _measured_memory(case: Case) -> str:
    """The peaks that runs of one setting held, if there are two widths of them from one machine; else nothing."""
    groups = [each for each in case.sorted_runs.by("kernel_width") if is_the_authors(each.setting)]
    found = [_with_peaks(evidence) for evidence in aligned(groups, _is_width)]
    widths = max(found, key=lambda evidence: len(evidence.runs), default=None)
    if widths is None or len(widths.runs) < 2:
        return ""
    means = {value: fmean(peak_memory(rows) or 0 for rows in widths.rows(value)) for value in widths.values}
    held = listed([f"{gigabytes(round(mean))} ({name_of(widths.field, value)})" for value, mean in means.items()])
    batch, padding = widths.setting["batch_size"], widths.setting["padding"]
    return f" Measured, with padding “{padding}” and batch {batch}: training held {held} at its peak{on(widths)}"


def _with_peaks(evidence: Evidence) -> Evidence:
    """The same without runs whose peak was not measured, and with none if the machines differ."""
    runs = {
        value: tuple(run for run in runs if peak_memory(run["epochs"][: evidence.epochs]))
        for value, runs in evidence.runs.items()
    }
    kept = {value: each for value, each in runs.items() if each}
    if different_machines(run for each in kept.values() for run in each):
        kept = {}
    return replace(evidence, runs=kept)


def accuracy_by_width(case: Case) -> Finding:
    """KW3: any two widths differ."""
    widths = case.gather("kernel-width", also=_is_width, least_values=2, **CNN, weight_decay=0.0)
    pairs = at_the_end(widths, case)
    verdict, told = any_differ(pairs, widths.field)
    ended, padding = percents(widths, last("test_accuracy")), widths.setting["padding"]
    return Finding(verdict, f"With padding “{padding}” accuracy ended at {ended}: {told}{on(widths)}")


def _is_width(value: Value) -> bool:
    return not isinstance(value, str)


def _image_size(case: Case) -> int:
    """The size most runs of the net have, of those that two widths fit with any padding; else the article's."""
    sizes = Counter(run["spec"]["image_size"] for run in case.runs if run["spec"]["model"] == "article-cnn")
    fitting = (size for size, _ in sizes.most_common() if _holds_two_widths(size, case))
    return next(fitting, ARTICLE_IMAGE_SIZE)


def _holds_two_widths(image_size: int, case: Case) -> bool:
    return all(len(_costs_at(image_size, case.data.fingerprint, case.classes, padding)) > 1 for padding in PADDINGS)


def _costs(case: Case, padding: Padding) -> Mapping[int, Cost]:
    """The cost of each width that fits the images, of two at least."""
    return _costs_at(_image_size(case), case.data.fingerprint, case.classes, padding)


@lru_cache(maxsize=64)  # arithmetic alone, asked for by every claim whenever an epoch ends
def _costs_at(image_size: int, fingerprint: str, classes: int, padding: Padding) -> Mapping[int, Cost]:
    costs = {}
    for width in WIDTHS:
        try:
            spec = build_spec(
                dataset="counted",
                fingerprint=fingerprint,
                image_size=image_size,
                kernel_width=width,
                padding=padding,
            )
        except BadInput:  # too wide for what is left of the image
            break
        costs[width] = cost(spec, classes)
    return costs


def _span(case: Case, padding: Padding, count: Callable[[Cost], int]) -> tuple[int, int]:
    """A count at the narrowest and at the widest width that fits."""
    costs = list(_costs(case, padding).values())
    return count(costs[0]), count(costs[-1])


def _counted(case: Case, padding: Padding) -> str:
    widths = list(_costs(case, padding))
    return f"Width {widths[0]} → {widths[-1]} at {_image_size(case)} px"


def _short(span: tuple[int, int]) -> str:
    """Two counts as people read them: 3.49 M → 1.61 M."""
    if max(span) < 1e6:
        return f"{span[0] / 1e3:.1f} k → {span[1] / 1e3:.1f} k"
    return f"{span[0] / 1e6:.2f} M → {span[1] / 1e6:.2f} M"


STUDY = "kernel-width"

KERNEL_WIDTH_CLAIMS = (
    Claim(
        "KW1",
        "Wider kernels have more parameters",
        STUDY,
        "Increasing the kernel width increases the parameters in the model.",
        "True only of the convolutions. Without padding, widths 3 to 11 take the whole net from 3.49 M to 1.61 M.",
        more_parameters,
    ),
    Claim(
        "KW2",
        "Memory is hard to comment on",
        STUDY,
        "It is hard to comment on the memory consumption.",
        "It can be computed. Activations per image: 1.09 M to 0.88 M without padding, 1.14 M at every width with it.",
        memory_can_be_counted,
    ),
    Claim(
        "KW3",
        "Accuracy depends on the kernel width",
        STUDY,
        "The kernel width has its effect on test accuracy.",
        "No figure and no run has another kernel width: it was never tested.",
        accuracy_by_width,
    ),
)
