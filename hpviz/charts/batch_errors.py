"""Measured errors of mini-batch gradients of several runs, each beside its own σ/√n."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from hpviz.theory.sampling import standard_error

MEASURED, INDEPENDENT = "measured", "σ/√n"
COLUMNS = ("run", "label", "kind", "batch", "error")
HEIGHT = 340


def batch_errors(
    frame: pd.DataFrame | alt.NamedData, labels: Sequence[str], colours: Sequence[str], legend: str
) -> alt.LayerChart:
    """Dots where batches were drawn and the line of slope -½, both axes logarithmic; `frame` as `error_rows` has it."""
    name = alt.Legend(orient="top", direction="horizontal", title=legend, titleOrient="left", columns=6, offset=4)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "batch:Q",
            title="batch size n",
            scale=alt.Scale(type="log", nice=False, padding=10),
            axis=alt.Axis(grid=False, values=[4**power for power in range(8)], format=","),
        ),
        y=alt.Y(
            "error:Q",
            title="error / length of the full gradient",
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(values=[100, 10, 1, 0.1, 0.01], format="~g"),
        ),
        color=alt.Color("label:N", legend=name, scale=alt.Scale(domain=list(labels), range=list(colours))),
        detail=alt.Detail("run:N"),
    )
    lines = base.transform_filter(f"datum.kind == '{INDEPENDENT}'").mark_line(strokeWidth=1.5)
    dots = base.transform_filter(f"datum.kind == '{MEASURED}'").mark_circle(size=70, opacity=1)
    tooltip = [
        alt.Tooltip("label:N", title=legend),
        alt.Tooltip("batch:Q", title="batch size"),
        alt.Tooltip("error:Q", title="error / gradient", format=".3g"),
    ]
    return alt.LayerChart(layer=[lines, dots.encode(tooltip=tooltip)]).properties(height=HEIGHT)


def error_rows(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> pd.DataFrame:
    """Of each run, by id, its sizes `n`, their `error` and σ over the gradient's length, `deviation`, as rows."""
    return pd.DataFrame(_records(found, labels), columns=list(COLUMNS))


def _records(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for run, one in found.items():
        for count, error in zip(one["n"], one["error"], strict=True):
            if error > 0:  # a logarithmic axis has no zero
                yield {"run": run, "label": labels[run], "kind": MEASURED, "batch": count, "error": error}
        if one["n"] and one["deviation"]:
            for count in np.geomspace(one["n"][0], one["n"][-1], 9):
                error = standard_error(count, one["deviation"])
                yield {"run": run, "label": labels[run], "kind": INDEPENDENT, "batch": float(count), "error": error}
