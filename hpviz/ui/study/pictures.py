"""The pictures on a study's page, the first thing a newcomer sees there."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from hpviz.charts.pictures import (
    Picture,
    augmentations_picture,
    contours_picture,
    counts_picture,
    depth_picture,
    descent_picture,
    dropout_net_picture,
    dropout_noise_picture,
    field_picture,
    kernel_picture,
    learning_curve_picture,
    optimizers_picture,
    pixels_picture,
    sampling_picture,
    schedules_picture,
    settling_picture,
    shrinkage_picture,
    size_growth_picture,
    width_growth_picture,
    width_picture,
)
from hpviz.data.decode import square
from hpviz.data.scenes import SCENES_CLASSES, draw_scene, scene_rng
from hpviz.spec import BadInput, RunSpec, build_spec
from hpviz.studies import BATCH_SIZE, PRESETS, Study
from hpviz.training.inside import GradientNoise
from hpviz.ui.chart import show_picture
from hpviz.ui.study import choices
from hpviz.ui.theme import is_dark


def show_pictures(study: Study, noise: tuple[GradientNoise, ...] = ()) -> None:
    """The study's pictures and what to expect; a single picture has the expectations at its side.

    `noise` is what was measured in the runs on the screen, which stands beside the theory of it.
    """
    if study.name not in PICTURES:
        _expectations(study)
        return
    pictures = _of_batch_size(is_dark(), noise) if study is BATCH_SIZE else PICTURES[study.name](study, is_dark())
    with st.grid(2, min_column_width=300, gap="medium"):
        for place, picture in enumerate(pictures):
            with st.container():
                show_picture(f"{study.name}:picture:{place}", picture)
        if len(pictures) == 1:
            with st.container():
                _expectations(study)
    if len(pictures) > 1:
        _expectations(study)


def _expectations(study: Study) -> None:
    if study.expectations:
        st.markdown("**What to expect**\n\n" + "\n".join(f"- {line}" for line in study.expectations))
    if study.logs:
        st.markdown(f"**What the author's logs say**\n\n{study.logs}")


def _of_learning_rate(_: Study, dark: bool) -> list[Picture]:
    return [descent_picture(dark)]


def _of_batch_size(dark: bool, noise: tuple[GradientNoise, ...] = ()) -> list[Picture]:
    return [contours_picture(dark), sampling_picture(dark, measured=noise)]


def _of_kernel_width(study: Study, dark: bool) -> list[Picture]:
    spec = _counted(study, "image_size", "batch_size")
    return [kernel_picture(_photo(UPRIGHT), dark), counts_picture(spec, len(SCENES_CLASSES), dark)]


def _of_weight_decay(_: Study, dark: bool) -> list[Picture]:
    return [shrinkage_picture(dark)]


def _of_depth(study: Study, dark: bool) -> list[Picture]:
    spec = _counted(study, "image_size", "kernel_width", "padding", "width")
    return [field_picture(_photo(DETAILED), spec, dark), depth_picture(spec, len(SCENES_CLASSES), dark)]


def _of_width(study: Study, dark: bool) -> list[Picture]:
    spec = _counted(study, "image_size", "kernel_width", "padding", "depth")
    return [width_picture(spec, len(SCENES_CLASSES), dark), width_growth_picture(spec, len(SCENES_CLASSES), dark)]


def _of_image_size(study: Study, dark: bool) -> list[Picture]:
    spec = _counted(study, "kernel_width", "padding", "depth", "width")
    return [pixels_picture(_photo(DETAILED), spec, dark), size_growth_picture(spec, len(SCENES_CLASSES), dark)]


def _of_training_images(_: Study, dark: bool) -> list[Picture]:
    return [learning_curve_picture(dark)]


def _of_dropout(_: Study, dark: bool) -> list[Picture]:
    return [dropout_net_picture(dark), dropout_noise_picture(dark)]


def _of_optimizer(_: Study, dark: bool) -> list[Picture]:
    return [optimizers_picture(dark)]


def _of_schedule(_: Study, dark: bool) -> list[Picture]:
    return [schedules_picture(dark), settling_picture(dark)]


def _of_augmentation(_: Study, dark: bool) -> list[Picture]:
    return [augmentations_picture(_seen(), dark)]


PICTURES: Mapping[str, Callable[[Study, bool], list[Picture]]] = {
    "learning-rate": _of_learning_rate,
    "batch-size": lambda _, dark: _of_batch_size(dark),
    "kernel-width": _of_kernel_width,
    "weight-decay": _of_weight_decay,
    "depth": _of_depth,
    "width": _of_width,
    "training-images": _of_training_images,
    "image-size": _of_image_size,
    "dropout": _of_dropout,
    "optimizer": _of_optimizer,
    "schedule": _of_schedule,
    "augmentation": _of_augmentation,
}

# Two streets: one has upright edges, for a kernel to answer to, the other much that is small.
UPRIGHT, DETAILED = 0, 7


@cache
def _photo(index: int) -> NDArray[np.uint8]:
    street = SCENES_CLASSES.index("street")
    return draw_scene(street, scene_rng(0, street, index))


@cache
def _seen() -> NDArray[np.uint8]:
    """A training image as the net gets it under the quick preset: the same place and size."""
    buildings, edge = SCENES_CLASSES.index("buildings"), PRESETS["quick"].image_size
    return square(Image.fromarray(draw_scene(buildings, scene_rng(0, buildings, 1))), edge).transpose(1, 2, 0)


def _counted(study: Study, *names: str) -> RunSpec:
    """What the drawer says of those fields, for arithmetic; what the study holds where it says nothing of use."""
    held = {name: value for name, value in study.held.items() if name in ("padding",)}
    ground = {"dataset": "counted", "fingerprint": "0" * 16, **held}
    chosen = {name: st.session_state.get(choices.key(study, name)) for name in names}
    try:
        given = choices.spec_fields({name: value for name, value in chosen.items() if value is not None})
        return build_spec(**{**ground, **given})
    except BadInput:
        return build_spec(**ground)
