"""The article's pictures on a study's page, the first thing a newcomer sees there."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hpviz.charts.pictures import (
    Picture,
    contours_picture,
    counts_picture,
    descent_picture,
    kernel_picture,
    sampling_picture,
    shrinkage_picture,
)
from hpviz.data.scenes import SCENES_CLASSES, draw_scene, scene_rng
from hpviz.spec import BadInput, RunSpec, build_spec
from hpviz.studies import Study
from hpviz.ui.study import choices
from hpviz.ui.study.screen import is_dark


def show_pictures(study: Study) -> None:
    """The study's pictures and what to expect; a single picture has the expectations at its side."""
    if study.name not in PICTURES:
        _expectations(study)
        return
    pictures = PICTURES[study.name](study, is_dark())
    with st.expander("The picture: drag its sliders", expanded=True, icon=":material/draw:"):
        with st.grid(2, min_column_width=300, gap="medium"):
            for place, picture in enumerate(pictures):
                with st.container():
                    _show(picture, f"{study.name}:picture:{place}")
            if len(pictures) == 1:
                with st.container():
                    _expectations(study)
        if len(pictures) > 1:
            _expectations(study)


def _show(picture: Picture, key: str) -> None:
    st.altair_chart(picture.chart, key=key, width="stretch", alt=picture.alt_text)  # type: ignore[arg-type]
    st.caption(picture.caption)


def _expectations(study: Study) -> None:
    if study.expectations:
        st.markdown("**What to expect**\n\n" + "\n".join(f"- {line}" for line in study.expectations))
    if study.logs:
        st.markdown(f"**What the author's logs say**\n\n{study.logs}")


def _of_learning_rate(_: Study, dark: bool) -> list[Picture]:
    return [descent_picture(dark)]


def _of_batch_size(_: Study, dark: bool) -> list[Picture]:
    return [contours_picture(dark), sampling_picture(dark)]


def _of_kernel_width(study: Study, dark: bool) -> list[Picture]:
    return [kernel_picture(_photo(), dark), counts_picture(_counted(study), len(SCENES_CLASSES), dark)]


def _of_weight_decay(_: Study, dark: bool) -> list[Picture]:
    return [shrinkage_picture(dark)]


PICTURES: Mapping[str, Callable[[Study, bool], list[Picture]]] = {
    "learning-rate": _of_learning_rate,
    "batch-size": _of_batch_size,
    "kernel-width": _of_kernel_width,
    "weight-decay": _of_weight_decay,
}


@cache
def _photo() -> NDArray[np.uint8]:
    """A scene with upright edges, for the kernel to answer to."""
    street = SCENES_CLASSES.index("street")
    return draw_scene(street, scene_rng(0, street, 0))


def _counted(study: Study) -> RunSpec:
    """What the drawer says of image size and batch, for arithmetic; the defaults where it says nothing of use."""
    chosen = {name: st.session_state.get(choices.key(study, name)) for name in ("image_size", "batch_size")}
    ground = {"dataset": "counted", "fingerprint": "0" * 16, "padding": "same"}
    try:
        return build_spec(**ground, **{name: value for name, value in chosen.items() if value is not None})
    except BadInput:
        return build_spec(**ground)
