"""By which name a page was opened: under one that nobody has allowed it says what to set, instead of staying empty.

A web site can have its own name lead to this machine (DNS rebinding) and then speak to the server as its own pages do.
Streamlit's `server.allowedHosts` refuses every name that is not in it, but silently, so that a page stays empty. So it
is left to those who set it; until then, names other than this machine's own for itself are refused here, before a page
has anything that could be clicked.
"""

from urllib.parse import urlsplit

import streamlit as st

from hpviz.ui.text import literal

OWN = ("localhost", "127.0.0.1")
OPTION = "server.allowedHosts"


def demand_known_host() -> None:
    """End the page with a sentence if it was opened by a name for which nobody has started this server."""
    if st.get_option(OPTION):  # Streamlit has looked already
        return
    given = st.context.headers.get("Host")
    if given is None:  # no browser
        return
    name = _name(given)
    if name not in OWN:
        shown = literal(name or given)
        st.error(
            f"This page was opened as **{shown}**, and hpviz answers to {' and '.join(OWN)} only, so that no web site "
            "can reach it through a browser here. If this name is yours, start hpviz again with it:",
            icon=":material/lock:",
        )
        st.code(command(name or "NAME"), language=None, wrap_lines=True)
        st.stop()


def command(name: str) -> str:
    """The options that let a page be opened by a name as well."""
    return " ".join(f"--{OPTION}={each}" for each in (name, *OWN))


def _name(host: str) -> str:
    """The name in a Host header; empty if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
