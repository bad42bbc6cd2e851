"""The article's claims about a study: how each stands, and the runs that would settle what is open."""

import streamlit as st

from hpviz import gate
from hpviz.analysis.claims import Judgement, ledger, standings
from hpviz.missing import requests_for, unasked, untrained
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Preset, Study
from hpviz.ui.claims import SENTENCE, show_claim
from hpviz.ui.price import price
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.study import choices
from hpviz.ui.study.launch import submit
from hpviz.ui.text import literal

PRETRAINED = (
    "Claims about the net pretrained on ImageNet need its weights: choose them under “Held fixed”. Until then each "
    "stands by what nets from scratch show."
)


def show_claims(study: Study, setting: Setting) -> None:
    """A line a claim; one button runs what all of them miss."""
    runs = get_runner().runs()
    noise = measured_noise(runs, get_desk().cache)
    rows = ledger([*runs, *reference_runs()], setting.identity, study.name, noise=noise)

    def offer(row: Judgement) -> None:
        _offer([row], study, setting, runs, row.label)

    _offer(rows, study, setting, runs, ALL)
    if setting.weights is None and any(need.pretrained for row in rows for need in row.needed):
        st.caption(PRETRAINED)
    with st.container(gap="xsmall"):
        for standing in standings(rows):
            show_claim(standing, choices.key(study, "claim"), offer)


ALL = "all claims"


def _offer(rows: list[Judgement], study: Study, setting: Setting, runs: list[Run], name: str) -> None:
    """The button that runs what these rows miss, as far as it can be run at this setting."""
    if gate.current().read_only:
        return
    preset: Preset = st.session_state[choices.key(study, "preset")]
    weights = (setting.weights, str(setting.fixed["weights"])) if setting.weights else None
    needs = [need for row in rows for need in row.needed if weights or not need.pretrained]
    try:
        missing = untrained(requests_for(needs, setting, preset, study, weights), runs)
    except BadInput as error:
        st.caption(literal(str(error), SENTENCE))
        return
    if not missing:
        return
    idle = unasked(missing, runs)
    key = f"{choices.key(study, 'run claim')}:{name}"
    if st.button(_label(idle, setting, name), key=key, icon=":material/playlist_play:", disabled=not idle):
        submit(setting, lambda: idle)
        st.rerun()


def _label(idle: list[Request], setting: Setting, name: str) -> str:
    if not idle:
        return f"What {name} needs is under way" if name != ALL else "All that is missing is under way"
    what = "Run all that is missing" if name == ALL else f"Run what {name} needs"
    return f"{what}: {price(idle, setting)}"
