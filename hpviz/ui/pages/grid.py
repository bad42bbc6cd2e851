"""Two hyperparameters at a time: every value of one under every value of the other."""

import streamlit as st

from hpviz.plan import request
from hpviz.spec import BadInput
from hpviz.studies import crossed
from hpviz.ui import permalink
from hpviz.ui.grid import choices, link
from hpviz.ui.grid.live import show_grid
from hpviz.ui.runs.questions import show_question
from hpviz.ui.study import choices as held_choices
from hpviz.ui.study.setting import found_setting
from hpviz.ui.text import sentence


def choose(data: str) -> None:
    """Go on with another data set."""
    st.session_state[held_choices.key(crossed(*choices.studies()), "data")] = data


choices.initialise()
link.take()
st.title("Two at a time")
st.markdown(
    "**Does the best value of one hyperparameter depend on another?** Each cell holds the runs of two values. A line "
    "joins the best value of each column; bars show which values noise cannot tell from it."
)
permalink.complain(choices.PAGE)
show_question()
try:
    both = crossed(*choices.choose_studies())
    held_choices.initialise(both)
    with st.container(horizontal=True, vertical_alignment="center"):
        given = held_choices.choose_data(both)
        held_choices.choose_preset(both)
        choices.follow(both)
        held_choices.show_drawer(both)
    held = held_choices.held(both)
    axes = choices.choose_axes()
    link.put()
    setting = found_setting(given, held, choose)
    if setting is not None:
        request(setting)
        show_grid(axes, setting)
except BadInput as error:
    st.error(sentence(str(error)), icon=":material/error:")
