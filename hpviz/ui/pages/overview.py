"""What the article claims, and what came of it on this machine."""

from typing import Any

import streamlit as st

from hpviz.analysis.claims import standings
from hpviz.analysis.claims.case import Unsettled
from hpviz.analysis.claims.ledger import case_of, ledger
from hpviz.analysis.words import plural
from hpviz.charts.specification import table
from hpviz.charts.two_by_two import ALT_TEXT, TITLE, caption, corners, two_by_two
from hpviz.data import catalogue
from hpviz.data.catalogue import Identity
from hpviz.runs.document import Run
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.reference import reference_runs
from hpviz.spec import BadInput
from hpviz.studies import PRESETS, Preset
from hpviz.ui import data_address, permalink
from hpviz.ui.chart import show_chart
from hpviz.ui.crew import show_where, what_is_awaited
from hpviz.ui.data_address import known_data
from hpviz.ui.fetching import found_weights, identified
from hpviz.ui.overview.missing_runs import choose_weights, setting_of, show_missing, show_queue
from hpviz.ui.overview.scoreboard import show_every_claim, show_scoreboard
from hpviz.ui.permalink import Entry, one_of
from hpviz.ui.resources import drawn_every, get_desk, get_runner
from hpviz.ui.runs.questions import show_question
from hpviz.ui.text import literal, sentence
from hpviz.ui.theme import is_dark

TICK_SECONDS = 2.0

runner = get_runner()

PAGE = "overview"
ADDRESS = (
    data_address.entry("judged", "judged", catalogue.NAMES[0]),
    Entry("missing", "missing", "quick", one_of(*PRESETS)),
)


def choose() -> tuple[str, Preset, str | None]:
    """The data set that claims are judged on, what missing runs are like, and the weights file if theirs are wanted."""
    given = known_data()
    st.session_state.setdefault("missing", "quick")
    if st.session_state.get("judged") not in given:
        st.session_state["judged"] = given[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        data = st.selectbox("Judged on", given, key="judged", width=200, persist_state="session")
        preset = st.segmented_control(
            "Missing runs as in",
            tuple(PRESETS),
            required=True,
            key="missing",
            persist_state="session",
            help="quick: 300 images per class at 64 px, 8 epochs. article: all images at 150 px, 10 epochs.",
        )
        weights = choose_weights()
    return str(data), preset or "quick", weights


def show_corners(runs: list[Run], identity: Identity) -> None:
    """The four corners, on ResNet18 pretrained if it was trained here, else from scratch."""
    st.header(TITLE)
    problem = ""
    pretrained_case = case_of(runs, identity)
    for case in (pretrained_case, pretrained_case.twin()):
        try:
            frame = corners(case)
        except Unsettled as unsettled:
            problem = unsettled.finding.evidence
            continue
        with st.grid(2, min_column_width=320):
            show_chart("overview:corners", two_by_two, is_dark(), rows=table(frame), alt=ALT_TEXT)
            with st.container():
                shown = frame[["net", "tuning", "setting", "accuracy", "seeds"]]
                percents = {"accuracy": st.column_config.NumberColumn(format="percent")}
                st.dataframe(shown, hide_index=True, key="overview:figures", column_config=percents, alt="The corners")
                st.caption(caption(frame, case.pretrained))
        return
    st.caption(f"Drawn when the runs of claim C1 are there. {literal(problem, most=500)}")


def found_machine() -> dict[str, Any] | None:
    """Where runs are trained here, or None while that is being found out or if its device is not there."""
    if not runner.is_warm():
        st.caption(f"{what_is_awaited(runner)} …")
        return None
    try:
        return runner.machine()
    except BadInput as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None


def show_machine(machine: dict[str, Any]) -> None:
    """What the machine is, in a line."""
    words = [machine["name"], f"device {machine['device']}", f"computes in {machine['precision']}"]
    words += [plural(machine["threads"], "thread"), f"PyTorch {machine['torch']}"]
    show_where(runner)
    st.caption(f"{'A node' if runner.where else 'This machine'}: {literal(' · '.join(words), most=300)}")


def is_busy() -> bool:
    """Whether the page will change by itself: something trains, or PyTorch is still being loaded."""
    return bool(runner.queue()) or not runner.is_warm()


permalink.take(PAGE, lambda: ADDRESS)
st.title("Do hyperparameters do what the article says?")
st.markdown(
    "*Experiments on hyperparameter tuning in deep learning: rules to follow* trained one run for each value. Here "
    "each of its claims is checked on runs repeated under several seeds: yours, or else the reference runs that come "
    "with hpviz."
)
permalink.complain(PAGE)
show_question()
given, preset, weights_file = choose()
weights = None if weights_file is None else found_weights(weights_file)
known = identified(given)
if known is not None or given in catalogue.NAMES:  # an address names a folder by what is in it
    permalink.put(PAGE, ADDRESS)
busy = is_busy()


@drawn_every(TICK_SECONDS if busy else None)
def scoreboard(source: catalogue.Source, identity: Identity) -> None:
    """Everything that changes while something trains. Containers keep each part in its place."""
    if is_busy() != busy:
        st.rerun()
    runs = [*runner.runs(), *reference_runs()]
    judgements = ledger(runs, identity, noise=measured_noise(runs, get_desk().cache))
    standing = standings(judgements)
    with st.container():
        machine, setting = found_machine(), None
        if machine is not None:
            setting = setting_of(source, identity, preset, machine["precision"])
            show_missing(judgements, setting, preset, weights)
    with st.container():
        show_queue(setting)
    with st.container():
        if all(run["spec"]["fingerprint"] != identity.fingerprint for run in runs):
            st.info(
                f"Nothing was trained on {literal(source.name)} yet, so only what arithmetic can settle is settled. "
                "Run what is missing, or begin with one study.",
                icon=":material/start:",
            )
    with st.container():
        show_scoreboard(standing)
    with st.container():
        show_corners(runs, identity)
    with st.container():
        st.header("Every claim")
        st.caption(
            "The article's ResNet18 began with ImageNet weights. Where such runs are not here, nets trained from "
            "scratch are judged in its place; they cannot settle the claim itself."
        )
        show_every_claim(standing)
    if machine is not None:
        show_machine(machine)


if known is not None:
    scoreboard(*known)
