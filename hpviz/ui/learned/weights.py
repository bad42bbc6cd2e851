"""Kernels and weights: their lengths over training for every run, and the layers and first kernels of one."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.norms import norms
from hpviz.charts.looks import colours_by_label
from hpviz.charts.norms import TITLES, Norm, for_decades, norm_curve
from hpviz.charts.pictures import kernels_picture, layers_picture
from hpviz.charts.specification import table
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import offer_figures, show_chart
from hpviz.ui.learned.inside import look_inside
from hpviz.ui.learned.pictures import show_kept
from hpviz.ui.theme import is_dark

NORMS: tuple[Norm, ...] = ("weight_norm", "gradient_norm")
NORMS_CAPTION = (
    "L2 norms of all weights and of the gradient, means over seeds. Weight decay and large steps change the first. The "
    "second is measured on one batch, the last of each epoch, so it is noisy."
)


def show(name: str, comparison: Comparison) -> None:
    """Norms of all runs from their epochs, then what is inside the one that was chosen."""
    _show_norms(name, comparison)
    looked = look_inside(name, comparison)
    if looked is None:
        return
    run, found = looked
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            st.markdown("**Weights by layer**")
            show_kept(f"{name}:layers", run, "layers", lambda dark: layers_picture(found.layers, dark))
        with st.container():
            st.markdown("**The first convolution's kernels**")
            show_kept(f"{name}:kernels", run, "kernels", lambda dark: kernels_picture(found, dark))


def _show_norms(name: str, comparison: Comparison) -> None:
    by_label = colours_by_label(comparison, is_dark(), places(name, comparison))
    labels, epochs = tuple(comparison.groups), comparison.drawn.epochs
    colours = tuple(by_label[label] for label in labels)
    figures = norms(comparison.runs, comparison.labels, epochs)
    rows = table(for_decades(figures))
    with st.grid(2, min_column_width=280, gap="medium"):
        for norm in NORMS:
            show_chart(
                f"{name}:{norm}",
                norm_curve,
                norm,
                labels,
                colours,
                comparison.legend,
                epochs,
                rows=rows,
                alt=f"{TITLES[norm]} over training by {_inside(comparison)}, for {', '.join(labels)}.",
            )
    st.caption(NORMS_CAPTION)
    columns = {name: TITLES[name] for name in NORMS}
    offer_figures(f"{name}:norms", "Norms", lambda: figures[["label", "epoch", *NORMS]].rename(columns=columns))


def _inside(comparison: Comparison) -> str:
    return comparison.study.title.lower() if comparison.study else "run"
