"""Since when a session shows something, so that a script in its browser can tell the newer of two calls.

Streamlit calls a component's script after an import of its own, and of two calls within that import the later may come
first: what is older than the element knows of is not to be heeded.
"""

import time
from collections.abc import Hashable

import streamlit as st


def since(name: str, shown: Hashable) -> float:
    """When this session began to show that, in seconds of the clock: later than all before, whatever the session."""
    key = f"since:{name}"
    before, begun = st.session_state.get(key, (None, 0.0))
    if shown != before:
        begun = time.time()
        st.session_state[key] = shown, begun
    return float(begun)
