"""Runs from a bundle, taken into the store."""

import streamlit as st

from hpviz.analysis.words import plural
from hpviz.runs import bundle
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from hpviz.ui.locked import locked
from hpviz.ui.text import literal

ANSWER = "runs:import"


def show_import(store: RunStore) -> None:
    """A place to drop a bundle, and what came of it for as long as the file lies there."""
    with st.expander("Import runs from another hpviz", icon=":material/upload_file:", key="runs:bundle"):
        file = st.file_uploader(
            "A bundle, as Export writes it",
            type="json",
            key="runs:file",
            **locked(
                help="Its figures are imported unchanged and marked with their origin. It cannot change a run that "
                "is here."
            ),
        )
        if file is None:
            return
        known, answer = st.session_state.get(ANSWER, (None, None))
        if known != file.file_id:
            answer = take_in(store, file.getvalue())
            st.session_state[ANSWER] = file.file_id, answer
            st.rerun()  # the table stands above
        done, sentence = answer
        if done:
            st.success(literal(sentence, most=600), icon=":material/check:")
        else:
            st.error(literal(sentence, most=600), icon=":material/error:")


def take_in(store: RunStore, data: bytes) -> tuple[bool, str]:
    """Whether the file could be used, and in a sentence what came of it; if not, the store is as before."""
    try:
        given = bundle.read(data)
        new = len(store.take_in(given))
    except BadInput as error:
        return False, str(error)
    known = len(given) - new
    if not known:
        return True, f"{plural(new, 'run')} imported."
    were = "was" if known == 1 else "were"
    return True, f"{plural(new, 'run')} imported; {plural(known, 'run')} {were} known already."
