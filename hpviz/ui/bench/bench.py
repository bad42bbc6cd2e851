"""Hand, eye and answer on one screen: the legend, three curves, the answer, the isolation plot with the diagnosis.

Pages bring what is theirs (which runs, how they are launched, what else is told) and draw a `Comparison` no other way.
What moves within an epoch, the bars and the live line, is not drawn but told (`motion.py`); what an epoch changes is
drawn when one has ended, the rest when a person does something. A browser goes through the whole page for every part
that is drawn again, so what changes together is one part, wherever on the page it stands. Within it everything has a
container of its own, so that what grows or goes in one leaves the others in place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hpviz.analysis.comparison import Comparison
from hpviz.charts.curves import LIVE, Axis
from hpviz.runs.document import Run
from hpviz.ui.bench import motion
from hpviz.ui.bench.curves import as_far_as_asked, hide_curves, live_rows, show_curves
from hpviz.ui.bench.ground import show_ground
from hpviz.ui.bench.legend import choose_axes, choose_shown
from hpviz.ui.bench.verdict import show_answer
from hpviz.ui.resources import get_runner
from hpviz.ui.share import show_share

IDLE_SECONDS = 3.0  # another tab or process may launch a run that belongs on this page

# As high as a line of the queue with its button: what comes or goes there moves nothing below.
PROGRESS_HEIGHT = 44

Shown = Callable[[Comparison], None]


def nothing(_: Comparison) -> None:
    """What a page adds that adds nothing."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A comparison on a page.

    `name` begins the keys of its choices in the session. `show_progress` says in the container `progress` what trains
    and how far it is, and has the page drawn anew when that is needed. `watch` says, on any thread, what the page
    shows; while nothing is active it is asked every `idle` seconds, if at all. `now` is the comparison as its runs
    stand, the same object while none has changed, and `active` says whether one will. `empty` is said while nothing is
    to be drawn, and `link` is the page's address, None where that is not of what is shown; `site` makes its site as a
    ZIP, where it can be published. `folds` are the tabs below, by title, each drawn while it is open only, again when
    an epoch has ended. `question`, if there is one, takes the place of the answer and of everything that would give it
    away.

    The rest is what a page adds: beside the legend, under the answer; how far a run without an epoch will go along an
    axis; the article's last accuracies by label; whether there is a `switch` between equal
    epochs and equal updates; how curves can be laid out.
    """

    name: str
    progress: DeltaGenerator
    show_progress: Callable[[], None]
    watch: Callable[[], motion.Moment]
    now: Callable[[], Comparison]
    active: bool
    idle: float | None = None
    empty: str
    link: Callable[[Comparison], str | None]
    folds: Mapping[str, Shown]
    question: Callable[[], None] | None = None
    beside_legend: Shown = nothing
    under_answer: Shown = nothing
    reach: Callable[[Run, Axis], float] = as_far_as_asked
    site: Callable[[Comparison], bytes] | None = None
    article: Mapping[str, float] = field(default_factory=dict)
    switch: bool = False
    layouts: tuple[str, ...] = ()


def show_bench(bench: Bench) -> None:
    """The whole, from the legend down."""
    at_first = bench.now()
    with st.container(key="bench-legend", horizontal=True, vertical_alignment="center", gap="xsmall"):
        choose_shown(bench.name, at_first)
        st.space("stretch")
        choose_axes(bench.name, bench.switch, bench.layouts)
        if not bench.question:
            bench.beside_legend(at_first)

    @st.fragment
    def drawn() -> None:
        moment, comparison = bench.watch(), bench.now()
        with bench.progress:
            bench.show_progress()
        with st.container(key="bench-curves"):
            if bench.question:
                hide_curves("The curves come back with your guess.")
            elif at_first.labels:
                show_curves(bench.name, comparison, bench.reach, bench.article)
            else:
                st.info(bench.empty, icon=":material/show_chart:")
        if not bench.question:
            with st.container():
                _show_findings(bench, comparison)
            with st.container():
                _folds(bench)
        _follow(bench, moment, comparison)

    drawn()
    if bench.question:
        with st.container(key="bench-answer"):
            bench.question()


def _show_findings(bench: Bench, comparison: Comparison) -> None:
    with st.container(key="bench-answer", gap="xxsmall"):
        if comparison.runs:
            show_answer(comparison)
        bench.under_answer(comparison)
    if comparison.runs:
        show_ground(bench.name, comparison)


def _folds(bench: Bench) -> None:
    """The tabs. One that is opened is drawn; the others are not even looked up."""

    @st.fragment
    def folds() -> None:
        tabs = st.tabs(list(bench.folds), key=f"{bench.name}:fold", on_change="rerun")
        for tab, show in zip(tabs, bench.folds.values(), strict=True):
            if tab.open:
                with tab:
                    show(bench.now())

    folds()


def _follow(bench: Bench, moment: motion.Moment, comparison: Comparison) -> None:
    every = motion.LIVE_SECONDS if bench.active else bench.idle
    if every is None:
        return
    drawn, runner = comparison.drawn, get_runner()
    log_loss, is_line = bool(st.session_state[f"{bench.name}:log"]), bool(comparison.labels) and not bench.question

    def rows() -> motion.Rows:
        return {LIVE: live_rows(drawn, log_loss, runner)} if is_line else {}

    motion.follow(bench.watch, moment, rows, every)


def show_share_of(bench: Bench) -> None:
    """The picture, the files and the link of what is on the screen, in a fragment: opening it draws nothing else."""

    @st.fragment
    def share() -> None:
        comparison = bench.now()
        if comparison.runs and not bench.question:
            x, log_loss = (st.session_state[f"{bench.name}:{what}"] for what in ("x", "log"))
            show_share(comparison, x=x, log_loss=log_loss, link=bench.link(comparison), site=bench.site)
        else:
            st.button("Share", icon=":material/share:", key="share-nothing", disabled=True)

    with st.container(width="content"):
        share()
