"""The runs of a comparison as they were recorded, what a page calls them, and the choice of one."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.runs.document import Run
from hpviz.runs.reference import reference_runs
from hpviz.ui.resources import get_desk, get_runner

NOT_HERE = (
    "A look inside needs a run that has ended on this machine and whose checkpoint is still kept. Train one of these "
    "values here, or resume a run that was stopped."
)


def recorded(comparison: Comparison) -> list[Run]:
    """The runs as they are stored, in the comparison's order, which holds them cut and as a page sees them."""
    known = {run["id"]: run for run in (*reference_runs(), *get_runner().runs())}
    return [known.get(run["id"], run) for run in comparison.runs]


def with_checkpoint(comparison: Comparison) -> list[Run]:
    """Those that can be looked into: they have ended, and their networks are kept here."""
    return [run for run in recorded(comparison) if run["origin"] is None and get_desk().can_inspect(run)]


def name_of(comparison: Comparison, run: Run) -> str:
    """What a page calls one run: lr 1e-4, or lr 1e-4 · seed 1 where there are several seeds."""
    label = comparison.labels[run["id"]]
    name = comparison.names.get(label, label)
    seeds = {each["spec"]["seed"] for each in comparison.runs}
    return f"{name} · seed {run['spec']['seed']}" if len(seeds) > 1 else name


def choose_run(key: str, title: str, comparison: Comparison, runs: Sequence[Run], first: Run | None = None) -> Run:
    """One of the runs, which are some; `first`, or the first of them, until another is chosen."""
    by_id = {run["id"]: run for run in runs}
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = (first or runs[0])["id"]
    chosen = st.selectbox(
        title, list(by_id), format_func=lambda each: name_of(comparison, by_id[each]), key=key, width=240
    )
    return by_id[chosen]
