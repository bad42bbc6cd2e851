"""Which two hyperparameters are crossed, at which values and under how many seeds."""

from collections.abc import Sequence

import streamlit as st

from hpviz.hyperparameters import Value, spell
from hpviz.notation import read_number
from hpviz.plan import Axes
from hpviz.spec import MAX_SEEDS, BadInput
from hpviz.studies import BATCH_SIZE, LEARNING_RATE, STUDIES, Study
from hpviz.ui.study import choices

PAGE = "grid"
FIRST, SECOND, SEEDS, PRESET = "grid:first", "grid:second", "grid:seeds", "grid:preset"
# The values of the first study and of the second, and for which studies and preset they were chosen.
VALUES, CHOSEN_FOR = ("grid:values", "grid:values2"), "grid:chosen for"
COMPLAINT = "grid:complaint"


def choose_studies() -> tuple[Study, Study]:
    """The two, of those that are declared."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, key in (("First (rows)", FIRST), ("Second (columns)", SECOND)):
            st.selectbox(label, list(STUDIES), format_func=_title, key=key, width=260, persist_state="session")
    return studies()


def studies() -> tuple[Study, Study]:
    """The two as they stand."""
    names = (st.session_state.get(FIRST, LEARNING_RATE.name), st.session_state.get(SECOND, BATCH_SIZE.name))
    return STUDIES[names[0]], STUDIES[names[1]]


def initialise() -> None:
    """Give every choice about the axes its first value."""
    first, second = studies()
    for key, value in ((FIRST, first.name), (SECOND, second.name), (SEEDS, 1), (PRESET, "quick")):
        st.session_state.setdefault(key, value)


def follow(both: Study) -> None:
    """Where other studies or another preset were chosen, their values and what these studies hold come in."""
    first, second = studies()
    now = first.name, second.name, st.session_state[PRESET]
    before = st.session_state.get(CHOSEN_FOR, now)
    if before != now or VALUES[0] not in st.session_state:
        for key, values in zip(VALUES, default_values(), strict=True):
            st.session_state[key] = list(values)
    if before[:2] != now[:2]:
        kept = {"data", "image_size", "per_class", "epochs", "seed"}
        for name, value in choices.preset_values(both, now[2]).items():
            if name not in kept:
                st.session_state[choices.key(both, name)] = value
    st.session_state[CHOSEN_FOR] = now


def default_values() -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """The values of both studies as the preset has them."""
    first, second = studies()
    preset = st.session_state.get(PRESET, "quick")
    return first.values(preset), second.values(preset)


def choose_axes() -> Axes:
    """The values of both and the number of seeds; BadInput if that makes no grid."""
    pair = studies()
    with st.grid(2, min_column_width=300):
        for study, key in zip(pair, VALUES, strict=True):
            _choose_values(study, key)
    if complaint := st.session_state.pop(COMPLAINT, None):
        raise BadInput(complaint)
    st.number_input("Seeds a cell", 1, MAX_SEEDS, step=1, key=SEEDS, width=140, persist_state="session")
    values, values2 = (tuple(st.session_state[key]) for key in VALUES)
    if not values or not values2:
        raise BadInput("A grid takes at least one value of each: choose some above.")
    return Axes(*pair, values, values2, int(st.session_state[SEEDS]))


def _choose_values(study: Study, key: str) -> None:
    chosen: Sequence[Value] = st.session_state[key]
    options = sorted({*study.slider_values, *chosen}, key=study.hyperparameter.order)
    st.multiselect(
        f"Values: {study.title}",
        options,
        key=key,
        format_func=spell,
        accept_new_options=study.hyperparameter.kind is not None,
        on_change=_parse_typed,
        args=(study, key),
        wrap=True,
        placeholder="choose, or type one" if study.hyperparameter.kind else "choose",
        persist_state="session",
    )


def _parse_typed(study: Study, key: str) -> None:
    """Make values of what was typed; what is none is left out, and said."""
    kept: list[Value] = []
    for value in st.session_state[key]:
        try:
            is_typed = isinstance(value, str) and study.hyperparameter.kind is not None
            kept.append(study.parse(read_number(value).value) if is_typed else value)
        except BadInput as error:
            st.session_state[COMPLAINT] = str(error)
    st.session_state[key] = list(dict.fromkeys(kept))


def _title(name: str) -> str:
    return STUDIES[name].title
