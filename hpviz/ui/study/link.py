"""What the address of a study's page says: data, preset, everything held fixed otherwise, the view, the runs shown."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, get_args

import streamlit as st

from hpviz.charts.curves import Axis
from hpviz.notation import read_number, short
from hpviz.runs.document import Run
from hpviz.spec import MAX_SEEDS, BadInput
from hpviz.studies import PRESETS, Study
from hpviz.ui import permalink
from hpviz.ui.permalink import Entry, flag, one_of, whole, write_flag
from hpviz.ui.study import choices

MOST_VALUES = 50


def take(study: Study) -> None:
    """Open the page as its address has it."""
    if permalink.take(study.name, lambda: _entries(study), [_preset(study)]):
        named = _state(study, "values", ()), _state(study, "seeds", 1)
        st.session_state[choices.key(study, "linked")] = named


def put(study: Study, runs: Sequence[Run] = ()) -> None:
    """Write what is on the page into its address; `runs` are this machine's on the screen.

    Values that an opened address named stay in it until they are here: a link does not lose what it asks for.
    """
    values, seeds = linked(study)
    shown = [run["spec"][study.field] for run in runs]
    st.session_state[choices.key(study, "values")] = tuple(sorted({*values, *shown}))[:MOST_VALUES]
    st.session_state[choices.key(study, "seeds")] = min(max([seeds, *map(shown.count, shown)]), MAX_SEEDS)
    permalink.put([_preset(study), *_entries(study)])


def link(study: Study) -> str:
    """The address in full, for another browser."""
    return permalink.link([_preset(study), *_entries(study)])


def linked(study: Study) -> tuple[tuple[float, ...], int]:
    """The values that an opened address named and under how many seeds, until all are here."""
    named: tuple[tuple[float, ...], int] = _state(study, "linked", ((), 1))
    return named


def forget_linked(study: Study) -> None:
    st.session_state.pop(choices.key(study, "linked"), None)


def _state(study: Study, name: str, default: Any) -> Any:
    return st.session_state.get(choices.key(study, name), default)


def _preset(study: Study) -> Entry:
    return Entry("preset", choices.key(study, "preset"), "quick", one_of(*PRESETS))


def _entries(study: Study) -> list[Entry]:
    defaults = choices.preset_values(study, st.session_state.get(choices.key(study, "preset"), "quick"))
    held = [name for name in (*choices.HELD, "weights", "weights_file") if name != study.field]

    def entry(name: str, default: Any, read: Callable[[str], Any], write: Callable[[Any], str] = str) -> Entry:
        return Entry(name, choices.key(study, name), default, read, write)

    return [
        entry("data", defaults["data"], one_of(*choices.known_data())),
        *(entry(name, defaults[name], _reader(name), _written) for name in held if name != "weights_file"),
        dataclasses.replace(
            entry("slider", choices.start_value(study), lambda text: _value(study, text), short), name=study.field
        ),
        entry("values", (), lambda text: _values(study, text), lambda values: ",".join(map(short, values))),
        entry("seeds", 1, whole(1, MAX_SEEDS)),
        entry("x", "epoch", one_of(*get_args(Axis))),
        entry("log", False, flag, write_flag),
        entry("hidden", frozenset(), _labels, lambda labels: ",".join(sorted(labels))),
    ]


def _reader(name: str) -> Callable[[str], Any]:
    """How a held value is read: what its widget would take."""
    if name in choices.OPTIONS:
        return one_of(*choices.OPTIONS[name])
    if name == "weights":
        return one_of("none", "ImageNet")
    if name == "per_class":
        return lambda text: None if text == "all" else whole(*choices.BOUNDS[name])(text)
    if name in choices.BOUNDS:
        return whole(*choices.BOUNDS[name])
    return lambda text: text if text == "article" and name == "kernel_width" else _number(text)


def _written(value: Any) -> str:
    return "all" if value is None else str(value)


def _number(text: str) -> str:
    """A typed number, spelled as the page spells it."""
    try:
        return short(read_number(text).value)
    except BadInput as error:
        raise ValueError(text) from error


def _value(study: Study, text: str) -> float:
    value = float(_number(text))
    if value not in study.slider_values:
        raise ValueError(text)
    return study.parse(value)


def _values(study: Study, text: str) -> tuple[float, ...]:
    try:
        found = tuple(study.parse(float(_number(each))) for each in text.split(","))
    except BadInput as error:
        raise ValueError(text) from error
    if len(found) > MOST_VALUES:
        raise ValueError(text)
    return found


def _labels(text: str) -> frozenset[str]:
    return frozenset(_number(each) for each in text.split(","))
