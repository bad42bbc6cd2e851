"""The comparison as it grows, drawn again every second while something trains."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.plan import Setting
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.runner import Runner
from hpviz.studies import Study
from hpviz.ui.resources import get_runner, tick
from hpviz.ui.share import show_share
from hpviz.ui.study import choices, link
from hpviz.ui.study.claims import show_claims
from hpviz.ui.study.foreign import show_foreign
from hpviz.ui.study.judgement import show_judgement
from hpviz.ui.study.link_offer import show_link_offer
from hpviz.ui.study.network import show_network
from hpviz.ui.study.outcomes import show_outcomes
from hpviz.ui.study.overlay import show_overlay, show_table
from hpviz.ui.study.prediction import show_prediction
from hpviz.ui.study.screen import on_screen, with_foreign
from hpviz.ui.study.waiting import show_queue

TICK_SECONDS = 1.0
DRAW_SECONDS = 2.0  # drawing takes processor time from the training it shows
IDLE_TICK_SECONDS = 3.0  # another tab or process may launch a run that belongs on this page


def show_comparison(study: Study, setting: Setting, slot: str) -> None:
    """Everything below the controls, in fragments, so that a tick redraws them and nothing else."""
    runner = get_runner()
    active = _is_active(runner, on_screen(runner.runs(), study, setting), slot)

    @st.fragment(run_every=tick(TICK_SECONDS if active else IDLE_TICK_SECONDS))
    def queue() -> None:
        runs = on_screen(runner.runs(), study, setting)
        if _is_active(runner, runs, slot) != active:
            st.rerun()
        runner.look_at(run["id"] for run in runs)
        show_queue(runner, study, setting, runs, slot)

    @st.fragment(run_every=tick(DRAW_SECONDS) if active else None)
    def comparison() -> None:
        runs = with_foreign(on_screen(runner.runs(), study, setting), study, setting)
        show_link_offer(study, setting, runs)
        _show_runs(study, setting, runs)

    # Containers keep all below in its place, and so the charts alive, when a line of the queue comes or goes.
    with st.container():
        queue()
    with st.container():
        comparison()
    show_claims(study, setting, active)
    show_network(study, setting, active)


def _is_active(runner: Runner, runs: Sequence[Run], slot: str) -> bool:
    return runner.proposed(slot) is not None or any(run["status"] in ACTIVE for run in runs) or bool(runner.queue())


def _show_runs(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    started = [run for run in runs if run["epochs"]]
    link.put(study, [run for run in started if not run["origin"]])
    if not started:
        st.info(
            "No run of this setting has an epoch yet. Move the slider, or run a list of values: "
            "every epoch appears here as it ends.",
            icon=":material/show_chart:",
        )
        return
    show_foreign(study, setting, started)
    comparison = show_overlay(study, setting, started)
    show_prediction(study, setting, started)
    show_table(study, setting, started)
    if comparison.runs:
        _offer_share(study, comparison)
        show_outcomes(study, setting, comparison)
        show_judgement(study, setting, comparison)


def _offer_share(study: Study, comparison: Comparison) -> None:
    """The picture, the files and the link of what is on the screen."""
    x, log_loss = (st.session_state[choices.key(study, name)] for name in ("x", "log"))
    show_share(comparison, x=x, log_loss=log_loss, link=link.link(study))
