"""How far gradients of mini-batches are from that of the whole sample, measured in one run."""

import streamlit as st

from hpviz.analysis.comparison import Comparison
from hpviz.charts.pictures import gradient_noise_picture
from hpviz.training.inside import Inside
from hpviz.ui.learned.inside import look_inside
from hpviz.ui.learned.pictures import show_kept

NO_GRADIENT = "The gradient of this network is zero or no longer finite, so no batch can estimate it."


def show(name: str, comparison: Comparison) -> None:
    """The choice of a run, and the error of its mini-batches' gradients once it was measured."""
    looked = look_inside(name, comparison)
    if looked is None:
        return
    run, found = looked
    if found.noise is None:
        st.caption(NO_GRADIENT)
        return
    noise, batch_size = found.noise, run["spec"]["batch_size"]
    show_kept(f"{name}:gradient-noise", run, "noise", lambda dark: gradient_noise_picture(noise, batch_size, dark))
    st.caption(_how(found))


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
