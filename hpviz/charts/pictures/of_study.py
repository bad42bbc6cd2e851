"""The pictures of each study, the first thing a newcomer sees of it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hpviz.charts.pictures.augmentations import augmentations_picture
from hpviz.charts.pictures.contours import contours_picture
from hpviz.charts.pictures.counts import counts_picture
from hpviz.charts.pictures.depth import depth_picture
from hpviz.charts.pictures.descent import descent_picture
from hpviz.charts.pictures.dropout_net import dropout_net_picture
from hpviz.charts.pictures.dropout_noise import dropout_noise_picture
from hpviz.charts.pictures.image_size import pixels_picture, size_growth_picture
from hpviz.charts.pictures.kernel import kernel_picture
from hpviz.charts.pictures.learning_curve import learning_curve_picture
from hpviz.charts.pictures.optimizers import optimizers_picture
from hpviz.charts.pictures.picture import Picture
from hpviz.charts.pictures.receptive_field import field_picture
from hpviz.charts.pictures.sampling import sampling_picture
from hpviz.charts.pictures.schedules import schedules_picture
from hpviz.charts.pictures.settling import settling_picture
from hpviz.charts.pictures.shrinkage import shrinkage_picture
from hpviz.charts.pictures.width import width_growth_picture, width_picture
from hpviz.data.decode import square
from hpviz.data.scenes import SCENES_CLASSES, draw_scene, scene_rng
from hpviz.spec import BadInput, RunSpec, build_spec
from hpviz.studies import BATCH_SIZE, PRESETS, Study
from hpviz.training.inside import GradientNoise

CLASSES = len(SCENES_CLASSES)

# The fields of a spec with which a study's pictures count.
COUNTED: Mapping[str, tuple[str, ...]] = {
    "kernel-width": ("image_size", "batch_size"),
    "depth": ("image_size", "kernel_width", "padding", "width"),
    "width": ("image_size", "kernel_width", "padding", "depth"),
    "image-size": ("kernel_width", "padding", "depth", "width"),
}


def pictures_of(study: Study, dark: bool, counted: RunSpec, noise: tuple[GradientNoise, ...] = ()) -> list[Picture]:
    """The study's pictures; none for a study without.

    `counted` is what arithmetic is done with, as `counted_with` makes it; `noise` is what was measured in the runs that
    are compared, which stands beside the theory of it.
    """
    if study is BATCH_SIZE:
        return [contours_picture(dark), sampling_picture(dark, measured=noise)]
    drawn = PICTURES.get(study.name)
    return drawn(counted, dark) if drawn else []


def counted_with(study: Study, given: Mapping[str, Any]) -> RunSpec:
    """The `given` fields for arithmetic; what the study holds where they say nothing, or nothing that can be."""
    held = {name: value for name, value in study.held.items() if name in ("padding",)}
    ground = {"dataset": "counted", "fingerprint": "0" * 16, **held}
    try:
        return build_spec(**{**ground, **given})
    except BadInput:
        return build_spec(**ground)


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


def _of_kernel_width(counted: RunSpec, dark: bool) -> list[Picture]:
    return [kernel_picture(_photo(UPRIGHT), dark), counts_picture(counted, CLASSES, dark)]


def _of_depth(counted: RunSpec, dark: bool) -> list[Picture]:
    return [field_picture(_photo(DETAILED), counted, dark), depth_picture(counted, CLASSES, dark)]


def _of_width(counted: RunSpec, dark: bool) -> list[Picture]:
    return [width_picture(counted, CLASSES, dark), width_growth_picture(counted, CLASSES, dark)]


def _of_image_size(counted: RunSpec, dark: bool) -> list[Picture]:
    return [pixels_picture(_photo(DETAILED), counted, dark), size_growth_picture(counted, CLASSES, dark)]


PICTURES: Mapping[str, Callable[[RunSpec, bool], list[Picture]]] = {
    "learning-rate": lambda _, dark: [descent_picture(dark)],
    "kernel-width": _of_kernel_width,
    "weight-decay": lambda _, dark: [shrinkage_picture(dark)],
    "depth": _of_depth,
    "width": _of_width,
    "training-images": lambda _, dark: [learning_curve_picture(dark)],
    "image-size": _of_image_size,
    "dropout": lambda _, dark: [dropout_net_picture(dark), dropout_noise_picture(dark)],
    "optimizer": lambda _, dark: [optimizers_picture(dark)],
    "schedule": lambda _, dark: [schedules_picture(dark), settling_picture(dark)],
    "augmentation": lambda _, dark: [augmentations_picture(_seen(), dark)],
}
