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
    """Every page, those of declared studies among them; a study needs no file of its own.

    Streamlit draws the pages without a section first, whatever the order here, and then the menus.
    """
    of_article = [study_page(study) for study in STUDIES.values() if study.article_values]
    two = st.Page(PAGES / "grid.py", title="Two at a time", icon=":material/grid_view:")
    more = [*(study_page(study) for study in STUDIES.values() if not study.article_values), two]
    common = [
        st.Page(PAGES / "overview.py", title="Overview", icon=":material/fact_check:"),
        *of_article,
        st.Page(PAGES / "compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(PAGES / "runs.py", title="Runs", icon=":material/list:"),
        st.Page(PAGES / "data.py", title="Data", icon=":material/photo_library:"),
    ]
    return {"": common, _menu(more): more}


def _menu(pages: list[StreamlitPage]) -> str:
    """What the menu of those pages is called: bold, as a page that is open is, where it is one of them."""
    opened = str(st.context.url or "").rstrip("/").rpartition("/")[2]
    return f"**{MORE}**" if opened in {page.url_path for page in pages} else MORE


def study_page(study: Study) -> StreamlitPage:
    """The page of a study, at its name with underscores."""
    file = PAGES / f"{study.field}.py"
    shown = file if file.exists() else partial(show_study, study)
    first = study is next(iter(STUDIES.values()))
    address = study.name.replace("-", "_")
    return st.Page(shown, title=study.title, icon=study.icon, url_path=address, default=first)
