"""Claims on a page: a line each, which unfolds to what its verdict rests on."""

from collections.abc import Callable, Mapping

import streamlit as st

from hpviz.analysis.claims import Judgement, Standing, Verdict
from hpviz.ui.text import literal

SENTENCE = 2_000  # characters at most
COLOURS: Mapping[Verdict, str] = {
    "held": "green",
    "did not hold": "red",
    "within noise": "gray",
    "not run yet": "blue",
    "not comparable": "orange",
}


def show_claim(standing: Standing, key: str, offer: Callable[[Judgement], None] | None = None) -> None:
    """The line of a claim, verdict and sentence; folded below it what each row rests on, and what `offer` adds."""
    claim = standing.claim
    with st.expander(f"{_line(standing)} {literal(claim.sentence, SENTENCE)}", key=f"{key}:{claim.id}"):
        for row in standing.rows:
            st.markdown(f"{_which_net(row)}{badge(row.verdict)} {literal(row.evidence, SENTENCE)}")
            if offer:
                offer(row)
        st.caption(f"Its author's logs: {literal(claim.logs, SENTENCE)}")


def badge(verdict: Verdict, more: str = "") -> str:
    """A verdict as a chip, in Markdown."""
    return f":{COLOURS[verdict]}-badge[{verdict}{more}]"


def _line(standing: Standing) -> str:
    """The chip that the claim stands by, the twin's too where both are settled, and what the claim is called."""
    chips = [badge(row.verdict, " · from scratch" * row.twin) for row in standing.settled or standing.rows[:1]]
    return f"{' '.join(chips)} **{standing.claim.id}**"


def _which_net(row: Judgement) -> str:
    """What a row of a claim about the pretrained net is about."""
    if not row.claim.pretrained:
        return ""
    return "**From scratch** " if row.twin else "**Pretrained on ImageNet** "
