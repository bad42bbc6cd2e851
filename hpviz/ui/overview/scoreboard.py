"""The scoreboard: how many claims held, and every claim with its verdict and what it rests on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import get_args

import pandas as pd
import streamlit as st

from hpviz.analysis.claims.case import Verdict
from hpviz.analysis.claims.claim import Judgement
from hpviz.studies import STUDIES
from hpviz.ui.navigation import study_page
from hpviz.ui.study.claims import COLOURS, SENTENCE
from hpviz.ui.text import literal

MEANINGS: Mapping[Verdict, str] = {
    "held": "The runs show what the article says.",
    "did not hold": "The runs show something else.",
    "within noise": "Whatever the difference is, other seeds would give as much.",
    "not run yet": "The runs that would settle it are not here.",
    "not comparable": "There are runs, but of another net or recipe than the claim is about.",
}


def show_counts(judgements: Sequence[Judgement]) -> None:
    """How many rows of the ledger have each verdict."""
    counts = Counter(row.verdict for row in judgements)
    with st.grid(5, min_column_width=130):
        for verdict in get_args(Verdict):
            st.metric(verdict, counts[verdict], border=True, help=MEANINGS[verdict])


def show_ledger(judgements: Sequence[Judgement]) -> None:
    """Every claim in a table of its study, each with a way to the study's page."""
    for study in [*STUDIES.values(), None]:
        rows = [row for row in judgements if row.claim.study == (study.name if study else None)]
        if not rows:
            continue
        if study:
            st.page_link(
                study_page(study), label=f"**{study.title}**", icon=":material/arrow_forward:", icon_position="right"
            )
            name = study.title
        else:
            st.markdown("**The article as a whole**")
            name = "the article as a whole"
        st.table(pd.DataFrame(map(_row, rows)), hide_index=True, border="horizontal", alt=f"Claims of {name}")


def _row(row: Judgement) -> dict[str, str]:
    """A row of the table; a twin does not repeat its claim. Evidence names data sets, so it is taken literally."""
    sentence, logs = literal(row.claim.sentence, SENTENCE), literal(row.claim.logs, SENTENCE)
    told = f"**{row.id}** from scratch" if row.twin else f"**{row.id}** {sentence} :gray[Its author's logs: {logs}]"
    badge = f":{COLOURS[row.verdict]}-badge[{row.verdict}]"
    return {"claim": told, "verdict and evidence": f"{badge} {literal(row.evidence, SENTENCE)}"}
