"""A sheet of words, rules and dots at fixed places: the parts of the card that are not charts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hpviz.charts.lettering import MONO, SANS, drawable
from hpviz.charts.palette import HAIRLINE, INK, MUTED

HEADING = 14

Spec = dict[str, Any]


@dataclass
class Sheet:
    """Marks are put on it from its upper left corner, in pixels; `left` and `top` are where that stands in its view."""

    dark: bool
    left: float = 0.0
    top: float = 0.0
    texts: list[Spec] = field(default_factory=list)
    rules: list[Spec] = field(default_factory=list)
    dots: list[Spec] = field(default_factory=list)

    def text(
        self,
        lines: str | Sequence[str],
        x: float,
        y: float,
        size: float = 12.5,
        *,
        muted: bool = False,
        bold: bool = False,
        mono: bool = False,
        right: bool = False,
        leading: float = 1.36,
    ) -> float:
        """Put lines with the first one's baseline at `y`; returns the baseline of the line after."""
        step = round(size * leading)
        for line in [lines] if isinstance(lines, str) else lines:
            mark = {
                "x": x + self.left,
                "y": y + self.top,
                "text": line,
                "size": size,
                "colour": (MUTED if muted else INK)[self.dark],
            }
            mark |= {"weight": "bold" if bold else "normal", "align": "right" if right else "left"}
            self.texts.append({**mark, "font": MONO if mono else SANS})
            y += step
        return y

    def rule(
        self, x: float, y: float, end: float, colour: str = "", width: float = 1, dash: Sequence[float] = (1, 0)
    ) -> None:
        """A level line from `x` to `end`."""
        place = {"x": x + self.left, "end": end + self.left, "y": y + self.top}
        self.rules.append({**place, "colour": colour or HAIRLINE[self.dark], "width": width, "dash": list(dash)})

    def dot(self, x: float, y: float, colour: str, size: float = 50, hollow: bool = False) -> None:
        """A circle about a point; `size` is its area."""
        self.dots.append({"x": x + self.left, "y": y + self.top, "colour": colour, "size": size, "hollow": hollow})

    def view(self, width: float, height: float) -> Spec:
        """The sheet as a view of that size; its marks are silent to screen readers, for the whole has a text."""
        y: Spec = {"field": "y", "type": "quantitative", "scale": None, "axis": None}
        at = {"x": {**y, "field": "x"}, "y": y, "color": {"field": "colour", "type": "nominal", "scale": None}}
        rule = {"type": "rule", "strokeDash": {"expr": "datum.dash"}, "strokeWidth": {"expr": "datum.width"}}
        dot = {"type": "point", "strokeWidth": 2, "opacity": 1, "fill": {"expr": "datum.hollow ? null : datum.colour"}}
        text: Spec = {"type": "text", "baseline": "alphabetic"}
        for name, of in (("fontSize", "size"), ("fontWeight", "weight"), ("align", "align"), ("font", "font")):
            text[name] = {"expr": f"datum.{of}"}
        layers = [
            _layer(self.rules, rule, {**at, "x2": {"field": "end"}}),
            _layer(self.dots, dot, {**at, "size": {"field": "size", "type": "quantitative", "scale": None}}),
            _layer(self.texts, text, {**at, "text": {"field": "text", "type": "nominal"}}),
        ]
        return {"width": width, "height": height, "layer": [layer for layer in layers if layer["data"]["values"]]}


def _layer(values: list[Spec], mark: Spec, encoding: Spec) -> Spec:
    return {"data": {"values": drawable(values)}, "mark": {**mark, "aria": False}, "encoding": encoding}
