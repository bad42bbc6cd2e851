"""Different, or noise? Is it fair? What may be said of the differences on a page, made once a comparison."""

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from hpviz.analysis.answer import answer_of
from hpviz.analysis.comparison import Comparison
from hpviz.analysis.fairness import Caution, fairness
from hpviz.analysis.outcome import Kind, Told, outcome_of
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


def show_answer(comparison: Comparison) -> None:
    """The finding, above everything that it rests on, and in small print what would tell more."""
    found = answer(comparison)
    limit = f" :small[{sentence(found.limit)}]" if found.limit else ""
    st.markdown(f"**{sentence(found.sentence)}**{limit}")


def show_pairs(comparison: Comparison, baseline: str | None) -> None:
    """The surest pairs, the others a click away, then what could not be judged."""
    found = outcome(comparison, baseline)
    st.markdown(f"**Different, or noise?** Runs that have ended, after {found.after}")
    _list(found.told)
    if found.more:
        with st.expander(plural(len(found.more), "more pair")):
            _list(found.more)
    for note in found.notes:
        st.caption(sentence(note))


def _list(pairs: Sequence[Told]) -> None:
    if pairs:
        st.markdown("\n".join(f"- {MARKS[kind]} {sentence(told)}" for kind, told in pairs))


def show_cautions(comparison: Comparison) -> None:
    """What makes the comparison less than fair, a line each."""
    if found := cautions(comparison):
        lines = [f"- :material/balance: {sentence(caution.sentence)}" for caution in found]
        st.markdown("**Is it fair?**\n\n" + "\n".join(lines))
