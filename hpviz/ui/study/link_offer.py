"""A link names the values it was made with: those that were never trained here are offered for training."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.words import listed, plural
from hpviz.hyperparameters import spell
from hpviz.plan import Setting, request
from hpviz.runs.document import Run
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.locked import locked
from hpviz.ui.study import choices, link
from hpviz.ui.study.launch import as_compared, submit
from hpviz.ui.text import literal


def show_link_offer(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """One line and one button, in a container of its own, if runs that the address names are not on the screen."""
    with st.container():
        missing = _missing(study, link.linked(study), runs)
        if not missing:
            link.forget_linked(study)
            return
        names = listed([spell(value) for value in sorted({value for value, _ in missing})])
        are = "is" if len(missing) == 1 else "are"
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f":material/link: {plural(len(missing), 'run')} that this link shows {are} not on this machine: "
                f"{study.symbol} {literal(names, 400)}.",
                width="stretch",
            )
            if st.button(
                f"Train {'it' if len(missing) == 1 else 'them'}",
                key=choices.key(study, "train linked"),
                icon=":material/play_arrow:",
                **locked(),
            ):
                submit(setting, lambda: _requests(study, setting, missing))
                st.rerun()  # the whole page: complaints and questions are shown there


def _missing(study: Study, linked: Sequence[link.Pair], runs: Sequence[Run]) -> list[link.Pair]:
    """(value, seed) of every run to train. A value that is shown by runs from elsewhere has its own offer."""
    here = {(run["spec"][study.field], run["spec"]["seed"]) for run in runs}
    foreign = {run["spec"][study.field] for run in runs if run["origin"]}
    return [pair for pair in linked if pair[0] not in foreign and pair not in here]


def _requests(study: Study, setting: Setting, missing: Sequence[link.Pair]) -> list[Request]:
    try:
        asked = [request(setting, **{study.field: value, "seed": seed}) for value, seed in missing]
        return as_compared(study, setting, asked)
    except BadInput as error:
        raise BadInput(f"This link cannot be trained as it stands. {error}") from None
