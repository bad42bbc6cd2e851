"""Axes that many charts have: epochs, which are whole, and shares in percent."""

from typing import Any

import altair as alt


def of_epochs(least: int = 0, **options: Any) -> alt.Axis:
    """An axis of epochs, named from `least` on.

    Between two epochs there is none: where a chart has few, Vega puts ticks there and writes them as their neighbours.
    """
    names = f"datum.value % 1 || datum.value < {least} ? '' : datum.label"
    return alt.Axis(format="d", grid=False, labelExpr=names, **options)


def of_shares(**options: Any) -> alt.Axis:
    """An axis of percentages, with as many digits as neighbouring ticks need to differ."""
    return alt.Axis(format="%", tickCount=5, **options)
