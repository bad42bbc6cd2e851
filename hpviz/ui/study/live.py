"""The comparison as it grows: what trains and the curves twice a second, everything else as epochs arrive."""

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
from hpviz.ui.study.compared import compared
from hpviz.ui.study.foreign import show_foreign
from hpviz.ui.study.judgement import show_judgement
from hpviz.ui.study.link_offer import show_link_offer
from hpviz.ui.study.network import show_network
from hpviz.ui.study.outcomes import show_outcomes
from hpviz.ui.study.overlay import choose_look, show_curves, show_table
from hpviz.ui.study.prediction import show_prediction
from hpviz.ui.study.screen import on_screen, shown, with_foreign
from hpviz.ui.study.setting import is_as_chosen
from hpviz.ui.study.waiting import show_queue

LIVE_SECONDS = 0.5  # what moves within an epoch
DRAW_SECONDS = 2.0  # what an epoch changes
IDLE_TICK_SECONDS = 3.0  # another tab or process may launch a run that belongs on this page


def show_comparison(study: Study, setting: Setting, slot: str) -> None:
    """Everything below the controls, in fragments, so that a tick redraws them and nothing else."""
    runner = get_runner()
    here = on_screen(runner.runs(), study, setting)
    active, drawn = _is_active(runner, here, slot), [run["id"] for run in _drawn(here)]

    @st.fragment(run_every=tick(LIVE_SECONDS if active else IDLE_TICK_SECONDS))
    def queue() -> None:
        runs = on_screen(runner.runs(), study, setting)
        # A run that joins is drawn at once, with its chip, and not when an epoch is next looked for.
        if _is_active(runner, runs, slot) != active or [run["id"] for run in _drawn(runs)] != drawn:
            st.rerun()
        runner.look_at(run["id"] for run in runs)
        show_queue(runner, study, setting, runs, slot)

    @st.fragment(run_every=tick(DRAW_SECONDS) if active else None)
    def comparison() -> None:
        runs = with_foreign(on_screen(runner.runs(), study, setting), study, setting)
        show_link_offer(study, setting, runs)
        _show_runs(study, setting, runs, active)

    # Containers keep all below in its place, and so the charts alive, when a line of the queue comes or goes.
    with st.container():
        queue()
    with st.container():
        comparison()
    show_claims(study, setting, active)
    show_network(study, setting, active)


def _is_active(runner: Runner, runs: Sequence[Run], slot: str) -> bool:
    return runner.proposed(slot) is not None or any(run["status"] in ACTIVE for run in runs) or bool(runner.queue())


def _show_runs(study: Study, setting: Setting, runs: Sequence[Run], active: bool) -> None:
    started = [run for run in runs if run["epochs"]]
    link.put(study, [run for run in started if not run["origin"] and is_as_chosen(study)])
    drawn = _drawn(runs)
    if not drawn:
        st.info(
            "No run of this setting has an epoch yet. Move the slider, or run a list of values: "
            "every run is drawn here as it is trained.",
            icon=":material/show_chart:",
        )
        return
    show_foreign(study, setting, started)
    choose_look(study, drawn)

    @st.fragment(run_every=tick(LIVE_SECONDS) if active else None)
    def curves() -> None:
        now = with_foreign(on_screen(get_runner().runs(), study, setting), study, setting)
        show_curves(study, setting, _drawn(now) or drawn)

    with st.container():
        curves()
    with st.container():
        _show_figures(study, setting, started)


def _drawn(runs: Sequence[Run]) -> list[Run]:
    """The runs that have a curve or will have one."""
    return [run for run in runs if run["epochs"] or run["status"] in ACTIVE]


def _show_figures(study: Study, setting: Setting, started: Sequence[Run]) -> None:
    """What can be said once an epoch has been measured."""
    if not started:
        return
    show_prediction(study, setting, started)
    show_table(study, setting, started)
    comparison = compared(study, setting, shown(started, study))
    if comparison.runs:
        _offer_share(study, comparison)
        show_outcomes(study, setting, comparison)
        show_judgement(study, setting, comparison)


def _offer_share(study: Study, comparison: Comparison) -> None:
    """The picture, the files and the link of what is on the screen."""
    x, log_loss = (st.session_state[choices.key(study, name)] for name in ("x", "log"))
    address = link.link(study, comparison.runs) if is_as_chosen(study) else None
    show_share(comparison, x=x, log_loss=log_loss, link=address)
