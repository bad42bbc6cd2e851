"""Measured on your network: lengths of weights and gradients over training, and a look inside one run."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.analysis.norms import norms
from hpviz.charts.looks import colours_by_label
from hpviz.charts.norms import TITLES, Norm, for_decades, norm_curve
from hpviz.charts.pictures import gradient_noise_picture, kernels_picture, layers_picture
from hpviz.charts.specification import table
from hpviz.plan import Setting
from hpviz.runs.desk import Task
from hpviz.runs.document import Run
from hpviz.studies import Study
from hpviz.training.inside import Inside
from hpviz.ui.bench.legend import places
from hpviz.ui.chart import show_chart, show_picture
from hpviz.ui.progress import show_task
from hpviz.ui.resources import get_desk, get_runner
from hpviz.ui.study import choices
from hpviz.ui.study.screen import name_of, on_screen, shown
from hpviz.ui.text import literal
from hpviz.ui.theme import is_dark

NORMS: tuple[Norm, ...] = ("weight_norm", "gradient_norm")
NORMS_CAPTION = (
    "L2 norms of all weights and of the gradient, means over seeds. Weight decay and large steps change the first. The "
    "second is measured on one batch, the last of each epoch, so it is noisy."
)
OFFER = (
    "Looks inside one run that has ended. It compares the gradients of batches of 1 to 256 training images with that "
    "of "
    "512, and shows the first kernels and how far training moved each layer. This takes seconds for the article's "
    "network at 64 px and minutes for ResNet18; training goes on meanwhile."
)
NOTHING_YET = "A run can be measured once it has ended on this machine and while its checkpoint is kept."
NO_GRADIENT = "The gradient of this network is zero or no longer finite, so no batch can estimate it."


def show_network(study: Study, setting: Setting, comparison: Comparison) -> None:
    """Gradient noise, learned kernels and weight norms, measured."""
    _show_norms(study, setting, comparison)
    _show_inside(study, setting)


def _show_norms(study: Study, setting: Setting, comparison: Comparison) -> None:
    """Weight and gradient norms of all runs on the screen, from their epochs."""
    if not comparison.runs:
        st.caption("No run on the screen has an epoch yet.")
        return
    by_label = colours_by_label(comparison, is_dark(), places(study.name, comparison))
    labels = tuple(comparison.groups)
    colours = tuple(by_label[label] for label in labels)
    rows = table(for_decades(norms(comparison.runs, comparison.labels, setting.epochs)))
    with st.grid(2, min_column_width=280, gap="medium"):
        for norm in NORMS:
            show_chart(
                f"{study.name}:{norm}",
                norm_curve,
                norm,
                labels,
                colours,
                study.symbol,
                setting.epochs,
                rows=rows,
                alt=f"{TITLES[norm]} over training by {study.title.lower()}, for {', '.join(labels)}.",
            )
    st.caption(NORMS_CAPTION)


def _show_inside(study: Study, setting: Setting) -> None:
    """The choice of a run, and what was measured in it."""
    desk = get_desk()
    runs = [run for run in shown(on_screen(get_runner().runs(), study, setting), study) if desk.can_inspect(run)]
    if not runs:
        st.caption(NOTHING_YET)
        return
    names = {run["id"]: name_of(run, study, setting) for run in runs}
    by_id = {run["id"]: run for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Look inside", list(names), format_func=names.__getitem__, key=choices.key(study, "inside"), width=220
        )
        run = by_id[chosen or runs[0]["id"]]
        task = desk.inspection(run)
        if task is None or task.error:
            st.button(
                "Measure",
                key=choices.key(study, "measure"),
                icon=":material/straighten:",
                on_click=_measure,
                args=(run,),
            )
    if task is None:
        st.caption(OFFER)
    else:
        _show_task(study, run, task)


def _show_task(study: Study, run: Run, task: Task) -> None:
    """The measurement while it goes on, then what came of it or why nothing did."""
    if not task.is_done:
        show_task(task)
    elif task.was_cancelled:
        st.caption("Cancelled. Nothing of it was kept.")
    elif task.error:
        st.error(literal(task.error, 2_000), icon=":material/error:")
    else:
        _show_found(study, run, task.result)


def _measure(run: Run) -> None:
    get_desk().inspect(run)


def _show_found(study: Study, run: Run, found: Inside) -> None:
    """Three drawings, each with a sentence or two that say what to see."""
    with st.grid(2, min_column_width=300, gap="medium"):
        with st.container():
            st.markdown("**Gradient noise**")
            if found.noise is None:
                st.caption(NO_GRADIENT)
            else:
                picture = gradient_noise_picture(found.noise, run["spec"]["batch_size"], is_dark())
                show_picture(f"{study.name}:gradient-noise", picture)
                st.caption(_how(found))
        with st.container():
            st.markdown("**Weights by layer**")
            show_picture(f"{study.name}:layers", layers_picture(found.layers, is_dark()))
            st.markdown("**The first convolution's kernels**")
            show_picture(f"{study.name}:kernels", kernels_picture(found, is_dark()))


def _how(found: Inside) -> str:
    """What the measurement rests on."""
    if found.noise is None:
        return ""
    images, of = found.noise.images, found.noise.train_images
    sample = f"{images} of the {of:,} training images" if images < of else f"all {images} training images"
    return (
        f"After epoch {found.epoch}, on {sample}, of the loss alone. Dropout is off and batch norm uses its running "
        "statistics, so that batches differ in their images alone."
    )
