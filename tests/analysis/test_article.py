"""The article's figures stand beside runs that follow its recipe, and beside no others."""

from dataclasses import replace

import pytest

from hpviz.analysis.article import logged_accuracies
from hpviz.studies import BATCH_SIZE, KERNEL_WIDTH, LEARNING_RATE, WEIGHT_DECAY
from tests.analysis.made_up_runs import IMAGENET, INTEL
from tests.made_up import spec

RECIPE = {"image_size": 150, "batch_size": 450}


def logged(epochs=10, data=INTEL, **values):
    return logged_accuracies(WEIGHT_DECAY, spec(**{**RECIPE, **values}), epochs, data)


def test_the_articles_recipe_has_its_figures_whatever_seed_and_precision():
    assert logged(seed=7, precision="bf16", weight_decay=0.01) == {0: 0.7703, 0.01: 0.7820, 1.0: 0.2450}
    assert logged_accuracies(BATCH_SIZE, spec(image_size=150), 10, INTEL)[450] == 0.7703


@pytest.mark.parametrize(
    "other",
    [
        {"image_size": 64},
        {"per_class": 300},
        {"batch_size": 32},
        {"optimizer": "adamw"},
        {"normalisation": "channel"},
        {"epochs": 8},
        {"data": replace(INTEL, test_counts={"street": 500})},
    ],
)
def test_anything_else_has_none(other):
    assert logged(**other) == {}


def test_figures_of_the_pretrained_net_are_for_pretrained_nets():
    pretrained, scratch = (spec(model="resnet18", image_size=150, weights=weights) for weights in (IMAGENET, None))
    assert logged_accuracies(LEARNING_RATE, pretrained, 10, INTEL)[1e-4] == 0.9243
    assert logged_accuracies(LEARNING_RATE, scratch, 10, INTEL) == {}


def test_kernel_widths_were_never_logged():
    assert logged_accuracies(KERNEL_WIDTH, spec(image_size=150, padding="same"), 10, INTEL) == {}
