"""The weights of a network by layer: how long they were as training began, and how long they are now."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from hpviz.charts.pictures.picture import FAINT, INK, Picture, stack, three_colours
from hpviz.training.inside import LayerWeights

ROW_HEIGHT, MARGIN = 26, 130  # px; the second for legend, axis and title
TICKS = [float(f"{digit}e{power}") for power in range(-6, 4) for digit in (1, 2, 5)]
NOW, START = "now", "as training began"


def layers_picture(layers: Sequence[LayerWeights], dark: bool) -> Picture:
    """A row a layer, from the input on: a ring at the L2 norm it began with, a dot at the norm it has."""
    names = [layer.name for layer in layers]
    frame = pd.DataFrame(
        [
            {"layer": layer.name, "count": layer.count, "norm": norm, "began": layer.start_norm, "kind": kind}
            for layer in layers
            for kind, norm in ((START, layer.start_norm), (NOW, layer.norm))
            if norm  # a logarithmic axis has no zero
        ]
    )
    blue, _, orange = three_colours(dark)
    legend = alt.Legend(orient="top", direction="horizontal", title=None, offset=4)
    scale = alt.Scale(domain=[START, NOW], range=[blue, orange])
    base = alt.Chart(frame).encode(y=_layer(names))
    tooltip = ["layer:N", alt.Tooltip("norm:Q", format=".3g"), alt.Tooltip("count:Q", title="weights", format=",")]
    moves = base.transform_filter(f"datum.kind == '{NOW}' && isValid(datum.began)").mark_rule(
        color=FAINT[dark], strokeWidth=2
    )
    marks = base.mark_point(size=90, opacity=1, strokeWidth=2).encode(
        x=_norm(),
        color=alt.Color("kind:N", scale=scale, legend=legend),
        fill=alt.Fill("kind:N", scale=alt.Scale(domain=[START, NOW], range=["transparent", orange]), legend=None),
        tooltip=tooltip,
    )
    chart = stack(moves.encode(x=_norm(), x2=alt.X2("began:Q")), marks, height=ROW_HEIGHT * len(names) + MARGIN)
    return Picture(chart.configure_axisY(labelColor=INK[dark]), _in_words(layers), _caption(layers))


def _caption(layers: Sequence[LayerWeights]) -> str:
    """What moved most: a norm may stay though the weights have turned."""
    moved = [(layer.moved, layer.name) for layer in layers if layer.moved is not None]
    if not moved:
        return "L2 norm of each layer's weights. Training began from pretrained weights, which are not compared."
    (least, still), (most, name) = min(moved), max(moved)
    if f"{least:.0%}" == f"{most:.0%}":
        return (
            f"L2 norm of each layer's weights. Training moved each by {most:.0%} of its first length: a norm may stay "
            "though the weights have turned."
        )
    return (
        f"L2 norm of each layer's weights. Training moved {name} most, by {most:.0%} of its first length, and {still} "
        f"least, by {least:.0%}: a norm may stay though the weights have turned."
    )


def _in_words(layers: Sequence[LayerWeights]) -> str:
    each = [
        f"{layer.name} {layer.norm:.3g}" + ("" if layer.start_norm is None else f" from {layer.start_norm:.3g}")
        for layer in layers
    ]
    return f"L2 norm of the weights by layer: {', '.join(each)}."


def _layer(names: Sequence[str]) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelLimit=130)
    return alt.Y("layer:N", title=None, sort=list(names), axis=axis)


def _norm() -> alt.X:
    axis = alt.Axis(format="~g", values=TICKS, labelOverlap=True)
    scale = alt.Scale(type="log", nice=False, padding=16)
    return alt.X("norm:Q", title="L2 norm of the weights", scale=scale, axis=axis)
