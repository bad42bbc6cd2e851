"""The article's claims about a study: what it says, what its logs show, what your runs say."""

import streamlit as st

from hpviz.analysis.claims import Claim, Judgement, Verdict, ledger
from hpviz.missing import requests_for, seconds_for, untrained
from hpviz.plan import Setting
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.pace import clock
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Preset, Study
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices
from hpviz.ui.study.launch import submit
from hpviz.ui.text import literal

SENTENCE = 2_000  # characters at most
COLUMNS = (2, 10, 4)  # shares of the verdict, its evidence and the button
PRETRAINED = (
    "Claims about the net pretrained on ImageNet take its weights: open the drawer above and start from them. "
    "Until then each has its twin from scratch."
)
COLOURS: dict[Verdict, str] = {
    "held": "green",
    "did not hold": "red",
    "within noise": "gray",
    "not run yet": "blue",
    "not comparable": "orange",
}


def show_claims(study: Study, setting: Setting) -> None:
    """A card a claim; the twin about nets from scratch is a row of its claim's card."""
    runs = get_runner().runs()
    rows = ledger([*runs, *reference_runs()], setting.identity, study.name)
    _offer(rows, study, setting, runs, "all")
    if setting.weights is None and any(need.pretrained for row in rows for need in row.needed):
        st.caption(PRETRAINED)
    for claim in dict.fromkeys(row.claim for row in rows):
        with st.container(border=True):
            _show(claim, [row for row in rows if row.claim is claim], study, setting, runs)


def _show(claim: Claim, rows: list[Judgement], study: Study, setting: Setting, runs: list[Run]) -> None:
    st.markdown(f"**{claim.id}** · {literal(claim.sentence, SENTENCE)}")
    st.caption(f"The author's logs: {literal(claim.logs, SENTENCE)}")
    for row in rows:
        verdict, told, offer = st.columns(COLUMNS, vertical_alignment="center")
        verdict.badge(row.verdict, color=COLOURS[row.verdict])  # type: ignore[arg-type]
        label = f"**{row.label}** · " if len(rows) > 1 else ""
        told.markdown(f"{label}{literal(row.evidence, SENTENCE)}")
        with offer:
            _offer([row], study, setting, runs, row.label)


def _offer(rows: list[Judgement], study: Study, setting: Setting, runs: list[Run], name: str) -> None:
    """The button that runs what these rows miss, as far as it can be run at this setting."""
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
    under_way = {run["id"] for run in runs if run["status"] in ACTIVE}
    idle = [one for one in missing if one.spec.run_id not in under_way]
    key = f"{choices.key(study, 'claim')}:{name}"
    if st.button(_label(idle, runs, setting, name), key=key, icon=":material/playlist_play:", disabled=not idle):
        submit(setting, lambda: idle)
        st.rerun()


def _label(idle: list[Request], runs: list[Run], setting: Setting, name: str) -> str:
    if not idle:
        return "Under way"
    seconds = seconds_for(idle, runs, setting.identity)
    time = "" if seconds is None else f", about {clock(seconds)}"
    what = "Run all that is missing" if name == "all" else "Run what it needs"
    return f"{what} ({len(idle)} {'run' if len(idle) == 1 else 'runs'}{time})"
