"""The isolation plot on a page: what is compared, in the page's colours."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.learning_curve import law_in_words
from hpviz.charts.isolation import isolation, title_of
from hpviz.charts.looks import ground_of
from hpviz.charts.panels import isolated
from hpviz.studies import Study
from hpviz.ui.study.screen import is_dark
from hpviz.ui.text import sentence

LAW = " Line: the power law, with 95% for it; dashed: beyond what was tried."


def show_isolation(study: Study, comparison: Comparison, drawn: Comparison) -> None:
    """Accuracy against the hyperparameter; of a learning curve its power law, which rests on `comparison`."""
    ground = ground_of(drawn, is_dark())
    if ground is None:
        return
    words = f"{title_of(ground)}, for {', '.join(ground.labels)}: a dot a run, a bar at the mean of the seeds"
    line = ", a line where the power law was fitted, told below" if ground.errors else ""
    st.altair_chart(
        isolation(isolated(drawn, comparison), ground),  # type: ignore[arg-type]
        key=f"{study.name}:isolation",
        width="stretch",
        alt=f"{words}{line}. The table above has the figures.",
    )
    st.caption(
        "A dot a run, a bar at the mean of its seeds; ▲ diverged (in no mean); dotted: guessing." + LAW * bool(line)
    )
    if ground.errors:
        st.markdown(sentence(law_in_words(comparison)))
