"""A study's page, the same for every study: what is held, what is launched, what trains, and the bench below."""

import streamlit as st

from hpviz.studies import Study
from hpviz.ui import permalink
from hpviz.ui.bench.bench import PROGRESS_HEIGHT, show_bench, show_share_of
from hpviz.ui.resources import session
from hpviz.ui.runs.questions import show_question
from hpviz.ui.study import choices, link
from hpviz.ui.study.launch import launch as start
from hpviz.ui.study.launcher import show_launcher
from hpviz.ui.study.live import bench_of
from hpviz.ui.study.setting import possible_setting, tuned_note


def show_study(study: Study) -> None:
    """The whole page. Its parts stand in their places from the first; what they need is found out in another order."""
    choices.initialise(study)
    link.take(study)
    permalink.complain(study.name)
    show_question()
    with st.container(gap="xsmall"):
        head = st.container(key="bench-head", horizontal=True, vertical_alignment="center", gap="xsmall")
        launch = st.container(key="bench-launch", gap="xsmall")
        progress = st.container(key="bench-progress", height=PROGRESS_HEIGHT, border=False, gap="xsmall")
        slot = slot_of(study)
        with head:
            st.title(study.title, anchor=False, width="content")
            given = choices.choose_data(study)
        setting, problem = possible_setting(study, given)
        with head:
            choices.show_drawer(study, problem, tuned_note(study, setting) if setting else "")
            choices.choose_preset(study)
        with launch:
            show_launcher(study, setting, problem, slot)
        if setting is None:
            return
        if problem is None and choices.begins(study):
            start(study, setting, (choices.start_value(study),))
        bench = bench_of(study, setting, slot, progress)
        with head:
            show_share_of(bench)
        show_bench(bench)


def slot_of(study: Study) -> str:
    """This session's slider on this page: its newest move replaces an older one that has not started."""
    return f"{study.name}/{session()}"
