"""The loss over the plane through real paths, as contours, with the paths on it and what the plane hides."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from hpviz.analysis.comparison import Comparison, compare_runs
from hpviz.charts.looks import Values, colours_by_label
from hpviz.charts.palette import BACKGROUND, INK, mix
from hpviz.charts.pictures.photo import data_uri
from hpviz.charts.single import Drawing
from hpviz.notation import figure
from hpviz.runs.document import Run
from hpviz.runs.inspections import Finding

WIDTH = 640  # pixels, of a file
LEVELS = 11
# The ground is grey, so that colours are the paths' alone: from the lowest loss to the highest.
SHADES = {False: ("#fdfcfb", "#a9a3ad"), True: ("#17151b", "#625c69")}
FINE, DRAWN = 840, 420  # pixels of the ground: as computed, and as drawn, so that its edges are smooth
LABEL_PIXELS, END_PIXELS = 34, 90  # what a contour's name needs around it, and what a path's name takes

Floats = NDArray[np.float64]


def landscape_drawing(found: Finding, runs: Sequence[Run], dark: bool) -> Drawing:
    """The landscape as a picture of its own, the figures that tell how far to believe it written under its title."""
    comparison = compare_runs(runs)
    chart = landscape_chart(found, comparison, dark).properties(width=WIDTH, height=WIDTH * height_of(found))
    words = (share_in_words(found), error_in_words(found), *notes(found, names_of(found, comparison)))
    return Drawing(chart, "The loss around the paths that training took", in_words(found, comparison), words)


def landscape_chart(
    found: Finding, comparison: Comparison, dark: bool, shown: Mapping[Values, float] | None = None
) -> alt.LayerChart:
    """Contours and paths, epochs as dots, a label at each end. Both axes are distances of weights, one unit long."""
    paths = pd.DataFrame(_points(found, comparison, dark, shown))
    inside = paths[paths["inside"]]
    ends = inside.sort_values("epoch").groupby("run").tail(1)
    x, y = _axis(alt.X, "x", found), _axis(alt.Y, "y", found)
    base = alt.Chart(paths).encode(x=x, y=y)
    colour = alt.Color("colour:N", scale=None)
    line = base.encode(detail=alt.Detail("run:N"), order=alt.Order("epoch:Q"))
    tooltip = [
        alt.Tooltip("name:N", title="path"),
        alt.Tooltip("epoch:Q", title="epochs", format=".2~f"),
        alt.Tooltip("loss:Q", title="loss there (nats)", format=".3f"),
    ]
    dots = base.transform_filter("datum.dot").encode(color=colour, tooltip=tooltip)
    names = alt.Chart(ends).encode(x=x, y=y, text=alt.Text("name:N"))
    name: dict[str, Any] = {"align": "left", "dx": 9, "dy": -2, "fontSize": 12, "fontWeight": 600}
    start = inside[inside["epoch"] == 0].drop_duplicates(["x", "y"])
    layers = [
        alt.Chart(pd.DataFrame([_ground(found, dark)]))
        .mark_image(aspect=False, clip=True)
        .encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), url=alt.Url("url:N")),
        *_level_names(found, paths, dark, x, y),
        _hover(found, x, y),
        line.mark_line(strokeWidth=4.5, color=BACKGROUND[dark], clip=True, opacity=0.85),
        line.mark_line(strokeWidth=2.2, clip=True).encode(color=colour),
        dots.mark_circle(size=46, opacity=1, clip=True, stroke=BACKGROUND[dark], strokeWidth=1),
        alt.Chart(start).mark_point(shape="cross", filled=True, size=110, opacity=1, color=INK[dark]).encode(x=x, y=y),
        alt.Chart(start).mark_text(dy=-13, fontSize=12, color=INK[dark], text="start").encode(x=x, y=y),
        names.mark_text(**name, color=BACKGROUND[dark], stroke=BACKGROUND[dark], strokeWidth=4, strokeJoin="round"),
        names.mark_text(**name, color=INK[dark]),
    ]
    return alt.LayerChart(layer=layers)


def height_of(found: Finding) -> float:
    """How high the picture is for its width, a unit being as long on both axes."""
    return float((found["y"][-1] - found["y"][0]) / (found["x"][-1] - found["x"][0]))


def share_in_words(found: Finding) -> str:
    return f"The plane holds {found['explained']:.1%} of the paths' variance."


WHY = (
    "A plane is two directions of all those in which weights can move: what lies in it is true, but a valley or a wall "
    "seen here may be open in another direction, and a path may leave the plane, so trust the picture as far as these "
    "two figures let you."
)


def error_in_words(found: Finding) -> str:
    """How far the picture is off, and what the losses are means of."""
    if found["error"] is None:
        return "Where the paths are and where they are drawn, no loss is a finite number."
    return (
        f"Where a path really is, its loss is {figure(found['error'], 3)} nats from the one drawn, on average "
        f"(losses over {found['images']} training images)."
    )


def notes(found: Finding, names: Mapping[str, str]) -> list[str]:
    """What is to be known of single paths: recorded on a machine that rounds otherwise, or cut."""
    told = []
    for run_id, off in found["off"].items():
        if off:
            told.append(
                f"{names[run_id]}: recorded by a machine that rounds otherwise; gone through again, its losses are "
                f"{off:.1g} nats off."
            )
    for run_id, epoch in found["cut"].items():
        told.append(f"{names[run_id]}: cut in epoch {epoch}, where its weights ran away.")
    return told


def names_of(found: Finding, comparison: Comparison) -> dict[str, str]:
    """What each path is called: its run's value, and its seed where a value has several."""
    labels = {run_id: comparison.labels[run_id] for run_id in found["paths"]}
    several = {label for label in labels.values() if list(labels.values()).count(label) > 1}
    seeds = {run["id"]: run["spec"]["seed"] for run in comparison.runs}
    names = {each: f"{label}, seed {seeds[each]}" if label in several else label for each, label in labels.items()}
    field = f"{comparison.legend} " if comparison.legend != "run" else ""
    return {each: f"{field}{name}" for each, name in names.items()}


def in_words(found: Finding, comparison: Comparison) -> str:
    names = names_of(found, comparison)
    paths = "; ".join(
        f"{names[run_id]} from {_nats(path[0][2])} to {_nats(path[-1][2])}" for run_id, path in found["paths"].items()
    )
    told = f"Contours of the loss over a plane through the paths of training: {paths}."
    return f"{told} {share_in_words(found)} {error_in_words(found)}"


def _nats(loss: float | None) -> str:
    return "no finite loss" if loss is None else f"{figure(loss, 2)} nats"


def _points(
    found: Finding, comparison: Comparison, dark: bool, shown: Mapping[Values, float] | None
) -> Iterator[dict[str, Any]]:
    colours, names = colours_by_label(comparison, dark, shown), names_of(found, comparison)
    (left, right), (bottom, top) = ((found[axis][0], found[axis][-1]) for axis in ("x", "y"))
    for run_id, path in found["paths"].items():
        moments = found["epochs"][run_id]
        for (x, y, loss), epoch in zip(path, moments, strict=True):
            yield {
                "run": run_id,
                "name": names[run_id],
                "colour": colours[comparison.labels[run_id]],
                "x": x,
                "y": y,
                "loss": loss,
                "epoch": epoch,
                "dot": abs(epoch - round(epoch)) < 1e-9,
                "inside": left <= x <= right and bottom <= y <= top,
            }


# The ground


def levels_of(grid: Floats) -> Floats:
    """Losses at which contours are drawn, in equal steps of the logarithm, written in two digits."""
    finite = grid[np.isfinite(grid)]
    if not len(finite) or finite.max() <= finite.min():
        return np.empty(0)
    low = max(float(finite.min()), 1e-6)
    steps = np.geomspace(low, max(float(finite.max()), low * 1.001), LEVELS + 2)[1:-1]
    return np.unique([float(f"{step:.2g}") for step in steps])


def _ground(found: Finding, dark: bool) -> dict[str, Any]:
    """The bands between the levels as one picture, a darker line where two of them meet."""
    grid, levels = _grid(found), levels_of(_grid(found))
    fine = _finer(np.log(np.maximum(np.where(np.isfinite(grid), grid, np.inf), 1e-6)), FINE)
    band = np.searchsorted(np.log(levels), fine, side="right")
    shades = [mix(*SHADES[dark], place / max(len(levels), 1)) for place in range(len(levels) + 1)]
    edges = np.zeros(band.shape, bool)
    edges[1:] |= band[1:] != band[:-1]
    edges[:, 1:] |= band[:, 1:] != band[:, :-1]
    pixels = np.array([_rgb(shade) for shade in shades], np.uint8)[band]
    pixels[edges] = _rgb(mix(SHADES[dark][1], INK[dark], 0.35))
    image = Image.fromarray(pixels[::-1]).resize((DRAWN, DRAWN), Image.Resampling.BOX)
    x, y = found["x"], found["y"]
    return {"x": x[0], "x2": x[-1], "y": y[0], "y2": y[-1], "url": data_uri(np.asarray(image))}


def _grid(found: Finding) -> Floats:
    return np.array([[np.nan if loss is None else loss for loss in row] for row in found["grid"]], np.float64)


def _finer(grid: Floats, count: int) -> Floats:
    """The grid at `count` places along each axis, smooth between its points; beyond all bounds as high as it gets."""
    highest = grid[np.isfinite(grid)].max(initial=0.0)
    rough = Image.fromarray(np.where(np.isfinite(grid), grid, highest).astype(np.float32))
    rows, columns = grid.shape
    box = (0.5, 0.5, columns - 0.5, rows - 0.5)  # its points are the middles of pixels, and the view ends at points
    return np.asarray(rough.resize((count, count), Image.Resampling.BICUBIC, box), np.float64)


def _level_names(found: Finding, paths: pd.DataFrame, dark: bool, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Each contour's loss, where it crosses a line of the grid furthest from the paths and from the other names."""
    grid, ax, ay = _grid(found), np.array(found["x"]), np.array(found["y"])
    unit = (ax[-1] - ax[0]) / WIDTH
    taken = paths[["x", "y"]].to_numpy(float)
    last = paths[paths["inside"]].groupby("run").tail(1)[["x", "y"]].to_numpy(float)
    taken = np.vstack([taken, *(last + np.array([part * END_PIXELS * unit, 0]) for part in (0.25, 0.5, 0.75, 1.0))])
    rows = []
    for level in levels_of(grid):
        crossings = _crossings(grid, ax, ay, level)
        if not len(crossings):
            continue
        distances = np.linalg.norm(crossings[:, None] - taken[None], axis=2).min(1)
        best = int(distances.argmax())
        if distances[best] < LABEL_PIXELS * unit:
            continue
        taken = np.vstack([taken, crossings[best]])
        rows.append({"x": crossings[best, 0], "y": crossings[best, 1], "level": f"{level:g}"})
    names = alt.Chart(pd.DataFrame(rows, columns=["x", "y", "level"])).encode(x=x, y=y, text=alt.Text("level:N"))
    return [
        names.mark_text(
            fontSize=10.5, color=BACKGROUND[dark], stroke=BACKGROUND[dark], strokeWidth=4, strokeJoin="round", clip=True
        ),
        names.mark_text(fontSize=10.5, color=INK[dark], clip=True),
    ]


def _crossings(grid: Floats, x: Floats, y: Floats, level: float) -> Floats:
    """Where the loss passes a level between two neighbours of a row of the grid, its edges left out."""
    found = []
    for row in range(1, len(y) - 1):
        below, above = grid[row, 1:-2], grid[row, 2:-1]
        for place in np.flatnonzero((below - level) * (above - level) < 0):
            share = (level - below[place]) / (above[place] - below[place])
            found.append((x[place + 1] + share * (x[1] - x[0]), y[row]))
    return np.array(found).reshape(-1, 2)


def _hover(found: Finding, x: alt.X, y: alt.Y) -> alt.Chart:
    """The loss of each point of the grid, for the pointer."""
    across, up = ((found[axis][1] - found[axis][0]) / 2 for axis in ("x", "y"))
    cells = pd.DataFrame(
        {"x": ax - across, "x2": ax + across, "y": ay - up, "y2": ay + up, "loss": loss}
        for ay, row in zip(found["y"], found["grid"], strict=True)
        for ax, loss in zip(found["x"], row, strict=True)
    )
    tooltip = [alt.Tooltip("loss:Q", title="loss (nats)", format=".3f")]
    chart: alt.Chart = alt.Chart(cells).mark_rect(opacity=0, clip=True)
    return chart.encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), tooltip=tooltip)


def _axis(kind: Any, field: str, found: Finding) -> Any:
    """A unit as long as on the other axis, however wide the page is: steps cross contours at the angles they have."""
    middle, half = _span(found, field)
    other = _span(found, "y" if field == "x" else "x")[1]
    along, across = ("width", "height") if field == "x" else ("height", "width")
    reach = f"max({half:.6g}, {other:.6g} * {along} / {across})"
    low, high = (alt.expr(f"{middle:.6g} {sign} {reach}") for sign in "-+")
    scale = alt.Scale(domainMin=low, domainMax=high, nice=False, zero=False)
    title = {"x": "along the first direction (distance of weights)", "y": "along the second"}[field]
    return kind(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(grid=False, tickCount=6))


def _span(found: Finding, field: str) -> tuple[float, float]:
    """The middle of an axis and how far it reaches from there."""
    low, high = found[field][0], found[field][-1]
    return (low + high) / 2, (high - low) / 2


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
