"""Runs from elsewhere on a study's page: whose they are, how to replace them by one's own, how far the two differ."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.origin import Apart, apart, kind_of, recorded
from hpviz.analysis.words import listed, plural
from hpviz.hyperparameters import spell
from hpviz.plan import Setting, request
from hpviz.runs.document import Run
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request
from hpviz.studies import Study
from hpviz.ui.kept import Kept
from hpviz.ui.locked import locked
from hpviz.ui.price import time_of
from hpviz.ui.study import choices
from hpviz.ui.study.launch import as_compared, submit
from hpviz.ui.study.screen import name_of
from hpviz.ui.text import literal

KINDS = {"reference": "Reference runs that hpviz came with", "imported": "Imported runs"}
SHORT = {"reference": "reference runs", "imported": "imported runs"}


def show_foreign(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """A drawer beside the legend, if any are on the screen: whose they are, and how one's own compare with them."""
    kinds = {kind: found for kind in KINDS if (found := [run for run in runs if kind_of(run) == kind])}
    own = [run for run in runs if not run["origin"]]
    compared = _apart.of([*own, *reference_runs()], len(own), lambda: apart(own, reference_runs()))
    if not kinds and not compared:
        return
    title = listed([SHORT[kind] for kind in kinds]) or "reference"
    with st.popover(title, key=choices.key(study, "foreign"), icon=":material/history:"):
        for kind, foreign in kinds.items():
            _show_kind(study, setting, kind, foreign)
        if compared:
            st.caption(_told(compared, study, setting))


_apart: Kept[Apart | None] = Kept()


def _told(found: Apart, study: Study, setting: Setting) -> str:
    have = "has its" if found.runs == 1 else "have their"
    if found.most < 0.05:
        return f"{plural(found.runs, 'run')} of yours {have} reference: they end alike, to the tenth of a point."
    return (
        f"{plural(found.runs, 'run')} of yours {have} reference: they end {found.mean:.1f} points apart on average, at "
        f"most {found.most:.1f} ({name_of(found.worst, study, setting)}). Another processor rounds otherwise, and "
        "training amplifies that."
    )


def _show_kind(study: Study, setting: Setting, kind: str, foreign: Sequence[Run]) -> None:
    values = listed([spell(value) for value in dict.fromkeys(run["spec"][study.field] for run in foreign)])
    machines = listed(sorted({recorded(run) for run in foreign})[:3])
    st.markdown(f"**{KINDS[kind]}** show {study.symbol} {literal(values, 400)}: recorded on {literal(machines, 400)}.")
    if st.button(
        _label(study, setting, foreign),
        key=choices.key(study, f"{kind}: mine"),
        icon=":material/play_arrow:",
        **locked(help="Your runs take the place of these, value by value, as their epochs arrive"),
    ):
        submit(setting, lambda: _requests(study, setting, foreign))
        st.rerun()  # the whole page: complaints and questions are shown there


def _requests(study: Study, setting: Setting, foreign: Sequence[Run]) -> list[Request]:
    by_seed = sorted(
        foreign, key=lambda run: (run["spec"]["seed"], study.hyperparameter.order(run["spec"][study.field]))
    )
    asked = [
        request(setting, **{study.field: run["spec"][study.field], "seed": run["spec"]["seed"]}) for run in by_seed
    ]
    return as_compared(study, setting, asked)


def _label(study: Study, setting: Setting, foreign: Sequence[Run]) -> str:
    what = "it" if len(foreign) == 1 else f"these {len(foreign)}"
    return f"Run {what} on my machine · {time_of(_requests(study, setting, foreign), setting)}"
