"""What a wider kernel costs, counted: which way "more parameters" really goes."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from hpviz.analysis.cost import Cost, cost, gigabytes
from hpviz.charts.pictures.picture import INK, Picture, at, frame_of, slider, stack, three_colours
from hpviz.notation import counted
from hpviz.spec import BadInput, RunSpec, build_spec

WIDTHS = (1, 3, 5, 7, 9, 11, 13, 15)
PADDINGS = ("valid", "same")
ROW_HEIGHT = 46


@lru_cache(maxsize=32)
def counts_picture(spec: RunSpec, classes: int, dark: bool, widths: tuple[int, ...] = WIDTHS) -> Picture:
    """Counts of the article's network by kernel width, both paddings side by side; `spec` gives size and batch.

    Bars are shares of the longest among all widths. A width whose kernels do not fit says so.
    """
    costs = {(width, padding): _cost(spec, classes, width, padding) for width in widths for padding in PADDINGS}
    step = widths[1] - widths[0]
    width = slider("kernel", "pixels across", widths[0], widths[-1], step, 5)
    records = list(_records(costs))
    kept = at("kernel", width, step)
    names = list(dict.fromkeys(record["count"] for record in records))
    base = _base(frame_of(pd.DataFrame(records), [kept]), names, dark)
    bars = base.mark_bar(cornerRadiusEnd=2)
    figures = base.mark_text(align="left", dx=5, fontSize=12, color=INK[dark]).encode(
        text=alt.Text("text:N"), color=alt.ColorValue(INK[dark])
    )
    return Picture(
        stack(bars, figures, sliders=[width], height=ROW_HEIGHT * len(names)),
        _in_words(costs),
        f"The article's network at {spec.image_size} px, batch {spec.batch_size}. Wider kernels add parameters to the "
        "convolutions. Without padding the maps shrink, and the first linear layer loses more than that. Activations "
        "and multiply-adds are per image.",
    )


def _cost(spec: RunSpec, classes: int, width: int, padding: str) -> Cost | None:
    """None if that width does not fit."""
    changed = {"model": "article-cnn", "weights": None, "kernel_width": width, "padding": padding}
    try:
        return cost(build_spec(**{**spec.model_dump(), **changed}), classes)
    except BadInput:
        return None


def _counts(figures: Cost) -> dict[str, int]:
    return {
        "convolution weights": figures.parameters.convolution,
        "linear parameters": figures.parameters.linear,
        "all parameters": figures.parameters.total,
        "activations per image": figures.activations.total,
        "multiply-adds": figures.multiply_adds.total,
        "training memory": figures.memory_bytes,
    }


def _records(costs: dict[tuple[int, str], Cost | None]) -> Iterator[dict[str, Any]]:
    counted = {place: _counts(figures) for place, figures in costs.items() if figures is not None}
    names = list(next(iter(counted.values()), {}))
    longest = {name: max(counts[name] for counts in counted.values()) for name in names}
    for width, padding in costs:
        counts = counted.get((width, padding))
        for name in names:
            share = counts[name] / longest[name] if counts else 0.0
            text = _written(name, counts[name]) if counts else "does not fit"
            yield {"kernel": width, "padding": padding, "count": name, "share": round(share, 4), "text": text}


def _written(name: str, count: int) -> str:
    return gigabytes(count) if name == "training memory" else counted(count)


def _base(chart: alt.Chart, names: list[str], dark: bool) -> alt.Chart:
    blue, _, orange = three_colours(dark)
    legend = alt.Legend(
        orient="top", direction="horizontal", title="padding", titleOrient="left", symbolType="square", offset=4
    )
    return chart.encode(
        x=alt.X("share:Q", title=None, scale=alt.Scale(domain=[0, 1.35], nice=False), axis=None),
        y=alt.Y("count:N", title=None, sort=names, axis=alt.Axis(ticks=False, domain=False, labelLimit=130)),
        yOffset=alt.YOffset("padding:N", sort=list(PADDINGS)),
        color=alt.Color("padding:N", scale=alt.Scale(domain=list(PADDINGS), range=[orange, blue]), legend=legend),
    )


def _in_words(costs: dict[tuple[int, str], Cost | None]) -> str:
    """What becomes of the number of parameters from the narrowest kernel to the widest that fits, by padding."""
    sentences = []
    for padding in PADDINGS:
        fitting = [(width, figures) for (width, kind), figures in costs.items() if kind == padding and figures]
        if fitting:
            (narrow, least), (wide, most) = fitting[0], fitting[-1]
            sentences.append(
                f"with padding {padding}, {least.parameters.total / 1e6:.2f} M parameters at width {narrow} and "
                f"{most.parameters.total / 1e6:.2f} M at width {wide}"
            )
    return f"Counts by kernel width: {'; '.join(sentences)}."
