"""Drawings of what was measured in a network."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from hpviz.charts.norms import norm_curve
from hpviz.charts.pictures import gradient_noise_picture, kernels_picture, layers_picture
from hpviz.charts.pictures.first_kernels import COLUMNS, GAP, coloured
from hpviz.charts.pictures.mosaics import mosaic
from hpviz.theory.sampling import standard_error
from hpviz.training.inside import BatchError, GradientNoise, Inside, LayerWeights

SIZES = (1, 4, 16, 64, 256)
NOISE = GradientNoise(
    images=512,
    train_images=1800,
    gradient_norm=2.0,
    errors=tuple(BatchError(size, standard_error(size, 12.0, population=512), 12) for size in SIZES),
    deviation=12.0,
    slope=-0.51,
    noise_scale=212.4,
)
LAYERS = (LayerWeights("convolution 1", 750, 1.9, 1.8, 0.07), LayerWeights("linear 1", 3000, 0.5, 2.0, 0.8))
KERNELS = np.random.default_rng(0).normal(size=(20, 3, 5, 5)).astype(np.float32)
FOUND = Inside(epoch=8, noise=NOISE, layers=LAYERS, kernels=KERNELS, start_kernels=KERNELS / 2)
PRETRAINED = replace(
    FOUND,
    layers=tuple(replace(layer, start_norm=None, moved=None) for layer in LAYERS),
    start_kernels=None,
)
PICTURES = {
    "gradient noise": lambda dark: gradient_noise_picture(NOISE, 32, dark),
    "layers": lambda dark: layers_picture(LAYERS, dark),
    "layers, pretrained": lambda dark: layers_picture(PRETRAINED.layers, dark),
    "kernels": lambda dark: kernels_picture(FOUND, dark),
    "kernels, pretrained": lambda dark: kernels_picture(PRETRAINED, dark),
}


def svg(chart) -> str:
    return vl_convert.vegalite_to_svg(
        json.dumps(chart.to_dict() | {"width": 330}), vl_version="6.4", allowed_base_urls=[]
    )


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("dark", [False, True])
def test_every_picture_draws_and_comes_with_two_sentences(name, dark):
    picture = PICTURES[name](dark)
    drawn = svg(picture.chart)
    assert drawn.count("<path") + drawn.count("<image") > 2
    for text in (picture.alt_text, picture.caption):
        assert text.endswith(".")
        assert len(text) > 40


def test_the_gradients_sentence_tells_slope_and_scale_and_where_the_run_stands():
    caption = gradient_noise_picture(NOISE, 32, dark=False).caption
    assert "n to the power −0.51" in caption
    assert "Beyond about 212 images averaging buys little" in caption
    assert "batch of 32 is below it" in caption
    assert "batch of 450 is beyond it" in gradient_noise_picture(NOISE, 450, dark=False).caption


def test_what_cannot_be_told_is_said():
    untold = replace(NOISE, slope=None, noise_scale=None)
    caption = gradient_noise_picture(untold, 32, dark=False).caption
    assert "too few to tell" in caption
    assert "larger than can be told" in caption


def test_a_batch_of_all_images_is_left_out_of_a_logarithmic_axis():
    whole = replace(NOISE, errors=(*NOISE.errors, BatchError(512, 0.0, 1)))
    (data,) = [
        rows for rows in gradient_noise_picture(whole, 32, False).chart.to_dict()["datasets"].values() if len(rows) > 50
    ]
    assert {row["batch"] for row in data if row["kind"] == "measured"} == set(SIZES)
    assert min(row["error"] for row in data) > 0


def test_kernels_are_colours_around_grey_with_clear_gaps():
    kernels = np.zeros((17, 3, 2, 2), np.float32)
    kernels[0, 0] = 0.5
    kernels[16, 2] = -0.25
    pixels = mosaic(coloured(kernels, strongest=0.5), COLUMNS, GAP)
    assert pixels.shape == (5, 47, 4)
    assert pixels[0, 0].tolist() == [255, 128, 128, 255]
    assert pixels[3, 0].tolist() == [128, 128, 64, 255]
    assert pixels[0, 2, 3] == pixels[2, 0, 3] == 0


def test_kernels_that_hardly_moved_are_said_to_look_like_the_draw_they_began_with():
    assert "still look like the draw" in kernels_picture(FOUND, dark=False).caption
    moved = replace(FOUND, layers=(replace(LAYERS[0], moved=0.5), LAYERS[1]))
    assert "moved them by 50% of their length." in kernels_picture(moved, dark=False).caption
    assert "pretrained" in kernels_picture(PRETRAINED, dark=False).caption


def test_the_layer_that_moved_most_is_named():
    assert "moved linear 1 most, by 80%" in layers_picture(LAYERS, dark=False).caption


@pytest.mark.parametrize("norm", ["weight_norm", "gradient_norm"])
def test_norms_over_training_are_drawn_the_same_whatever_their_figures(norm):
    def chart(figures):
        frame = pd.DataFrame(
            {"label": ["0", "0"], "epoch": [1.0, 2.0], "weight_norm": figures, "gradient_norm": figures}
        )
        return norm_curve(frame, norm, ["0"], ["#123456"], "λ", 8)

    first, second = chart([20.0, 0.0]), chart([3.0, None])
    svg(first)
    specs = [{**each.to_dict(), "datasets": None, "data": None} for each in (first, second)]
    assert specs[0] == specs[1]
