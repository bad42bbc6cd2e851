"""Any runs held against each other, on the same bench as those of a study, and the picture of it to share."""

from dataclasses import replace
from functools import partial

import streamlit as st

from hpviz.analysis.comparison import At, Comparison, compare_runs, differ_in_updates
from hpviz.runs.document import ACTIVE
from hpviz.runs.reference import reference_runs
from hpviz.ui import permalink
from hpviz.ui.bench.bench import PROGRESS_HEIGHT, Bench, show_bench, show_share_of
from hpviz.ui.bench.figures import show_differences, show_figures
from hpviz.ui.bench.legend import hidden
from hpviz.ui.compare import choice, link
from hpviz.ui.compare.chosen import Chosen
from hpviz.ui.kept import Kept
from hpviz.ui.learned.section import TITLE, show_learned
from hpviz.ui.resources import get_runner

NAME = "compare"

runner = get_runner()
everything = [*runner.runs(), *reference_runs()]
link.take(everything)
permalink.complain(link.PAGE)
page = st.container(gap="xsmall")
with page:
    head = st.container(key="bench-head", horizontal=True, vertical_alignment="center")
    with head:
        st.title("Compare", anchor=False, width="stretch")
    link.show_absent(everything)
    with st.container(key="bench-launch"):
        chosen = Chosen(runner, choice.choose_runs(everything))


@st.cache_resource(show_spinner=False)
def kept() -> Kept[Comparison]:
    """Comparisons of all sessions; a page's own names live as long as one drawing of it."""
    return Kept()


def now() -> Comparison:
    """The comparison as its runs are; the same object for as long as none of them has changed."""
    at: At = st.session_state["compare:at"]
    out, runs = hidden(NAME), chosen.drawn()
    return kept().of(runs, (at, out), lambda: compare_runs(runs, at=at, hidden=out))


def told(comparison: Comparison) -> None:
    """What is compared goes into the address."""
    link.put(replace(comparison, ahead=()) if comparison.runs else None)


if chosen.runs:
    names = now().labels
    with page:
        progress = st.container(key="bench-progress", height=PROGRESS_HEIGHT, border=False)
    bench = Bench(
        name=NAME,
        progress=progress,
        show_progress=partial(chosen.show_progress, names),
        watch=partial(chosen.moment, names),
        now=now,
        active=any(run["status"] in ACTIVE for run in chosen.runs),
        empty="None of these runs has an epoch yet; each appears here as it ends.",
        link=lambda _: link.link(),
        under_answer=told,
        switch=differ_in_updates(chosen.runs) or st.session_state["compare:at"] == "updates",
        layouts=link.LAYOUTS,
        folds={
            "Table": lambda comparison: show_figures(NAME, comparison),
            "What differs": show_differences,
            TITLE: lambda comparison: show_learned(NAME, comparison),
        },
    )
    with head:
        show_share_of(bench)
    with page:
        show_bench(bench)
else:
    link.put(None)
    choice.offer_starts(everything)
