"""A study's page, the same for every study: the question, its picture, the controls, the comparison as it grows."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.learning_curve import IMAGES
from hpviz.analysis.tuned import at_one_for_all, at_what_was_tuned
from hpviz.hyperparameters import Value, spell
from hpviz.notation import read_number, short, spelled
from hpviz.plan import Setting, request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui import permalink
from hpviz.ui.fetching import found_weights, identified
from hpviz.ui.resources import get_runner, session
from hpviz.ui.runs.questions import show_question
from hpviz.ui.study import choices, link, live
from hpviz.ui.study.cost_card import show_cost
from hpviz.ui.study.launch import COMPLAINT, launch, offer_seed, offer_values, propose
from hpviz.ui.study.pictures import show_pictures
from hpviz.ui.study.prediction import offer_prediction
from hpviz.ui.study.screen import on_screen
from hpviz.ui.text import sentence


def show_study(study: Study) -> None:
    """The whole page."""
    choices.initialise(study)
    link.take(study)
    st.title(study.title)
    st.markdown(f"**{study.question}** {study.answer}")
    permalink.complain(study.name)
    show_question()
    given = choices.choose_data(study)
    show_pictures(study)
    held = choices.choose_held(study)
    try:
        setting = found_setting(given, held)
        if setting is None:
            return
        request(setting)
    except BadInput as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    _launcher(study, setting)
    live.show_comparison(study, setting, slot(study))


def slot(study: Study) -> str:
    """This session's slider on this page: its newest move replaces an older one that has not started."""
    return f"{study.name}/{session()}"


# The setting


def found_setting(given: str, held: dict[str, object]) -> Setting | None:
    """What all runs on the page share, or None while it is being found out (the page says so)."""
    known, weights = identified(given), None
    if known is None:
        return None
    if held["model"] == "resnet18" and held["weights"] != "none":
        weights = found_weights(str(held["weights_file"]))
        if weights is None:
            return None
    runner = get_runner()
    fields = choices.spec_fields(held)
    if not runner.is_warm():
        with st.spinner("Loading PyTorch, once after the start …"):
            runner.machine()
    fields["precision"] = runner.machine()["precision"]
    if weights is not None:
        fields["weights"] = weights[1]
    return Setting(*known, int(held["epochs"] or 1), fields, weights[0] if weights else None)  # type: ignore[call-overload]


# The launcher


def _launcher(study: Study, setting: Setting) -> None:
    """The slider, the exact value, and lists of values, the article's first, in one click each."""
    choices.choose_at(study)
    offered = there(study, setting, study.slider_values)
    slider_key, auto_key = choices.key(study, "slider"), choices.key(study, "auto")
    st.session_state.setdefault(auto_key, True)
    st.session_state.setdefault(slider_key, choices.start_value(study))
    if st.session_state[slider_key] not in offered:
        st.session_state[slider_key] = offered[-1]
    st.select_slider(
        study.title,
        offered,
        format_func=spell,
        key=slider_key,
        on_change=_moved,
        args=(study, setting),
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if study.hyperparameter.kind:
            _exact_value(study, setting)
        st.button(
            f"Train {study.symbol} {spell(st.session_state[slider_key])}",
            icon=":material/play_arrow:",
            on_click=launch,
            args=(study, setting, (st.session_state[slider_key],)),
        )
        preset = st.session_state[choices.key(study, "preset")]
        lists = {name: there(study, setting, values) for name, values in study.lists(preset).items()}
        for place, (name, values) in enumerate(lists.items()):
            style = "secondary" if place else "primary"
            offer_values(study, setting, name, values, type=style, icon=":material/playlist_play:")
        offer_seed(study, setting, icon=":material/casino:")
        offer_prediction(study, setting, study.values(preset), on_screen(get_runner().runs(), study, setting))
        st.checkbox("train as I move the slider", key=auto_key, persist_state="session")
    if study.hyperparameter.kind and any("e-" in spell(value) for value in study.slider_values):
        st.caption(f"{study.symbol} {spelled(st.session_state[slider_key])}")
    if study.tuned:
        st.caption(_tuned(study, setting))
    _ask_about_slip(study, setting)
    impossible = show_cost(study, setting, st.session_state[slider_key])
    complaint = st.session_state.pop(COMPLAINT, None)
    if complaint and complaint != impossible:
        st.error(sentence(complaint), icon=":material/error:")


def there(study: Study, setting: Setting, values: Sequence[Value]) -> tuple[Value, ...]:
    """Of the values those that these images can give: of no class are more drawn than the largest has."""
    most = max(setting.identity.train_counts.values())
    few = tuple(value for value in values if study.field != IMAGES or float(value) <= most)
    return few if len(few) > 1 or study.field != IMAGES else (1, most)


def _tuned(study: Study, setting: Setting) -> str:
    """What each value brings with it, or what all have instead."""
    if any(name in setting.fixed for name in study.tuned_fields):
        return at_one_for_all(study, request(setting).spec.model_dump(), study.slider_values)
    return at_what_was_tuned(study, study.slider_values)


def _exact_value(study: Study, setting: Setting) -> None:
    """A number of one's own beside those of the slider."""
    st.text_input(
        "Exact value",
        key=choices.key(study, "exact"),
        placeholder=f"{spell(choices.start_value(study))}, then Enter",
        max_chars=20,
        width=180,
        on_change=_typed,
        args=(study, setting),
    )


def _moved(study: Study, setting: Setting) -> None:
    if st.session_state[choices.key(study, "auto")]:
        propose(study, setting, st.session_state[choices.key(study, "slider")], slot(study))


def _typed(study: Study, setting: Setting) -> None:
    """Launch a typed value, unless it looks like the article's slip: then ask."""
    doubt_key, text = choices.key(study, "doubt"), st.session_state[choices.key(study, "exact")]
    st.session_state.pop(doubt_key, None)
    if not text.strip():
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
        launch(study, setting, (value,))


def _ask_about_slip(study: Study, setting: Setting) -> None:
    doubt_key = choices.key(study, "doubt")
    if doubt_key not in st.session_state:
        return
    typed, doubt = st.session_state[doubt_key]
    st.warning(
        f"What was typed is {spelled(typed)}. "
        f"The article's author typed it so and printed {spelled(doubt)}. Which one?",
        icon=":material/help:",
    )

    def answer(value: float) -> None:
        st.session_state.pop(doubt_key)
        launch(study, setting, (value,))

    with st.container(horizontal=True):
        for value in (typed, doubt):
            st.button(
                f"Train {study.symbol} {short(value)}", key=f"{doubt_key}:{value}", on_click=answer, args=(value,)
            )
