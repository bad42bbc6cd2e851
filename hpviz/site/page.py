"""What all pages of a site share: the frame around their content, text that stays text, colours in light and dark."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from hpviz import __version__
from hpviz.analysis.claims import Standing, Verdict
from hpviz.charts.lettering import as_html as text
from hpviz.charts.palette import BACKGROUND, DARK, HAIRLINE, INK, LIGHT, MUTED
from hpviz.site.charts import Charts

SCRIPT, STYLE, INDEX = "hpviz.js", "hpviz.css", "index.html"
# Firefox takes no file to be of the same origin as another, so what is opened from a disk needs `file:` besides 'self';
# pages from a web server may not load files whatever a policy says. Vega writes styles into its drawings and tooltips.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# The primary colour of the app's theme, and the paler ground of what is set apart.
ACCENT = {False: "#7a0fa8", True: "#b58af5"}
RAISED = {False: "#f3f0ef", True: "#221f28"}
# What a verdict is called where it is the name of a class in the style sheet.
CURRENT = ' aria-current="page"'
CLASSES: dict[Verdict, str] = {
    "held": "held",
    "did not hold": "failed",
    "within noise": "noise",
    "not run yet": "open",
    "not comparable": "open",
}


@dataclass(frozen=True)
class Link:
    """A page of the site, as its navigation names it."""

    file: str
    name: str


def whole(
    link: Link, title: str, description: str, body: Iterable[str], charts: Charts, pages: Sequence[Link]
) -> bytes:
    """A page from its first line to its last; `link` is its own among the `pages`."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f'<meta name="generator" content="hpviz {__version__}">',
            f'<meta name="description" content="{text(description)}">',
            '<link rel="icon" href="data:,">',
            f'<link rel="stylesheet" href="{STYLE}">',
            f"<title>{text(title)}</title></head><body>",
            '<a class="skip" href="#content">Skip to the content</a>',
            _navigation(link, pages),
            '<main id="content">',
            *body,
            "</main>",
            f"<footer>Made by hpviz {__version__}. Nothing on these pages is fetched from anywhere.</footer>",
            f'<script type="application/json" id="charts">{charts.written()}</script>',
            f'<script defer src="{SCRIPT}"></script>',
            "</body></html>",
            "",
        ]
    ).encode()


def with_code(told: str) -> str:
    """Text, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", text(told))


def listing(title: str, sentences: Iterable[str], level: int = 3) -> str:
    """A heading and a list; nothing without a sentence."""
    items = "".join(f"<li>{with_code(sentence)}</li>" for sentence in sentences)
    return f"<h{level}>{text(title)}</h{level}><ul>{items}</ul>" if items else ""


def figure(name: str, title: str, alt: str, below: str = "") -> str:
    """The place of a chart: its title, its words for those who cannot see it, and what is said below it."""
    caption = f"<p class='small'>{text(below)}</p>" if below else ""
    head = f"<figcaption>{text(title)}</figcaption>" if title else ""
    return f'<figure>{head}<div class="chart" id="{name}" data-alt="{text(alt)}"></div>{caption}</figure>'


def table(name: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Rows of cells behind a head, which is HTML already; what is wider than a screen scrolls in itself."""
    head = "".join(f'<th scope="col">{text(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{text(cell)}</td>" for cell in cells)}</tr>'
        for first, cells in rows
    )
    inside = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" role="region" tabindex="0" aria-label="{text(name)}">{inside}</div>'


def swatch(light: str, dark: str) -> str:
    """A dot in the colour of a value's lines."""
    return f'<span class="swatch" style="--light: {light}; --dark: {dark}"></span>'


def claims(standings: Iterable[Standing]) -> str:
    """A line a claim, verdict and sentence; folded below it what the verdict rests on."""
    return "".join(_claim(standing) for standing in standings)


def anchor(standing: Standing) -> str:
    return f"claim-{standing.claim.id}"


def badge(verdict: Verdict, more: str = "") -> str:
    return f'<span class="badge {CLASSES[verdict]}">{verdict}{more}</span>'


def _claim(standing: Standing) -> str:
    claim = standing.claim
    shown = standing.settled or standing.rows[:1]
    badges = " ".join(badge(row.verdict, " · from scratch" * row.twin) for row in shown)
    rows = "".join(
        f"<p>{_which_net(row.twin) if claim.pretrained else ''}{badge(row.verdict)} {text(row.evidence)}</p>"
        for row in standing.rows
    )
    return (
        f'<details id="{anchor(standing)}"><summary>{badges} <b>{text(claim.id)}</b> {text(claim.sentence)}</summary>'
        f"{rows}<p class='small'>Its author's logs: {with_code(claim.logs)}</p></details>"
    )


def _which_net(is_twin: bool) -> str:
    return "<b>From scratch</b> " if is_twin else "<b>Pretrained on ImageNet</b> "


def _navigation(link: Link, pages: Sequence[Link]) -> str:
    items = "".join(
        f'<li><a href="{page.file}"{CURRENT if page == link else ""}>{text(page.name)}</a></li>' for page in pages
    )
    return f'<nav aria-label="Pages"><ul>{items}</ul></nav>'


def style() -> bytes:
    """The style sheet of every page."""
    sheet = files("hpviz.site").joinpath("site.css").read_text(encoding="utf-8")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(True)} }} }}"
    return f":root {{ {_colours(False)} }}\n{dark}\n{sheet}".encode()


def _colours(dark: bool) -> str:
    values = {"background": BACKGROUND, "ink": INK, "muted": MUTED, "hairline": HAIRLINE}
    values |= {"accent": ACCENT, "raised": RAISED}
    ramp = ", ".join(DARK if dark else LIGHT)
    return " ".join([*(f"--{name}: {each[dark]};" for name, each in values.items()), f"--ramp: {ramp};"])
