"""What came out, put on sheets: the key to the charts, the table of figures, the sentences on whether they differ."""

from hpviz.analysis.figures import Figures
from hpviz.analysis.learning_curve import is_learning_curve, law_rows
from hpviz.analysis.story import Story
from hpviz.charts.curves import Look
from hpviz.charts.lettering import shorten, wrap
from hpviz.charts.palette import MUTED
from hpviz.charts.sheet import HEADING, Sheet

# Few rows stand apart, many close together, and more than a card holds are counted.
AIRY_ROWS, TABLE_ROWS = 7, 18
DASHED = 36  # pixels for a line that shows its pattern, and what is kept free of it
SENTENCE_LINES = 6


def key_of(story: Story, look: Look) -> str:
    """What the charts' marks mean, as far as they occur."""
    several = any(row.seeds > 1 for row in story.figures)
    words = ["lines: means over seeds; bands: from the lowest seed to the highest" if several else ""]
    several_epochs = story.comparison.epochs > 1
    words += ["● best epoch" if several_epochs else "", "○ last"]
    words += ["▲ diverged" if any(row.diverged for row in story.figures) else ""]
    words += ["2 of 4: seeds, where not all" if any(row.counted < row.seeds for row in story.figures) else ""]
    has_law = is_learning_curve(story.comparison) and law_rows(story.comparison)
    words += ["grey: power law with its 95%, dashed beyond what was tried" if has_law else ""]
    words += ["dotted: guessing" if look.chance else "", "" if look.dashes else "dashed: measured on training images"]
    return " · ".join(filter(None, words))


def put_figures(sheet: Sheet, story: Story, look: Look, width: float, most: int = TABLE_ROWS) -> float:
    """The table of figures, of `most` rows; returns its height."""
    columns = {"last": width - 140, "±": width - 96, "best": width - 48, "seeds": width}
    sheet.text(f"Test accuracy after {story.comparison.after}", 0, 0, HEADING, bold=True)
    for name, place in columns.items():
        sheet.text(name, place, 24, 11, muted=True, right=True)
    sheet.rule(0, 33, width)
    rows = list(zip(story.figures, look.colours, look.dashes or [(1, 0)] * len(look.colours), strict=True))
    inset = DASHED if look.dashes else 18
    step = 26 if len(rows) <= AIRY_ROWS else 19
    y = 35.0 + step * 0.7
    for row, colour, dash in rows[:most]:
        sheet.dot(DASHED / 2 - 4 if look.dashes else 5, y - 4, colour)
        if look.dashes:
            sheet.rule(0, y - 4, DASHED - 8, colour, 2.2, dash)
        sheet.text(shorten(row.name, columns["last"] - 46 - inset, 12.5), inset, y)
        for name, told in zip(columns, _cells(row), strict=True):
            sheet.text(told, columns[name], y, right=True, bold=name == "last", muted=name != "last")
        y += step
    if len(rows) > most:
        y = sheet.text(f"and {len(rows) - most} more", inset, y, muted=True)
    return y


def _cells(row: Figures) -> tuple[str, str, str, str]:
    last = "diverged" if row.diverged == row.seeds else _percent(row.last)
    spread = "" if row.spread is None else f"{row.spread:.1f}"
    seeds = f"{row.counted}/{row.seeds}" if row.diverged or row.counted < row.seeds else str(row.seeds)
    return last, spread, _percent(row.best), seeds + " ▲" * bool(row.diverged)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def put_verdict(sheet: Sheet, story: Story, width: float) -> float:
    """The sentence on a learning curve, where it is one, and those on differences; returns their height."""
    y: float = 0
    if story.law:
        y = sheet.text("What are more images worth?", 0, y, HEADING, bold=True) + 6
        y = sheet.text(wrap(story.law, width, 12.5, SENTENCE_LINES), 0, y) + 12
    y = sheet.text("Different, or noise?", 0, y, HEADING, bold=True) + 6
    for kind, sentence in story.verdict:
        inset = 0 if kind == "note" else 18
        if inset:
            sheet.dot(5, y - 4, MUTED[sheet.dark], hollow=kind == "within noise")
        together = sentence.replace("p = ", "p\u00a0=\u00a0").replace("p < ", "p\u00a0<\u00a0")
        lines = wrap(together, width - inset, 12.5, SENTENCE_LINES)
        y = sheet.text(lines, inset, y, muted=kind == "note") + 6
    return y
