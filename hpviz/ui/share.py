"""Sharing what is compared: the card, the link, and files that are made when they are asked for."""

import json
from typing import get_args

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.curves import Axis
from hpviz.charts.export import Format, export, file_name, to_svg
from hpviz.ui.theme import is_dark

# What a file is called on the web, and what it is good for.
KINDS: dict[Format, tuple[str, str]] = {
    "png": ("image/png", "A picture, 2,400 pixels wide"),
    "svg": ("image/svg+xml", "A drawing that stays sharp at any size"),
    "html": ("text/html", "A page that opens offline, with live tooltips and the figures in a table"),
    "csv": ("text/csv", "Every epoch of every run, for a spreadsheet"),
    "json": ("application/json", "A bundle that another hpviz imports, every figure exactly"),
}
# The drawing of a card takes a second; those of a few comparisons are kept, for all sessions.
KEPT = 32


def show_share(comparison: Comparison, *, x: Axis, log_loss: bool, link: str | None) -> None:
    """A popover with the card, the file of one's choice and the link. Nothing is drawn before it is opened."""
    popover = st.popover("Share", icon=":material/share:", on_change="rerun", key="share")
    if not popover.open:
        return
    with popover:
        dark, story = is_dark(), Story(comparison)
        spec = card(comparison, x=x, log_loss=log_loss, dark=dark, link=link)
        with st.spinner("Drawing the card …"):
            st.image(_preview(json.dumps(spec), story.title, story.description), width=560, alt=story.description)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            forms: tuple[Format, ...] = get_args(Format)
            form = st.segmented_control(
                "As", forms, format_func=str.upper, default=forms[0], required=True, key="share as"
            )
            form = form or forms[0]
            with st.spinner("Writing the file …"):
                data = _file(comparison, _recording(comparison), form, x=x, log_loss=log_loss, dark=dark, link=link)
            mime, about = KINDS[form]
            st.download_button(
                f"Download {form.upper()}",
                data,
                file_name(comparison, form),
                mime,
                key="share download",
                on_click="ignore",
                icon=":material/download:",
            )
        st.caption(about)
        if link:
            st.caption("The same comparison, here or on another machine that can train it:")
            st.code(link, language=None, wrap_lines=True)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _preview(spec: str, title: str, description: str) -> str:
    return to_svg(json.loads(spec), title, description)


def _recording(comparison: Comparison) -> tuple[tuple[str, str, int], ...]:
    """What tells one state of the compared runs from another."""
    labels = comparison.labels
    return tuple(
        (f"{run['id']} {labels[run['id']]} {comparison.after}", run["updated"], len(run["epochs"]))
        for run in comparison.runs
    )


# Made before it is asked for: a file that is made on the click is swept away when the page is drawn again meanwhile.
@st.cache_data(max_entries=KEPT, show_spinner=False)
def _file(
    _comparison: Comparison,
    recording: tuple[tuple[str, str, int], ...],
    form: Format,
    *,
    x: Axis,
    log_loss: bool,
    dark: bool,
    link: str | None,
) -> bytes:
    return export(_comparison, form, x=x, log_loss=log_loss, dark=dark, link=link)
