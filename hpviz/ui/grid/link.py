"""What the address of the page says: the two studies, their values, the seeds, data, preset and what is held fixed."""

from functools import partial

import streamlit as st

from hpviz.hyperparameters import Value
from hpviz.spec import MAX_SEEDS
from hpviz.studies import BATCH_SIZE, LEARNING_RATE, PRESETS, STUDIES, Study, crossed
from hpviz.ui import permalink
from hpviz.ui.grid import choices
from hpviz.ui.permalink import Entry, one_of, whole
from hpviz.ui.study import link

MOST_VALUES = 100

FIRST = (
    Entry("preset", choices.PRESET, "quick", one_of(*PRESETS)),
    Entry("first", choices.FIRST, LEARNING_RATE.name, one_of(*STUDIES)),
    Entry("second", choices.SECOND, BATCH_SIZE.name, one_of(*STUDIES)),
)


def take() -> None:
    """Open the page as its address has it."""
    if permalink.take(choices.PAGE, _entries, FIRST):
        first, second = choices.studies()
        st.session_state[choices.CHOSEN_FOR] = first.name, second.name, st.session_state[choices.PRESET]


def put() -> None:
    """Write what is on the page into its address."""
    permalink.put(choices.PAGE, [*FIRST, *_entries()])


def _entries() -> list[Entry]:
    pair = choices.studies()
    names = zip(("values", "values2"), choices.VALUES, choices.default_values(), pair, strict=True)
    axes = [Entry(name, key, list(values), partial(_read, study), _write) for name, key, values, study in names]
    seeds = Entry("seeds", choices.SEEDS, 1, whole(1, MAX_SEEDS))
    held = link.held_entries(crossed(*pair)) if pair[0] is not pair[1] else []
    return [*axes, seeds, *held]


def _read(study: Study, text: str) -> list[Value]:
    values = [link.parsed(study, each) for each in text.split(",")]
    if len(values) > MOST_VALUES:
        raise ValueError(text)
    return list(dict.fromkeys(values))


def _write(values: list[Value]) -> str:
    return ",".join(map(link.spelled_value, values))
