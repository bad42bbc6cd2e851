"""The article's claims about a study: what it says, what its logs show, what your runs say."""

import streamlit as st

from hpviz.analysis.claims import Claim, Judgement, Verdict, ledger
from hpviz.missing import requests_for, unasked, untrained
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Preset, Study
from hpviz.ui.price import price
from hpviz.ui.resources import get_runner, tick
from hpviz.ui.study import choices
from hpviz.ui.study.launch import submit
from hpviz.ui.text import literal

# Verdicts take more arithmetic than curves, and change more slowly.
TICK_SECONDS = 5.0
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


def show_claims(study: Study, setting: Setting, active: bool) -> None:
    """A card a claim, in a fragment of its own; the twin about nets from scratch is a row of its claim's card."""

    @st.fragment(run_every=tick(TICK_SECONDS) if active else None)
    def panel() -> None:
        runs = get_runner().runs()
        rows = ledger([*runs, *reference_runs()], setting.identity, study.name)
        if not rows:
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("What the article claims", width="stretch")
            _offer(rows, study, setting, runs, "all")
        if setting.weights is None and any(need.pretrained for row in rows for need in row.needed):
            st.caption(PRETRAINED)
        for claim in dict.fromkeys(row.claim for row in rows):
            with st.container(border=True):
                _show(claim, [row for row in rows if row.claim is claim], study, setting, runs)

    panel()


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
    idle = unasked(missing, runs)
    key = f"{choices.key(study, 'claim')}:{name}"
    if st.button(_label(idle, setting, name), key=key, icon=":material/playlist_play:", disabled=not idle):
        submit(setting, lambda: idle)
        st.rerun()


def _label(idle: list[Request], setting: Setting, name: str) -> str:
    if not idle:
        return "Under way"
    what = "Run all that is missing" if name == "all" else "Run what it needs"
    return f"{what}: {price(idle, setting)}"
