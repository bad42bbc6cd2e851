"""The pages' runner without training."""

import pytest
import streamlit as st

from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import runner as runners
from tests.made_up import Work


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def runner(monkeypatch, work):
    """The pages' runner, with made-up work in place of training."""
    made = runners.Runner(default_cache(), "cpu", work)
    monkeypatch.setattr(runners, "shared", lambda cache: made)
    monkeypatch.setattr(desks.Desk, "prepare", lambda self, source, image_size: None)
    st.cache_resource.clear()
    yield made
    work.gate.set()
    made.close()
    st.cache_resource.clear()
