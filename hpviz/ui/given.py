"""What a page gives its widgets to hold."""

from typing import Any

import streamlit as st


def give(key: str, value: Any) -> None:
    """Have the widget of that key hold a value, before it is drawn.

    One that holds it already is not given it again: the browser would take even the same for a new one, and drop what
    is being typed there.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
