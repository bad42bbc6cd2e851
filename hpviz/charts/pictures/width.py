"""Width under the hand: channels and units of each layer, and how nearly what they cost goes with the square."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pandas as pd

from hpviz.analysis.cost import Layer, article_layers, cost
from hpviz.charts.pictures.count_rows import PARAMETERS, WORK, count_rows
from hpviz.charts.pictures.growth import growth
from hpviz.charts.pictures.picture import Picture, slider
from hpviz.notation import counted
from hpviz.spec import RunSpec, block_channels, build_spec, hidden_units

STEP = 0.25
FACTORS = [STEP * place for place in range(1, 17)]  # all that a spec takes, in even steps
TICKS = (0.25, 0.5, 1, 2, 4)
FIRST, ALL, TIMES = "first convolution", "all parameters", "multiply-adds"


@lru_cache(maxsize=32)
def width_picture(spec: RunSpec, classes: int, dark: bool) -> Picture:
    """Parameters of each layer, its channels or units beside its name, with the factor on a slider."""
    factor = slider("factor", "net width", FACTORS[0], FACTORS[-1], STEP, 1.0)
    records = [record for value in FACTORS for record in _records(_of_width(spec, value), classes)]
    names = list(dict.fromkeys(record["row"] for record in records))
    kinds = _layers(_of_width(spec, 1.0), classes)
    inner = len(kinds) - 2
    return Picture(
        count_rows(pd.DataFrame(records), names, factor, STEP, dark),
        f"Parameters of the {len(kinds)} layers by the width of the net: " + _in_words(records),
        f"The factor widens both sides of the {inner} layers between, so their weights go with its square. The first "
        f"keeps its 3 colours and the last its {classes} classes: they go with the factor itself. Rings: other widths.",
    )


@lru_cache(maxsize=32)
def width_growth_picture(spec: RunSpec, classes: int, dark: bool) -> Picture:
    """Parameters and multiply-adds against the factor, beside its square."""
    counts = {value: _counts(_of_width(spec, value), classes) for value in FACTORS}

    def times(value: float, name: str) -> str:
        return f"{counts[value][name] / counts[1.0][name]:.3g}×"

    def sentence(value: float) -> str:
        costs = f"{times(value, ALL)} parameters, {times(value, TIMES)} multiply-adds"
        return f"{value:g}× as wide (its square: {value**2:.3g}×)\n{costs}"

    return Picture(
        growth("factor", "net width", counts, 1.0, 2.0, TICKS, sentence, dark),
        f"Growth with the width of the net on logarithmic axes. Twice as wide it has {times(2.0, ALL)} the parameters "
        f"and {times(2.0, TIMES)} the multiply-adds, four times as wide {times(4.0, ALL)} and {times(4.0, TIMES)}; the "
        "square would be 4× and 16×.",
        "Nearly the square: only the first convolution and the last layer grow less. The first one slides over every "
        f"pixel and makes {_share(spec, classes):.0%} of the multiply-adds at factor 1, so these grow less still.",
    )


def _of_width(spec: RunSpec, factor: float) -> RunSpec:
    return build_spec(**{**spec.model_dump(), "model": "article-cnn", "weights": None, "width": factor})


def _layers(spec: RunSpec, classes: int) -> list[Layer]:
    """Those with weights of their own to learn: norms have a few beside each channel."""
    return [layer for layer in article_layers(spec, classes) if layer.part in ("convolution", "linear")]


def _counts(spec: RunSpec, classes: int) -> dict[str, int]:
    figures = cost(spec, classes)
    return {
        ALL: figures.parameters.total,
        FIRST: _layers(spec, classes)[0].multiply_adds,
        TIMES: figures.multiply_adds.total,
    }


def _share(spec: RunSpec, classes: int) -> float:
    counts = _counts(_of_width(spec, 1.0), classes)
    return counts[FIRST] / counts[TIMES]


def _records(spec: RunSpec, classes: int) -> Iterator[dict[str, Any]]:
    channels, units = block_channels(spec.depth, spec.width)[1:], (*hidden_units(spec.width), classes)
    labels = [f"convolution {place}: {count} channels" for place, count in enumerate(channels, 1)]
    labels += [f"linear {place}: {count:,} units" for place, count in enumerate(units[:-1], 1)]
    labels += [f"linear {len(units)}: {classes} classes"]
    figures = cost(spec, classes)
    rows = [
        (label.split(":")[0], label, layer.parameters, PARAMETERS)
        for label, layer in zip(labels, _layers(spec, classes), strict=True)
    ]
    rows += [(ALL, ALL, figures.parameters.total, PARAMETERS), (WORK, WORK, figures.multiply_adds.total, WORK)]
    for row, label, count, kind in rows:
        yield {"factor": spec.width, "row": row, "label": label, "count": count, "figure": counted(count), "kind": kind}


def _in_words(records: list[dict[str, Any]]) -> str:
    each = [
        f"{counted(record['count'])} in all at {record['factor']:g}"
        for record in records
        if record["row"] == ALL and record["factor"] in TICKS
    ]
    return f"{', '.join(each)}."
