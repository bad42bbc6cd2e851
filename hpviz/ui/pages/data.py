"""The data sets: what is ready, what can be fetched, what is in them and what is odd about them."""

import streamlit as st

from hpviz import gate
from hpviz.charts.balance import bars, counts, spoken
from hpviz.charts.lettering import drawable
from hpviz.charts.specification import table as as_rows
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity, Source
from hpviz.data.findings import balance as balance_meaning
from hpviz.hyperparameters import spell
from hpviz.paths import spelled
from hpviz.runs.desk import survey_name
from hpviz.spec import BadInput
from hpviz.studies import LEARNING_RATE, PRESETS
from hpviz.ui import data_address, permalink
from hpviz.ui.chart import show_chart
from hpviz.ui.data.findings import show_findings
from hpviz.ui.data.samples import show_samples
from hpviz.ui.data_address import FOLDERS_NOTE
from hpviz.ui.fetching import awaited, offer_fetch
from hpviz.ui.locked import locked
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.study.choices import begin_on, start_value
from hpviz.ui.text import literal, sentence
from hpviz.ui.theme import is_dark

runner, desk = get_runner(), get_desk()

ABOUT = {
    "scenes": "Six procedural classes with the article's names, drawn on this machine: no network, no account. "
    "8% of the training labels are wrong on purpose, for real labels have errors too.",
    "intel": "Intel Image Classification, the article's photos, from Kaggle (363 MB, no account needed).",
    "cifar10": "60,000 tiny photos in ten classes (170 MB).",
    "fashion-mnist": "70,000 grey pictures of clothes in ten classes (31 MB).",
}
# The size that most runs here are trained at, so that it is there already or will be needed.
IMAGE_SIZE = PRESETS["quick"].image_size
ROOTS_ASKED = 4
PAGE = "data"
ADDRESS = (data_address.entry("data", "data", catalogue.NAMES[0]),)


def known_folders() -> list[str]:
    return runner.store.noted_texts(FOLDERS_NOTE)


def add_folder() -> None:
    """Remember a folder that can be used and turn to it, or say why it cannot."""
    text = st.session_state["folder"]
    if not text.strip():
        return
    try:
        gate.refuse_changes()
        source = catalogue.resolve(text, runner.cache)
        if source.given not in catalogue.NAMES:
            runner.store.note(FOLDERS_NOTE, list(dict.fromkeys([*known_folders(), source.given])))
    except BadInput as error:
        st.session_state["folder complaint"] = str(error)
        return
    st.session_state["folder"] = ""
    st.session_state["data"] = source.given


def forget_folder(given: str) -> None:
    runner.store.note(FOLDERS_NOTE, [folder for folder in known_folders() if folder != given])
    st.session_state["data"] = catalogue.NAMES[0]


def choose() -> str:
    """The data set on the screen, which is also in the page's address, and the way to add one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = [*catalogue.NAMES, *known_folders()]
        if st.session_state.get("data") not in options:
            st.session_state["data"] = options[0]
        chosen = st.selectbox("Data set", options, key="data", persist_state="session", width=300)
        st.text_input(
            "Add a folder of images",
            key="folder",
            placeholder="/home/me/photos",
            max_chars=1000,
            on_change=add_folder,
            width=420,
            **locked(
                help="One folder per class. Train and test folders around them may have any name. Without a test "
                "split, one is made, and the page says so."
            ),
        )
    if complaint := st.session_state.pop("folder complaint", None):
        st.error(sentence(complaint), icon=":material/error:")
    return str(chosen)


def show_state(given: str, source: Source | None) -> None:
    """What the data set is, whether it is here, and the way to forget a folder."""
    ready = source is not None and catalogue.is_ready(source, runner.cache)
    with st.container(horizontal=True, vertical_alignment="center"):
        if ready:
            st.badge("ready", icon=":material/check:", color="green")
        else:
            st.badge("not fetched" if given in catalogue.NAMES else "not there", color="gray")
        st.text(ABOUT.get(given, drawable(given)), width="content")
        if given not in catalogue.NAMES:
            st.button("Forget this folder", icon=":material/close:", on_click=forget_folder, args=(given,), **locked())


def offer_training(source: Source) -> None:
    """One click from images to a curve. What more could be trained, and for how long, is said where it leads."""
    if st.button(
        "Train on these images",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        **locked(
            help="Opens the Learning rate page on them and trains its first value as in the quick preset: "
            f"lr {spell(start_value(LEARNING_RATE))}, at most {PRESETS['quick'].per_class} images a class."
        ),
    ):
        begin_on(LEARNING_RATE, source.given)
        st.switch_page("hpviz/ui/pages/learning_rate.py")


def show_classes(identity: Identity) -> None:
    """Images by class and split, drawn and in figures, and what their balance means."""
    frame = counts(identity.train_counts, identity.test_counts)
    table = frame.pivot(index="class", columns="split", values="images")[["training", "test"]]
    st.header("Classes")
    st.markdown(literal(balance_meaning(identity.train_counts, identity.test_counts), most=400))
    for note in identity.notes:
        st.caption(literal(note, most=400))
    with st.grid(2, min_column_width=320):
        classes = tuple(dict.fromkeys(frame["class"]))
        show_chart("balance", bars, classes, is_dark(), rows=as_rows(frame), alt=spoken(frame))
        ordered = table.loc[list(identity.classes)].reset_index()
        st.dataframe(ordered, hide_index=True, key="counts", alt="Images by class and split")


def follow_links(source: Source, root: str) -> None:
    """Let the links of the folder lead to a root that the person has just confirmed, and look at it anew."""
    try:
        catalogue.follow_links(source, root, runner.cache)
    except BadInput as error:
        st.session_state["folder complaint"] = str(error)
    for name in (("identify", source.given), ("prepare", source.given, IMAGE_SIZE)):
        desk.forget(name)


def ask_about_links(source: Source) -> None:
    """Where links lead that are not followed, with a way to confirm each place."""
    for root, count in catalogue.unconfirmed_links(source, runner.cache)[:ROOTS_ASKED]:
        place = literal(spelled(root), most=200)
        links = "1 link leads" if count == 1 else f"{count:,} links lead"
        st.info(
            f"{links} out of this folder, to {place}. Follow them only if you know what lies there. Your choice is "
            "remembered on this machine.",
            icon=":material/link:",
        )
        label, key = f"Follow links to {place}", f"follow:{place}"
        st.button(label, key=key, on_click=follow_links, args=(source, root), **locked())


def show_ready(source: Source) -> None:
    """Everything about a data set that is on this machine."""
    identity = awaited(("identify", source.given), lambda: desk.identify(source))
    ask_about_links(source)
    if identity is None:
        return
    data_address.note(source, identity)
    permalink.put(PAGE, ADDRESS)
    offer_training(source)
    show_classes(identity)
    name = survey_name(source, IMAGE_SIZE, identity.fingerprint)
    done = desk.known(name)
    st.header("Samples")
    if done is not None and done.result is not None:
        prepared = done.result.prepared
    else:
        prepared = awaited(("prepare", source.given, IMAGE_SIZE), lambda: desk.prepare(source, IMAGE_SIZE))
    if prepared is None:
        return
    show_samples(prepared, source.given)
    st.caption(f"At {IMAGE_SIZE} × {IMAGE_SIZE} px, as most runs here see them.")
    st.header("Audit")
    survey = awaited(name, lambda: desk.survey(source, IMAGE_SIZE, identity.fingerprint))
    if survey is not None:
        show_findings(survey)


permalink.take(PAGE, lambda: ADDRESS)
st.title("Data")
permalink.complain(PAGE)
st.markdown(
    "The images that networks are trained and tested on. A data set is decoded once; training then reads it from "
    "memory."
)
given = choose()
try:
    source = catalogue.resolve(given, runner.cache)
except BadInput as error:
    permalink.put(PAGE, ADDRESS)
    show_state(given, None)
    st.error(sentence(str(error)), icon=":material/error:")
else:
    show_state(given, source)
    if catalogue.is_ready(source, runner.cache):
        show_ready(source)
    else:
        if source.kind != "folder":  # an address names a folder by what is in it
            permalink.put(PAGE, ADDRESS)
        offer_fetch(source)
