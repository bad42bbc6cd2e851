"""Which runs are compared: filters, a free choice among what they leave, and the studies as places to start from."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_args

import streamlit as st

from hpviz.analysis.evidence import comparable
from hpviz.analysis.origin import kind_of
from hpviz.hyperparameters import HYPERPARAMETERS, Value, is_neutral, seen
from hpviz.links import MOST_RUNS
from hpviz.runs.document import Run
from hpviz.spec import build_spec
from hpviz.studies import STUDIES, Preset, Study
from hpviz.terminal import headline
from hpviz.ui.given import give

CHOSEN = "compare:runs"
ANY = "any"

# What a run is filtered by: the filter's name, and the run's value.
FILTERS: Mapping[str, Callable[[Run], str]] = {
    "Data": lambda run: str(run["spec"]["dataset"]),
    "Model": lambda run: str(run["spec"]["model"]),
    "Status": lambda run: run["status"],
    "From": lambda run: kind_of(run) or "this machine",
}


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs to compare, in the order in which they were chosen."""
    by_id = {run["id"]: run for run in runs}
    chosen = [run for run in st.session_state.get(CHOSEN, []) if run in by_id]
    give(CHOSEN, chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Filters", key="compare:filters", icon=":material/filter_list:"):
            offered = _filtered(runs)
        newest = [run["id"] for run in reversed(offered)]
        st.multiselect(
            "Runs",
            # Those that a filter hides come last: a choice among the others leaves their order as it was.
            list(dict.fromkeys([*newest, *chosen])),
            key=CHOSEN,
            format_func=lambda run: headline(by_id[run]),
            max_selections=MOST_RUNS,
            wrap=False,
            placeholder="Runs: type to search, lr 1e-4, resnet18, seed 2 …",
            label_visibility="collapsed",
            persist_state="session",
        )
        st.button(
            f"Add all {len(offered)}",
            icon=":material/add:",
            help="Add every run that the filters leave",
            disabled=not offered or len({*st.session_state[CHOSEN], *(run["id"] for run in offered)}) > MOST_RUNS,
            on_click=_choose,
            args=([*st.session_state[CHOSEN], *(run["id"] for run in offered)],),
        )
        st.button(
            "Clear", icon=":material/clear_all:", disabled=not st.session_state[CHOSEN], on_click=_choose, args=([],)
        )
    return [by_id[run] for run in st.session_state[CHOSEN]]


def _choose(ids: Sequence[str]) -> None:
    st.session_state[CHOSEN] = list(dict.fromkeys(ids))


def _filtered(runs: Sequence[Run]) -> list[Run]:
    left = [run for run in runs if run["epochs"]]
    with st.grid(2, min_column_width=150):
        study = st.selectbox("Study", [ANY, *STUDIES], key="compare:study", persist_state="session")
        if study != ANY:
            left = [run for run in left if is_of(run, STUDIES[study])]
        for name, value_of in FILTERS.items():
            values = sorted({value_of(run) for run in runs if run["epochs"]})
            wanted = st.selectbox(name, [ANY, *values], key=f"compare:{name}", persist_state="session")
            left = [run for run in left if wanted in (ANY, value_of(run))]
    return left


def is_of(run: Run, study: Study) -> bool:
    """Whether a run is as a study holds it: only its own hyperparameter may be otherwise, and what was tuned for it."""
    spec = seen(run["spec"], study.field)
    value = spec[study.field]
    if isinstance(value, str) != (study.hyperparameter.kind is None):
        return False
    held = _held(study.name, value if value in study.tuned else None)
    return any(all(_has(spec, name, of) for name, of in each) for each in held)


def _has(spec: Mapping[str, Any], name: str, of: Any) -> bool:
    """Whether a field is as held; what is held at its neutral value may be so in each net's own way."""
    return bool(spec[name] == of) or (of == HYPERPARAMETERS[name].neutral and is_neutral(spec, name))


@cache
def _held(study_name: str, value: Value | None) -> list[list[tuple[str, Any]]]:
    """What a study's presets hold fixed, for a value that brings something with it, worked out once for all runs.

    How many images are drawn, and how large, is a study's own choice only where it holds that.
    """
    study = STUDIES[study_name]
    others = [each.field for each in STUDIES.values() if each is not study and not each.hyperparameter.knob.data]
    held = []
    for preset in get_args(Preset):
        settings = {**({} if value is None else study.tuned[value]), **study.settings(preset)}
        usual = build_spec(dataset="any", fingerprint="0" * 64, **settings).model_dump(mode="json")
        held.append([(name, usual[name]) for name in {*others, "padding", "optimizer", *settings} - {study.field}])
    return held


def offer_starts(runs: Sequence[Run]) -> None:
    """An empty page's way in: the richest comparison of each study that has one."""
    st.info(
        "Choose runs above, or start from the richest comparison of a study. What you see is in the page's address.",
        icon=":material/compare_arrows:",
    )
    with st.container(horizontal=True):
        for study in STUDIES.values():
            if found := richest(runs, study):
                st.button(
                    f"{study.title}: {len(found)} runs",
                    key=f"compare:start:{study.name}",
                    icon=":material/arrow_forward:",
                    on_click=_choose,
                    args=([run["id"] for run in found],),
                )


def richest(runs: Sequence[Run], study: Study) -> list[Run]:
    """The runs of the study's comparison with the most values, then seeds."""
    ours = [run for run in runs if is_of(run, study) and run["epochs"]]
    found = [evidence for evidence in comparable(ours, study.field) if len(evidence.values) > 1]
    if not found:
        return []
    best = max(found, key=lambda evidence: (len(evidence.values), sum(map(evidence.seeds, evidence.values))))
    return [run for value in best.values for run in best.runs[value]][:MOST_RUNS]
