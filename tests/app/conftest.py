"""The pages' runner without training."""

import pytest
import streamlit as st

from hpviz.charts.pictures import picture
from hpviz.charts.specification import specification
from hpviz.home import default_cache
from hpviz.runs import bundle, reference
from hpviz.runs import desk as desks
from hpviz.runs import runner as runners
from hpviz.runs.crew import Wish
from hpviz.runs.pace import waiting
from hpviz.ui import chart
from tests.made_up import Work


class Preparing:
    """A data set that is being prepared and never will be, for pages that can do without its images."""

    is_done, error, result = False, None, None
    view = waiting("preparing the images")

    def wait(self, seconds):
        return False

    def cancel(self):
        pass


@pytest.fixture(autouse=True)
def validated(monkeypatch):
    """Pages draw charts without validating them, which takes half of the time; here every chart of every page is."""
    for module in (chart, picture):
        monkeypatch.setattr(module, "specification", lambda drawn, validated: specification(drawn))
    chart._built.cache_clear()


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def references(monkeypatch, tmp_path):
    """Gives the pages these runs as the ones that hpviz comes with; none at first."""

    def come_with(runs):
        if runs:
            (tmp_path / "reference.json").write_bytes(bundle.write(runs))
        reference.reference_runs.cache_clear()
        return reference.reference_runs()

    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    come_with([])
    yield come_with
    reference.reference_runs.cache_clear()


@pytest.fixture
def runner(monkeypatch, work, references):
    """The pages' runner, with made-up work in place of training."""
    made = runners.Runner(default_cache(), "cpu", work, Wish(jobs=1))
    monkeypatch.setattr(runners, "shared", lambda cache: made)
    monkeypatch.setattr(desks.Desk, "prepare", lambda self, source, image_size: Preparing())
    st.cache_resource.clear()
    yield made
    work.gate.set()
    made.close()
    st.cache_resource.clear()
