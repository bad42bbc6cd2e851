"""The batch size on a map of the loss: all, some and one example at a time, from one start."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from hpviz.charts.pictures.picture import (
    FAINT,
    INK,
    Picture,
    at,
    choice,
    frame_of,
    slider,
    stack,
    three_colours,
)
from hpviz.theory.contours import contour, descend, draw_examples

COUNT = 32
BATCHES = {"one example": 1, "batch of 8": 8, "all 32": COUNT}
UPDATES = 30  # of every path, when updates are equal
PASSES = 2  # over the examples, when those are equal

CONDITIONS = range(1, 26, 4)
START = (-2.5, 0.0)
LEVELS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.1)
HALF_WIDTH, HALF_HEIGHT = 2.8, 1.7  # of the map, in weights

# The largest curvature is 1, so a bold step of 1.6 overshoots across the valley and still closes in.
RATES = {0.3: "0.3 / h", 1.6: "1.6 / h"}


@cache
def contours_picture(dark: bool) -> Picture:
    """Three paths of descent on one surface, its condition number on a slider."""
    condition = slider("condition", "condition number", CONDITIONS[0], CONDITIONS[-1], CONDITIONS.step, 9)
    rate = choice("rate", "learning rate", list(RATES), list(RATES.values()), 0.3)
    equal = choice("equal", "same number of", ["updates", "examples"], ["updates", "examples seen"], "updates")
    steepness = at("condition", condition, CONDITIONS.step)
    ellipses = pd.DataFrame(record for number in CONDITIONS for record in ellipse(number))
    paths = pd.DataFrame(record for number in CONDITIONS for record in _paths(number))
    kept = [steepness, at("rate", rate, 1.0), f"datum.update <= (equal == 'updates' ? {UPDATES} : datum.budget)"]
    layers = [
        *contour_map(ellipses, steepness, dark),
        *walks(paths, kept, path_colour(list(BATCHES), dark)),
        *ends(dark),
    ]
    return Picture(
        stack(*layers, sliders=[condition, rate, equal]),
        "Contours of a loss over two weights, with three paths of gradient descent from one start: over all examples a "
        "smooth curve, over batches of 8 a slightly ragged one, over single examples a zig-zag around the bottom.",
        "After equal updates, the path over all examples is the straightest; after equally many examples it is the "
        "shortest. In a narrow valley a high rate zig-zags even without noise, and the path over single examples may "
        "diverge (h: the steepest curvature).",
    )


def ellipse(condition: float) -> Iterator[dict[str, Any]]:
    """The contour one nat up: all contours have its shape."""
    for point, (w1, w2) in enumerate(contour(draw_examples(condition, COUNT).hessian, 1.0)):
        yield {"condition": condition, "point": point, "w1": round(w1, 3), "w2": round(w2, 3)}


def _paths(condition: float) -> Iterator[dict[str, Any]]:
    """One record an update of each path; `budget` is how many updates the equal share of examples pays for."""
    examples = draw_examples(condition, COUNT)
    for rate in RATES:
        for name, batch_size in BATCHES.items():
            budget = PASSES * COUNT // batch_size
            path = descend(examples, batch_size, rate, max(UPDATES, budget), START, limit=1.25 * HALF_WIDTH)
            frame = {"condition": condition, "rate": rate, "path": name, "budget": budget}
            for update, (w1, w2) in enumerate(path):
                yield {**frame, "update": update, "w1": round(w1, 2), "w2": round(w2, 2)}


def contour_map(ellipses: pd.DataFrame, kept: str, dark: bool) -> list[alt.Chart]:
    """The contours of a quadratic grow with the root of the loss."""
    base = frame_of(ellipses, [kept]).encode(x=weight_1(), y=weight_2(), order=alt.Order("point:Q"))
    return [
        base.transform_calculate(w1=f"datum.w1 * {level**0.5:.3f}", w2=f"datum.w2 * {level**0.5:.3f}").mark_line(
            color=FAINT[dark], strokeWidth=1, opacity=0.6, clip=True
        )
        for level in LEVELS
    ]


def walks(paths: pd.DataFrame, kept: list[str], colour: alt.Color) -> list[alt.Chart]:
    """Each path as a line with a point at every update."""
    base = frame_of(paths, kept).encode(x=weight_1(), y=weight_2(), color=colour)
    tooltip = [alt.Tooltip("path:N"), alt.Tooltip("update:Q"), alt.Tooltip("w1:Q"), alt.Tooltip("w2:Q")]
    return [
        base.mark_line(strokeWidth=2, clip=True).encode(order=alt.Order("update:Q")),
        base.mark_circle(size=26, opacity=0.9, clip=True).encode(tooltip=tooltip),
    ]


def ends(dark: bool) -> list[alt.Chart]:
    """Where all begin, and the bottom they look for."""
    places = [{"w1": START[0], "w2": START[1], "name": "start"}, {"w1": 0.0, "w2": 0.0, "name": "lowest loss"}]
    base = alt.Chart(pd.DataFrame(places)).encode(x=weight_1(), y=weight_2())
    return [
        base.mark_point(shape="cross", color=INK[dark], size=90, filled=True, opacity=1),
        base.mark_text(dy=-14, color=INK[dark], fontSize=12).encode(text=alt.Text("name:N")),
    ]


def path_colour(paths: list[str], dark: bool) -> alt.Color:
    """One of three colours a path, named above."""
    scale = alt.Scale(domain=paths, range=three_colours(dark))
    legend = alt.Legend(orient="top", direction="horizontal", title=None, symbolType="circle", columns=3, offset=4)
    return alt.Color("path:N", scale=scale, legend=legend)


def weight_1() -> alt.X:
    """Drawn as long as on the other axis, so that steps cross contours at right angles."""
    scale = _square(HALF_WIDTH, HALF_HEIGHT, "width", "height")
    return alt.X("w1:Q", title="weight 1", scale=scale, axis=alt.Axis(grid=False, tickCount=5))


def weight_2() -> alt.Y:
    """As `weight_1`."""
    scale = _square(HALF_HEIGHT, HALF_WIDTH, "height", "width")
    return alt.Y("w2:Q", title="weight 2", scale=scale, axis=alt.Axis(grid=False, tickCount=5))


def _square(half: float, other_half: float, length: str, other_length: str) -> alt.Scale:
    edge = f"max({half}, {other_half} * {length} / {other_length})"
    return alt.Scale(domainMin=alt.expr(f"-{edge}"), domainMax=alt.expr(edge), nice=False, zero=False)
