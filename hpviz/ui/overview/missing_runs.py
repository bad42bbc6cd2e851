"""“Run what is missing”: what the open claims still need, how long it would take, and one click that queues it."""

import math
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from hpviz.analysis.claims import OPEN, Judgement
from hpviz.analysis.words import plural
from hpviz.data.catalogue import Identity, Source
from hpviz.missing import expected_seconds, open_needs, requests_for, seconds_for, unasked, untrained
from hpviz.plan import Setting
from hpviz.reproduction import counterparts
from hpviz.runs.document import Run
from hpviz.runs.pace import clock
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Preset
from hpviz.terminal import headline
from hpviz.ui.progress import bar
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import COMPLAINT, submit
from hpviz.ui.text import literal, sentence


def choose_weights() -> str | None:
    """The ImageNet weights file (empty: torchvision's), or None if runs that begin with them are not wanted."""
    wanted = st.checkbox(
        "Include the runs that begin with ImageNet weights", key="overview:pretrained", persist_state="session"
    )
    if not wanted:
        return None
    return st.text_input(
        "Weights file",
        key="overview:weights",
        placeholder="empty: torchvision's, 45 MB, fetched once",
        max_chars=500,
        persist_state="session",
        width=320,
    )


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
        told = [_told(missing, runs, setting), _offer_reproduction(setting, preset, weights)]
    if not weights:
        told.append(_what_takes_weights(judgements))
    st.caption(" ".join(filter(None, told)))
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(sentence(complaint), icon=":material/error:")


def _offer_missing(missing: Sequence[Request], runs: Sequence[Run], setting: Setting) -> None:
    idle = unasked(missing, runs)
    if st.button(
        f"Run what is missing ({plural(len(idle), 'run')})" if idle else "All that is missing is queued",
        type="primary",
        icon=":material/playlist_play:",
        disabled=not idle,
        key="run missing",
    ):
        submit(setting, lambda: idle)
        st.rerun()  # the whole page: a question is asked there


def _told(missing: Sequence[Request], runs: Sequence[Run], setting: Setting) -> str:
    """How long what is missing takes."""
    if not missing:
        return "No run is missing."
    to_go, seconds = f"{plural(len(missing), 'run')} to go", seconds_for(missing, runs, setting.identity)
    if seconds is None:
        return f"{to_go}. How long they take is known once a run of each net has been trained here."
    return f"{to_go}, about {clock(seconds)} at the pace of earlier runs; every finished epoch is kept."


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
        return f"The article's {len(asked)} runs are all {state}; `python -m hpviz reproduce` shows their times."
    minutes = math.ceil(sum(expected_seconds(one, runs, setting.identity) for one in idle) / 60)
    if st.button(
        f"Reproduce the article ({plural(len(idle), 'run')}, about {minutes:,} min)",
        icon=":material/history_edu:",
        key="reproduce",
        help="The runs that the article shows, under one seed each. Verdicts need more seeds.",
    ):
        submit(setting, lambda: idle)
        st.rerun()
    return ""


def show_queue() -> None:
    """What trains, how many wait, and a way to call it all off."""
    runner = get_runner()
    queue = runner.queue()
    if not queue:
        return
    training = [entry for entry in queue if not entry["position"]] or queue[:1]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            for entry in training:
                run = runner.run(entry["id"])
                bar(entry["view"], literal(headline(run)) if run else "")
        st.button(
            f"Stop all {len(queue)}" if len(queue) > 1 else "Stop",
            key="stop all",
            icon=":material/stop:",
            help="Finished epochs are kept; the Runs page resumes what was stopped.",
            on_click=_stop_all,
        )


def _stop_all() -> None:
    """Those that wait first, so that none of them begins meanwhile."""
    runner = get_runner()
    for entry in reversed(runner.queue()):
        runner.stop(entry["id"])
