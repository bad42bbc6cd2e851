"""A study's page as a site of plain files, with what is on the screen: to be sent to whoever has no hpviz."""

from collections.abc import Callable, Mapping

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
    runs = [*get_runner().runs(), *reference_runs()]
    noise = measured_noise(runs, get_desk().cache)
    stamp = study.name, name, shown, hidden, comparison.after, get_runner().store.revision(), tuple(noise)

    def files() -> Mapping[str, bytes]:
        from hpviz.site.site import site_of

        return site_of(runs, data, name, study, noise, comparison)

    return _zip(files, f"hpviz-{study.name}", stamp)


@st.cache_data(max_entries=KEPT, show_spinner="Writing the pages …")
def _zip(_files: Callable[[], Mapping[str, bytes]], folder: str, stamp: tuple[object, ...]) -> bytes:
    from hpviz.site.archive import zipped

    return zipped(_files(), folder)
