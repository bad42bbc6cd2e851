"""The pages by section: what the article tries first, the other studies together, so that a phone has room for all."""

from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from hpviz.studies import STUDIES, Study
from hpviz.ui.study.page import show_study

PAGES = Path(__file__).parent / "pages"
MORE = "More studies"


def pages() -> dict[str, list[StreamlitPage]]:
    """Every page, those of declared studies among them; a study needs no file of its own."""
    of_article = [_page(study) for study in STUDIES.values() if study.article_values]
    others = [_page(study) for study in STUDIES.values() if not study.article_values]
    common = [
        st.Page(PAGES / "overview.py", title="Overview", icon=":material/fact_check:"),
        *of_article,
        st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/list:"),
        st.Page(PAGES / "data.py", title="Data", icon=":material/photo_library:"),
    ]
    return {"": common} | ({MORE: others} if others else {})


def _page(study: Study) -> StreamlitPage:
    file = PAGES / f"{study.field}.py"
    shown = file if file.exists() else partial(show_study, study)
    first = study is next(iter(STUDIES.values()))
    return st.Page(shown, title=study.title, icon=study.icon, url_path=study.field, default=first)
