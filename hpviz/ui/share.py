"""Sharing what is compared: the card, the link, and files that are made when they are asked for."""

import json
from collections.abc import Callable
from typing import get_args

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.curves import Axis
from hpviz.charts.export import Format, export, file_name, to_svg
from hpviz.ui.screen import is_dark

KINDS: dict[Format, tuple[str, str, str]] = {
    "png": ("PNG", "image/png", "A picture, 2,400 pixels wide"),
    "svg": ("SVG", "image/svg+xml", "A drawing that stays sharp at any size"),
    "html": ("HTML", "text/html", "A page that opens offline, with live tooltips and the figures in a table"),
    "csv": ("CSV", "text/csv", "Every epoch of every run, for a spreadsheet"),
    "json": ("JSON", "application/json", "A bundle that another hpviz imports, every figure exactly"),
}
# The drawing of a card takes a second; those of a few comparisons are kept, for all sessions.
KEPT = 32


def show_share(comparison: Comparison, *, x: Axis, log_loss: bool, link: str | None) -> None:
    """A popover with the card, five files and the link. Nothing is drawn before it is opened."""
    popover = st.popover("Share", icon=":material/share:", on_change="rerun", key="share")
    if not popover.open:
        return
    with popover:
        dark, story = is_dark(), Story(comparison)
        spec = card(comparison, x=x, log_loss=log_loss, dark=dark, link=link)
        with st.spinner("Drawing the card …"):
            st.image(_preview(json.dumps(spec), story.title, story.description), width=560, alt=story.description)
        with st.container(horizontal=True):
            for form in get_args(Format):
                _offer(comparison, form, _maker(comparison, form, x, log_loss, dark, link))
        if link:
            st.caption("The same comparison, here or on another machine that can train it:")
            st.code(link, language=None, wrap_lines=True)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _preview(spec: str, title: str, description: str) -> str:
    return to_svg(json.loads(spec), title, description)


def _maker(
    comparison: Comparison, form: Format, x: Axis, log_loss: bool, dark: bool, link: str | None
) -> Callable[[], bytes]:
    return lambda: export(comparison, form, x=x, log_loss=log_loss, dark=dark, link=link)


def _offer(comparison: Comparison, form: Format, make: Callable[[], bytes]) -> None:
    label, mime, about = KINDS[form]
    st.download_button(
        label,
        make,
        file_name(comparison, form),
        mime,
        help=about,
        key=f"share:{form}",
        on_click="ignore",
        icon=":material/download:",
    )
