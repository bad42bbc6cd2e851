"""What all runs on a page share, from its choices: the images, how far to train, everything that is held fixed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from hpviz.analysis.tuned import at_one_for_all, at_what_was_tuned
from hpviz.data import catalogue
from hpviz.plan import Setting, request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.crew import what_is_awaited
from hpviz.ui.fetching import found_weights, identified
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices
from hpviz.ui.text import literal

Chosen = tuple[str, Mapping[str, Any]]  # the data and what is held


def possible_setting(study: Study, given: str) -> tuple[Setting | None, str | None]:
    """The setting, and a problem if it is not the one that is chosen; an empty one where the page has said it already.

    What is chosen may be impossible, or not at hand: photos that were never fetched, a file of weights. Then the
    setting is the last that could be, so that the bench stays as it was while that is mended.
    """
    chosen: Chosen = given, choices.held(study)
    last = choices.key(study, "possible")
    kept: Chosen | None = st.session_state.get(last)
    tries = [chosen, *([(given, kept[1])] if kept else []), (given, choices.held_by_preset(study, _preset(study)))]
    problem = None
    for each in tries:
        try:
            if setting := _checked(each, partial(_choose, study)):
                st.session_state[last] = each
                return _noted(study, setting, problem)
        except BadInput as error:
            problem = problem or str(error)
        else:
            problem = problem or ""
            break
    usual: Chosen = catalogue.NAMES[0], choices.held_by_preset(study, "quick")
    for each in filter(None, (kept, usual)):
        if _inputs(each) != _inputs(chosen):  # of which the page has said what is missing
            with suppress(BadInput):
                if setting := _checked(each):
                    if problem == "":
                        st.caption(f"Until it is, what is below is of {literal(setting.source.name)}, as it was.")
                    return _noted(study, setting, problem)
    return _noted(study, None, problem)


def is_as_chosen(study: Study) -> bool:
    """Whether the page shows what is chosen on it, so that its address may say so."""
    return bool(st.session_state.get(choices.key(study, "as chosen"), True))


def _noted(study: Study, setting: Setting | None, problem: str | None) -> tuple[Setting | None, str | None]:
    st.session_state[choices.key(study, "as chosen")] = problem is None
    return setting, problem


def _checked(chosen: Chosen, choose: Callable[[str], None] | None = None) -> Setting | None:
    setting = found_setting(*chosen, choose)
    if setting is not None:
        request(setting)
    return setting


def _inputs(chosen: Chosen) -> tuple[Any, ...]:
    """What has to be on this machine: the data set, and weights to begin with."""
    given, held = chosen
    return given, *(held.get(name) for name in ("model", "weights", "weights_file"))


def _choose(study: Study, given: str) -> None:
    st.session_state[choices.key(study, "data")] = given


def _preset(study: Study) -> Any:
    return st.session_state[choices.key(study, "preset")]


def found_setting(given: str, held: Mapping[str, Any], choose: Callable[[str], None] | None = None) -> Setting | None:
    """What all runs on the page share, or None while it is being found out (the page says so).

    `choose` has the page take another data set, where this one is not here.
    """
    known, weights = identified(given, choose), None
    if known is None:
        return None
    if held["model"] == "resnet18" and held["weights"] != "none":
        weights = found_weights(str(held["weights_file"]))
        if weights is None:
            return None
    runner = get_runner()
    fields = choices.spec_fields(held)
    if not runner.is_warm():
        with st.spinner(f"{what_is_awaited(runner)}, once after the start …"):
            runner.machine()
    fields["precision"] = runner.machine()["precision"]
    if weights is not None:
        fields["weights"] = weights[1]
    return Setting(*known, int(held["epochs"] or 1), fields, weights[0] if weights else None)


def tuned_note(study: Study, setting: Setting) -> str:
    """What each value brings with it, or what all have instead; nothing where values bring nothing."""
    if not study.tuned:
        return ""
    if any(name in setting.fixed for name in study.tuned_fields):
        return at_one_for_all(study, request(setting).spec.model_dump(), study.slider_values)
    return at_what_was_tuned(study, study.slider_values)
