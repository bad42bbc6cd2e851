"""“Run what is missing”: what the open claims still need, how long it would take, and one click that queues it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from hpviz.analysis.claims.claim import Judgement
from hpviz.analysis.words import plural
from hpviz.data.catalogue import Identity, Source
from hpviz.missing import open_needs, requests_for, unasked, untrained
from hpviz.plan import Setting
from hpviz.reproduction import counterparts
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Preset
from hpviz.ui.fetching import found_weights
from hpviz.ui.price import price
from hpviz.ui.queue import show_queue_line
from hpviz.ui.resources import get_runner
from hpviz.ui.study.launch import COMPLAINT, submit
from hpviz.ui.text import sentence


def choose_weights() -> tuple[Path, str] | None:
    """File and digest of the ImageNet weights, if they are wanted and here; else the page says how they come."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.checkbox(
            "Include the runs that begin with ImageNet weights",
            key="overview:pretrained",
            persist_state="session",
            help="The article's ResNet18 began with them. torchvision's file (45 MB) is fetched once.",
        )
        if not wanted:
            return None
        file = st.text_input(
            "Weights file",
            key="overview:weights",
            placeholder="empty: torchvision's download",
            max_chars=500,
            persist_state="session",
        )
    return found_weights(file)


def setting_of(source: Source, identity: Identity, preset: Preset, precision: str) -> Setting:
    """What all missing runs share: the images as the preset shows them."""
    chosen = PRESETS[preset]
    fixed = {"image_size": chosen.image_size, "per_class": chosen.per_class, "precision": precision}
    return Setting(source, identity, chosen.epochs, fixed)


def show_missing(
    judgements: Sequence[Judgement], setting: Setting, preset: Preset, weights: tuple[Path, str] | None
) -> None:
    """The button, or why there is none. Without ImageNet weights the runs that begin with them are left out."""
    runner = get_runner()
    runs = runner.runs()
    needs = [need for need in open_needs(judgements, runs, setting) if weights or not need.pretrained]
    try:
        requests = requests_for(needs, setting, preset, weights=weights)
    except BadInput as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    missing = untrained(requests, runs)
    idle = unasked(missing, runs)
    if not missing:
        more = "" if weights else " What is open is about the pretrained ResNet18 and takes ImageNet weights."
        st.caption(f"Nothing is missing that runs like these could add.{more}")
        return
    if st.button(
        f"Run what is missing: {price(idle, setting)}" if idle else "All that is missing is queued",
        type="primary",
        icon=":material/playlist_play:",
        disabled=not idle,
        key="run missing",
    ):
        submit(setting, lambda: idle)
        st.rerun()  # the whole page: a question is asked there
    st.caption(f"{plural(len(missing), 'run')} to go; every finished epoch is kept.")
    if complaint := st.session_state.pop(COMPLAINT, None):
        st.error(sentence(complaint), icon=":material/error:")


def show_reproduction(setting: Setting, preset: Preset, weights: tuple[Path, str] | None) -> None:
    """The article's own runs, under one seed as it had them, in one click; the command line has their times."""
    if preset == "article" and weights is None:
        st.caption("Reproducing the article to the letter takes ImageNet weights: include them above.")
        return
    runner = get_runner()
    runs = runner.runs()
    asked = [one.request for one in counterparts(setting, preset, weights=weights)]
    missing = untrained(asked, runs)
    idle = unasked(missing, runs)
    if not idle:
        state = "queued" if missing else "here"
        st.caption(f"The article's {len(asked)} runs are all {state}; `python -m hpviz reproduce` has their times.")
        return
    if st.button(
        f"Reproduce the article: {price(idle, setting)}",
        icon=":material/history_edu:",
        key="reproduce",
        help="The runs that the article shows, one seed each as there; “Run what is missing” adds what verdicts take.",
    ):
        submit(setting, lambda: idle)
        st.rerun()


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
                help="Also what others asked for. Finished epochs are kept; the Runs page resumes what had begun.",
                on_click=_stop_all,
            )


def _stop_all() -> None:
    """Those that wait first, so that none of them begins meanwhile."""
    runner = get_runner()
    for entry in reversed(runner.queue()):
        runner.stop(entry["id"])
