"""What depth costs: fewer pixels are left for the first linear layer, which is nearly all of a shallow net."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pandas as pd

from hpviz.analysis.cost import article_layers, cost
from hpviz.charts.pictures.count_rows import PARAMETERS, WORK, count_rows
from hpviz.charts.pictures.picture import Picture, slider
from hpviz.notation import counted
from hpviz.spec import (
    ARTICLE_DEPTH,
    MAX_DEPTH,
    BadInput,
    RunSpec,
    block_channels,
    build_spec,
    feature_sizes,
    hidden_units,
)

DEPTHS = range(1, MAX_DEPTH + 1)
FIRST, ALL = "first linear layer", "all parameters"


@lru_cache(maxsize=32)
def depth_picture(spec: RunSpec, classes: int, dark: bool) -> Picture:
    """Counts by part at every depth, for the rest of `spec`; a depth that leaves no pixels says so."""
    blocks = slider("blocks", "blocks", DEPTHS[0], DEPTHS[-1], 1, ARTICLE_DEPTH)
    records = [record for depth in DEPTHS for record in _records(spec, classes, depth)]
    names = list(dict.fromkeys(record["row"] for record in records))
    return Picture(
        count_rows(pd.DataFrame(records), names, blocks, 1, dark),
        _in_words(records),
        f"Counts at {spec.image_size} px. The first linear layer has a weight for every number that the last block "
        "leaves, times its units, so it shrinks with each pool; the convolutions hardly count. Rings: other depths.",
    )


def _records(spec: RunSpec, classes: int, depth: int) -> Iterator[dict[str, Any]]:
    try:
        deep = build_spec(**{**spec.model_dump(), "model": "article-cnn", "weights": None, "depth": depth})
    except BadInput:
        label = f"{depth} blocks leave no pixels of {spec.image_size}"
        yield {"blocks": depth, "row": ALL, "label": label, "count": None, "figure": "–", "kind": PARAMETERS}
        return
    figures = cost(deep, classes)
    first = next(layer for layer in article_layers(deep, classes) if layer.part == "linear").parameters
    edge = feature_sizes(deep.image_size, deep.kernel_width, deep.padding, depth)[-1][1]
    channels, units = block_channels(depth, deep.width)[-1], hidden_units(deep.width)[0]
    rest = figures.parameters.total - figures.parameters.convolution - first
    rows = {
        "convolutions": ("convolutions", figures.parameters.convolution, PARAMETERS),
        FIRST: (f"{FIRST}: {edge}·{edge}·{channels} → {units:,}", first, PARAMETERS),
        "rest": ("other linear layers and norms", rest, PARAMETERS),
        ALL: (ALL, figures.parameters.total, PARAMETERS),
        WORK: (WORK, figures.multiply_adds.total, WORK),
    }
    for row, (label, count, kind) in rows.items():
        yield {"blocks": depth, "row": row, "label": label, "count": count, "figure": counted(count), "kind": kind}


def _in_words(records: list[dict[str, Any]]) -> str:
    counts = {(record["blocks"], record["row"]): record["count"] for record in records if record["count"]}
    each = [
        f"{counted(counts[depth, ALL])} with {depth} block{'s' if depth > 1 else ''}, of which "
        f"{counts[depth, FIRST] / counts[depth, ALL]:.0%} in the first linear layer"
        for depth in DEPTHS
        if (depth, ALL) in counts
    ]
    return f"Parameters by depth: {'; '.join(each)}."
