"""Charts on a page. A specification is built and validated once a structure; a redraw sends rows, and new ones alone.

What changes while something trains (figures, texts, ends of an axis that follow the figures) belongs into the rows: a
specification that changes makes the browser draw the chart anew, as another node.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import altair as alt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st
from altair.utils import schemapi

from hpviz.charts.palette import MUTED
from hpviz.charts.pictures import Picture
from hpviz.charts.specification import Chart, Spec, specification
from hpviz.ui.theme import is_dark

# Altair validates every piece of a chart while it is put together, for every visitor. Tests validate the whole.
schemapi.disable_debug_mode()

# Structures that are kept, for all sessions: those of a few dozen comparisons in light and dark.
KEPT = 256
NOTHING: Mapping[str, pa.Table] = MappingProxyType({})


def show_chart(
    key: str,
    draw: Callable[..., Chart],
    *structure: Any,
    rows: pa.Table,
    beside: Mapping[str, pa.Table] = NOTHING,
    alt: str,
    height: int | Literal["content"] = "content",
) -> None:
    """The chart `draw(data, *structure)` over `rows`; what `structure` holds decides all but the rows, and is hashable.

    `beside` are the rows of other data that it calls by name, `height` pixels where the page gives them.
    """
    spec, inside = _built(draw, *structure)
    given = {**_in_theme(spec), "datasets": {**inside, ROWS: rows, **beside}}
    st.vega_lite_chart(spec=given, key=key, width="stretch", height=height, alt=alt)


def show_chart_to_click(
    key: str, draw: Callable[..., Chart], *structure: Any, rows: pa.Table, alt: str, selection: str
) -> list[dict[str, Any]]:
    """The same, for a chart whose selection of that name a click sets; returns what is selected."""
    spec, inside = _built(draw, *structure)
    event = st.vega_lite_chart(
        spec={**_in_theme(spec), "datasets": {**inside, ROWS: rows}},
        key=key,
        width="stretch",
        alt=alt,
        on_select="rerun",
        selection_mode=selection,
    )
    chosen: list[dict[str, Any]] = event.selection.get(selection, [])
    return chosen


def show_picture(key: str, picture: Picture) -> None:
    """A picture with its rows in it, and its sentence below."""
    spec, inside = picture.drawn
    st.vega_lite_chart(spec={**_in_theme(spec), "datasets": inside}, key=key, width="stretch", alt=picture.alt_text)
    st.caption(picture.caption)


def offer_figures(key: str, title: str, figures: Callable[[], pd.DataFrame]) -> None:
    """What a chart shows as a table, which is made when somebody unfolds it."""
    fold = st.expander(f"{title} in figures", key=f"{key}:figures", on_change="rerun")
    if fold.open:
        fold.dataframe(figures(), hide_index=True, key=f"{key}:table", alt=f"{title}, in figures")


ROWS = "rows"


@lru_cache(maxsize=KEPT)
def _built(draw: Callable[..., Chart], *structure: Any) -> tuple[Spec, dict[str, pa.Table]]:
    # Validated by the tests of every chart; here it would be half of the time until the first curves.
    return specification(draw(alt.NamedData(name=ROWS), *structure), validated=False)


def _in_theme(spec: Spec) -> Spec:
    """With what is written around it in a grey that keeps 4.5:1, as Streamlit's does not.

    What is drawn is told by the chart's text alternative and by a table, not mark by mark.
    """
    words = {"labelColor": MUTED[is_dark()], "titleColor": MUTED[is_dark()]}
    config = {"axis": words, "legend": words, "header": words, "mark": {"aria": False}}
    return {**spec, "config": {**config, **spec.get("config", {})}}
