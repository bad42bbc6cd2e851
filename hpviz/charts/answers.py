"""What networks answered: confusion matrices side by side, and photos that one value gets right and another wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpviz.analysis.words import listed, plural
from hpviz.charts.grid import heat, ink_on
from hpviz.charts.lettering import shorten
from hpviz.charts.palette import BACKGROUND, DIVERGED, INK, MUTED
from hpviz.charts.single import Drawing

SIDE, CELL, FIGURES = (
    230,
    44,
    12,
)  # pixels of a matrix at least and of a cell at most; classes of which figures are told
ACROSS = 3  # matrices in a row
PHOTO, PLACE, LINE, GAP = 96, 146, 15, 18  # pixels: a photo, the room of one across, a line of text, between rows
PHOTOS_ACROSS, VALUES = 6, 4  # photos in a row, values told beneath one
NAME = 130  # pixels of a class's name
COLUMNS = ("value", "label", "said", "images", "share", "fill", "ink", "words")

Matrix = NDArray[np.int64]


def answers_drawn(found: Mapping[str, Any], dark: bool) -> Drawing:
    """What an inspection of photos has `found`, as one picture; its `thumbnails` are addresses by place."""
    matrices, seeds = matrices_of(found)
    classes, shown = found["classes"], [each for each in found["changed"] if each["place"] in found["thumbnails"]]
    parts: list[Any] = [side_by_side(matrices, seeds, classes, dark)]
    if shown:
        parts.append(photos(shown, found["values"], found["thumbnails"], _heading(found, len(shown)), dark))
    chart = alt.vconcat(*parts, spacing=28).resolve_scale(color="independent", x="independent", y="independent")
    told = [f"{name} has {_right(matrix):.1%} right" for name, matrix in matrices.items()]
    changed = plural(len(found["changed"]), "photo")
    how = f"{changed} changed: right with every seed of one value, wrong with every seed of another."
    luck = f"Luck alone would change about {found['by_chance']:.0f}."
    return Drawing(
        chart,
        "What the networks answered, in percent of the test photos of each label",
        " ".join([f"{listed(told)}.", *([how, luck] if len(matrices) > 1 else [])]),
    )


def matrices_of(found: Mapping[str, Any]) -> tuple[dict[str, Matrix], dict[str, int]]:
    """The confusion matrices of each value's seeds as their sum, and how many seeds there are."""
    matrices: dict[str, Matrix] = {}
    for run_id, value in found["values"].items():
        matrix = np.array(found["confusion"][run_id])
        matrices[value] = matrices[value] + matrix if value in matrices else matrix
    return matrices, dict(Counter(found["values"].values()))


def side_by_side(
    matrices: Mapping[str, Matrix], seeds: Mapping[str, int], classes: Sequence[str], dark: bool
) -> alt.ConcatChart:
    """A confusion matrix a value; each cell is a share of its row, the images of one label."""
    charts = []
    for number, (value, matrix) in enumerate(matrices.items()):
        of = f", {seeds[value]} seeds" if seeds[value] > 1 else ""
        title = alt.Title(f"{value}: {_right(matrix):.1%} right{of}", **_small(dark))
        charts.append(confusion(rows_of(value, matrix, classes, dark), classes, dark, number % ACROSS == 0, title))
    joined: alt.ConcatChart = alt.concat(*charts, columns=ACROSS, spacing=24)
    return joined


def rows_of(value: str, matrix: Matrix, classes: Sequence[str], dark: bool) -> pd.DataFrame:
    """A row a cell, in COLUMNS."""
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    rows = [
        (value, classes[label], classes[said], int(matrix[label, said]), float(share))
        for (label, said), share in np.ndenumerate(shares)
    ]
    return coloured(pd.DataFrame(rows, columns=list(COLUMNS[:5])), dark)


def coloured(frame: pd.DataFrame, dark: bool) -> pd.DataFrame:
    """Cells with their `share` and `images`, and what is drawn of each: its colour, the ink on it and its words."""
    fills = [heat(share, dark) for share in frame["share"]]
    words = [
        f"{100 * share:.0f}" if images else "" for share, images in zip(frame["share"], frame["images"], strict=True)
    ]
    return frame.assign(fill=fills, ink=[ink_on(fill) for fill in fills], words=words)


def confusion(
    frame: pd.DataFrame | alt.NamedData, classes: Sequence[str], dark: bool, names_labels: bool, title: Any
) -> alt.LayerChart:
    """One confusion matrix of rows in COLUMNS: labels down, answers across, figures in percent of the label."""
    side = max(min(CELL * len(classes), 8 * CELL), SIDE)
    axis: dict[str, Any] = {"ticks": False, "domain": False, "grid": False, "labelLimit": NAME, "labelColor": INK[dark]}
    across = alt.Axis(**axis, labelAngle=-40, labelOverlap=len(classes) > FIGURES)
    labels = alt.Axis(**axis) if names_labels else None
    base = alt.Chart(frame).encode(
        x=alt.X("said:N", sort=None, title="answer", axis=across, scale=_scale(classes)),
        y=alt.Y("label:N", sort=None, title="label" if names_labels else None, axis=labels, scale=_scale(classes)),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("said:N", title="answer"),
            alt.Tooltip("images:Q", format=","),
            alt.Tooltip("share:Q", title="of the label", format=".1%"),
        ],
    )
    cells = base.mark_rect(stroke=BACKGROUND[dark], strokeWidth=1).encode(color=alt.Color("fill:N", scale=None))
    layers = [cells]
    if len(classes) <= FIGURES:
        layers.append(
            base.mark_text(fontSize=11).encode(text=alt.Text("words:N"), color=alt.Color("ink:N", scale=None))
        )
    chart: alt.LayerChart = alt.LayerChart(layer=layers).properties(width=side, height=side, title=title)
    return chart


def photos(
    changed: Sequence[Mapping[str, Any]],
    values: Mapping[str, str],
    thumbnails: Mapping[int, str],
    heading: str,
    dark: bool,
) -> alt.LayerChart:
    """Photos in rows with label and answers beneath; `values` are those of the runs, by id."""
    lines = 1 + min(len(set(values.values())), VALUES)
    high = PHOTO + LINE * (lines + 1) + GAP
    pictures, words = [], []
    for number, each in enumerate(changed):
        across, down = number % PHOTOS_ACROSS * PLACE, number // PHOTOS_ACROSS * high
        pictures.append(
            {"x": across + PHOTO / 2, "y": down + PHOTO / 2, "url": thumbnails[each["place"]]} | _names(each)
        )
        for line, (text, colour) in enumerate(_lines(each, values, dark)):
            short = shorten(text, PLACE - 8, 11)
            words.append(
                {"x": across, "y": down + PHOTO + LINE * (line + 1), "text": short, "ink": colour, "line": line}
            )
    rows = -(-len(changed) // PHOTOS_ACROSS)
    wide = PLACE * min(len(changed), PHOTOS_ACROSS)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, wide], nice=False, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[rows * high, 0], nice=False, zero=False))
    images = (
        alt.Chart(pd.DataFrame(pictures))
        .mark_image(width=PHOTO, height=PHOTO, aspect=False)
        .encode(x=x, y=y, url=alt.Url("url:N"), tooltip=[alt.Tooltip("image:N"), alt.Tooltip("label:N")])
    )
    lettered = alt.Chart(pd.DataFrame(words)).encode(
        x=x, y=y, text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None)
    )
    title = alt.Title(heading, **_small(dark))
    head = lettered.transform_filter("datum.line == 0").mark_text(align="left", fontSize=11, fontWeight="bold")
    rest = lettered.transform_filter("datum.line > 0").mark_text(align="left", fontSize=11)
    chart: alt.LayerChart = alt.LayerChart(layer=[images, head, rest]).properties(
        width=wide, height=rows * high, title=title
    )
    return chart


def _names(image: Mapping[str, Any]) -> dict[str, str]:
    return {"image": image["image"], "label": image["label"]}


def _lines(image: Mapping[str, Any], values: Mapping[str, str], dark: bool) -> list[tuple[str, str]]:
    """The label, then each value's answer, those first that made up their mind; the colour tells which are wrong."""
    told = [(image["label"], INK[dark])]
    said: dict[str, list[str]] = {}
    for run_id, answer in image["said"].items():
        said.setdefault(values[run_id], []).append(answer)
    decided = [value for value in said if value in (*image["right"], *image["wrong"])]
    for value in [each for each in said if each in decided or len(said) <= VALUES][:VALUES]:
        words = ", ".join(name for name, _ in Counter(said[value]).most_common())
        colour = MUTED[dark] if value not in decided else INK[dark] if value in image["right"] else DIVERGED[dark]
        told.append((f"{value}: {words}", colour))
    return told


def _heading(found: Mapping[str, Any], shown: int) -> str:
    total = len(found["changed"])
    some = f"{shown} of {plural(total, 'photo')}" if shown < total else plural(total, "photo")
    seeds = min(Counter(found["values"].values()).values())
    how = "with every seed" if seeds > 1 else "with a single seed"
    return f"{some} that one value gets right and another wrong, {how} (luck alone: about {found['by_chance']:.0f})"


def _right(matrix: Matrix) -> float:
    return float(np.trace(matrix) / max(matrix.sum(), 1))


def _small(dark: bool) -> dict[str, Any]:
    return {"anchor": "start", "fontSize": 12, "fontWeight": "bold", "color": INK[dark], "offset": 8}


def _scale(classes: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(classes), paddingInner=0, paddingOuter=0)
