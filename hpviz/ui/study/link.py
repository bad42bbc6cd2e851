"""What the address of a study's page says: data, preset, everything held fixed otherwise, the view, the runs shown."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, get_args

import streamlit as st

from hpviz.analysis.comparison import At
from hpviz.charts.curves import Axis
from hpviz.hyperparameters import Value, spell
from hpviz.notation import read_number, short
from hpviz.runs.document import Run
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Study
from hpviz.ui import data_address, permalink
from hpviz.ui.permalink import Entry, flag, one_of, whole, write_flag
from hpviz.ui.study import choices

MOST_RUNS = 100

Pair = tuple[Value, int]


def take(study: Study) -> None:
    """Open the page as its address has it."""
    if permalink.take(study.name, lambda: _entries(study), [preset_entry(study)]):
        st.session_state[choices.key(study, "linked")] = _state(study, "values", ())


def put(study: Study, runs: Sequence[Run] = ()) -> None:
    """Write what is on the page into its address; `runs` are this machine's on the screen.

    Runs that an opened address named stay in it until they are here: a link does not lose what it asks for.
    """
    shown = {(run["spec"][study.field], run["spec"]["seed"]) for run in runs}
    st.session_state[choices.key(study, "values")] = tuple(sorted({*linked(study), *shown}))[:MOST_RUNS]
    permalink.put(study.name, [preset_entry(study), *_entries(study)])


def link(study: Study, runs: Sequence[Run] = ()) -> str:
    """The address in full, for another browser; `runs` are those compared, from elsewhere too.

    This machine shows the reference runs and those that were imported by itself; another may have neither.
    """
    shown = {(run["spec"][study.field], run["spec"]["seed"]) for run in runs}
    pairs = sorted({*_state(study, "values", ()), *shown})[:MOST_RUNS]
    more = {"values": _spelled(pairs)} if pairs else {}
    return permalink.link([preset_entry(study), *_entries(study)], **more)


def linked(study: Study) -> tuple[Pair, ...]:
    """(value, seed) of every run that an opened address named, until all are here."""
    named: tuple[Pair, ...] = _state(study, "linked", ())
    return named


def forget_linked(study: Study) -> None:
    st.session_state.pop(choices.key(study, "linked"), None)


def _state(study: Study, name: str, default: Any) -> Any:
    return st.session_state.get(choices.key(study, name), default)


def preset_entry(study: Study) -> Entry:
    return Entry("preset", choices.key(study, "preset"), "quick", one_of(*PRESETS))


def _entries(study: Study) -> list[Entry]:
    def entry(name: str, default: Any, read: Callable[[str], Any], write: Callable[[Any], str] = str) -> Entry:
        return Entry(name, choices.key(study, name), default, read, write)

    return [
        *held_entries(study),
        dataclasses.replace(
            entry("slider", choices.start_value(study), lambda text: _value(study, text), spelled_value),
            name=study.field,
        ),
        entry("values", (), lambda text: _pairs(study, text), _spelled),
        *([entry("at", "epochs", one_of(*get_args(At)))] if choices.has_switch(study) else []),
        entry("x", "epoch", one_of(*get_args(Axis))),
        entry("log", False, flag, write_flag),
        entry("baseline", None, str),
        entry("hidden", frozenset(), lambda text: _labels(study, text), lambda labels: ",".join(sorted(labels))),
    ]


def held_entries(study: Study) -> list[Entry]:
    """The data and everything that is held fixed; what goes without saying is as the preset has it."""
    defaults = choices.preset_values(study, st.session_state.get(choices.key(study, "preset"), "quick"))
    held = [name for name in (*choices.HELD, "weights") if name not in study.fields]
    return [
        data_address.entry("data", choices.key(study, "data"), defaults["data"]),
        *(Entry(name, choices.key(study, name), defaults[name], _reader(study, name), _written) for name in held),
    ]


def _reader(study: Study, name: str) -> Callable[[str], Any]:
    """How a held value is read: what its widget would take."""
    if name in study.tuned_fields:
        return lambda text: _number(text) if text.strip() else ""
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


def spelled_value(value: Value) -> str:
    """A value of the study as it is read again."""
    return value if isinstance(value, str) else short(value)


def _number(text: str) -> str:
    """A typed number, spelled as the page spells it."""
    try:
        return short(read_number(text).value)
    except BadInput as error:
        raise ValueError(text) from error


def _value(study: Study, text: str) -> Value:
    value = parsed(study, text)
    if value not in study.slider_values:
        raise ValueError(text)
    return value


def _pairs(study: Study, text: str) -> tuple[Pair, ...]:
    """Reads 1e-4:0-2,1e-2:0, values with their seeds; without any, seed 0 is meant."""
    found: set[Pair] = set()
    for each in text.split(","):
        value, _, seeds = each.partition(":")
        first, _, last = (seeds or "0").partition("-")
        seed = whole(*choices.BOUNDS["seed"])
        numbers = range(seed(first), seed(last or first) + 1)
        if not numbers or len(found) + len(numbers) > MOST_RUNS:
            raise ValueError(text)
        found |= {(parsed(study, value), number) for number in numbers}
    return tuple(sorted(found))


def parsed(study: Study, text: str) -> Value:
    """A value of the study; ValueError for what is none."""
    try:
        return study.parse(float(_number(text)) if study.hyperparameter.kind else text)
    except BadInput as error:
        raise ValueError(text) from error


def _spelled(pairs: Sequence[Pair]) -> str:
    """The inverse of `_pairs`: runs of seeds that follow each other are written once."""
    words = []
    for value, group in groupby(pairs, key=lambda pair: pair[0]):
        seeds = [seed for _, seed in group]
        starts = [seed for seed in seeds if seed - 1 not in seeds]
        ends = [seed for seed in seeds if seed + 1 not in seeds]
        spans = [str(low) if low == high else f"{low}-{high}" for low, high in zip(starts, ends, strict=True)]
        words += [f"{spelled_value(value)}:{span}" for span in spans]
    return ",".join(words)


def _labels(study: Study, text: str) -> frozenset[str]:
    if study.hyperparameter.kind:
        return frozenset(
            study.hyperparameter.spell(parsed(study, each.removesuffix(" px"))) for each in text.split(",")
        )
    return frozenset(label for label in text.split(",") if label in map(spell, study.hyperparameter.words))
