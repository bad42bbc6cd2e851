"""The charts of a comparison as Vega-Lite in plain JSON: figures inside, and none of Altair's global settings.

Altair's themes and data transformers belong to the whole process, and Streamlit changes them while it draws a page. So
the charts name their data, the data are put beside them here, and their configuration is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import altair as alt
import pandas as pd

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.evidence import as_ended
from hpviz.analysis.fairness import edge_of
from hpviz.analysis.learning_curve import is_learning_curve, law_rows
from hpviz.charts.curves import TITLES, Look, Metric, curve, drawn_rows
from hpviz.charts.isolation import isolation, placed, title_of
from hpviz.charts.lettering import SANS, drawable
from hpviz.charts.looks import ground_of
from hpviz.charts.palette import BACKGROUND, HAIRLINE, MUTED
from hpviz.runs.document import ACTIVE

SCHEMA = f"https://vega.github.io/schema/vega-lite/{alt.SCHEMA_VERSION.split('.')[0]}.json"
METRICS: tuple[Metric, ...] = ("test_accuracy", "train_loss", "test_loss")
# More dots than this on a line run into one another.
DOTS = 40

Spec = dict[str, Any]


@dataclass(frozen=True)
class Panels:
    """Charts without title, size, theme or data: `charts` and their `titles` by name, `datasets` what they draw."""

    charts: Mapping[str, Spec]
    titles: Mapping[str, str]
    datasets: Mapping[str, list[dict[str, Any]]]


def panels_of(comparison: Comparison, look: Look, dark: bool) -> Panels:
    """The three curves and, where one number differs, the isolation plot."""
    look = replace(look, own_legend=False, dot_every=ceil(comparison.epochs / DOTS))
    frame = frames.curves(comparison.cut, comparison.labels, comparison.epochs)
    charts: dict[str, Spec] = {}
    titles: dict[str, str] = {metric: TITLES[metric] for metric in METRICS}
    datasets = {"curves": _records(drawn_rows(frame, look.x, look.log_loss))}
    for metric in METRICS:
        charts[metric] = _plain(curve(alt.NamedData(name="curves"), metric, look), datasets)
    ground = ground_of(comparison, dark)
    if ground is not None:
        datasets["isolation"] = _records(placed(isolated(comparison), ground))
        titles["isolation"] = title_of(ground)
        charts["isolation"] = _plain(isolation(alt.NamedData(name="isolation"), ground), datasets)
    return Panels(drawable(charts), titles, drawable(datasets))


def isolated(comparison: Comparison, judged: Comparison | None = None) -> pd.DataFrame:
    """Accuracy against the one field that differs; the edge of its range is marked where runs that have ended show it.

    In the columns of `analysis.frames.isolation`; of learning curves the errors too, and the power law in rows of its
    own. Where more is drawn than is `judged`, the law is of that.
    """
    field = comparison.differing[0]
    ended = [run for run in comparison.cut if run["status"] not in ACTIVE]
    edge = edge_of(ended if comparison.updates is None else as_ended(ended, comparison.updates), field)
    marked = edge.value if edge and not edge.alike else None
    frame = frames.isolation(comparison.runs, field, comparison.labels, comparison.ends, marked)
    return frames.with_errors(frame, law_rows(judged or comparison)) if is_learning_curve(comparison) else frame


def config(dark: bool) -> Spec:
    """The look of everything around the figures, in fonts that exist everywhere."""
    label = {"labelColor": MUTED[dark], "labelFontSize": 11, "labelPadding": 6}
    title = {"titleColor": MUTED[dark], "titleFontSize": 11, "titleFontWeight": "normal", "titlePadding": 8}
    return {
        "font": SANS,
        "background": BACKGROUND[dark],
        "view": {"stroke": None},
        "axis": {**label, **title, "gridColor": HAIRLINE[dark], "ticks": False, "domain": False},
        "axisX": {"domain": True, "domainColor": HAIRLINE[dark]},
        "text": {"font": SANS},
    }


def _plain(chart: alt.LayerChart, datasets: dict[str, list[dict[str, Any]]]) -> Spec:
    """The chart's own part of its specification, without what a theme adds; the data it carries join the others."""
    spec = chart.to_dict(validate=False)
    datasets |= spec.get("datasets", {})
    return {name: spec[name] for name in ("data", "layer") if name in spec}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for a drawing: six digits, and null for what is not a number."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): _short(value) for name, value in row.items()} for row in rows]


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value
