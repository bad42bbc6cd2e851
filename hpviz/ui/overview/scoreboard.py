"""The scoreboard: what held and what did not, by name; then every claim, a line each, by study."""

from collections.abc import Mapping, Sequence

import streamlit as st

from hpviz.analysis.claims import OPEN, Standing, Verdict
from hpviz.studies import STUDIES
from hpviz.ui.claims import show_claim
from hpviz.ui.navigation import study_page

# A column each: what it is called, the verdicts in it and what they mean.
COLUMNS: Mapping[str, tuple[tuple[Verdict, ...], str]] = {
    "Held": (("held",), "The runs show what the article says."),
    "Did not hold": (("did not hold",), "The runs show something else."),
    "Within noise": (("within noise",), "Other seeds could give as large a difference."),
    "Not settled yet": (OPEN, "The runs that would settle it are not here."),
}


def show_scoreboard(standings: Sequence[Standing]) -> None:
    """How many claims stand by each verdict, and which; a verdict that no claim has is left out."""
    columns = {
        title: [each for each in standings if each.leading.verdict in verdicts]
        for title, (verdicts, _) in COLUMNS.items()
    }
    shown = {title: named for title, named in columns.items() if named}
    with st.grid(len(shown), min_column_width=230):
        for title, named in shown.items():
            with st.container(gap="xsmall"):
                st.header(f"{title}: {len(named)}", anchor=False)
                st.caption(COLUMNS[title][1])
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
