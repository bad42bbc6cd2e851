"""Different, or noise? What may be said of the differences on a page."""

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from hpviz.analysis.answer import Answer, answer_of
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.fairness import Caution, fairness
from hpviz.analysis.outcome import Kind, Outcome, Told, outcome_of
from hpviz.analysis.words import plural
from hpviz.runs.document import ACTIVE
from hpviz.ui.text import sentence

MARKS: dict[Kind, str] = {"different": ":material/call_split:", "within noise": ":material/blur_on:"}


# A comparison that has not changed is the same object as before, and judged once.
answer = lru_cache(maxsize=64)(answer_of)
outcome = lru_cache(maxsize=64)(outcome_of)


@lru_cache(maxsize=64)
def cautions(comparison: Comparison) -> tuple[Caution, ...]:
    """What makes a comparison less than fair, as far as its runs have ended."""
    ended = [run for run in comparison.runs if run["status"] not in ACTIVE]
    return tuple(fairness(ended, comparison.epochs, comparison.updates))


def show_noise(answer: Answer, outcome: Outcome) -> None:
    """The answer, its pairs a click away, then what is not judged as it is."""
    st.markdown(f"**{sentence(answer.sentence)}**")
    st.caption(f"Runs that have ended, after {outcome.after}")
    if outcome.told:
        pairs = (*outcome.told, *outcome.more)
        with st.expander(f"Different, or noise? {plural(len(pairs), 'pair')}"):
            _list(pairs)
    for note in outcome.notes:
        st.caption(sentence(note))


def _list(pairs: Sequence[Told]) -> None:
    if pairs:
        st.markdown("\n".join(f"- {MARKS[kind]} {sentence(told)}" for kind, told in pairs))
