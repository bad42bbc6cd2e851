"""Different, or noise? What may be said of the differences on a page."""

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.fairness import Caution, fairness
from hpviz.analysis.outcome import Kind, Outcome, Told, outcome_of
from hpviz.analysis.words import plural
from hpviz.runs.document import ACTIVE
from hpviz.ui.text import sentence

MARKS: dict[Kind, str] = {"different": ":material/call_split:", "within noise": ":material/blur_on:"}


# A comparison that has not changed is the same object as before, and judged once.
outcome = lru_cache(maxsize=64)(outcome_of)


@lru_cache(maxsize=64)
def cautions(comparison: Comparison) -> tuple[Caution, ...]:
    """What makes a comparison less than fair, as far as its runs have ended."""
    ended = [run for run in comparison.runs if run["status"] not in ACTIVE]
    return tuple(fairness(ended, comparison.epochs, comparison.updates))


def show_noise(outcome: Outcome) -> None:
    """The surest pairs, the others a click away, then what could not be judged."""
    st.markdown(f"**Different, or noise?** Runs that have ended, after {outcome.after}")
    _list(outcome.told)
    if outcome.more:
        with st.expander(plural(len(outcome.more), "more pair")):
            _list(outcome.more)
    for note in outcome.notes:
        st.caption(sentence(note))


def _list(pairs: Sequence[Told]) -> None:
    if pairs:
        st.markdown("\n".join(f"- {MARKS[kind]} {sentence(told)}" for kind, told in pairs))
