"""A comparison as a file: a picture, a page that opens offline, figures for a spreadsheet, a bundle for another hpviz.

Specifications hold their data and are drawn by vl-convert outside of any page, so it matters to nothing here what other
sessions draw meanwhile. Nothing is fetched.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import altair as alt

from hpviz.analysis.comparison import FIELDS, Comparison
from hpviz.analysis.origin import kind_of
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.curves import Axis
from hpviz.charts.cut import cut
from hpviz.charts.lettering import as_html, boxed, drawable, lacking
from hpviz.charts.page import DRAW, page
from hpviz.charts.panels import Spec
from hpviz.runs import bundle
from hpviz.runs.document import Run, images_of

Format = Literal["png", "svg", "html", "csv", "json"]

# The card is 1,200 px wide; drawn twice as large it is sharp on every screen, and 12 inches wide on paper.
SCALE, PPI = 2.0, 200
VEGA_PPI = 72

# The signs that begin a formula, full-width ones too, after whatever a spreadsheet passes over.
FORMULA = re.compile(r"(^|;)([\s\"\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠])")

RUN_COLUMNS = ("run", "label", "origin", "status", "machine", "dataset", *FIELDS, "seed")
AT_COLUMN = "compared_after"
EPOCH_COLUMNS = tuple(bundle.Row.model_fields)


def export(
    comparison: Comparison,
    form: Format,
    *,
    x: Axis = "epoch",
    log_loss: bool = False,
    dark: bool = False,
    link: str | None = None,
) -> bytes:
    """The file's content. Raises BadInput for a bundle of too many runs."""
    story = Story(comparison)

    def drawn() -> Spec:
        return card(comparison, x=x, log_loss=log_loss, dark=dark, link=link)

    writers: Mapping[Format, Callable[[], bytes]] = {
        "png": lambda: to_png(drawn()),
        "svg": lambda: to_svg(drawn(), story.title, story.description).encode(),
        "html": lambda: to_html(comparison, x=x, log_loss=log_loss, dark=dark, link=link).encode(),
        "csv": lambda: encoded(to_csv(comparison)),
        "json": lambda: bundle.write(comparison.runs),
    }
    return writers[form]()


def file_name(comparison: Comparison, ending: str) -> str:
    """A name for the file that says what is in it: hpviz-weight-decay-article-cnn-on-scenes.png."""
    words = re.sub(r"[^a-z0-9]+", "-", Story(comparison).title.lower()).strip("-")
    return f"hpviz-{words[:80].rstrip('-')}.{ending}"


def to_png(spec: Spec, scale: float = SCALE, ppi: float = PPI) -> bytes:
    """The picture at twice its size, with its 200 pixels an inch noted. What no font here has is drawn as a box."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(
        json.dumps(boxed(spec, lacking(json.dumps(spec, ensure_ascii=False)))),
        vl_version=vega_lite(),
        scale=scale * VEGA_PPI / ppi,
        ppi=ppi,
        allowed_base_urls=[],
    )
    return drawn


def to_cut(
    comparison: Comparison, *, x: Axis = "epoch", log_loss: bool = False, dark: bool = False, link: str | None = None
) -> bytes:
    """The cut for chats as a picture of exactly 1200 × 630 pixels."""
    return to_png(cut(comparison, x=x, log_loss=log_loss, dark=dark, link=link), scale=1, ppi=VEGA_PPI)


def undrawn(comparison: Comparison) -> str:
    """The characters in the comparison's words that no font here has, so that pictures show boxes in their place."""
    return lacking(drawable(f"{Story(comparison).description}{''.join(comparison.groups)}"))


def to_svg(spec: Spec, title: str, description: str) -> str:
    """The drawing, with a name and a description for those who cannot see it."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=vega_lite(), allowed_base_urls=[])
    title, description = map(as_html, (title, description))
    root = f'<svg role="img" aria-label="{description}" '
    return re.sub(
        r"<svg ([^>]*)>",
        lambda found: f"{root}{found.group(1)}><title>{title}</title><desc>{description}</desc>",
        svg,
        count=1,
    )


def to_html(
    comparison: Comparison,
    *,
    x: Axis = "epoch",
    log_loss: bool = False,
    dark: bool = False,
    link: str | None = None,
) -> str:
    """A page that needs nothing but a browser: charts with live tooltips, the figures and the verdict in words."""
    import vl_convert

    script: str = vl_convert.javascript_bundle(DRAW, vl_version=vega_lite())
    return page(comparison, script, x=x, log_loss=log_loss, dark=dark, link=link)


def to_csv(comparison: Comparison) -> str:
    """Every epoch of every run, a row each, with what the run was. What was not a finite number is left empty.

    At equal updates a last column says so: after how many updates, and so at which epoch, the run is compared.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    equal = comparison.updates is not None
    writer.writerow([*RUN_COLUMNS, *EPOCH_COLUMNS, *([AT_COLUMN] if equal else [])])
    for run in comparison.runs:
        told = [_cell(value) for value in _told(run, comparison.labels[run["id"]])]
        at = [f"{comparison.after}: epoch {comparison.end(run)}"] if equal else []
        writer.writerows([*told, *(_cell(row.get(name)) for name in EPOCH_COLUMNS), *at] for row in run["epochs"])
    return text.getvalue()


def encoded(table: str) -> bytes:
    """A table in UTF-8. Excel knows it by the mark at its beginning alone; what is ASCII is read rightly without."""
    return table.encode("utf-8" if table.isascii() else "utf-8-sig")


def _told(run: Run, label: str) -> Iterator[Any]:
    yield from (run["id"], label, kind_of(run) or "here", run["status"], run["machine"].get("name"), images_of(run))
    yield from (run["spec"][name] for name in (*FIELDS, "seed"))


def _cell(value: Any) -> Any:
    """A cell as a spreadsheet may read it: words that begin like a formula are marked as words.

    Where a comma is the decimal point, Excel takes a semicolon for the end of a cell.
    """
    return FORMULA.sub(r"\1'\2", drawable(value)) if isinstance(value, str) else value


def vega_lite() -> str:
    """The version of Vega-Lite that charts are written for, or the newest that can be drawn."""
    import vl_convert

    wanted = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known: list[str] = vl_convert.get_vegalite_versions()
    return wanted if wanted in known else known[-1]
