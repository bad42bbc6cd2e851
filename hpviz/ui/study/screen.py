"""Which runs a study's page shows, what they are called and which of them were hidden."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.origin import prevailing
from hpviz.hyperparameters import seen, spell
from hpviz.plan import Setting, request
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.reference import reference_runs
from hpviz.studies import Study
from hpviz.ui.kept import Kept
from hpviz.ui.resources import get_runner
from hpviz.ui.study import choices
from hpviz.ui.theme import is_dark as is_dark


def on_screen(runs: Sequence[Run], study: Study, setting: Setting) -> list[Run]:
    """The runs of this machine that differ from the setting in the study's hyperparameter and seed only, in order."""

    def fitting() -> list[Run]:
        return _in_order(_fitting([run for run in runs if run["origin"] is None], study, setting), study)

    return _own.of(runs, (study.name, stamp_of(setting)), fitting)


def with_foreign(own: Sequence[Run], study: Study, setting: Setting) -> list[Run]:
    """The page's own runs, and for values of which there is none with an epoch, those recorded elsewhere.

    A machine that computes in another precision is shown too.
    """
    elsewhere = [run for run in (*get_runner().runs(), *reference_runs()) if run["origin"] and run["epochs"]]

    def together() -> list[Run]:
        fitting = _fitting(elsewhere, study, setting, "precision")
        return _in_order(prevailing([*own, *fitting], apart=("precision",)), study)

    return _all.of([*own, *elsewhere], (study.name, stamp_of(setting)), together)


_own: Kept[list[Run]] = Kept()
_all: Kept[list[Run]] = Kept()


def stamp_of(setting: Setting) -> tuple[Hashable, ...]:
    """What tells one setting from another."""
    fixed = tuple(sorted((name, str(value)) for name, value in setting.fixed.items()))
    return setting.identity.fingerprint, setting.source.name, setting.epochs, fixed, str(setting.weights)


def _fitting(runs: Sequence[Run], study: Study, setting: Setting, *free: str) -> list[Run]:
    """The runs that the setting would give but for the study's hyperparameter, their seeds and what is `free`."""
    twins: dict[Any, dict[str, Any]] = {}
    fitting = []
    for run in runs:
        spec = dict(seen(run["spec"], study.field))
        # A value may bring more with it than its own field: a schedule its horizon, an optimiser its learning rate.
        key = spec[study.field] if study.hyperparameter.knob.parts or study.tuned else None
        if key not in twins:
            varied = {} if key is None else {study.field: key}
            twins[key] = _identity(
                seen(request(setting, **varied).spec.model_dump(mode="json"), study.field), study, *free
            )
        if _on_scale(spec[study.field], study) and _identity(spec, study, *free) == twins[key]:
            fitting.append(run if spec == run["spec"] else Run(**{**run, "spec": spec}))
    return fitting


def _in_order(runs: Sequence[Run], study: Study) -> list[Run]:
    return sorted(runs, key=lambda run: (study.hyperparameter.order(run["spec"][study.field]), run["spec"]["seed"]))


def _identity(spec: Mapping[str, Any], study: Study, *free: str) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in (study.field, "dataset", "seed", *free)}


def _on_scale(value: Any, study: Study) -> bool:
    """A kernel width may also be "article": three widths, which have no place on the scale; nor has what is not set."""
    return value is not None and isinstance(value, str) == (study.hyperparameter.kind is None)


def labels_of(runs: Sequence[Run], study: Study) -> dict[str, str]:
    """The value of each run as charts write it: 1e-4."""
    return {run["id"]: study.hyperparameter.spell(run["spec"][study.field]) for run in runs}


def name_of(run: Run, study: Study, setting: Setting) -> str:
    """What a line of the queue calls a run: lr 1e-4, or lr 1e-4 · seed 1 where the seed is not that of the page."""
    name, seed = f"{study.symbol} {spell(study.value_of(run['spec']))}", run["spec"]["seed"]
    return name if seed == setting.fixed.get("seed", 0) else f"{name} · seed {seed}"


def hidden(study: Study) -> frozenset[str]:
    """The labels that this session has hidden."""
    labels: frozenset[str] = st.session_state.setdefault(choices.key(study, "hidden"), frozenset())
    return labels


def hide(study: Study, labels: frozenset[str]) -> None:
    st.session_state[choices.key(study, "hidden")] = labels


def shown(runs: Sequence[Run], study: Study) -> list[Run]:
    """Those of the runs that were not hidden."""
    out_of_sight, labels = hidden(study), labels_of(runs, study)
    return [run for run in runs if labels[run["id"]] not in out_of_sight]


def settled(comparison: Comparison) -> list[Run]:
    """The runs that judgements rest on: no longer training."""
    return [run for run in comparison.runs if run["status"] not in ACTIVE]
