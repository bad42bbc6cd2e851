"""The isolation plot on a page: what is compared, in the page's colours."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.fairness import fairness
from hpviz.charts.isolation import Ground, is_logarithmic, isolation
from hpviz.charts.palette import CHANCE, DIVERGED, colour
from hpviz.charts.pictures.picture import INK
from hpviz.notation import short
from hpviz.plan import Setting
from hpviz.runs.document import Run
from hpviz.studies import Study
from hpviz.ui.study.screen import is_dark, labels_of, settled


def show_isolation(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """Accuracy against the hyperparameter."""
    cautions = fairness(settled(runs, setting.epochs))
    edge = any(caution.kind == "edge" for caution in cautions)
    frame = frames.isolation(runs, study.field, labels_of(runs, study), setting.epochs, edge)
    ground = _ground(study, setting, runs)
    st.altair_chart(
        isolation(frame, ground),  # type: ignore[arg-type]
        key=f"{study.name}:isolation",
        width="stretch",
        alt=f"Last test accuracy against {study.title.lower()}, for {', '.join(ground.labels)}: a dot a run, a bar at "
        "the mean of the seeds. The table above has the figures.",
    )
    st.caption("A dot a run, a bar at the mean of its seeds; dotted: guessing.")


def _ground(study: Study, setting: Setting, runs: Sequence[Run]) -> Ground:
    dark = is_dark()
    values = sorted({run["spec"][study.field] for run in runs})
    return Ground(
        title=study.title,
        values=tuple(values),
        labels=tuple(map(short, values)),
        colours=tuple(colour(value, study.slider_values, dark) for value in values),
        logarithmic=is_logarithmic(study.slider_values),
        chance=1 / len(setting.identity.classes),
        chance_colour=CHANCE[dark],
        diverged_colour=DIVERGED[dark],
        ink=INK[dark],
    )
