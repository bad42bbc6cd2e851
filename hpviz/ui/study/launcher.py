"""The hand's part of the bench: the slider, the exact value, and lists of values in one click each."""

import threading
from collections.abc import Sequence

import streamlit as st

from hpviz import gate
from hpviz.analysis.learning_curve import IMAGES
from hpviz.hyperparameters import Value, spell
from hpviz.notation import read_number, short, spelled
from hpviz.plan import Setting
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.cost_card import price
from hpviz.ui.study.launch import COMPLAINT, launch, offer_seed, offer_values, propose
from hpviz.ui.study.prediction import offer_prediction
from hpviz.ui.text import sentence

PLACEHOLDER = "exact value"
SHOWN = "Hide values by their chips, open the tabs below, compare any runs, or share what is on the screen."
SHARES = (7, 13)  # of the row, for the slider and for what is beside it; on a phone they stand below each other


def show_launcher(study: Study, setting: Setting | None, problem: str | None, slot: str) -> None:
    """One row, and below the slider what a run there would cost; then, if there is one, the sentence that refuses it.

    Without a possible setting everything stays in its place and nothing can be launched.
    """
    ready = setting if problem is None else None
    offered = there(study, setting, study.slider_values)
    slider_key = choices.key(study, "slider")
    st.session_state.setdefault(choices.key(study, "auto"), True)
    st.session_state.setdefault(slider_key, choices.start_value(study))
    if st.session_state[slider_key] not in offered:
        st.session_state[slider_key] = offered[-1]
    hand, buttons = st.columns(SHARES, gap="xsmall")
    with hand, st.container(gap="xsmall"):
        st.select_slider(
            study.title,
            offered,
            format_func=spell,
            key=slider_key,
            on_change=_moved,
            args=(study, ready, slot),
            persist_state="session",
            label_visibility="collapsed",
        )
        told, refusal = price(study, ready, st.session_state[slider_key])
        st.caption(told)
    with buttons, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if gate.current().read_only:
            st.caption(SHOWN, width="stretch")
            offer_prediction(study, ready)
        else:
            _show_exact(study, ready)
            _buttons(study, ready)
    _ask_about_slip(study, ready)
    complaint = st.session_state.pop(COMPLAINT, None)
    for told in dict.fromkeys(filter(None, (problem, refusal, complaint))):
        st.error(sentence(told), icon=":material/error:")


def _show_exact(study: Study, ready: Setting | None) -> None:
    if study.hyperparameter.kind:
        st.text_input(
            "Exact value",
            key=choices.key(study, "exact"),
            placeholder=PLACEHOLDER,
            max_chars=20,
            width=100,
            on_change=_typed,
            args=(study, ready),
            label_visibility="collapsed",
        )


def _buttons(study: Study, ready: Setting | None) -> None:
    """The value under the slider, the preset's list, one more seed, a guess; what else can be launched in a menu."""
    preset, value = st.session_state[choices.key(study, "preset")], st.session_state[choices.key(study, "slider")]
    lists = {name: there(study, ready, values) for name, values in study.lists(preset).items()}
    *others, first = lists.items()
    st.button(
        f"Train {study.symbol} {spell(value)}",
        on_click=launch,
        args=(study, ready, (value,)),
        disabled=ready is None,
    )
    # In this order they fill two rows on a phone.
    offer_prediction(study, ready)
    with st.popover("More", key=choices.key(study, "more")):
        for each in others:
            offer_values(study, ready, *each)
        auto = choices.key(study, "auto")
        st.checkbox("train as I move the slider", key=auto, persist_state="session")
    offer_values(study, ready, *first, type="primary")
    offer_seed(study, ready)


def there(study: Study, setting: Setting | None, values: Sequence[Value]) -> tuple[Value, ...]:
    """Of the values those that these images can give: of no class are more drawn than the largest has."""
    if study.field != IMAGES or setting is None:
        return tuple(values)
    most = max(setting.identity.train_counts.values())
    few = tuple(value for value in values if float(value) <= most)
    return few if len(few) > 1 else (1, most)


# Streamlit begins the next draw of a session before the one under way has stopped, so the callbacks of two quick moves
# may run at once. Whichever proposes last has looked last, too, and so proposes the newer value.
_looking = threading.Lock()


def _moved(study: Study, ready: Setting | None, slot: str) -> None:
    if ready is not None and st.session_state[choices.key(study, "auto")] and not gate.current().read_only:
        with _looking:
            propose(study, ready, st.session_state[choices.key(study, "slider")], slot)


def _typed(study: Study, ready: Setting | None) -> None:
    """Launch a typed value, unless it looks like the article's slip: then ask."""
    doubt_key, text = choices.key(study, "doubt"), st.session_state[choices.key(study, "exact")]
    st.session_state.pop(doubt_key, None)
    if not text.strip() or ready is None:
        return
    try:
        reading = read_number(text)
        value = study.parse(reading.value)
    except BadInput as error:
        st.session_state[COMPLAINT] = str(error)
        return
    if reading.doubt is not None:
        st.session_state[doubt_key] = (value, reading.doubt)
    else:
        launch(study, ready, (value,))


def _ask_about_slip(study: Study, ready: Setting | None) -> None:
    doubt_key = choices.key(study, "doubt")
    if doubt_key not in st.session_state or ready is None:
        return
    typed, doubt = st.session_state[doubt_key]
    st.warning(
        f"What was typed is {spelled(typed)}. "
        f"The article's author typed it so and printed {spelled(doubt)}. Which one?",
        icon=":material/help:",
    )

    def answer(value: float) -> None:
        st.session_state.pop(doubt_key)
        launch(study, ready, (value,))

    with st.container(horizontal=True):
        for value in (typed, doubt):
            st.button(
                f"Train {study.symbol} {short(value)}", key=f"{doubt_key}:{value}", on_click=answer, args=(value,)
            )
