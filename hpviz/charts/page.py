"""The comparison as one HTML file that opens anywhere, offline: charts that answer to the pointer, figures in a table.

Everything told is text, escaped; the charts run without `eval`, and the page forbids itself every connection.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files

from hpviz import __version__
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.figures import Figures
from hpviz.analysis.story import Story
from hpviz.charts.conclusion import key_of
from hpviz.charts.curves import Axis, Look
from hpviz.charts.lettering import as_html
from hpviz.charts.looks import look_of
from hpviz.charts.palette import BACKGROUND, DARK, HAIRLINE, INK, LIGHT, MUTED
from hpviz.charts.panels import METRICS, SCHEMA, Panels, Spec, config, panels_of

HEIGHT = 260
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
Column = tuple[str, Callable[[Figures], str]]
COLUMNS: tuple[Column, ...] = (
    ("last accuracy", lambda row: _percent(row.last)),
    ("± points", lambda row: _number(row.spread, 1)),
    ("best accuracy", lambda row: _percent(row.best)),
    ("gap (nats)", lambda row: _number(row.gap, 3)),
    ("train s/epoch", lambda row: _number(row.train_seconds, 2)),
    ("seeds", lambda row: str(row.seeds) if row.counted == row.seeds else f"{row.counted} of {row.seeds}"),
    ("diverged", lambda row: row.lost),
)


def columns_of(rows: Iterable[Figures]) -> tuple[Column, ...]:
    """The columns of a table of these rows; who diverged is said where somebody did."""
    return COLUMNS if any(row.diverged for row in rows) else COLUMNS[:-1]


# The dots of the curves, one an epoch and label, and what makes them felt 13 px around.
EPOCHS = {"type": "point", "filled": True, "invalid": "filter", "size": 28}
REACH = {"size": 530, "opacity": 0}
DRAW = """
const told = JSON.parse(document.getElementById("charts").textContent);
for (const [name, spec] of Object.entries(told.specs)) {
  spec.datasets = told.datasets;
  vegaEmbed(document.getElementById(name), spec, {
    actions: false, renderer: "svg", ast: true, logLevel: 1, tooltip: {theme: told.theme}
  });
}
"""


def page(comparison: Comparison, script: str, *, x: Axis, log_loss: bool, dark: bool, link: str | None = None) -> str:
    """The whole file; `script` is DRAW with all it needs."""
    story, look = Story(comparison), look_of(comparison, x, log_loss, dark)
    panels = panels_of(comparison, look, dark)
    body = [
        _head(story),
        _legend(look),
        f'<section class="charts">{"".join(_chart(metric, panels, story) for metric in METRICS)}</section>',
        f"<p class='key'>{as_html(key_of(story, look))}</p>",
        _result(panels, story),
        _figures(story, look),
        _foot(story, link),
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta name="generator" content="hpviz {__version__}">',
            f'<meta name="description" content="{as_html(story.description)}">',
            f"<title>{as_html(story.title)}</title>",
            f"<style>{style_of(dark)}</style></head><body><main>",
            *body,
            "</main>",
            f'<script type="application/json" id="charts">{_data(panels, dark)}</script>',
            f"<script>{script}</script>",
            "</body></html>",
        ]
    )


# From top to bottom


def _head(story: Story) -> str:
    facts = "".join(f"<div><dd>{as_html(figure)}</dd><dt>{as_html(name)}</dt></div>" for figure, name in story.facts)
    return f"<h1>{as_html(story.headline)}</h1><p>{as_html(story.subject)}</p><dl>{facts}</dl>"


def _legend(look: Look) -> str:
    entries = zip(look.labels, look.colours, look.dashes or [(1, 0)] * len(look.labels), strict=True)
    items = "".join(f"<li>{_swatch(colour, dash)}{as_html(label)}</li>" for label, colour, dash in entries)
    title = "" if look.legend == "run" else f"<b>{as_html(look.legend)}</b>"
    return f'<div class="legend">{title}<ul>{items}</ul></div>'


def _swatch(colour: str, dash: Iterable[float] = (1, 0)) -> str:
    pattern = " ".join(map(str, dash))
    line = f'<line x1="0" x2="34" y1="6" y2="6" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{pattern}"/>'
    return f'<svg width="34" height="12" aria-hidden="true">{line}<circle cx="17" cy="6" r="4" fill="{colour}"/></svg>'


def _chart(name: str, panels: Panels, story: Story) -> str:
    title, labels = panels.titles[name], ", ".join(row.label for row in story.figures)
    alt = as_html(f"{title}, for {labels}. The table below has the figures.")
    chart = f'<div id="{name}" class="chart" role="img" aria-label="{alt}"></div>'
    return f"<figure><figcaption>{as_html(title)}</figcaption>{chart}</figure>"


def _result(panels: Panels, story: Story) -> str:
    """The isolation plot, if there is one, beside the judgement."""
    plot = _chart("isolation", panels, story) if "isolation" in panels.charts else ""
    law = f"<h2>What are more images worth?</h2><p>{as_html(story.law)}</p>" if story.law else ""
    verdict = _list("Different, or noise?", [sentence for _, sentence in story.verdict])
    return f'<section class="result">{plot}<div>{law}{verdict}{_list("Is it fair?", story.cautions)}</div></section>'


def _figures(story: Story, look: Look) -> str:
    columns = columns_of(story.figures)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("", *(name for name, _ in columns)))
    rows = "".join(_row(row, colour, columns) for row, colour in zip(story.figures, look.colours, strict=True))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<section><h2>After {story.comparison.after}</h2><div class="wide" tabindex="0">{table}</div></section>'


def _row(row: Figures, colour: str, columns: Sequence[Column]) -> str:
    name = f'<th scope="row"><span style="background:{colour}"></span>{as_html(row.name)}</th>'
    return f"<tr>{name}{''.join(f'<td>{cell(row)}</td>' for _, cell in columns)}</tr>"


def _list(title: str, sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{as_html(sentence)}</li>" for sentence in sentences)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _foot(story: Story, link: str | None) -> str:
    told = " · ".join(map(as_html, story.provenance))
    again = link or story.command
    if again and again.startswith(("http://", "https://")):
        told += f'<br><a href="{as_html(again)}" rel="noreferrer">{as_html(again)}</a>'
    elif again:
        told += f"<br><code>{as_html(again)}</code>"
    return f"<footer>{told}</footer>"


# How


def _data(panels: Panels, dark: bool) -> str:
    """The charts as JSON that cannot end its script element."""
    specs = {name: _live(chart, dark) for name, chart in panels.charts.items()}
    told = {"specs": specs, "datasets": panels.datasets, "theme": "dark" if dark else "light"}
    return json.dumps(told, allow_nan=False).replace("<", "\\u003c")


def _live(chart: Spec, dark: bool) -> Spec:
    """A chart as wide as its place on the page, its epochs easy to hit: unseen dots answer to the pointer around them.

    Vega-Lite's own search for the nearest dot forgets the label in its tooltip.
    """
    around = [{**layer, "mark": {**layer["mark"], **REACH}} for layer in chart["layer"] if layer["mark"] == EPOCHS]
    size = {"width": "container", "height": HEIGHT, "autosize": {"type": "fit-x", "contains": "padding"}}
    return {
        "$schema": SCHEMA,
        **chart,
        "layer": [*chart["layer"], *around],
        **size,
        "config": config(dark),
        "padding": 4,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def style_of(dark: bool) -> str:
    ramp = ", ".join(DARK if dark else LIGHT)
    values = {"background": BACKGROUND, "ink": INK, "muted": MUTED, "hairline": HAIRLINE}
    names = "".join(f"--{name}: {value[dark]}; " for name, value in values.items())
    scheme = "dark" if dark else "light"
    sheet = files("hpviz.charts").joinpath("page.css").read_text(encoding="utf-8")
    return f":root {{ color-scheme: {scheme}; {names}--ramp: linear-gradient(90deg, {ramp}); }}\n{sheet}"
