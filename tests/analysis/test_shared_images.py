"""The luck of shared test images, on made-up nets whose answers are known."""

import numpy as np
import pytest

from benchmarks.shared_images import remaining

IMAGES = 20_000


def nets(random, right_with, seeds=5):
    """(seeds, images): each image is answered rightly with its own probability."""
    return random.random((seeds, IMAGES)) < right_with


def test_nets_that_find_the_same_images_hard_share_their_luck():
    random = np.random.default_rng(0)
    hard = random.beta(2, 1, IMAGES)
    assert remaining(nets(random, hard), nets(random, hard)) == pytest.approx(0, abs=0.01)


def test_nets_that_know_half_of_the_images_each_share_none_of_it():
    random = np.random.default_rng(1)
    one, other = (random.random(IMAGES) < 0.5 for _ in range(2))
    assert remaining(nets(random, one), nets(random, other)) == pytest.approx(1, abs=0.03)
