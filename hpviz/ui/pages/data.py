"""The data sets: what is ready, what can be fetched, what is in them."""

from pathlib import Path

import pandas as pd
import streamlit as st

from hpviz.data import catalogue
from hpviz.data.audit import audit
from hpviz.data.findings import sentences
from hpviz.spec import BadInput
from hpviz.ui.choices import FOLDERS_NOTE
from hpviz.ui.fetching import offer_fetch
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.text import literal

runner, desk = get_runner(), get_desk()

ABOUT = {
    "scenes": "Six procedural classes with the article's names, drawn on this machine: no network, no account.",
    "intel": "Intel Image Classification, the article's photos, from Kaggle (363 MB, no account needed).",
    "cifar10": "60,000 tiny photos in ten classes (170 MB).",
    "fashion-mnist": "70,000 grey pictures of clothes in ten classes (31 MB).",
}


def known_folders() -> list[str]:
    return list(runner.store.noted(FOLDERS_NOTE) or [])


def add_folder() -> None:
    """Remember a folder that can be used, or say why it cannot."""
    text = st.session_state["folder"].strip()
    if not text:
        return
    try:
        source = catalogue.resolve(str(Path(text).expanduser()), runner.cache)
    except BadInput as error:
        st.session_state["folder complaint"] = str(error)
        return
    if source.given not in catalogue.NAMES:
        runner.store.note(FOLDERS_NOTE, list(dict.fromkeys([*known_folders(), source.given])))
    st.session_state["folder"] = ""


def forget_folder(given: str) -> None:
    runner.store.note(FOLDERS_NOTE, [folder for folder in known_folders() if folder != given])


def show_source(given: str) -> None:
    """One data set: its state, the way to fetch it, its counts and audit."""
    try:
        source = catalogue.resolve(given, runner.cache)
    except BadInput as error:
        st.error(str(error), icon=":material/error:")
        st.button("Forget this folder", key=f"forget:{given}", on_click=forget_folder, args=(given,))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(source.name), width="content")
        if catalogue.is_ready(source, runner.cache):
            st.badge("ready", icon=":material/check:", color="green")
    st.text(ABOUT.get(given, given))
    if not catalogue.is_ready(source, runner.cache):
        offer_fetch(source)
        return
    task = desk.identify(source)
    if not task.wait(0.2):
        show_task(task)
        return
    if task.error:
        st.error(task.error, icon=":material/error:")
    else:
        show_identity(source, task.result)
    if given not in catalogue.NAMES:
        st.button("Forget this folder", key=f"forget:{given}", on_click=forget_folder, args=(given,))


def show_identity(source: catalogue.Source, identity: catalogue.Identity) -> None:
    """Counts by class, and what the audit found."""
    for note in identity.notes:
        st.caption(literal(note, most=400))
    counts = pd.DataFrame({"train": identity.train_counts, "test": identity.test_counts}).rename_axis("class")
    st.dataframe(counts.reset_index(), hide_index=True, width=420, alt="Images by class and split")
    with st.expander("Audit", icon=":material/fact_check:", key=f"audit:{source.given}", on_change="rerun") as opened:
        if opened.open:
            for line in sentences(audit(source, runner.cache)):
                st.text(line)


st.title("Data")
st.markdown(
    "What the networks are trained on. A data set is decoded once and kept; training then reads it from memory."
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.text_input(
        "Add a folder of images",
        key="folder",
        placeholder="/home/me/photos, with train and test folders of class folders",
        help="Kaggle's seg_train/seg_test layout works too. Without a test split, one is made and said so.",
        max_chars=1000,
        on_change=add_folder,
    )
if complaint := st.session_state.pop("folder complaint", None):
    st.error(complaint, icon=":material/error:")
for given in [*catalogue.NAMES, *known_folders()]:
    with st.container(border=True):
        show_source(given)
