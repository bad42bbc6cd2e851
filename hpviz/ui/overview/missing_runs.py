"""“Run what is missing”: what the open claims still need, how long it would take, and one click that queues it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from hpviz.analysis.claims import OPEN, Judgement
from hpviz.analysis.words import plural
from hpviz.data.catalogue import Identity, Source
from hpviz.installation import PROGRAM
from hpviz.missing import open_needs, requests_for, unasked, untrained
from hpviz.plan import Setting
from hpviz.reproduction import counterparts
from hpviz.runs.document import Run
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Preset
from hpviz.ui.locked import locked
from hpviz.ui.price import price
from hpviz.ui.queue import show_queue_line
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import COMPLAINT, submit
from hpviz.ui.text import sentence


def choose_weights() -> str | None:
    """The ImageNet weights file (empty: torchvision's), or None if runs that begin with them are not wanted."""
    wanted = st.checkbox(
        "Include the runs that begin with ImageNet weights",
        key="overview:pretrained",
        persist_state="session",
        **locked(),
    )
    if not wanted:
        return None
    file: str = st.text_input(
        "Weights file",
        key="overview:weights",
        placeholder="empty: torchvision's, 45 MB, fetched once",
        max_chars=500,
        persist_state="session",
        width=320,
        **locked(),
    )
    return file


def setting_of(source: Source, identity: Identity, preset: Preset, precision: str) -> Setting:
    """What all missing runs share: the images as the preset shows them."""
    chosen = PRESETS[preset]
    fixed = {"image_size": chosen.image_size, "per_class": chosen.per_class, "precision": precision}
    return Setting(source, identity, chosen.epochs, fixed)


def show_missing(
    judgements: Sequence[Judgement], setting: Setting, preset: Preset, weights: tuple[Path, str] | None
) -> None:
    """What is missing and what the article ran, a button each, and how long they take."""
    runner = get_runner()
    runs = runner.runs()
    needs = [need for need in open_needs(judgements, runs, setting) if weights or not need.pretrained]
    try:
        requests = requests_for(needs, setting, preset, weights=weights)
    except BadInput as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    missing = untrained(requests, runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        if missing:
            _offer_missing(missing, runs, setting)
        told = [_told(missing), _offer_reproduction(setting, preset, weights)]
    if not weights:
        told.append(_what_takes_weights(judgements))
    st.caption(" ".join(filter(None, told)))
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(sentence(complaint), icon=":material/error:")


def _offer_missing(missing: Sequence[Request], runs: Sequence[Run], setting: Setting) -> None:
    idle = unasked(missing, runs)
    if st.button(
        f"Run what is missing: {price(idle, setting)}" if idle else "All that is missing is queued",
        type="primary",
        icon=":material/playlist_play:",
        key="run missing",
        **locked(disabled=not idle),
    ):
        submit(setting, lambda: idle)
        st.rerun()  # the whole page: a question is asked there


def _told(missing: Sequence[Request]) -> str:
    """How much is missing."""
    return f"{plural(len(missing), 'run')} to go; every finished epoch is kept." if missing else "No run is missing."


def _what_takes_weights(judgements: Sequence[Judgement]) -> str:
    """How many claims only runs can settle that begin with ImageNet weights, and the way to those."""
    count = sum(row.claim.pretrained and not row.twin and row.verdict in OPEN for row in judgements)
    if not count:
        return ""
    are, them = ("claim is", "it") if count == 1 else ("claims are", "them")
    return f"{count} {are} about the net pretrained on ImageNet: to settle {them}, include its runs above."


def _offer_reproduction(setting: Setting, preset: Preset, weights: tuple[Path, str] | None) -> str:
    """The article's own runs, one seed each as it had them, in one click; or a sentence that says why not."""
    if preset == "article" and weights is None:
        return "Reproducing the article to the letter needs ImageNet weights: include them above."
    runs = get_runner().runs()
    asked = [one.request for one in counterparts(setting, preset, weights=weights)]
    missing = untrained(asked, runs)
    idle = unasked(missing, runs)
    if not idle:
        state = "queued" if missing else "here"
        return f"The article's {len(asked)} runs are all {state}; `{PROGRAM} reproduce` shows their times."
    if st.button(
        f"Reproduce the article: {price(idle, setting)}",
        icon=":material/history_edu:",
        key="reproduce",
        **locked(help="The runs that the article shows, under one seed each. Verdicts need more seeds."),
    ):
        submit(setting, lambda: idle)
        st.rerun()
    return ""


def show_queue(setting: Setting | None) -> None:
    """What trains and what waits, in the line that every page has, and a way to stop all of it."""
    runner = get_runner()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not show_queue_line(runner, setting, lambda run: None):
            st.caption("Nothing is training.")
        elif len(queue := runner.queue()) > 1:
            st.button(
                f"Stop all {len(queue)}",
                key="stop all",
                icon=":material/stop:",
                on_click=_stop_all,
                **locked(
                    help="Also what others asked for. Finished epochs are kept; the Runs page resumes what had begun."
                ),
            )


def _stop_all() -> None:
    """Those that wait first, so that none of them begins meanwhile."""
    runner = get_runner()
    for entry in reversed(runner.queue()):
        runner.stop(entry["id"])
