"""The table of runs: which of them are shown, a line for each, and which are chosen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from hpviz.analysis.diagnosis import diagnosis_of
from hpviz.analysis.frames import best_epoch
from hpviz.analysis.origin import recorded
from hpviz.runs.document import ACTIVE, Run
from hpviz.terminal import headline

ANY = "any"
STATUSES: Mapping[str, Callable[[Run], bool]] = {
    "under way": lambda run: run["status"] in ACTIVE,
    "finished": lambda run: run["status"] == "finished",
    "stopped early": lambda run: run["status"] in ("stopped", "interrupted", "failed"),
    "diverged": lambda run: run["status"] == "diverged",
}
PLACES: Mapping[str, Callable[[Run], bool]] = {
    "here": lambda run: run["origin"] is None,
    "elsewhere": lambda run: run["origin"] is not None,
}

DRAWN, CHOSEN = "runs:drawn", "runs:chosen"
PIXELS = 115
COLUMNS = {
    "what": st.column_config.TextColumn(width="large"),
    "test accuracy": st.column_config.LineChartColumn(y_min=0, y_max=1, width=PIXELS),
    "best": st.column_config.NumberColumn(format="%.1f%%", help="Highest test accuracy of an epoch"),
    "last": st.column_config.NumberColumn(format="%.1f%%", help="Test accuracy of the newest epoch"),
    "at epoch": st.column_config.NumberColumn(help="The epoch of the highest test accuracy"),
    "of": st.column_config.NumberColumn(help="The epochs it was asked to reach"),
    "updated": st.column_config.DatetimeColumn(format="distance"),
    "created": st.column_config.DatetimeColumn(format="distance"),
}


@dataclass(frozen=True)
class Line:
    """A run, its cells in the table, and the text in which it is looked for."""

    run: Run
    cells: dict[str, Any]
    text: str


def everything(line: Line) -> bool:
    return True


def choose_lines(runs: Sequence[Run]) -> Callable[[Line], bool]:
    """The controls above the table; what they let through."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Search",
            key="runs-search",
            placeholder="lr 1e-4, scenes, a run's id …",
            help="Every word has to occur in a run's id, setting, status, diagnosis or origin.",
            max_chars=200,
            width=260,
            bind="query-params",
        )
        status = _choose("Status", STATUSES)
        model = _choose("Network", _found(runs, "model"))
        data = _choose("Data", _found(runs, "dataset"))
        place = _choose("Trained", PLACES)
    wanted = words.lower().split()
    admits = [choices[name] for choices, name in ((STATUSES, status), (PLACES, place)) if name != ANY]
    fields = [(field, name) for field, name in (("model", model), ("dataset", data)) if name != ANY]

    def shown(line: Line) -> bool:
        run = line.run
        return (
            all(word in line.text for word in wanted)
            and all(admit(run) for admit in admits)
            and all(run["spec"][field] == name for field, name in fields)
        )

    return shown


def _found(runs: Sequence[Run], field: str) -> list[str]:
    return sorted({run["spec"][field] for run in runs})


def _choose(label: str, names: Iterable[str]) -> str:
    """One of the names or any; a name that is no longer there (its runs were deleted) is given up."""
    options, key = [ANY, *names], f"runs-{label.lower()}"
    if st.session_state.get(key) not in options:
        st.session_state[key] = ANY
    return str(st.selectbox(label, options, key=key, width=170, bind="query-params"))


@st.cache_resource(show_spinner=False)
def _shared() -> dict[str, dict[str, Line]]:
    return {"lines": {}}


def lines_of(runs: Sequence[Run]) -> list[Line]:
    """A line for each run, the newest first.

    A run that has not changed is the same object as before, so of a thousand only the others' lines are made anew.
    """
    known = _shared()["lines"]
    lines = [line if (line := known.get(run["id"])) and line.run is run else _line(run) for run in runs]
    # Replaced whole: another session may be doing the same with an older list.
    _shared()["lines"] = {line.run["id"]: line for line in lines}
    return sorted(lines, key=lambda line: (line.run["created"], line.run["id"]), reverse=True)


def _line(run: Run) -> Line:
    accuracies = [row["test_accuracy"] for row in run["epochs"] if row["test_accuracy"] is not None]
    classes, count = len(run["inputs"].get("classes", ())), len(run["epochs"])
    found = diagnosis_of(run, count, classes) if classes > 1 else None
    cells = {
        "what": headline(run),
        "status": run["status"],
        "test accuracy": accuracies,
        "epochs": count,
        "of": run["target"],
        "best": 100 * max(accuracies) if accuracies else None,
        "at epoch": best_epoch(run["epochs"]),
        "last": 100 * accuracies[-1] if accuracies else None,
        "diagnosis": found.kind if found else "",
        "trained": place_of(run),
        "run": run["id"],
        "updated": pd.Timestamp(run["updated"]),
        "created": pd.Timestamp(run["created"]),
        "reason": run["reason"] or "",
    }
    words = [str(cells[name]) for name in ("run", "what", "status", "diagnosis", "trained")]
    return Line(run, cells, " ".join(words).lower())


def place_of(run: Run) -> str:
    """Where a run was trained, in words."""
    return f"{run['origin']['kind']}: {recorded(run)}" if run["origin"] else "here"


def show_table(lines: Sequence[Line]) -> list[Run]:
    """The table; returns the chosen runs, in its order.

    A browser tells the places of the chosen rows. Every list of runs has therefore a table of its own: when a run comes
    or goes, the places are read by the list they were chosen from, and the new table begins with the same runs chosen.
    """
    ids = tuple(line.run["id"] for line in lines)
    number, drawn, rows = st.session_state.get(DRAWN, (0, (), []))
    chosen = _chosen(number, drawn)
    if chosen is None or drawn != ids:
        marked = set(st.session_state.get(CHOSEN, ()) if chosen is None else chosen)
        number, rows = number + 1, [place for place, run_id in enumerate(ids) if run_id in marked]
        st.session_state[DRAWN] = number, ids, rows
    event = st.dataframe(
        pd.DataFrame([line.cells for line in lines]),
        hide_index=True,
        key=_key(number),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        placeholder="–",
        alt="Runs, newest first",
        column_config=COLUMNS,
    )
    runs = [lines[place].run for place in sorted(event.selection.rows) if place < len(lines)]
    st.session_state[CHOSEN] = tuple(run["id"] for run in runs)
    return runs


def _key(number: int) -> str:
    return f"runs:table:{number}"


def _chosen(number: int, drawn: Sequence[str]) -> list[str] | None:
    """The runs that are marked in the table that was drawn last; None if it is not on the screen (any more)."""
    state = st.session_state.get(_key(number))
    return None if state is None else [drawn[place] for place in state["selection"]["rows"] if place < len(drawn)]
