"""What all pictures share: how one is handed over, its sliders, its words and its colours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from hpviz.charts.palette import DARK, INK, LIGHT
from hpviz.charts.specification import Chart, Spec, specification

HEIGHT = 340
FAINT = {False: "#8a8490", True: "#8d8698"}


@dataclass(frozen=True, eq=False)
class Picture:
    """A chart, a sentence for those who cannot see it, and a sentence to stand under it."""

    chart: Chart
    alt_text: str
    caption: str

    @cached_property
    def drawn(self) -> tuple[Spec, dict[str, pa.Table]]:
        """The specification, which tests have validated, and the rows in it by name; built once."""
        return specification(self.chart, validated=False)


def three_colours(dark: bool) -> list[str]:
    """Three colours far apart on the page's ramp."""
    ramp = DARK if dark else LIGHT
    return [ramp[0], ramp[2], ramp[4]]


def slider(name: str, label: str, start: float, end: float, step: float, value: float) -> alt.Parameter:
    """A slider under the chart. The name is fixed, for a counted one would make every specification differ.

    Vega's own signals keep theirs: a slider named `width` would resize the chart.
    """
    return alt.param(name=name, value=value, bind=alt.binding_range(min=start, max=end, step=step, name=label))


def choice(name: str, label: str, options: Sequence[Any], labels: Sequence[str], value: Any) -> alt.Parameter:
    """Radio buttons under the chart."""
    bind = alt.binding_radio(options=list(options), labels=list(labels), name=label)
    return alt.param(name=name, value=value, bind=bind)


def at(field: str, parameter: alt.Parameter, step: float) -> str:
    """The filter that keeps a slider's frame, whatever the last digits that the browser makes of its position."""
    return f"abs(datum.{field} - {parameter.name}) < {step / 2:g}"


def rounded(values: NDArray[np.float64] | Iterable[float], digits: int = 3) -> list[float]:
    """Numbers as a picture needs them: short."""
    return [round(float(value), digits) for value in values]


def stack(*layers: alt.Chart, sliders: Sequence[alt.Parameter] = (), height: int = HEIGHT) -> alt.LayerChart:
    """Layers as one chart, the first at the back, its sliders in their order."""
    return cast(alt.LayerChart, alt.layer(*layers).add_params(*sliders).properties(height=height))


def frame_of(data: pd.DataFrame, filters: Sequence[str]) -> alt.Chart:
    """The part of the data that passes every filter."""
    chart = alt.Chart(data)
    for kept in filters:
        chart = chart.transform_filter(kept)
    return chart


def words(data: pd.DataFrame, filters: Sequence[str], dark: bool) -> alt.Chart:
    """The frame's `sentence` in the upper left corner; a line break in it is one on the chart."""
    chart: alt.Chart = (
        frame_of(data, filters)
        .mark_text(
            align="left", baseline="top", fontSize=13, lineHeight=18, lineBreak="\n", color=INK[dark], fontWeight=600
        )
        .encode(x=alt.XValue(10), y=alt.YValue(8), text=alt.Text("sentence:N"))
    )
    return chart
