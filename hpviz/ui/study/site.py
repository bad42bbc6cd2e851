"""A study's page as a site of plain files, with what is on the screen: to be sent to whoever has no hpviz."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.data.public_name import public_name
from hpviz.plan import Setting
from hpviz.runs.measured_noise import measured_noise
from hpviz.runs.reference import reference_runs
from hpviz.studies import Study
from hpviz.ui.resources import get_desk, get_runner

KEPT = 8


def site_of_page(study: Study, setting: Setting, comparison: Comparison) -> bytes:
    """The site as a ZIP. The comparison is the one on the screen; claims count every run of these images."""
    data, source = setting.identity, setting.source
    shown = tuple((run["id"], run["updated"], len(run["epochs"])) for run in comparison.runs)
    hidden = tuple(run["id"] for run in comparison.hidden)
    name = public_name(source.name, data.fingerprint, source.given)
    stamp = study.name, name, shown, hidden, comparison.after, get_runner().store.revision()
    return _zip(study, setting, comparison, name, stamp)


@st.cache_data(max_entries=KEPT, show_spinner="Writing the pages …")
def _zip(_study: Study, _setting: Setting, _comparison: Comparison, name: str, stamp: tuple[object, ...]) -> bytes:
    from hpviz.site.archive import zipped
    from hpviz.site.site import site_of

    runs = [*get_runner().runs(), *reference_runs()]
    noise = measured_noise(runs, get_desk().cache)
    files = site_of(runs, _setting.identity, name, _study, noise, _comparison)
    return zipped(files, f"hpviz-{_study.name}")
