"""The scoreboard: what held and what did not, by name; then every claim, a line each, by study."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.claims import Standing, scoreboard
from hpviz.studies import STUDIES
from hpviz.ui.claims import show_claim
from hpviz.ui.navigation import study_page


def show_scoreboard(standings: Sequence[Standing]) -> None:
    """How many claims stand by each verdict, and which; a verdict that no claim has is left out."""
    shown = scoreboard(standings)
    with st.grid(len(shown), min_column_width=230):
        for title, (meaning, named) in shown.items():
            with st.container(gap="xsmall"):
                st.header(f"{title}: {len(named)}", anchor=False)
                st.caption(meaning)
                st.markdown("\n".join(map(_name, named)))


def _name(standing: Standing) -> str:
    return f"- {standing.claim.name}" + " :gray[(from\u00a0scratch)]" * standing.leading.twin


def show_every_claim(standings: Sequence[Standing]) -> None:
    """Every claim on a line, those of a study together, with a way to the study's page."""
    for study in [*STUDIES.values(), None]:
        these = [each for each in standings if each.claim.study == (study.name if study else None)]
        if not these:
            continue
        with st.container(gap="xsmall"):
            if study:
                st.page_link(
                    study_page(study),
                    label=f"**{study.title}**",
                    icon=":material/arrow_forward:",
                    icon_position="right",
                )
            else:
                st.markdown("**The article as a whole**")
            for standing in these:
                show_claim(standing, "overview")
