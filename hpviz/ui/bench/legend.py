"""The one legend: a chip a value, in the colour of its lines, which hides and shows it; beside it the axes."""

from collections.abc import Mapping
from typing import get_args

import streamlit as st

from hpviz.analysis.comparison import At, Comparison
from hpviz.charts.curves import Axis
from hpviz.charts.looks import Values, colours_by_label, places_of
from hpviz.ui.text import literal
from hpviz.ui.theme import is_dark

MARKS = (
    "Lines: means over seeds, with a band from the lowest seed to the highest where there are two; a line ends where a "
    "seed does (2 of 4: seeds). ● best epoch · ○ newest · ▲ diverged · dotted: guessing · dashed: measured on the "
    "training images, unless there are more than five values, which dashes help to tell apart · thin and level: the "
    "article's last accuracy. “log” is the scale of losses. A chip is hollow until its first epoch is measured; a "
    "click hides its value."
)
AT_HELP = (
    "epochs: each value sees its images equally often. updates: each makes about as many updates, so that values with "
    "few of them an epoch train for more epochs."
)
SWATCH = "\u00a0"


def hidden(name: str) -> frozenset[str]:
    """The labels that this session has put out of sight on that page."""
    labels: frozenset[str] = st.session_state.setdefault(f"{name}:hidden", frozenset())
    return labels


def places(name: str, comparison: Comparison) -> Mapping[Values, float]:
    """Where this session has the page's values on the ramp of colours, so that each keeps its own while others join."""
    kept: dict[Values, float] = places_of(comparison, st.session_state.get(f"{name}:places"))
    st.session_state[f"{name}:places"] = kept
    return kept


def choose_shown(name: str, comparison: Comparison) -> None:
    """The chips. What was hidden is remembered, so that a run that joins disturbs nothing."""
    colours, out = colours_by_label(comparison, is_dark(), places(name, comparison)), hidden(name)
    measured = {comparison.labels[run["id"]] for run in (*comparison.runs, *comparison.hidden) if run["epochs"]}
    chips = {label: _chip(label, colour, label in measured) for label, colour in colours.items()}
    # Chips that look otherwise are others to a browser, which knows them by their text.
    key = f"{name}:shown:{','.join(chips.values())}"

    def remember() -> None:
        st.session_state[f"{name}:hidden"] = (out - set(chips)) | (set(chips) - set(st.session_state[key]))

    st.pills(
        "Shown",
        list(chips),
        selection_mode="multi",
        default=[label for label in chips if label not in out],
        format_func=chips.__getitem__,
        key=key,
        on_change=remember,
        wrap=True,
        width="content",
        label_visibility="collapsed",
    )


def _chip(label: str, colour: str, is_measured: bool) -> str:
    mark = f':color[{SWATCH}]{{background="{colour}"}}' if is_measured else f':color[◌]{{foreground="{colour}"}}'
    return f"{mark} {literal(label)}"


def choose_axes(name: str, has_switch: bool, layouts: tuple[str, ...]) -> None:
    """Along what the curves are drawn and compared, and whether losses are on a logarithmic scale."""
    x_key, at_key = f"{name}:x", f"{name}:at"

    def take_axis() -> None:
        """At equal updates the curves are drawn along updates, until another axis is chosen."""
        st.session_state[x_key] = "updates" if st.session_state[at_key] == "updates" else "epoch"

    with st.popover(f"x: {st.session_state[x_key]}", key=f"{name}:axes"):
        st.segmented_control("Along x", get_args(Axis), required=True, key=x_key, persist_state="session")
        if has_switch:
            st.segmented_control(
                "Compare at equal",
                get_args(At),
                key=at_key,
                required=True,
                on_change=take_axis,
                persist_state="session",
                help=AT_HELP,
            )
        if layouts:
            st.segmented_control("Layout", layouts, required=True, key=f"{name}:layout", persist_state="session")
        st.caption(MARKS)
    st.toggle("log", key=f"{name}:log", persist_state="session")
