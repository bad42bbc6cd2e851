"""Different, or noise? What may be said of the differences on a page."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.outcome import Kind, Outcome, Told
from hpviz.analysis.words import plural
from hpviz.ui.text import sentence

MARKS: dict[Kind, str] = {"different": ":material/call_split:", "within noise": ":material/blur_on:"}


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
