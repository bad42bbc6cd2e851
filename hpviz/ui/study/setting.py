"""What all runs on a page share, from its choices: the images, how far to train, everything that is held fixed."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from hpviz.analysis.tuned import at_one_for_all, at_what_was_tuned
from hpviz.plan import Setting, request
from hpviz.spec import BadInput
from hpviz.studies import Preset, Study
from hpviz.ui.fetching import found_weights, identified
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices


def possible_setting(study: Study, given: str) -> tuple[Setting | None, str | None]:
    """The setting, or None while it is being found out (the page says so); and why what is chosen cannot be, if so.

    Then the setting is the last that could, so that a slip in the drawer leaves the bench as it was.
    """
    chosen, last = choices.held(study), choices.key(study, "possible")
    problem = None
    preset: Preset = st.session_state[choices.key(study, "preset")]
    for held in (chosen, st.session_state.get(last), choices.held_by_preset(study, preset)):
        if held is None:
            continue
        try:
            setting = found_setting(given, held)
            if setting is not None:
                request(setting)
            st.session_state[last] = held
            return setting, problem
        except BadInput as error:
            problem = problem or str(error)
    return None, problem


def found_setting(given: str, held: Mapping[str, Any]) -> Setting | None:
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
    return Setting(*known, int(held["epochs"] or 1), fields, weights[0] if weights else None)


def tuned_note(study: Study, setting: Setting) -> str:
    """What each value brings with it, or what all have instead; nothing where values bring nothing."""
    if not study.tuned:
        return ""
    if any(name in setting.fixed for name in study.tuned_fields):
        return at_one_for_all(study, request(setting).spec.model_dump(), study.slider_values)
    return at_what_was_tuned(study, study.slider_values)
