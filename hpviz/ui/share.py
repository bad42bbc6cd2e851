"""Sharing what is compared: pictures, files that are made when they are asked for, and how to have the same again."""

from collections.abc import Callable
from typing import Literal, get_args

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.story import Story
from hpviz.charts.curves import Axis
from hpviz.charts.cut import PIXELS
from hpviz.charts.export import Format, export, file_name, to_cut, undrawn
from hpviz.links import is_only_here
from hpviz.ui.copying import offer_copy
from hpviz.ui.text import literal
from hpviz.ui.theme import is_dark

OfCard = Literal["cut", Format]
Form = Literal[OfCard, "site"]
FORMS: tuple[OfCard, ...] = ("cut", *get_args(Format))
# What a file is called, what it is on the web, and what it is good for.
KINDS: dict[Form, tuple[str, str, str]] = {
    "cut": ("For a chat", "image/png", f"The finding, one chart and the table, {PIXELS[0]} × {PIXELS[1]} pixels"),
    "png": ("PNG", "image/png", "The whole card as a picture, 2,400 pixels wide"),
    "svg": ("SVG", "image/svg+xml", "The whole card as a drawing that stays sharp at any size"),
    "html": ("HTML", "text/html", "A page that opens offline, with live tooltips and the figures in a table"),
    "csv": ("CSV", "text/csv", "Every epoch of every run, for a spreadsheet"),
    "json": ("JSON", "application/json", "A bundle that another hpviz imports, every figure exactly"),
    "site": (
        "Site",
        "application/zip",
        "Pages that replay the training and move like these, without a server: unpack the ZIP and open index.html",
    ),
}
ENDINGS: dict[Form, str] = {"cut": "png", "site": "zip"}  # of the others, their own
# Those of which the whole card gives an idea; a preview of either is as high, and all of the popover on a small screen.
OF_CARD: frozenset[Form] = frozenset({"png", "svg", "html", "site"})
PREVIEW_HEIGHT, HEIGHT = 220, 484
# The drawing of a card takes a second; those of a few comparisons are kept, for all sessions.
KEPT = 32


def show_share(
    comparison: Comparison,
    *,
    x: Axis,
    log_loss: bool,
    link: str | None,
    site: Callable[[Comparison], bytes] | None = None,
) -> None:
    """A popover with a picture, the file of one's choice and the way to the same. Nothing is drawn before it is opened.

    Where this machine alone reaches the page, its `link` would lead nowhere: a command and the bundle take its place.
    `site` makes the page's site as a ZIP, if it can be published; that is made once it is chosen.
    """
    popover = st.popover("Share", icon=":material/share:", on_change="rerun", key="share")
    with popover:  # as high before it is filled: it opens on the side where it has room
        body = st.container(height=HEIGHT, border=False)
    if not popover.open:
        return
    link = None if link is None or is_only_here(link) else link

    def made(form: Form) -> bytes:
        if form == "site":
            assert site is not None, "it is offered then only"
            return site(comparison)
        return _file(comparison, _recording(comparison), form, x=x, log_loss=log_loss, dark=is_dark(), link=link)

    with body:
        form: Form = (
            st.segmented_control(
                "Share as",
                (*FORMS, "site") if site else FORMS,
                format_func=lambda form: KINDS[form][0],
                default=FORMS[0],
                required=True,
                key="share as",
                label_visibility="collapsed",
            )
            or FORMS[0]
        )
        _show_preview(comparison, made("png" if form in OF_CARD else "cut"))
        with st.container(horizontal=True, vertical_alignment="center"):
            _offer_files(comparison, form, made)
        st.caption(KINDS[form][2] + _boxes(comparison))
        _show_way(comparison, link)


def _show_preview(comparison: Comparison, picture: bytes) -> None:
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))  # as a PNG's first chunk has them
    st.image(picture, width=round(width * PREVIEW_HEIGHT / height), alt=Story(comparison).description)


def _boxes(comparison: Comparison) -> str:
    """Which letters of a name pictures cannot show, and where they are shown."""
    if not (lacking := undrawn(comparison)):
        return ""
    return (
        f". No font on this machine has {literal(' '.join(lacking), 60)}: pictures show boxes instead, SVG and HTML "
        "the letters, wherever a font has them."
    )


def _offer_files(comparison: Comparison, form: Form, made: Callable[[Form], bytes]) -> None:
    """The chosen file, to copy if it is a picture; the bundle beside it."""
    name = file_name(comparison, ENDINGS.get(form, form))
    if form in ("cut", "png"):
        offer_copy(made(form), name)
    with st.spinner("Writing the file …"):
        data = made(form)
    st.download_button(
        f"Download {ENDINGS.get(form, form).upper()}",
        data,
        name,
        KINDS[form][1],
        key="share download",
        on_click="ignore",
        icon=":material/download:",
    )
    if form != "json":
        st.download_button(
            "Bundle",
            made("json"),
            file_name(comparison, "json"),
            KINDS["json"][1],
            key="share bundle",
            help=KINDS["json"][2],
            on_click="ignore",
            icon=":material/deployed_code:",
        )


def _show_way(comparison: Comparison, link: str | None) -> None:
    """How to have the same again: by the link, or where that leads nowhere by a command."""
    if link:
        st.caption("The same comparison, here or on another machine that can train it:")
        st.code(link, language=None)
    elif command := Story(comparison).command:
        st.caption("A link to this machine would open on no other. This trains the same anywhere; the bundle holds it:")
        st.code(command, language=None)
    else:
        st.caption(
            "A link to this machine would open on no other, and no single command trains these runs: send the bundle, "
            "which another hpviz imports."
        )


def _recording(comparison: Comparison) -> tuple[tuple[str, str, int], ...]:
    """What tells one state of the compared runs from another."""
    labels = comparison.labels
    return tuple(
        (f"{run['id']} {labels[run['id']]} {comparison.after}", run["updated"], len(run["epochs"]))
        for run in comparison.runs
    )


# Made before it is asked for: a file that is made on the click is swept away when the page is drawn again meanwhile.
@st.cache_data(max_entries=KEPT, show_spinner="Drawing …")
def _file(
    _comparison: Comparison,
    recording: tuple[tuple[str, str, int], ...],
    form: OfCard,
    *,
    x: Axis,
    log_loss: bool,
    dark: bool,
    link: str | None,
) -> bytes:
    if form == "cut":
        return to_cut(_comparison, x=x, log_loss=log_loss, dark=dark, link=link)
    return export(_comparison, form, x=x, log_loss=log_loss, dark=dark, link=link)
