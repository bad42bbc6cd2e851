"""What all sessions share: the runner and the desk, one of each for the process."""

from pathlib import Path

import streamlit as st

from hpviz.data import catalogue
from hpviz.home import default_cache, provide_home
from hpviz.runs import desk as desks
from hpviz.runs import disk
from hpviz.runs import runner as runners
from hpviz.runs.desk import Desk
from hpviz.runs.runner import Runner
from hpviz.studies import PRESETS


# Any client can clear Streamlit's caches, so these only return singletons that live elsewhere,
# and none has a release hook.
@st.cache_resource(show_spinner=False)
def get_runner() -> Runner:
    return runners.shared(default_cache())


@st.cache_resource(show_spinner=False)
def get_desk() -> Desk:
    return desks.shared(default_cache())


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def disk_use(cache: Path, stamp: tuple[int, ...]) -> disk.Use:
    """A thousand checkpoint folders take a while: they are looked at once a minute, or when one comes or goes."""
    return disk.measure(cache)


def start() -> None:
    """Begin what takes long before anyone asks: PyTorch is loaded, the scenes are drawn."""
    provide_home(default_cache())
    get_runner().warm_up()
    preset = PRESETS["quick"]
    get_desk().prepare(catalogue.resolve(preset.data, default_cache()), preset.image_size)
