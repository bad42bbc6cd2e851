"""The share card: a comparison as one picture that needs no words beside it, with the finding as its title.

Every view has its place in pixels, and text is wrapped by measure, so nothing depends on what a font makes of it.
"""

from collections.abc import Mapping
from typing import Any

from hpviz import __version__
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.conclusion import key_of, put_figures, put_verdict
from hpviz.charts.curves import TITLES, Axis, Look
from hpviz.charts.lettering import measured, shorten, wrap
from hpviz.charts.looks import look_of
from hpviz.charts.palette import BACKGROUND, DARK, LIGHT
from hpviz.charts.panels import METRICS, SCHEMA, Spec, config, panels_of
from hpviz.charts.sheet import HEADING, Sheet

MARGIN = 40
WIDTH = 1120  # within the margins
STRIP = 4
GAP = 32
COLUMN = (WIDTH - 2 * GAP) / 3
# Of a chart's column, what the axis has for its labels, and what the rings around last epochs need.
AXIS, RINGS = 44, 8
PLOT = COLUMN - AXIS - RINGS
PLOT_HEIGHT = 232
# From a plot's lower edge to below its axis, from its title's baseline to its upper edge, and from what is above.
BELOW_PLOT, TITLE, ABOVE_TITLE = 46, 16, 36
SWATCH = 44
LINK = 300  # characters
LEGEND_ROWS = 6
TITLE_LINES = 3


def card(
    comparison: Comparison, *, x: Axis = "epoch", log_loss: bool = False, dark: bool = False, link: str | None = None
) -> Spec:
    """A whole Vega-Lite specification, 1,200 px wide. `link` is what shows or trains the same again, if not known."""
    story, look = Story(comparison), look_of(comparison, x, log_loss, dark)
    panels = panels_of(comparison, look, dark)
    curves = row_of([{**panels.charts[metric], "width": PLOT, "height": PLOT_HEIGHT} for metric in METRICS])
    conclusion, height = _conclusion(story, look, panels.charts.get("isolation"), dark)
    parts = [
        _head(story, dark),
        _legend(look, dark),
        curves,
        _key(look, story, panels.titles.get("isolation", ""), dark),
        conclusion,
        _foot(story, link, height, dark),
    ]
    return stacked(parts, panels.datasets, dark)


def stacked(parts: list[Spec], datasets: Mapping[str, Any], dark: bool) -> Spec:
    """Sheets and rows of views under one another, with the data they draw: the whole picture."""
    return {
        "$schema": SCHEMA,
        "config": {**config(dark), "concat": {"spacing": 0}},
        # Vega takes a line to reach out of its ends as far as it is wide.
        "padding": MARGIN - STRIP,
        "background": BACKGROUND[dark],
        "datasets": dict(datasets),
        "bounds": "flush",
        "spacing": 0,
        "vconcat": parts,
    }


def row_of(views: list[Spec], spacing: float = GAP + AXIS + RINGS) -> Spec:
    return {"bounds": "flush", "spacing": spacing, "hconcat": views}


def wide_sheet(dark: bool, below: float = 0) -> Sheet:
    """A sheet as wide as the card. Views begin where the first plot does, right of its axis.

    In a flush layout, where nothing moves by what a font makes of it, a row of views has no height of its own: the
    sheet after it begins that far `below`.
    """
    return Sheet(dark, left=-AXIS, top=below)


def whole(sheet: Sheet, height: float) -> Spec:
    return sheet.view(WIDTH - AXIS, sheet.top + height)


def put_title(sheet: Sheet, story: Story, size: float, lines: int) -> float:
    """The finding, below a strip of the ramp and beside the maker's name, and in `lines` lines what it is about.

    Returns the baseline of the line after.
    """
    ramp = DARK if sheet.dark else LIGHT
    for place, colour in enumerate(ramp):
        sheet.rule(place * WIDTH / len(ramp), 0, (place + 1) * WIDTH / len(ramp), colour, width=STRIP)
    mark = f"hpviz {__version__}"
    sheet.text(mark, WIDTH, 42, 13, muted=True, bold=True, right=True)
    room = WIDTH - measured(mark, 13, bold=True) - GAP
    y = sheet.text(wrap(story.headline, room, size, TITLE_LINES, bold=True), 0, 46, size, bold=True, leading=1.2)
    return sheet.text(wrap(story.subject, WIDTH, 15, lines), 0, y - 4, 15)


# From top to bottom


def _head(story: Story, dark: bool) -> Spec:
    """The finding, what it is about, and the figures that the comparison rests on."""
    sheet = wide_sheet(dark)
    y = put_title(sheet, story, 24, 3) + 16
    step = WIDTH / max(len(story.facts), 4)
    for place, (figure, name) in enumerate(story.facts):
        sheet.text(shorten(figure, step - 12, 19, bold=True), place * step, y, 19, bold=True)
        sheet.text(shorten(name, step - 12, 11.5), place * step, y + 18, 11.5, muted=True)
    sheet.rule(0, y + 36, WIDTH)
    return whole(sheet, y + 36)


def _legend(look: Look, dark: bool) -> Spec:
    """One legend for all charts: each label with its colour and its dash."""
    sheet = wide_sheet(dark)
    entries = list(zip(look.labels, look.colours, look.dashes or [(1, 0)] * len(look.labels), strict=True))
    title = "" if look.legend == "run" else look.legend
    sheet.text(title, 0, 28, 13, bold=True)
    start = measured(title, 13, bold=True) + (14 if title else 0)
    names = [shorten(label, WIDTH - start - SWATCH, 12.5) for label in look.labels]
    widths = [SWATCH + measured(name, 12.5) * 1.05 + 22 for name in names]
    if start + sum(widths) > WIDTH + 22:  # several rows, so in columns
        columns = max(1, int((WIDTH + 22 - start) // max(widths)))
        widths = [max(widths)] * len(widths)
    else:
        columns = len(entries)
    shown = min(len(entries), columns * LEGEND_ROWS)
    for place, (name, (_, colour, dash)) in enumerate(zip(names[:shown], entries, strict=False)):
        row, column = divmod(place, columns)
        x, y = start + sum(widths[:column]), 28 + 21 * row
        sheet.rule(x, y - 4, x + SWATCH - 8, colour, 2.2, dash)
        sheet.dot(x + SWATCH / 2 - 4, y - 4, colour, 36)
        sheet.text(name, x + SWATCH, y)
    y = 28 + 21 * ((shown - 1) // columns)
    if len(entries) > shown:
        y += 21
        sheet.text(f"and {len(entries) - shown} more", start, y, muted=True)
    y += ABOVE_TITLE
    for column, metric in enumerate(METRICS):
        sheet.text(TITLES[metric], column * (COLUMN + GAP), y, HEADING, bold=True)
    return whole(sheet, y + TITLE)


def _key(look: Look, story: Story, title: str, dark: bool) -> Spec:
    """What the marks mean, as far as they occur, and the title of the plot below."""
    sheet = wide_sheet(dark, below=PLOT_HEIGHT)
    y = BELOW_PLOT + 14
    sheet.text(key_of(story, look), 0, y, 11.5, muted=True)
    y += ABOVE_TITLE
    sheet.text(title, 0, y, HEADING, bold=True)
    return whole(sheet, y + TITLE)


def _conclusion(story: Story, look: Look, isolation: Spec | None, dark: bool) -> tuple[Spec, float]:
    """Side by side: accuracy against the value, the figures, and whether they differ; and how high that is."""
    width = COLUMN if isolation else (WIDTH - GAP) / 2
    figures = Sheet(dark, left=0 if isolation else -AXIS, top=-TITLE)
    verdict = Sheet(dark, top=-TITLE)
    height = max(put_figures(figures, story, look, width), put_verdict(verdict, story, width)) - TITLE
    if isolation is None:
        return row_of([figures.view(width - AXIS, height), verdict.view(width, height)], GAP), height
    plot = min(max(height - BELOW_PLOT, 170), 300)
    height = max(height, plot + BELOW_PLOT)
    chart = {**isolation, "width": PLOT, "height": plot}
    return row_of([chart, figures.view(COLUMN - RINGS, height), verdict.view(COLUMN, height)], GAP + RINGS), height


def _foot(story: Story, link: str | None, below: float, dark: bool) -> Spec:
    """What makes the comparison unfair, where it comes from, and how to have it again."""
    sheet = wide_sheet(dark, below)
    y: float = 26
    if story.cautions:
        name = "Is it fair?"
        sheet.text(name, 0, y, bold=True)
        start = measured(name, 12.5, bold=True) + 14
        y = sheet.text(wrap(" ".join(story.cautions), WIDTH - start, 12.5, 4), start, y) + 6
    sheet.rule(0, y - 8, WIDTH)
    y = sheet.text(wrap(" · ".join(story.provenance), WIDTH, 11.5, 3), 0, y + 14, 11.5, muted=True)
    # A link that holds many runs is nothing to read off a picture.
    if again := (link if link and len(link) <= LINK else story.command):
        y = sheet.text(wrap(again, WIDTH, 11, 3, mono=True), 0, y + 2, 11, muted=True, mono=True)
    return whole(sheet, y - 12)
