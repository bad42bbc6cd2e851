"""A grid of two hyperparameters as a heat map: a figure a cell, the ridge of best values over it, rules as lines.

Places along both axes are those of `analysis.grid.places`, so that a power law is a straight line where both axes are
logarithmic. As with the curves, the specification depends on which values are crossed, never on their figures.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

import altair as alt
import pandas as pd

from hpviz.analysis.grid import Grid, places, state_of, words_of
from hpviz.analysis.ridge import Best, RuleLine
from hpviz.charts.palette import BACKGROUND, DIVERGED, INK, MUTED, mix
from hpviz.hyperparameters import HYPERPARAMETERS, Value, spell

# From low to high accuracy; lightness runs one way only, so it is read in grey and by the colour-blind too.
HEAT = {
    False: ("#fff4df", "#f6bd95", "#cf6a8c", "#7a339b", "#210f6b"),
    True: ("#2a2138", "#5f2d7d", "#ad4585", "#ee8468", "#ffd684"),
}
# The heat spans at least so many points of accuracy, or noise would look like a landscape.
LEAST_SPAN = 0.1
ROW, AROUND, HIGHEST = 46, 110, 700  # pixels: a row of cells, title and axis, all at most
COLUMNS_IN_FULL, ROWS_IN_FULL = 8, 12
SELECTION = "cell"
DASHES = [[10, 5], [2, 4]]
ENDS = ("left", "right")
BESIDE_FIGURES = 60  # pixels from the left edge of a cell
COLUMNS = (
    *("kind", "cell", "x", "y", "left", "right", "bottom", "top"),
    *("fill", "ink", "words", "lost", "first", "second", "mean", "spread", "state", "filled", "rule"),
)
Row = dict[str, Any]


class Crossed(NamedTuple):
    """What a heat map's specification depends on: two fields and their values."""

    first: str
    second: str
    values: tuple[Value, ...]
    values2: tuple[Value, ...]


def rows_of(grid: Grid, bests: Sequence[Best], lines: Sequence[RuleLine], dark: bool) -> pd.DataFrame:
    """Everything that is drawn: a row a cell, a best and an end of a rule, in COLUMNS."""
    rows = [*_cells(grid, dark), *_bests(grid, bests), *_rules(lines)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def heat_map(frame: pd.DataFrame | alt.NamedData, grid: Grid | Crossed, dark: bool) -> alt.LayerChart:
    """The chart; `frame` as `rows_of` makes it, or its name. Of `grid` only the axes matter. A click chooses a cell."""
    full = len(grid.values2) <= COLUMNS_IN_FULL and len(grid.values) <= ROWS_IN_FULL
    size, base = 13 if full else 9, alt.Chart(frame)
    x, y = _axis(alt.X, "x:Q", grid.second, grid.values2), _axis(alt.Y, "y:Q", grid.first, grid.values)
    cells = base.transform_filter("datum.kind == 'cell'")
    spans = {"x": _axis(alt.X, "left:Q", grid.second, grid.values2), "x2": "right:Q", "y2": "top:Q"}
    area = {**spans, "y": _axis(alt.Y, "bottom:Q", grid.first, grid.values)}
    layers = [
        cells.mark_rect(stroke=BACKGROUND[dark], strokeWidth=2).encode(color=alt.Color("fill:N", scale=None), **area),
        cells.transform_filter("datum.mean == null")
        .mark_rect(filled=False, stroke=MUTED[dark], strokeDash=[3, 3], strokeWidth=1)
        .encode(**area),
        *_lines(base, x, y, dark),
        *_ridge(base, x, y, dark),
        *_words(cells, spans["x"], y, size),
        *_lost(cells, spans["x"], y, dark, size),
        cells.mark_rect(opacity=0, cursor="pointer", color=BACKGROUND[dark])
        .encode(tooltip=_tooltips(grid), **area)
        .add_params(alt.selection_point(name=SELECTION, fields=["cell"], on="click", empty=False)),
    ]
    height = min(AROUND + ROW * max(len(grid.values), 4), HIGHEST)
    title = f"Test accuracy by {_inside(grid.first)} and {_inside(grid.second)}"
    return alt.LayerChart(layer=layers).properties(height=height, title=title)


def name_of_cell(grid: Grid, place: tuple[Value, Value]) -> str:
    """How a click calls a cell: its places among the values, 0,2."""
    return f"{grid.values.index(place[0])},{grid.values2.index(place[1])}"


# Rows


def _cells(grid: Grid, dark: bool) -> Iterator[Row]:
    along, across = (_spans(field, each) for field, each in ((grid.first, grid.values), (grid.second, grid.values2)))
    means = [cell.mean for cell in grid.cells.values() if cell.mean is not None]
    high = max(means, default=1.0)
    low = min([*means, high - LEAST_SPAN])
    for place, cell in grid.cells.items():
        fill = "transparent" if cell.mean is None else heat((cell.mean - low) / (high - low), dark)
        (bottom, y, top), (left, x, right) = along[place[0]], across[place[1]]
        yield {
            "kind": "cell",
            "cell": name_of_cell(grid, place),
            **{"x": x, "y": y, "left": left, "right": right, "bottom": bottom, "top": top},
            "fill": fill,
            "ink": MUTED[dark] if cell.mean is None else ink_on(fill),
            "words": words_of(cell),
            "lost": cell.lost,
            "first": spell(place[0]),
            "second": spell(place[1]),
            "mean": cell.mean,
            "spread": "" if cell.spread is None else f"± {100 * cell.spread:.1f} points",
            "state": state_of(cell),
        }


def _bests(grid: Grid, bests: Sequence[Best]) -> Iterator[Row]:
    along, across = places(grid.first, grid.values), places(grid.second, grid.values2)
    for best in bests:
        at = [along[value] for value in best.alike]
        row = {"x": across[best.value2], "bottom": min(at), "top": max(at)}
        yield {"kind": "alike", **row}
        if best.value is not None:
            y = along[best.value] if best.top is None else best.top
            yield {"kind": "best", **row, "y": y, "filled": "no" if best.edge else "yes"}


def _rules(lines: Sequence[RuleLine]) -> Iterator[Row]:
    """Both ends of each line; the name stands at the end where the lines are further apart."""
    apart = [abs(lines[0].points[end][1] - lines[-1].points[end][1]) for end in (0, 1)] if lines else [0.0, 0.0]
    named = 1 if round(apart[1], 6) >= round(apart[0], 6) else 0
    for line in lines:
        for place, (x, y) in enumerate(line.points):
            name = line.rule.short if place == named else ""
            yield {"kind": f"rule {ENDS[place]}", "x": x, "y": y, "rule": line.rule.short, "words": name}


def _spans(field: str, values: Sequence[Value]) -> dict[Value, tuple[float, float, float]]:
    """Where each value's cell begins, where the value is, and where it ends; cells meet halfway."""
    at = places(field, values)
    order = sorted(at, key=lambda value: at[value])
    middles = [(at[one] + at[other]) / 2 for one, other in pairwise(order)]
    reach = (middles[0] - at[order[0]], at[order[-1]] - middles[-1]) if middles else (0.5, 0.5)
    edges = [at[order[0]] - reach[0], *middles, at[order[-1]] + reach[1]]
    return {value: (edges[place], at[value], edges[place + 1]) for place, value in enumerate(order)}


def heat(share: float, dark: bool) -> str:
    """The colour of a share (0..1) of the way from the lowest to the highest accuracy."""
    anchors = HEAT[dark]
    place = min(max(share, 0.0), 1.0) * (len(anchors) - 1)
    low = min(int(place), len(anchors) - 2)
    return mix(anchors[low], anchors[low + 1], place - low)


def ink_on(fill: str) -> str:
    """Black or white, whichever is read better on a colour (WCAG's relative luminance): at least 4.5:1 on any."""
    channels = [int(fill[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


# Marks


def _axis(kind: Any, field: str, name: str, values: Sequence[Value]) -> Any:
    spans, each = _spans(name, values), HYPERPARAMETERS[name]
    at = {value: place for value, (_, place, _) in spans.items()}
    words = json.dumps([spell(value) for value in at], ensure_ascii=False)
    labels = f"{words}[indexof({json.dumps([*at.values()])}, datum.value)]"
    low, high = min(low for low, _, _ in spans.values()), max(high for _, _, high in spans.values())
    axis = alt.Axis(
        values=[*at.values()], labelExpr=labels, grid=False, ticks=False, domain=False, labelAngle=0, labelOverlap=False
    )
    return kind(field, title=each.label, axis=axis, scale=alt.Scale(domain=[low, high], nice=False, zero=False))


def _words(cells: alt.Chart, x: Any, y: Any, size: int) -> list[alt.Chart]:
    """The figures, on an outline in the colour of their cell where a line passes below them."""
    words = cells.encode(x=x, y=y, text=alt.Text("words:N"))
    options: dict[str, Any] = {"align": "left", "dx": 7, "fontSize": size, "fontWeight": 600}
    halo, ink = (alt.Color(f"{field}:N", scale=None) for field in ("fill", "ink"))
    return [
        words.mark_text(**options, strokeWidth=5, strokeJoin="round").encode(
            stroke=alt.Stroke("fill:N", scale=None), color=halo
        ),
        words.mark_text(**options).encode(color=ink),
    ]


def _lost(cells: alt.Chart, x: Any, y: Any, dark: bool, size: int) -> list[alt.Chart]:
    """A red triangle where a seed diverged, after the words, on a ground of its own."""
    marks = cells.transform_filter("datum.lost > 0")
    options: dict[str, Any] = {"align": "left", "dx": 7, "dy": -1.35 * size, "text": "▲"}
    halo = marks.mark_text(**options, fontSize=size + 1, color=DIVERGED[dark], stroke=BACKGROUND[dark], strokeWidth=4)
    ink = marks.mark_text(**options, fontSize=size + 1, color=DIVERGED[dark])
    return [cast(alt.Chart, each.encode(x=x, y=y)) for each in (halo, ink)]


def _ridge(base: alt.Chart, x: Any, y: Any, dark: bool) -> list[alt.Chart]:
    """Bars over the values that are alike, and points at the best, joined by a line; all on a pale outline."""
    ink, ground = INK[dark], BACKGROUND[dark]
    bars = base.transform_filter("datum.kind == 'alike'").encode(x=x, y=alt.Y("bottom:Q"), y2=alt.Y2("top:Q"))
    best = base.transform_filter("datum.kind == 'best'").encode(x=x, y=y)
    fill = alt.when("datum.filled == 'yes'").then(alt.value(ink)).otherwise(alt.value(ground))
    return [
        bars.mark_rule(strokeWidth=7, strokeCap="round", color=ground),
        best.mark_line(strokeWidth=5, color=ground),
        bars.mark_rule(strokeWidth=3, strokeCap="round", color=ink),
        best.mark_line(strokeWidth=2, color=ink),
        best.mark_point(size=110, filled=False, strokeWidth=5, color=ground, opacity=1),
        best.mark_point(size=90, strokeWidth=2, stroke=ink, opacity=1).encode(fill=fill),
    ]


def _lines(base: alt.Chart, x: Any, y: Any, dark: bool) -> list[alt.Chart]:
    """The rules, dashed, with their names at one end."""
    rules = base.transform_filter("indexof(['rule left', 'rule right'], datum.kind) >= 0")
    dash = alt.StrokeDash("rule:N", legend=None, scale=alt.Scale(range=DASHES))
    return [
        rules.mark_line(strokeWidth=4, color=BACKGROUND[dark]).encode(x=x, y=y, detail=alt.Detail("rule:N")),
        rules.mark_line(strokeWidth=2, color=INK[dark]).encode(x=x, y=y, strokeDash=dash),
        *_names(base, x, y, dark, "left", {"align": "left", "dx": BESIDE_FIGURES}),
        *_names(base, x, y, dark, "right", {"align": "right", "dx": -6}),
    ]


def _names(base: alt.Chart, x: Any, y: Any, dark: bool, end: str, where: Mapping[str, Any]) -> list[alt.Chart]:
    """The rules' names at one end, on an outline."""
    names = base.transform_filter(f"datum.kind == 'rule {end}'").encode(x=x, y=y, text=alt.Text("words:N"))
    options: dict[str, Any] = {**where, "baseline": "bottom", "dy": -4, "fontSize": 12, "fontWeight": 600}
    return [
        names.mark_text(**options, stroke=BACKGROUND[dark], strokeWidth=4, color=BACKGROUND[dark]),
        names.mark_text(**options, color=INK[dark]),
    ]


def _tooltips(grid: Grid | Crossed) -> list[alt.Tooltip]:
    fields: Mapping[str, str] = {"first": _label(grid.first), "second": _label(grid.second), "state": "runs"}
    names = [alt.Tooltip(f"{field}:N", title=title) for field, title in fields.items()]
    return [
        *names,
        alt.Tooltip("mean:Q", format=".1%", title="accuracy"),
        alt.Tooltip("spread:N", title="seeds spread"),
    ]


def _label(field: str) -> str:
    return HYPERPARAMETERS[field].label


def _inside(field: str) -> str:
    return _label(field)[:1].lower() + _label(field)[1:]
