"""hpviz: the server (page configuration and navigation, nothing else) and what it draws for a visitor."""

import streamlit as st

if __name__ != "__main__":  # imported by what serves it
    from starlette.middleware import Middleware

    from hpviz.ui import pulse
    from hpviz.ui.preload import Preload
    from hpviz.ui.serving import serving

    app = st.App(__file__, lifespan=serving, routes=[pulse.ROUTE], middleware=[Middleware(Preload)])
else:
    from hpviz.ui.navigation import pages
    from hpviz.ui.permalink import visit
    from hpviz.ui.resources import start, warm_up
    from hpviz.ui.theme import ICON, STYLES, follow_theme

    # A picture of our own: a named icon would be fetched from elsewhere.
    st.set_page_config(page_title="hpviz", page_icon=ICON, layout="wide")
    st.html(STYLES)
    page = st.navigation(pages(), position="top")
    start()
    visit(page.url_path)
    try:
        page.run()
    finally:
        warm_up()
    follow_theme()
