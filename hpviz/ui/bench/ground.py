"""What the answer rests on: accuracy against the hyperparameter, and beside it a line on what ails each value."""

from functools import lru_cache

import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.learning_curve import law_in_words
from hpviz.analysis.story import Story
from hpviz.charts.isolation import Ground, isolation, key_to, placed, title_of
from hpviz.charts.looks import ground_of
from hpviz.charts.panels import isolated
from hpviz.charts.specification import table
from hpviz.ui.bench.curves import KEPT
from hpviz.ui.bench.legend import places
from hpviz.ui.bench.verdict import show_cautions
from hpviz.ui.chart import show_chart
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

HEIGHT = 250


def show_ground(name: str, comparison: Comparison) -> None:
    """The isolation plot, where one thing differs, and the diagnosis; judgements rest on runs that have ended."""
    ground = ground_of(comparison.drawn, is_dark(), places(name, comparison))
    with st.grid(2 if ground else 1, min_column_width=300, gap="medium"):
        if ground:
            with st.container(gap="xxsmall"):
                _show_isolation(name, comparison, ground)
        with st.container(gap="xsmall"):
            if comparison.chance:
                st.markdown(_diagnoses(comparison))
            show_cautions(comparison)


def _show_isolation(name: str, comparison: Comparison, ground: Ground) -> None:
    words = f"{title_of(ground)}, for {', '.join(ground.labels)}: a dot a run, a bar at the mean of the seeds"
    law = ", a line where the power law was fitted, told below" if ground.errors else ""
    show_chart(
        f"{name}:isolation",
        isolation,
        ground,
        rows=_rows(comparison, ground),
        alt=f"{words}{law}. The table below has the figures.",
        height=HEIGHT,
    )
    st.caption(key_to(ground))
    if ground.errors:
        st.markdown(sentence(_law(comparison)))


@lru_cache(maxsize=KEPT)
def _rows(comparison: Comparison, ground: Ground) -> pa.Table:
    return table(placed(isolated(comparison.drawn, comparison), ground))


_law = lru_cache(maxsize=KEPT)(law_in_words)


@lru_cache(maxsize=KEPT)
def _diagnoses(comparison: Comparison) -> str:
    """A line a value: what it suffers from, and the next thing to try; the rules stand with the table."""
    return "  \n".join(
        f"**{sentence(name)} · {kind}** {sentence(next_step.partition('. ')[0].rstrip('.'))}"
        for name, (kind, _, next_step) in diagnoses_of(comparison).items()
    )


@lru_cache(maxsize=KEPT)
def diagnoses_of(comparison: Comparison) -> dict[str, tuple[str, str, str]]:
    """By label (kind, rule, next step) of what most of its seeds show."""
    return Story(comparison.drawn).diagnoses
