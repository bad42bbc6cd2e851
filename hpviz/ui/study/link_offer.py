"""A link names the values it was made with: those that were never trained here are offered for training."""

from collections.abc import Sequence

import streamlit as st

from hpviz.analysis.words import listed, plural
from hpviz.notation import short
from hpviz.plan import Setting, request
from hpviz.runs.document import Run
from hpviz.runs.runner import Request
from hpviz.spec import BadInput
from hpviz.studies import Study
from hpviz.ui.study import choices, link
from hpviz.ui.study.launch import submit
from hpviz.ui.text import literal


def show_link_offer(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """One line and one button, in a container of its own, if runs that the address names are not on the screen."""
    with st.container():
        values, seeds = link.linked(study)
        missing = _missing(study, setting, values, seeds, runs)
        if not missing:
            link.forget_linked(study)
            return
        names = listed([short(value) for value in sorted({value for value, _ in missing})])
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f":material/link: This link shows {study.symbol} {literal(names, 400)} under {plural(seeds, 'seed')}; "
                f"{plural(len(missing), 'run')} of them {'is' if len(missing) == 1 else 'are'} not on this machine.",
                width="stretch",
            )
            st.button(
                f"Train {'it' if len(missing) == 1 else 'them'}",
                key=choices.key(study, "train linked"),
                icon=":material/play_arrow:",
                on_click=submit,
                args=(setting, lambda: _requests(study, setting, missing)),
            )


def _missing(
    study: Study, setting: Setting, values: Sequence[float], seeds: int, runs: Sequence[Run]
) -> list[tuple[float, int]]:
    """(value, seed) of every run to train. A value that is shown by runs from elsewhere has its own offer."""
    here = {(run["spec"][study.field], run["spec"]["seed"]) for run in runs}
    foreign = {run["spec"][study.field] for run in runs if run["origin"]}
    first = int(setting.fixed.get("seed", 0))
    wanted = [(value, first + number) for number in range(seeds) for value in values if value not in foreign]
    return [pair for pair in wanted if pair not in here]


def _requests(study: Study, setting: Setting, missing: Sequence[tuple[float, int]]) -> list[Request]:
    try:
        return [request(setting, **{study.field: value, "seed": seed}) for value, seed in missing]
    except BadInput as error:
        raise BadInput(f"This link cannot be trained as it stands. {error}") from None
