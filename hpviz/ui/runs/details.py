"""All that is known of one run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from hpviz.analysis.diagnosis import diagnosis_of
from hpviz.notation import short
from hpviz.runs import disk
from hpviz.runs.document import Run, how_it_ended
from hpviz.ui.resources import get_runner
from hpviz.ui.runs.questions import megabytes
from hpviz.ui.runs.table import place_of
from hpviz.ui.text import literal

DIGITS = 12  # of a fingerprint or digest


def show_details(run: Run) -> None:
    """Its setting, where it was trained, what became of it when, and its checkpoint."""
    with st.expander(f"Details of {literal(run['id'])}", icon=":material/info:", key="runs:details"):
        st.text(_became(run))
        if found := _diagnosed(run):
            st.text(found)
        with st.grid(3, min_column_width=280):
            _show_pairs("Setting", run["spec"])
            _show_pairs("Trained", _trained(run))
            _show_history(run)


def _became(run: Run) -> str:
    ended = how_it_ended(run)
    told = f"{ended[0].upper()}{ended[1:]}."
    return f"{told} {run['reason']}" if run["reason"] else told


def _diagnosed(run: Run) -> str:
    classes = len(run["inputs"].get("classes", ()))
    found = diagnosis_of(run, len(run["epochs"]), classes) if classes > 1 else None
    return f"{found.rule} {found.next_step}" if found else ""


def _trained(run: Run) -> dict[str, Any]:
    taken = disk.checkpoint_bytes(get_runner().store, run["id"])
    freed = "freed: going on begins at epoch 1" if run["epochs"] else "none yet"
    checkpoint = {} if run["origin"] else {"checkpoint": megabytes(taken) if taken else freed}
    exported = {"exported": run["origin"]["exported"]} if run["origin"] else {}
    return {"where": place_of(run), **run["machine"], "created": run["created"], **exported, **checkpoint}


def _show_pairs(title: str, pairs: Mapping[str, Any]) -> None:
    frame = pd.DataFrame(
        {title: [name.replace("_", " ") for name in pairs], "": [_spelled(value) for value in pairs.values()]}
    )
    st.dataframe(frame, hide_index=True, height="content", alt=title)


def _spelled(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return short(value)
    text = str(value)
    return f"{text[:DIGITS]}…" if len(text) == 64 else text


def _show_history(run: Run) -> None:
    """What became of it, newest first; an imported run leaves its history behind."""
    moments = [
        {"when": pd.Timestamp(moment["at"]), "status": moment["status"], "reason": moment["reason"] or ""}
        for moment in reversed(run["history"])
    ]
    if moments:
        when = st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss")
        st.dataframe(pd.DataFrame(moments), hide_index=True, column_config={"when": when}, alt="History")
    else:
        st.caption("No history: it was not exported with the run.")
