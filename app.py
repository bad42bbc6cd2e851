"""hpviz: page configuration and navigation, nothing else."""

import streamlit as st

from hpviz.ui.permalink import visit
from hpviz.ui.resources import start

# A picture of our own: a named icon would be fetched from elsewhere.
st.set_page_config(page_title="hpviz", page_icon="hpviz/ui/icon.png", layout="wide")
page = st.navigation(
    [
        st.Page("hpviz/ui/pages/overview.py", title="Overview", icon=":material/fact_check:"),
        st.Page("hpviz/ui/pages/learning_rate.py", title="Learning rate", icon=":material/speed:", default=True),
        st.Page("hpviz/ui/pages/batch_size.py", title="Batch size", icon=":material/stacks:"),
        st.Page("hpviz/ui/pages/kernel_width.py", title="Kernel width", icon=":material/grid_on:"),
        st.Page("hpviz/ui/pages/weight_decay.py", title="Weight decay", icon=":material/compress:"),
        st.Page("hpviz/ui/pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("hpviz/ui/pages/runs.py", title="Runs", icon=":material/list:"),
        st.Page("hpviz/ui/pages/data.py", title="Data", icon=":material/photo_library:"),
    ],
    position="top",
)
start()
visit(page.url_path)
page.run()
