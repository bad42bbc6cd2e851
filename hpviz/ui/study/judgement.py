"""What to make of the runs on the screen: each value's diagnosis, noise and fairness."""

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from hpviz.analysis import frames
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.fairness import Caution
from hpviz.analysis.outcome import Outcome
from hpviz.hyperparameters import Value, spell
from hpviz.plan import Setting
from hpviz.studies import Study
from hpviz.ui.noise import answer, cautions, outcome, show_noise
from hpviz.ui.study import choices
from hpviz.ui.study.compared import KEPT, as_drawn
from hpviz.ui.study.launch import add_seeds
from hpviz.ui.study.next_runs import show_next
from hpviz.ui.text import sentence


def show_judgement(study: Study, setting: Setting, comparison: Comparison) -> None:
    """Diagnosis beside what may be said of differences; judgements rest on runs that have ended."""
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            st.markdown("**Diagnosis**, its rule and the next thing to try")
            drawn = as_drawn(comparison, study, setting)
            st.markdown(_diagnoses(drawn, study.symbol, len(setting.identity.classes)))
        with st.container():
            found = outcome(comparison)
            show_noise(answer(comparison), found)
            _offer_seeds(study, setting, _single(study, comparison, found))
            show_next(study, setting)
            _show_fairness(cautions(comparison))


@lru_cache(maxsize=KEPT)
def _diagnoses(drawn: Comparison, symbol: str, classes: int) -> str:
    lines = []
    for label, seeds in drawn.groups.items():
        kind, rule, next_step = frames.commonest_diagnosis(seeds, drawn.ends[label], classes)
        lines.append(f"- **{symbol} {label} · {kind}**  \n  {sentence(rule)}  \n  *{sentence(next_step)}*")
    return "\n".join(lines)


def _single(study: Study, comparison: Comparison, outcome: Outcome) -> list[Value]:
    """Values that want more seeds. Those of runs from elsewhere come with one's own, which the page offers already."""
    runs = [comparison.groups[label][0] for label in outcome.single]
    return [run["spec"][study.field] for run in runs if not run["origin"]]


def _offer_seeds(study: Study, setting: Setting, values: Sequence[Value]) -> None:
    """One seed a value never shows a difference."""
    if values:
        st.button(
            "+2 seeds",
            key=choices.key(study, "two-seeds"),
            icon=":material/casino:",
            help=f"Train {study.symbol} {', '.join(map(spell, values))} under two more seeds",
            on_click=add_seeds,
            args=(study, setting, 2, values),
        )


def _show_fairness(cautions: Sequence[Caution]) -> None:
    if cautions:
        lines = [f"- :material/balance: {sentence(caution.sentence)}" for caution in cautions]
        st.markdown("**Is it fair?**\n\n" + "\n".join(lines))
