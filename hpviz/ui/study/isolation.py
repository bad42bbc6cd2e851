"""The isolation plot on a page: what is compared, in the page's colours."""

from functools import lru_cache

import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.learning_curve import law_in_words
from hpviz.charts.isolation import Ground, isolation, placed, title_of
from hpviz.charts.looks import ground_of
from hpviz.charts.panels import isolated
from hpviz.charts.specification import table
from hpviz.studies import Study
from hpviz.ui.chart import show_chart
from hpviz.ui.study.compared import KEPT
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
    show_chart(
        f"{study.name}:isolation",
        isolation,
        ground,
        rows=_rows(drawn, comparison, ground),
        alt=f"{words}{line}. The table above has the figures.",
    )
    st.caption(
        "A dot a run, a bar at the mean of its seeds; ▲ diverged (in no mean); dotted: guessing." + LAW * bool(line)
    )
    if ground.errors:
        st.markdown(sentence(_law(comparison)))


@lru_cache(maxsize=KEPT)
def _rows(drawn: Comparison, comparison: Comparison, ground: Ground) -> pa.Table:
    return table(placed(isolated(drawn, comparison), ground))


_law = lru_cache(maxsize=KEPT)(law_in_words)
