"""Light or dark, as the person's system has it: a page that is open follows when that switches."""

import streamlit as st

from hpviz.ui.resources import tick

LOOK_SECONDS = 3.0


def follow_appearance() -> None:
    """Draw the page anew once it is seen in another light than it was drawn for.

    What Streamlit draws follows by itself in the browser. The colours of values are measured against their ground, so
    they are other colours in the dark; the server learns of it with the next rerun alone, and a system that switches
    asks for none.
    """
    drawn = st.context.theme.type

    @st.fragment(run_every=tick(LOOK_SECONDS))
    def look() -> None:
        if st.context.theme.type != drawn:
            st.rerun()

    look()
