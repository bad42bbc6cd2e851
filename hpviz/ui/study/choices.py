"""What is compared on: the data set, the preset and everything held fixed, as widgets in a drawer."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from hpviz.analysis.comparison import At
from hpviz.hyperparameters import HYPERPARAMETERS, Value, spell
from hpviz.notation import read_number, short
from hpviz.plan import UPDATES_FIELDS
from hpviz.spec import FIRST_FIELDS, MAX_EPOCHS, BadInput, RunSpec
from hpviz.studies import PRESETS, Preset, Study
from hpviz.ui.data_address import known_data
from hpviz.ui.locked import locked
from hpviz.ui.text import literal, sentence

# RunSpec fields that are held fixed, in the order of the drawer: the images and how long, then how it is learned, then
# whatever else is declared. The study's own is left out.
FIRST = ("model", "image_size", "per_class", "epochs", "batch_size", "learning_rate", "optimizer", "momentum")
LAST = ("normalisation", "validation_fraction", "seed")
HELD = (
    *FIRST,
    *(name for name, each in HYPERPARAMETERS.items() if each.knob.option and name not in {*FIRST, *LAST}),
    *LAST,
)
OPTIONS: Mapping[str, tuple[str, ...]] = {
    name: each.words for name, each in HYPERPARAMETERS.items() if each.kind is None and each.knob.option
}
# Beside a slider of the same name, and where the symbol is what people look for.
NAMES: Mapping[str, str] = {
    "epochs": "Epochs",
    "learning_rate": "Held learning rate",
    "weight_decay": "Weight decay λ",
    "image_size": "Image size (px)",
}
TYPED = tuple(name for name in HELD if name != "epochs" and HYPERPARAMETERS[name].kind is float)
BOUNDS: Mapping[str, tuple[int, int]] = {"epochs": (1, MAX_EPOCHS)} | {
    name: (int(each.low), int(each.high))
    for name, each in HYPERPARAMETERS.items()
    if each.knob.option and each.whole and not each.words
}


def key(study: Study, name: str) -> str:
    return f"{study.name}:{name}"


def preset_values(study: Study, preset: Preset) -> dict[str, Any]:
    """Every choice of the page as a preset has it."""
    chosen = PRESETS[preset]
    defaults = {name: field.default for name, field in RunSpec.model_fields.items() if name in HELD}
    ours = {
        "data": chosen.data,
        "image_size": chosen.image_size,
        "per_class": chosen.per_class,
        "epochs": chosen.epochs,
    }
    values = {**defaults, **study.settings(preset), **ours}
    values["weights"] = "ImageNet" if preset == "article" and study.pretrained_in_article else "none"
    values["weights_file"] = ""
    written = {name: short(value) if name in TYPED else value for name, value in values.items()}
    # An empty field is as tuned for each value.
    return written | {"kernel_width": str(values["kernel_width"])} | dict.fromkeys(study.tuned_fields, "")


def has_switch(study: Study) -> bool:
    """Whether an epoch is not as many updates for all of a study's values, so that it matters what is equal."""
    return study.field in UPDATES_FIELDS


def at(study: Study) -> At:
    """At equal what the page compares its runs."""
    return "updates" if is_switchable(study) and _state_of(study, "at", "epochs") == "updates" else "epochs"


def _ends_with_the_epochs(study: Study) -> bool:
    """Whether a schedule is held: at equal updates it would end elsewhere for each value, so they would be no twins."""
    return bool(_state_of(study, "schedule", "constant") != "constant")


def is_switchable(study: Study) -> bool:
    """Whether the page offers the switch between equal epochs and equal updates."""
    return has_switch(study) and not _ends_with_the_epochs(study)


def _state_of(study: Study, name: str, default: Any) -> Any:
    return st.session_state.get(key(study, name), default)


def start_value(study: Study) -> Value:
    """Where the slider stands at first: the article's second value, its moderate one, else what net and recipe have."""
    wanted = study.article_values[1] if study.article_values[1:] else study.hyperparameter.neutral
    return wanted if wanted in study.slider_values else study.slider_values[0]


def choose_data(study: Study) -> str:
    """The data set as `catalogue.resolve` takes it."""
    given, data_key = known_data(), key(study, "data")
    if st.session_state[data_key] not in given:
        st.session_state[data_key] = given[0]
    return str(
        st.selectbox(
            "Data",
            given,
            key=data_key,
            width=140,
            persist_state="session",
            help=_DATA_HELP,
            label_visibility="collapsed",
        )
    )


def choose_preset(study: Study) -> None:
    """The preset; choosing one sets everything that is held fixed."""
    st.segmented_control(
        "Preset",
        tuple(PRESETS),
        key=key(study, "preset"),
        required=True,
        on_change=_take_preset,
        args=(study,),
        persist_state="session",
        help=_PRESET_HELP,
        label_visibility="collapsed",
    )


_DATA_HELP = (
    "`scenes` are drawn on this machine. The real photos, or a folder of your own, are brought on the Data page."
)
_PRESET_HELP = (
    "quick: 300 scenes a class at 64 px, 8 epochs. "
    "article: the Intel photos at 150 px, all of them, 10 epochs, the author's recipe; but other kernel widths "
    "than his own he never tried."
)


def held(study: Study) -> dict[str, Any]:
    """What is held fixed, as text or numbers as typed; without what is left to the study's values, which bring it."""
    return _held(study, st.session_state)


def held_by_preset(study: Study, preset: Preset) -> dict[str, Any]:
    """The same as the preset has it."""
    return _held(study, {key(study, name): value for name, value in preset_values(study, preset).items()})


def _held(study: Study, state: Any) -> dict[str, Any]:
    names = [*(name for name in HELD if name not in study.fields), "weights", "weights_file"]
    chosen = {name: state[key(study, name)] for name in names}
    return {name: value for name, value in chosen.items() if not _is_tuned(study, name, value)}


def show_drawer(study: Study, problem: str | None = None, about: str = "") -> None:
    """The widgets of what is held fixed, in a drawer that names its values in its title.

    `problem` says why what stands there cannot be, `about` what else there is to know of it.
    """
    icon = ":material/warning:" if problem else ":material/lock:"
    with st.popover(f"Held fixed: {_title(study)}", key=key(study, "drawer"), icon=icon, width="stretch"):
        if problem:
            st.error(sentence(problem), icon=":material/error:")
        with st.grid(3, min_column_width=150):
            for name in HELD:
                if name not in study.fields:
                    _widget(study, name)
            if _chosen(study, "model") == "resnet18":
                _weights_widgets(study)
        if about:
            st.caption(about)


def spec_fields(held: Mapping[str, Any]) -> dict[str, Any]:
    """The drawer's values as RunSpec fields; BadInput for text that is no number."""
    fields = {name: held[name] for name in held if name not in ("epochs", "weights", "weights_file")}
    for name in TYPED:
        if name in fields:
            fields[name] = read_number(str(fields[name])).value
    if fields.get("kernel_width", "article") != "article":
        width = read_number(str(fields["kernel_width"])).value
        if not width.is_integer():
            raise BadInput("Kernel width should be a whole number of pixels or “article”.")
        fields["kernel_width"] = int(width)
    return {name: value for name, value in fields.items() if HYPERPARAMETERS[name].says_something(fields)}


def initialise(study: Study) -> None:
    """Give every choice its first value."""
    st.session_state.setdefault(key(study, "preset"), "quick")
    for name, value in preset_values(study, "quick").items():
        st.session_state.setdefault(key(study, name), value)
    st.session_state.setdefault(key(study, "x"), "epoch")
    st.session_state.setdefault(key(study, "at"), "epochs")
    st.session_state.setdefault(key(study, "log"), False)


def begin_on(study: Study, given: str) -> None:
    """Have the study's page, when it is next opened, train its first value on these images, all else as in `quick`."""
    st.session_state[key(study, "preset")] = "quick"
    for name, value in preset_values(study, "quick").items():
        st.session_state[key(study, name)] = value
    st.session_state[key(study, "data")] = given
    st.session_state[key(study, "begin")] = True


def begins(study: Study) -> bool:
    """Whether the page was opened to train its first value, which is said once."""
    return bool(st.session_state.pop(key(study, "begin"), False))


def _take_preset(study: Study) -> None:
    for name, value in preset_values(study, st.session_state[key(study, "preset")]).items():
        st.session_state[key(study, name)] = value


def _chosen(study: Study, name: str) -> Any:
    return st.session_state[key(study, name)]


def _state(study: Study, name: str) -> Any:
    """A choice as it stands; the study's own field stands where its page begins."""
    return st.session_state.get(key(study, name), HYPERPARAMETERS[name].neutral)


def _is_tuned(study: Study, name: str, value: Any) -> bool:
    """Whether a field was left to what was tuned for each value."""
    return name in study.tuned_fields and not str(value).strip()


def _widget(study: Study, name: str) -> None:
    each, state = HYPERPARAMETERS.get(name), key(study, name)
    label, about = NAMES.get(name) or (each.label if each else name), each.knob.help if each else None
    if each and not each.says_something({other: _state(study, other) for other in each.knob.only}):
        return
    if name in OPTIONS:
        st.selectbox(label, OPTIONS[name], key=state, help=about, persist_state="session")
    elif name in BOUNDS:
        low, high = BOUNDS[name]
        if each and each.may_be_unset:
            unset = each.knob.unset
            st.number_input(
                label, low, high, None, 1, key=state, placeholder=unset, help=about, persist_state="session"
            )
        else:
            st.number_input(label, low, high, step=1, key=state, help=about, persist_state="session")
    else:
        hint = "as tuned for each" if name in study.tuned_fields else None
        st.text_input(label, key=state, max_chars=20, placeholder=hint, help=about, persist_state="session")


def _weights_widgets(study: Study) -> None:
    st.selectbox(
        "Start from", ("none", "ImageNet"), key=key(study, "weights"), format_func=_start, persist_state="session"
    )
    if _chosen(study, "weights") == "ImageNet":
        st.text_input(
            "Weights file",
            key=key(study, "weights_file"),
            placeholder="empty: torchvision's download",
            max_chars=500,
            persist_state="session",
            **locked(),
        )


def _start(choice: str) -> str:
    return "scratch" if choice == "none" else "ImageNet weights"


def _title(study: Study) -> str:
    """The drawer's values in a line, only those that say something."""
    chosen = {name: _chosen(study, name) for name in HELD if name not in study.fields}
    start = " pretrained" if chosen.get("model") == "resnet18" and _chosen(study, "weights") == "ImageNet" else ""
    written: dict[str, Callable[[Any], str]] = {
        "model": lambda name: f"{name}{start}",
        "image_size": lambda edge: f"{edge} px",
        "per_class": lambda count: "all images" if count is None else f"{count} a class",
        "epochs": lambda count: f"{count} epochs",
        "optimizer": str,
        **{name: partial(_with_symbol, name) for name in ("batch_size", "learning_rate", "weight_decay", "seed")},
    }
    words = [
        f"{HYPERPARAMETERS[name].symbol} tuned" if _is_tuned(study, name, chosen[name]) else write(chosen[name])
        for name, write in written.items()
        if name in chosen
    ]
    return " · ".join([*words, *_unusual(chosen)])


def _unusual(chosen: Mapping[str, Any]) -> list[str]:
    """What a spec had not from the first, where it is set."""
    younger = [HYPERPARAMETERS[name] for name in chosen if name in HYPERPARAMETERS and name not in FIRST_FIELDS]
    return [
        _with_symbol(each.field, chosen[each.field])
        for each in younger
        if each.says_something(chosen) and str(chosen[each.field]) != spell(each.neutral) and chosen[each.field]
    ]


def _with_symbol(name: str, value: Any) -> str:
    """A choice as it stands; what was typed and is no number may be anything."""
    is_chosen = not isinstance(value, str) or value in HYPERPARAMETERS[name].words
    return f"{HYPERPARAMETERS[name].symbol} {value if is_chosen else _shown(value)}"


def _shown(text: str) -> str:
    try:
        read_number(text)
    except BadInput:
        return literal(text)
    return text
