"""A chart as plain Vega-Lite, and apart from it the rows it draws.

Altair validates a specification in tenths of a second, and its themes and data transformers belong to the whole
process. So a chart is built once a structure, without its rows and without those: what is new are rows alone.
"""

from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

Spec = dict[str, Any]
Chart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart

# Where a chart holds other charts.
PARTS = ("layer", "hconcat", "vconcat", "concat")


def specification(chart: Chart, *, validated: bool = True) -> tuple[Spec, dict[str, pa.Table]]:
    """The chart's specification and the rows that lie in the chart itself, by the names it calls them.

    Named data stay names, for whoever draws it to give. Validation takes half of the time; whoever draws many charts
    that are validated elsewhere may do without.
    """
    frames: dict[str, pd.DataFrame] = {}
    spec: Spec = _with_names(chart, frames).to_dict(validate=validated)
    inside = spec.pop("datasets", {})
    # The size that Altair's own theme gives to every chart; the page gives another.
    if "config" in spec:
        spec["config"].pop("view", None)
        if not spec["config"]:
            del spec["config"]
    tables = {name: table(frame) for name, frame in frames.items()}
    return spec, tables | {name: pa.Table.from_pylist(rows) for name, rows in inside.items()}


def table(frame: pd.DataFrame) -> pa.Table:
    """A frame's rows as they travel to a browser. What is not a number is null."""
    # Starting threads for a few hundred rows takes longer than the rows do, most of all beside a run that trains.
    return pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)


def _with_names(chart: Chart, frames: dict[str, pd.DataFrame]) -> Chart:
    """The chart with every frame in it called by a name, the same frame by the same."""
    if not _has_frames(chart):  # a copy takes a sixth of what all of this does
        return chart
    named = chart.copy()
    _name(named, frames)
    return named


def _has_frames(chart: Any) -> bool:
    return isinstance(chart.data, pd.DataFrame) or any(map(_has_frames, _parts(chart)))


def _parts(chart: Any) -> list[Any]:
    return [each for part in PARTS for each in getattr(chart, part, ()) if isinstance(each, alt.TopLevelMixin)]


def _name(chart: Any, frames: dict[str, pd.DataFrame]) -> None:
    if isinstance(chart.data, pd.DataFrame):
        known = next((name for name, frame in frames.items() if frame is chart.data), None)
        name = known or f"rows {len(frames)}"
        frames[name] = chart.data
        chart.data = alt.NamedData(name=name)
    for each in _parts(chart):
        _name(each, frames)
