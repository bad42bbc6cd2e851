"""How sharply the loss curves along the runs on the screen, beside what their optimisers can bear."""

from collections.abc import Mapping

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.charts.looks import colours_by_label
from hpviz.charts.sharpness import WHAT_IT_IS, in_figures, in_words, sharpness_curve, sharpness_rows, what_it_rests_on
from hpviz.charts.specification import table
from hpviz.runs.document import ACTIVE, Run
from hpviz.runs.inspections import Finding
from hpviz.runs.tasks import sharpness_of
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import offer_figures, show_chart
from hpviz.ui.learned.finding import offered
from hpviz.ui.learned.recorded import choose_run, name_of, recorded
from hpviz.ui.resources import get_desk
from hpviz.ui.text import sentence
from hpviz.ui.theme import is_dark

OFFER = (
    "Trains the run once more, in memory, and measures the largest eigenvalue of the loss's Hessian at the start and "
    "after every epoch. This takes minutes for the article's network at 64 px, and many times as long for "
    "ResNet18 or large images; training goes on meanwhile."
)
NOTHING_YET = "Sharpness can be measured along runs that were trained on this machine and have ended."


def show(name: str, comparison: Comparison) -> None:
    """The runs that were measured so far in one chart, and the choice of one to measure or to read."""
    runs = [run for run in recorded(comparison) if run["origin"] is None and run["status"] not in ACTIVE]
    if not runs:
        st.caption(NOTHING_YET)
        return
    measured = {run["id"]: one for run in runs if (one := get_desk().found(sharpness_of(run))) is not None}
    if measured:
        _show_curves(name, comparison, runs, measured)
    st.caption(WHAT_IT_IS)
    run = choose_run(f"{name}:sharpness", "Sharpness of", comparison, runs)
    one = offered(f"{name}:measure-sharpness", sharpness_of(run), OFFER)
    if one is not None:
        st.markdown(sentence(in_words(one)))
        st.caption(sentence(what_it_rests_on(one)))


def _show_curves(name: str, comparison: Comparison, runs: list[Run], measured: Mapping[str, Finding]) -> None:
    by_label = colours_by_label(comparison, is_dark(), places(name, comparison))
    labels = tuple(dict.fromkeys(comparison.labels[run["id"]] for run in runs if run["id"] in measured))
    told = [f"{name_of(comparison, run)}: {in_words(measured[run['id']])}" for run in runs if run["id"] in measured]
    show_chart(
        f"{name}:sharpness-curves",
        sharpness_curve,
        labels,
        tuple(by_label[label] for label in labels),
        comparison.legend,
        max(len(one["epochs"]) for one in measured.values()),
        rows=table(sharpness_rows(measured, comparison.labels)),
        alt=f"Sharpness by epoch and, dashed, the edge of stability. {' '.join(told)}",
    )
    names = {run["id"]: name_of(comparison, run) for run in runs}
    offer_figures(f"{name}:sharpness-curves", "Sharpness", lambda: in_figures(measured, names))
