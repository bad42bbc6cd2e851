"""The cut for chats: of a comparison the finding, one chart and the table, in the shape in which links are previewed.

Every part has its place in pixels, as on the card, so that the whole is exactly as large whatever is compared.
"""

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.card import (
    AXIS,
    BELOW_PLOT,
    GAP,
    MARGIN,
    RINGS,
    STRIP,
    TITLE,
    WIDTH,
    put_title,
    row_of,
    stacked,
    whole,
    wide_sheet,
)
from hpviz.charts.conclusion import AIRY_ROWS, put_figures
from hpviz.charts.curves import TITLES, Axis
from hpviz.charts.lettering import wrap
from hpviz.charts.looks import look_of
from hpviz.charts.panels import Spec, panels_of
from hpviz.charts.sheet import HEADING, Sheet

PIXELS = (1200, 630)
HEIGHT = PIXELS[1] - 2 * (MARGIN - STRIP) - STRIP  # within the padding, below the upper half of the strip
TABLE = 400
CHART = WIDTH - TABLE - GAP - AXIS - RINGS
FOOT = 74
ROW, HEAD = 19, 56  # of the table, where rows are many


def cut(
    comparison: Comparison, *, x: Axis = "epoch", log_loss: bool = False, dark: bool = False, link: str | None = None
) -> Spec:
    """A whole Vega-Lite specification of 1200 × 630 px. `link` is what shows or trains the same again, if not known."""
    story, look = Story(comparison), look_of(comparison, x, log_loss, dark)
    panels = panels_of(comparison, look, dark)
    head, top = _head(story, dark)
    plot = HEIGHT - top - BELOW_PLOT - FOOT
    chart = {**panels.charts["test_accuracy"], "width": CHART, "height": plot}
    figures = Sheet(dark, top=-TITLE)
    room = int((plot + BELOW_PLOT - HEAD) // ROW)
    put_figures(figures, story, look, TABLE, max(room, AIRY_ROWS) if len(story.figures) > AIRY_ROWS else AIRY_ROWS)
    row = row_of([chart, figures.view(TABLE, plot + BELOW_PLOT)], GAP + RINGS)
    return stacked([head, row, _foot(story, link, HEIGHT - top, dark)], panels.datasets, dark)


def _head(story: Story, dark: bool) -> tuple[Spec, float]:
    """The finding, what it is about, what differs and what is the same; and how high that is."""
    sheet = wide_sheet(dark)
    y = put_title(sheet, story, 26, 2) + 12
    sheet.text(TITLES["test_accuracy"], 0, y, HEADING, bold=True)
    return whole(sheet, y + TITLE), y + TITLE


def _foot(story: Story, link: str | None, height: float, dark: bool) -> Spec:
    """What it rests on, where it comes from, and how to have it again, at the lower edge."""
    sheet = wide_sheet(dark, below=height - FOOT)
    sheet.rule(0, 10, WIDTH)
    rests = " · ".join(f"{figure} {name}" for figure, name in story.facts)
    y = sheet.text(wrap(rests, WIDTH, 11.5, 1), 0, 31, 11.5, muted=True)
    y = sheet.text(wrap(" · ".join(story.provenance), WIDTH, 11.5, 1), 0, y + 2, 11.5, muted=True)
    again = wrap(link or story.command or "", WIDTH, 11, mono=True)
    if len(again) == 1:  # half a command trains nothing
        sheet.text(again, 0, y + 2, 11, muted=True, mono=True)
    return whole(sheet, FOOT)
