"""The pictures on a study's page, the first thing a newcomer sees there."""

import streamlit as st

from hpviz.charts.pictures.of_study import COUNTED, counted_with, pictures_of
from hpviz.spec import BadInput, RunSpec
from hpviz.studies import Study
from hpviz.training.inside import GradientNoise
from hpviz.ui.chart import show_picture
from hpviz.ui.study import choices
from hpviz.ui.theme import is_dark


def show_pictures(study: Study, noise: tuple[GradientNoise, ...] = ()) -> None:
    """The study's pictures and what to expect; a single picture has the expectations at its side.

    `noise` is what was measured in the runs on the screen, which stands beside the theory of it.
    """
    pictures = pictures_of(study, is_dark(), _counted(study), noise)
    if not pictures:
        _expectations(study)
        return
    with st.grid(2, min_column_width=300, gap="medium"):
        for place, picture in enumerate(pictures):
            with st.container():
                show_picture(f"{study.name}:picture:{place}", picture)
        if len(pictures) == 1:
            with st.container():
                _expectations(study)
    if len(pictures) > 1:
        _expectations(study)


def _expectations(study: Study) -> None:
    if study.expectations:
        st.markdown("**What to expect**\n\n" + "\n".join(f"- {line}" for line in study.expectations))
    if study.logs:
        st.markdown(f"**What the author's logs say**\n\n{study.logs}")


def _counted(study: Study) -> RunSpec:
    """What the drawer says of the fields that the pictures count with, as far as that can be."""
    chosen = {name: st.session_state.get(choices.key(study, name)) for name in COUNTED.get(study.name, ())}
    try:
        given = choices.spec_fields({name: value for name, value in chosen.items() if value is not None})
    except BadInput:
        given = {}
    return counted_with(study, given)
