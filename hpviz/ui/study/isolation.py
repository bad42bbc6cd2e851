"""The isolation plot on a page: what is compared, in the page's colours."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.charts.isolation import isolation
from hpviz.charts.looks import ground_of
from hpviz.charts.panels import isolated
from hpviz.studies import Study
from hpviz.ui.study.screen import is_dark


def show_isolation(study: Study, drawn: Comparison) -> None:
    """Accuracy against the hyperparameter."""
    ground = ground_of(drawn, is_dark())
    if ground is None:
        return
    st.altair_chart(
        isolation(isolated(drawn), ground),  # type: ignore[arg-type]
        key=f"{study.name}:isolation",
        width="stretch",
        alt=f"Last test accuracy against {study.title.lower()}, for {', '.join(ground.labels)}: a dot a run, a bar at "
        "the mean of the seeds. The table above has the figures.",
    )
    st.caption("A dot a run, a bar at the mean of its seeds; ▲ diverged (in no mean); dotted: guessing.")
