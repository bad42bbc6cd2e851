"""One chart as a file of its own: a picture, or a page that opens offline. Nothing is fetched."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from hpviz.charts.export import to_png, to_svg, vega_lite
from hpviz.charts.lettering import as_html, drawable
from hpviz.charts.page import DRAW, POLICY, style_of
from hpviz.charts.palette import INK, MUTED
from hpviz.charts.panels import SCHEMA, Spec, config
from hpviz.charts.specification import Chart


@dataclass(frozen=True)
class Drawing:
    """A chart, what it shows in a sentence, and the same in words for those who cannot see it.

    `notes` are lines that belong under the title, for without them the picture would mislead.
    """

    chart: Chart
    title: str
    description: str
    notes: Sequence[str] = ()


def drawn(drawing: Drawing, form: str, dark: bool) -> bytes:
    """The chart as "png", "svg" or "html", its title above it."""
    title, description = drawable(drawing.title), drawable(drawing.description)
    if form == "html":
        return _page(_spec(drawing, dark), title, description, dark).encode()
    notes = [drawable(note) for note in drawing.notes]
    spec = {**_spec(drawing, dark), "title": {"text": title, "subtitle": notes} if notes else title}
    return to_png(spec) if form == "png" else to_svg(spec, title, description).encode()


def _spec(drawing: Drawing, dark: bool) -> Spec:
    """The chart in plain JSON, figures inside."""
    with alt.data_transformers.enable("default", max_rows=None):
        plain: Spec = drawing.chart.to_dict(validate=False)
    plain.pop("$schema", None)
    own: dict[str, Any] = plain.pop("config", {})
    title: dict[str, Any] = {"anchor": "start", "color": INK[dark], "fontSize": 15, "offset": 12}
    title |= {"subtitleColor": MUTED[dark], "subtitleFontSize": 12, "subtitleLineHeight": 17, "subtitlePadding": 6}
    legend = {"labelColor": INK[dark], "titleColor": MUTED[dark]}
    look = {**own, **config(dark), "legend": legend, "title": title}
    return {"$schema": SCHEMA, **drawable(plain), "padding": 16, "config": look}


def _page(spec: Spec, title: str, description: str, dark: bool) -> str:
    import vl_convert

    script: str = vl_convert.javascript_bundle(DRAW, vl_version=vega_lite())
    datasets = spec.pop("datasets", {})
    told = {"specs": {"picture": spec}, "datasets": datasets, "theme": "dark" if dark else "light"}
    charts = json.dumps(told, allow_nan=False).replace("<", "\\u003c")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{as_html(title)}</title><style>{style_of(dark)}</style></head><body><main>",
            f"<h1>{as_html(title)}</h1>",
            f'<div id="picture" role="img" aria-label="{as_html(description)}"></div>',
            f"<p>{as_html(description)}</p></main>",
            f'<script type="application/json" id="charts">{charts}</script>',
            f"<script>{script}</script></body></html>",
        ]
    )
