"""Sharpness over training beside the edge of stability: one colour a label, measured lines solid, the edge dashed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from hpviz.charts.axes import of_epochs

MEASURED, EDGE = "sharpness", "edge of stability"
COLUMNS = ("run", "label", "epoch", "kind", "value")
HEIGHT = 340


def sharpness_curve(
    frame: pd.DataFrame | alt.NamedData, labels: Sequence[str], colours: Sequence[str], legend: str, epochs: int
) -> alt.LayerChart:
    """A line a run by epoch on a logarithmic axis; `frame` as `sharpness_rows` makes it, or the name of such data."""
    name = alt.Legend(orient="top", direction="horizontal", title=legend, titleOrient="left", columns=6, offset=4)
    kinds = alt.Legend(
        orient="top", direction="horizontal", title=None, symbolType="stroke", symbolSize=250, columns=2, offset=4
    )
    dashes = alt.Scale(domain=[MEASURED, EDGE], range=[[1, 0], [6, 4]])
    base = alt.Chart(frame).encode(
        x=alt.X("epoch:Q", scale=alt.Scale(domain=[0, epochs], nice=False), axis=of_epochs()),
        y=alt.Y(
            "value:Q",
            title="largest eigenvalue",
            scale=alt.Scale(type="log", nice=False, padding=12),
            axis=alt.Axis(format="~s", tickCount=5, gridOpacity=0.4),
        ),
        color=alt.Color("label:N", legend=name, scale=alt.Scale(domain=list(labels), range=list(colours))),
        detail=alt.Detail("run:N"),
    )
    lines = base.mark_line(strokeWidth=2, invalid="break-paths-filter-domains").encode(
        strokeDash=alt.StrokeDash("kind:N", legend=kinds, scale=dashes)
    )
    tooltip = [
        alt.Tooltip("label:N", title=legend),
        alt.Tooltip("epoch:Q", format="d"),
        alt.Tooltip("value:Q", title=MEASURED, format=".4~s"),
    ]
    dots = base.transform_filter(f"datum.kind == '{MEASURED}'").mark_circle(size=50, opacity=1).encode(tooltip=tooltip)
    return alt.LayerChart(layer=[lines, dots]).properties(height=HEIGHT)


def sharpness_rows(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> pd.DataFrame:
    """What was found of each run, by id, as rows; from epoch 0, where the edge is that of the first epoch.

    A curvature of zero or less has no place on a logarithmic axis.
    """
    return pd.DataFrame(_records(found, labels), columns=list(COLUMNS))


def in_figures(found: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> pd.DataFrame:
    """A row an epoch of each run, by name: what was measured and the edge."""
    rows = sharpness_rows(found, names).rename(columns={"run": "series", "label": "run"})
    return rows.pivot(index=["run", "epoch"], columns="kind", values="value").reset_index().rename_axis(columns=None)


def _records(found: Mapping[str, Mapping[str, Any]], labels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for run, one in found.items():
        for kind, values in (
            (MEASURED, [one["start"], *one["epochs"]]),
            (EDGE, [*one["edge"][:1], *one["edge"]]),
        ):
            for epoch, value in enumerate(values):
                drawn = value if value is not None and value > 0 else None
                yield {"run": f"{run} {kind}", "label": labels[run], "epoch": epoch, "kind": kind, "value": drawn}


def in_words(one: Mapping[str, Any]) -> str:
    """Where one run ended, beside its edge, in a sentence."""
    measured = [(epoch, value) for epoch, value in enumerate(one["epochs"], start=1) if value is not None]
    what = "The preconditioned sharpness" if one["preconditioned"] else "The sharpness"
    if not measured:
        return one["reason"] or "There is nothing to measure."
    epoch, last = measured[-1]
    edge = one["edge"][epoch - 1]
    told = f"{what} was {_written(last)} after epoch {epoch}, {last / edge:.2g} times the edge of {_written(edge)}."
    return f"{told} {one['reason']}" if one["reason"] else told


def _written(value: float) -> str:
    """Three digits, as people write them: 0.021, 57.9, 127,000."""
    return f"{float(f'{value:.3g}'):,.0f}" if 1_000 <= abs(value) < 1e9 else f"{value:.3g}"


WHAT_IT_IS = (
    "Sharpness is the largest eigenvalue of the loss's Hessian: the steepest curvature where the weights stand. On a "
    "parabola SGD leaves where it exceeds 2/lr, or (2 + 2β)/lr with momentum β; Adam scales each weight's step, so its "
    "Hessian is scaled alike and the edge is 38/lr. Full-batch training climbs to the edge and stays there (Cohen et "
    "al., 2021, 2022); with small batches it may stay below."
)


def what_it_rests_on(one: Mapping[str, Any]) -> str:
    """On which images it was measured, and how."""
    images, of = one["images"], one["train_images"]
    sample = f"{images} of the {of:,} training images" if images < of else f"all {images} training images"
    told = (
        f"On {sample}, within 1%. Dropout is off; batch norm, where there is any, uses the statistics of "
        f"{one['at_a_time']} images at a time, as it uses those of a batch in training."
    )
    return told if one["equal"] else f"{told} {NOT_EQUAL}"


NOT_EQUAL = (
    "Trained again here, it did not go as it is recorded to the last bit: another processor or PyTorch trained it then."
)
