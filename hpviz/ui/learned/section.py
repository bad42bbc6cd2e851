"""The section: a choice of tabs, of which the one that is chosen is drawn."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.ui.learned import gradient_noise, landscape, one_photo, photos, sharpness, tab_key, weights

TITLE = "What the net learned"

Show = Callable[[str, Comparison], None]

TABS: Mapping[str, Show] = MappingProxyType(
    {
        "Photos": photos.show,
        one_photo.TITLE: one_photo.show,
        landscape.TITLE: landscape.show,
        "Sharpness": sharpness.show,
        "Gradient noise": gradient_noise.show,
        "Kernels and weights": weights.show,
    }
)


def show_learned(name: str, comparison: Comparison) -> None:
    """What was learned by the runs of a comparison; `name` begins the keys of the page's choices."""
    if not comparison.runs:
        st.caption("No run on the screen has an epoch yet.")
        return
    key = tab_key(name)
    st.session_state.setdefault(key, next(iter(TABS)))
    chosen = st.segmented_control(
        TITLE, list(TABS), key=key, required=True, persist_state="session", label_visibility="collapsed"
    )
    TABS[chosen or next(iter(TABS))](name, comparison)
