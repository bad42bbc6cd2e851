"""How counts grow with a hyperparameter, on logarithmic axes, where a power is a slope, held against its square."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from hpviz.charts.pictures.picture import FAINT, at, frame_of, slider, stack, three_colours, words

Counts = Mapping[float, Mapping[str, int]]
SQUARE = "the square"
TIMES = [1 / 64, 1 / 16, 1 / 4, 1, 4, 16, 64]
WRITTEN = "datum.value < 1 ? '1/' + round(1 / datum.value) : datum.value"


def growth(
    name: str,
    label: str,
    counts: Counts,
    base: float,
    start: float,
    ticks: Sequence[float],
    sentence: Callable[[float], str],
    dark: bool,
) -> alt.LayerChart:
    """Lines of three counts by a value, each as a multiple of itself at `base`, and the square of value / `base`.

    The slider, of that name and label, begins at `start` and goes in even steps over all values of `counts`; those at
    which the network does not fit have no counts. `sentence` says what to see at a value.
    """
    values = list(counts)
    step = values[1] - values[0]
    moved = slider(name, label, values[0], values[-1], step, start)
    kept = at(name, moved, step)
    frames = pd.DataFrame({name: value, "value": value, "sentence": sentence(value)} for value in values)
    lines = pd.DataFrame(_lines(counts, base))
    colour, dash = _colour(list(counts[base]), dark)
    x = alt.X(
        "value:Q",
        title=label,
        scale=alt.Scale(type="log", domain=[values[0], values[-1]], nice=False),
        axis=alt.Axis(values=list(ticks), format="~g", grid=False),
    )
    drawn = alt.Chart(lines).encode(x=x, y=_times(lines))
    tooltip = ["line:N", alt.Tooltip("value:Q", title=label), alt.Tooltip("times:Q", format=".3g")]
    return stack(
        frame_of(frames, [kept]).mark_rule(color=FAINT[dark], strokeDash=[2, 4]).encode(x=x),
        drawn.mark_line(strokeWidth=2.5).encode(color=colour, strokeDash=dash),
        drawn.transform_filter(f"abs(datum.value - {name}) < {step / 2:g} && datum.line != '{SQUARE}'")
        .mark_circle(size=170, opacity=1)
        .encode(color=colour, tooltip=tooltip),
        words(frames, [kept], dark),
        sliders=[moved],
    )


def _lines(counts: Counts, base: float) -> Iterator[dict[str, Any]]:
    for value, each in counts.items():
        for line, count in each.items():
            yield {"value": value, "line": line, "times": round(count / counts[base][line], 5)}
        yield {"value": value, "line": SQUARE, "times": round((value / base) ** 2, 5)}


def _times(lines: pd.DataFrame) -> alt.Y:
    """With room above the lines for the sentence."""
    low, high = lines["times"].min(), lines["times"].max()
    domain = [low, high * (high / low) ** 0.3]
    axis = alt.Axis(values=TIMES, labelExpr=f"({WRITTEN}) + '×'")
    return alt.Y("times:Q", title="times as much", scale=alt.Scale(type="log", domain=domain, nice=False), axis=axis)


def _colour(names: Sequence[str], dark: bool) -> tuple[alt.Color, alt.StrokeDash]:
    """One legend for both."""
    domain = [*names, SQUARE]
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="stroke", columns=2, offset=4)
    colours = alt.Scale(domain=domain, range=[*three_colours(dark), FAINT[dark]])
    dashes = alt.Scale(domain=domain, range=[*[[1, 0]] * len(names), [6, 4]])
    return alt.Color("line:N", scale=colours, legend=legend), alt.StrokeDash("line:N", scale=dashes, legend=legend)
