"""The charts of a page as its script reads them: specifications, rows by column, and what is otherwise in the dark."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from hpviz.charts.lettering import drawable
from hpviz.charts.palette import BACKGROUND, CHANCE, DARK, DIVERGED, HAIRLINE, INK, LIGHT, MUTED
from hpviz.charts.panels import SCHEMA, config
from hpviz.charts.pictures import Picture
from hpviz.charts.pictures.picture import FAINT
from hpviz.charts.specification import Chart, Spec, specification

ROWS = "rows"  # what a chart calls the only rows it draws
KEY_DIGITS = 12
Path = tuple[str | int, ...]
# Every colour of the palette in the dark, by what it is in light.
PAINT: Mapping[str, str] = {
    **dict(zip(LIGHT, DARK, strict=True)),
    **{each[False]: each[True] for each in (BACKGROUND, INK, MUTED, HAIRLINE, CHANCE, DIVERGED, FAINT)},
}


@dataclass
class Charts:
    """The charts of one page, by the id of the element in which each is drawn.

    `specs` are light, with a list of what differs in the dark as (path, value); `rows` are those of all charts, by what
    is in them, so that charts and themes that draw the same share them. `replays` are as `site.replay` makes them.
    """

    specs: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    replays: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(
        self,
        name: str,
        chart: Chart,
        rows: Mapping[str, pa.Table],
        *,
        colours: Mapping[str, str] = PAINT,
        replay: str | None = None,
        height: int | None = None,
    ) -> None:
        """A chart in light over `rows` by name; where a `replay` is named, it has the "curves".

        `colours` are those of the dark by those in light, beside PAINT.
        """
        light = self._spec(specification(chart, validated=False), rows, False, height)
        dark = repainted(light, {**PAINT, **colours})
        self.specs[name] = {"spec": light, "dark": list(differences(light, dark)), "replay": replay}

    def add_picture(self, name: str, light: Picture, dark: Picture) -> None:
        """A picture that moves, which mixes its colours, so it is given in light and in the dark."""
        in_light, in_dark = (
            self._spec(specification(picture.chart, validated=False), {}, is_dark, None)
            for picture, is_dark in ((light, False), (dark, True))
        )
        self.specs[name] = {"spec": in_light, "dark": list(differences(in_light, in_dark)), "replay": None}

    def keep(self, rows: pa.Table) -> str:
        """Rows to be drawn, and what they are called."""
        columns = columns_of(rows)
        key = hashlib.sha256(_json(columns).encode()).hexdigest()[:KEY_DIGITS]
        self.rows[key] = columns
        return key

    def written(self) -> str:
        """All of it as JSON that cannot end its script element."""
        told = {"charts": self.specs, "rows": self.rows, "replays": self.replays}
        return _json(told).replace("<", "\\u003c")

    def _spec(
        self, made: tuple[Spec, dict[str, pa.Table]], rows: Mapping[str, pa.Table], dark: bool, height: int | None
    ) -> Spec:
        """With the look of the page, as wide as its place; its `datasets` are the keys of rows."""
        spec, inside = made
        own = {name: value for name, value in spec.items() if name not in ("title", "config", "$schema")}
        size = {
            "height": height or spec["height"],
            "width": "container",
            "autosize": {"type": "fit-x", "contains": "padding"},
        }
        look = {**_look(dark), **spec.get("config", {})}
        datasets = {name: self.keep(table) for name, table in {**inside, **rows}.items()}
        return {"$schema": SCHEMA, **_clean(own), **size, "padding": 4, "config": look, "datasets": datasets}


def _look(dark: bool) -> Spec:
    words = {"labelColor": INK[dark], "titleColor": MUTED[dark]}
    # What is drawn is told by the chart's text alternative and by a table, not mark by mark.
    return {**config(dark), "legend": words, "header": words, "mark": {"aria": False}}


def repainted(light: Any, colours: Mapping[str, str]) -> Any:
    """A specification with other colours. Altair takes a quarter of a second to build one anew."""
    if isinstance(light, dict):
        return {name: repainted(each, colours) for name, each in light.items()}
    if isinstance(light, list):
        return [repainted(each, colours) for each in light]
    return colours.get(light, light) if isinstance(light, str) else light


def differences(light: Any, dark: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of everything that is another value in the dark; what is built otherwise differs as a whole."""
    if isinstance(light, dict) and isinstance(dark, dict) and light.keys() == dark.keys():
        for name in light:
            yield from differences(light[name], dark[name], (*path, name))
    elif isinstance(light, list) and isinstance(dark, list) and len(light) == len(dark):
        for place, (one, other) in enumerate(zip(light, dark, strict=True)):
            yield from differences(one, other, (*path, place))
    elif light != dark:
        yield path, dark


def columns_of(rows: pa.Table) -> dict[str, Any]:
    """Rows by column, which says each name once: {"count": 3, "of": {"epoch": [1, 2, 3], "label": {"all": "1e-4"}}}.

    Numbers have six digits; what is not a number is null.
    """
    told = {name: [_short(value) for value in values] for name, values in rows.to_pydict().items()}
    return {"count": rows.num_rows, "of": {drawable(name): _column(values) for name, values in told.items()}}


def _column(values: list[Any]) -> Any:
    """A list, or {"all": value} where all are the same."""
    alike = len(values) > 1 and all(type(value) is type(values[0]) and value == values[0] for value in values)
    return {"all": values[0]} if alike else values


def _short(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        short = float(f"{value:.6g}")
        return int(short) if short.is_integer() and abs(short) < 1e15 else short
    return _clean(value)


def _clean(value: Any) -> Any:
    """What a drawing can hold; line breaks are kept, for pictures break their words at them."""
    if isinstance(value, dict):
        return {drawable(name): _clean(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return "\n".join(map(drawable, value.split("\n"))) if isinstance(value, str) else value


def _json(told: Any) -> str:
    return json.dumps(told, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
