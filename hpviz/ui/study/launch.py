"""From the page to the queue: values, seeds and whole lists of runs, or one sentence that says why not."""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count, islice
from typing import Any

import streamlit as st

from hpviz.analysis.cost import cost, refusal
from hpviz.analysis.words import plural
from hpviz.hyperparameters import Value, spell
from hpviz.missing import unasked, untrained
from hpviz.plan import Setting, at_equal_updates, request
from hpviz.runs import memory
from hpviz.runs.runner import Request
from hpviz.spec import BadInput, RunSpec
from hpviz.studies import Study
from hpviz.ui.price import time_of
from hpviz.ui.resources import get_runner, session
from hpviz.ui.runs.questions import QUESTION, begin_anew
from hpviz.ui.study import choices
from hpviz.ui.study.screen import on_screen, shown, with_foreign

REST_SECONDS = 0.4  # a slider that has rested so long has come to rest
COMPLAINT = "complaint"


def launch(study: Study, setting: Setting, values: Sequence[Value]) -> None:
    """Queue every value, or say why one of them cannot be trained; then none is."""
    submit(setting, lambda: as_compared(study, setting, [request(setting, **{study.field: value}) for value in values]))


def as_compared(study: Study, setting: Setting, requests: Sequence[Request]) -> list[Request]:
    """The requests for as many epochs as the page compares them after.

    At equal updates these are the updates of the busiest value that is asked for or on the screen.
    """
    if choices.at(study) == "epochs":
        return list(requests)
    here = {run["spec"][study.field] for run in shown(on_screen(get_runner().runs(), study, setting), study)}
    beside = [request(setting, **{study.field: value}) for value in here]
    return at_equal_updates([*requests, *beside], setting.identity)[: len(requests)]


def offer_values(study: Study, setting: Setting | None, what: str, values: Sequence[Value], **button: Any) -> None:
    """A button that runs a list of values, and says how many of them that takes, and for how long.

    `what` is what the list is called, as `Study.lists` has it. Without a setting there is nothing to run.
    """
    total, told = f"{what} values", ""
    idle: list[Request] = []
    if setting is not None:
        try:
            requests = as_compared(study, setting, [request(setting, **{study.field: value}) for value in values])
        except BadInput:
            requests = []  # a click says why
        runs = get_runner().runs()
        missing = untrained(requests, runs)
        idle = unasked(missing, runs)
        told = f" · {time_of(idle, setting)}" if idle else ""
        if requests and not idle:
            state = "under way" if missing else "here"
            st.button(f"{total[0].upper()}{total[1:]} are {state}", disabled=True, help=_spelled(values), **button)
            return
    st.button(
        f"Run {f'{len(idle)} of ' if 0 < len(idle) < len(values) else ''}{total}{told}",
        on_click=launch,
        args=(study, setting, values),
        help=_spelled(values),
        disabled=setting is None,
        **button,
    )


def offer_seed(study: Study, setting: Setting | None, **button: Any) -> None:
    """A button that repeats every value on the screen under its next seed."""
    told = ""
    values: tuple[Value, ...] = ()
    if setting is not None:
        with suppress(BadInput):
            requests = next_seeds(study, setting, 1)
            values = tuple(dict.fromkeys(study.value_of(one.spec.model_dump()) for one in requests))
            told = f" · {time_of(requests, setting)}" if requests else ""
    st.button(
        f"+1 seed{told}",
        on_click=add_seeds,
        args=(study, setting, 1),
        help=f"One more run of every value on the screen: {_spelled(values)}" if values else NOTHING_TO_REPEAT,
        disabled=setting is None,
        **button,
    )


def _spelled(values: Sequence[Value]) -> str:
    return ", ".join(map(spell, values))


def propose(study: Study, setting: Setting, value: Value, slot: str) -> None:
    """Queue the value on which the slider comes to rest."""
    try:
        (one,) = as_compared(study, setting, [request(setting, **{study.field: value})])
        check_memory(one.spec, len(setting.identity.classes))
        if get_runner().begins_anew(one):
            raise BadInput(_anew(study, value))
        get_runner().propose(one, slot, after=REST_SECONDS)
    except BadInput as error:
        st.session_state[COMPLAINT] = str(error)


def add_seeds(study: Study, setting: Setting, seeds: int, values: Sequence[Value] | None = None) -> None:
    """Queue the next seeds of these values, or of every value on the screen, one seed of all after the other."""
    if not _seeds_taken(study, setting, values):
        st.session_state[COMPLAINT] = NOTHING_TO_REPEAT
        return
    submit(setting, lambda: next_seeds(study, setting, seeds, values))


NOTHING_TO_REPEAT = "There is no value on the screen to repeat: train one first."


def next_seeds(study: Study, setting: Setting, seeds: int, values: Sequence[Value] | None = None) -> list[Request]:
    """The runs that `add_seeds` queues. Raises BadInput, in a sentence, if one cannot be."""
    taken, first = _seeds_taken(study, setting, values), int(setting.fixed.get("seed", 0))
    free = {
        value: list(islice((seed for seed in count(first) if seed not in used), seeds)) for value, used in taken.items()
    }
    asked = [{study.field: value, "seed": free[value][number]} for number in range(seeds) for value in free]
    return as_compared(study, setting, [request(setting, **varied) for varied in asked])


def _seeds_taken(study: Study, setting: Setting, values: Sequence[Value] | None) -> dict[Value, set[int]]:
    """The values on the screen, of these or all, and which of their seeds this machine has or will have.

    A reference run is on the screen, but none of this machine's.
    """
    taken: dict[Value, set[int]] = {}
    for run in shown(with_foreign(on_screen(get_runner().runs(), study, setting), study, setting), study):
        if values is None or run["spec"][study.field] in values:
            seeds = taken.setdefault(run["spec"][study.field], set())
            seeds.update([] if run["origin"] else [run["spec"]["seed"]])
    return taken


def submit(setting: Setting, ask: Callable[[], Sequence[Request]]) -> None:
    """Queue all requests, or none and leave a complaint for the page; asks first if some begin again at epoch 1."""
    runner = get_runner()
    try:
        requests = ask()
        for one in requests:
            check_memory(one.spec, len(setting.identity.classes))
            runner.check(one)
    except BadInput as error:
        st.session_state[COMPLAINT] = str(error)
        return
    anew = [run for one in requests if runner.begins_anew(one) and (run := runner.run(one.spec.run_id))]
    if not anew:
        for one in requests:
            runner.submit(one, session=session())
        return

    asker = session()

    def act() -> str:
        for one in requests:
            runner.submit(dataclasses.replace(one, from_start=True), session=asker)
        return f"{plural(len(requests), 'run')} queued."

    st.session_state[QUESTION] = begin_anew(anew, act)


def _anew(study: Study, value: Value) -> str:
    """Why a slider that comes to rest on a value leaves it at that."""
    return (
        f"The run of {study.symbol} {spell(value)} has no sound checkpoint any more, so it would begin again at epoch "
        f"1: press “Train {study.symbol} {spell(value)}” if it may."
    )


def check_memory(spec: RunSpec, classes: int) -> None:
    """Raise BadInput, in a sentence, if the run would not fit in this machine's memory and is to train here."""
    runner = get_runner()
    is_here = runner.where is None and runner.machine()["device"] == "cpu"
    available = memory.available_bytes() if is_here else None
    if available is None:
        return
    if sentence := refusal(cost(spec, classes), available):
        raise BadInput(sentence)
