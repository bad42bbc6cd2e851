"""The overlay: every value's curves on one another, and the table of their figures."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import get_args

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from hpviz.analysis import frames
from hpviz.analysis.article import logged_accuracies
from hpviz.analysis.comparison import Comparison
from hpviz.charts.curves import TITLES, Axis, Look
from hpviz.charts.looks import look_of
from hpviz.notation import short
from hpviz.plan import Setting, images_an_epoch, request, updates_an_epoch
from hpviz.runs.document import Run
from hpviz.spec import RunSpec
from hpviz.studies import Study
from hpviz.ui.curves import METRICS, show_curve
from hpviz.ui.study import choices
from hpviz.ui.study.compared import KEPT, as_drawn, compared
from hpviz.ui.study.screen import hidden, hide, is_dark, labels_of, shown

LEGEND = (
    "Lines: means over seeds, with a band from the lowest seed to the highest where there are two; a line ends where a "
    "seed does (2 of 4: seeds). ● best epoch · ○ newest · ▲ diverged · dotted: guessing"
)
DASHED = " · dashed: measured on the training images"

Columns = dict[str, ColumnConfig | str | None]
SPREAD = "Standard deviation over the seeds, in points."
LOST = "Seeds that diverged. The means are those of the others; in judgements they count as guessing."
GAP = "Test loss less train loss, both without dropout."
MEMORY = "The most that training held, as the system measured it."
# The columns of `frames.by_value`, as tables show them.
FIGURES: Columns = {
    "lost": st.column_config.TextColumn("lost", help=LOST),
    "best": st.column_config.NumberColumn("best accuracy", format="percent"),
    "best_spread": st.column_config.NumberColumn("± (best)", format="%.1f", help=SPREAD),
    "last": st.column_config.NumberColumn("last accuracy", format="percent"),
    "last_spread": st.column_config.NumberColumn("± (last)", format="%.1f", help=SPREAD),
    "gap": st.column_config.NumberColumn("gap (nats)", format="%.3f", help=GAP),
    "train_seconds": st.column_config.NumberColumn("train s/epoch", format="%.1f"),
    "test_seconds": st.column_config.NumberColumn("test s/epoch", format="%.2f"),
    "peak_memory": st.column_config.NumberColumn("peak memory (MB)", format="%.0f", help=MEMORY),
}


def choose_look(study: Study, runs: Sequence[Run]) -> None:
    """The axis, the scale of losses, and the chips that hide and show values."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Along x",
            get_args(Axis),
            required=True,
            key=choices.key(study, "x"),
            persist_state="session",
        )
        st.toggle("log loss", key=choices.key(study, "log"), persist_state="session")
        _choose_shown(study, list(dict.fromkeys(labels_of(runs, study).values())))


def show_curves(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """The curves of these runs but for those that are hidden, and how the epochs under way go."""
    x, log_loss = (st.session_state[choices.key(study, name)] for name in ("x", "log"))
    drawn = as_drawn(compared(study, setting, shown(runs, study)), study, setting)
    look = _look(drawn, study, setting, x or "epoch", bool(log_loss))
    with st.grid(3, min_column_width=280):
        for metric in METRICS:
            show_curve(f"{study.name}:{metric}", metric, drawn, look, alt=_alt(study, look, metric))
    st.caption(
        LEGEND + ("" if look.dashes else DASHED) + ("   thin: the article's last accuracy" if look.references else "")
    )


def _choose_shown(study: Study, labels: list[str]) -> None:
    """Chips that hide and show values. What was hidden is remembered, so that a run that joins disturbs nothing."""
    out_of_sight = hidden(study)
    chips_key = f"{choices.key(study, 'shown')}:{','.join(labels)}"

    def remember() -> None:
        hide(study, (out_of_sight - set(labels)) | (set(labels) - set(st.session_state[chips_key])))

    default = [label for label in labels if label not in out_of_sight]
    st.pills("Shown", labels, selection_mode="multi", default=default, key=chips_key, on_change=remember, wrap=True)


def _look(drawn: Comparison, study: Study, setting: Setting, x: Axis, log_loss: bool) -> Look:
    """The comparison's look, with the article's last accuracies and a line for guessing even where all is hidden.

    Runs without an epoch yet have their place on the axis from the first: as far as they will go.
    """
    reach = max((_reach(run, x, setting, drawn.updates is not None) for run in drawn.ahead), default=0.0)
    article = logged_accuracies(study, request(setting).spec, setting.epochs, setting.identity)
    return replace(
        look_of(drawn, x, log_loss, is_dark(), reach),
        chance=1 / len(setting.identity.classes),
        references=tuple((short(value), accuracy) for value, accuracy in article.items()),
    )


def _reach(run: Run, x: Axis, setting: Setting, at_equal_updates: bool) -> float:
    """Where a run without an epoch yet will end along x."""
    epochs, spec = run["target"] if at_equal_updates else setting.epochs, RunSpec.model_construct(**run["spec"])
    if x == "epoch":
        return epochs
    return epochs * (updates_an_epoch if x == "updates" else images_an_epoch)(spec, setting.identity)


def _alt(study: Study, look: Look, metric: str) -> str:
    """The chart in a sentence. It holds no figures: a text that changes would make the page draw the chart anew."""
    values = ", ".join(look.labels)
    return f"{TITLES[metric]} by {study.title.lower()} over training, for {values}. The table below has the figures."


def without_empty(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the column of lost seeds where none is lost."""
    return table if table["lost"].notna().any() else table.drop(columns="lost")


def show_table(study: Study, setting: Setting, runs: Sequence[Run]) -> None:
    """One row a value: seeds, accuracies and their spread, the gap, seconds, the diagnosis."""
    drawn = as_drawn(compared(study, setting, runs), study, setting)
    st.dataframe(
        _table(drawn, len(setting.identity.classes)),
        hide_index=True,
        placeholder="–",
        key=f"{study.name}:table",
        alt=f"Figures by {study.title.lower()}: means over seeds",
        column_config={**FIGURES, "value": study.title},
    )


@lru_cache(maxsize=KEPT)
def _table(drawn: Comparison, classes: int) -> pd.DataFrame:
    return without_empty(frames.by_value(drawn.runs, drawn.labels, drawn.ends, classes))
