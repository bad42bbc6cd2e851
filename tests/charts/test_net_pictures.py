"""The pictures of depth, width, image size and training images: their figures against the networks themselves."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from torch import nn

from hpviz.charts.pictures import (
    depth_picture,
    field_picture,
    learning_curve_picture,
    pixels_picture,
    size_growth_picture,
    width_growth_picture,
    width_picture,
)
from hpviz.data.decode import square
from hpviz.models.article import article_cnn
from tests.charts.test_theory import drawn, records
from tests.made_up import spec

PHOTO = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)
SAME = spec(padding="same")


def weights(network):
    """Learned numbers of its convolutions and of its linear layers, from the image on."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    return [sum(each.numel() for each in layer.parameters()) for layer in layers]


def rows(picture, **position):
    """The rows of counts at a position of the slider."""
    [(name, value)] = position.items()
    return {one["row"]: one for one in records(picture) if one.get(name) == value and "row" in one}


def times(picture, value):
    return {one["line"]: one["times"] for one in records(picture) if one.get("value") == value and "line" in one}


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_the_parts_of_a_depth_are_those_of_its_network(depth):
    network = article_cnn(6, 64, depth=depth)
    *convolutions, first, _, _ = weights(network)
    whole = sum(each.numel() for each in network.parameters())
    shown = {row: one["count"] for row, one in rows(depth_picture(spec(), 6, dark=False), blocks=depth).items()}
    assert shown["convolutions"] == sum(convolutions)
    assert shown["first linear layer"] == first
    assert shown["all parameters"] == whole
    assert shown["rest"] == whole - first - sum(convolutions)


def test_the_first_linear_layer_shrinks_with_depth_and_its_label_says_what_it_takes_in():
    picture = depth_picture(spec(), 6, dark=False)
    assert "first linear layer: 31·31·10 → 1,024" in drawn(picture, blocks=1)
    assert "9.84 M" in drawn(picture, blocks=1)
    assert "first linear layer: 2·2·10 → 1,024" in drawn(picture, blocks=4)
    assert "42.0 k" in drawn(picture, blocks=4)
    assert "10.37 M with 1 block, of which 95% in the first linear layer" in picture.alt_text


@pytest.mark.parametrize("width", [0.25, 1.0, 2.5])
def test_each_layer_of_a_width_has_the_parameters_of_that_network(width):
    shown = rows(width_picture(spec(), 6, dark=False), factor=width)
    network = article_cnn(6, 64, width=width)
    assert [one["count"] for one in shown.values()][:6] == weights(network)
    assert shown["all parameters"]["count"] == sum(each.numel() for each in network.parameters())
    assert shown["convolution 2"]["label"] == f"convolution 2: {network[1].conv.out_channels} channels"
    assert shown["linear 1"]["label"] == f"linear 1: {network[4].out_features:,} units"


def test_another_depth_has_other_layers_and_says_how_many_lie_between():
    picture = width_picture(spec(depth=1), 6, dark=False)
    assert list(rows(picture, factor=1.0))[:4] == ["convolution 1", "linear 1", "linear 2", "linear 3"]
    assert "both sides of the 2 layers between" in picture.caption


def test_twice_the_width_is_nearly_four_times_the_net_and_the_first_convolution_twice():
    picture = width_growth_picture(spec(), 6, dark=False)
    found = times(picture, 2.0)
    assert found["the square"] == 4
    assert found["first convolution"] == 2
    assert 3.9 < found["all parameters"] < 4
    # The first layer's 750 weights at 62·62 places and the last one's 512·6 go with the factor, the others with its
    # square.
    first, whole = 750 * 62**2, 8_406_400
    assert found["multiply-adds"] == pytest.approx((2 * first + 4 * (whole - first - 512 * 6) + 2 * 512 * 6) / whole)
    assert "3.98× parameters, 3.31× multiply-adds" in drawn(picture, factor=2.0)
    assert "3.98× the parameters and 3.31× the multiply-adds" in picture.alt_text
    assert f"{first / whole:.0%} of the multiply-adds" in picture.caption


def test_counts_grow_with_the_square_of_the_edge_or_less():
    picture = size_growth_picture(SAME, 6, dark=False)
    found = times(picture, 128.0)
    assert found["the square"] == 4
    assert found["multiply-adds"] == pytest.approx(4, rel=0.05)
    assert found["first linear layer"] == pytest.approx((16**2 * 10 + 1) / (8**2 * 10 + 1), abs=1e-5)
    assert found["all parameters"] < 3
    assert "96 px: 26.08 M multiply-adds" in drawn(picture)
    assert "multiply-adds grow 5.2×" in picture.alt_text


def test_a_scene_is_shown_in_the_pixels_that_the_network_gets():
    picture = pixels_picture(PHOTO, SAME, dark=False)
    shown = [one for one in records(picture) if "photo" in one and "edge" in one]
    assert [one["edge"] for one in shown] == [16, 32, 48, 64, 80, 96, 112, 128, 144]
    for one in shown:
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["photo"].split(",")[1]))))
        assert (pixels.transpose(2, 0, 1) == square(Image.fromarray(PHOTO), one["edge"])).all()


def test_more_pixels_are_a_smaller_part_for_one_unit_to_see():
    picture = pixels_picture(PHOTO, SAME, dark=False)
    assert "block sees all of it" in drawn(picture, edge=32)
    assert f"sees 44×44 px, {44**2 / 128**2:.0%} of it" in drawn(picture, edge=128)
    squares = [one["to"] - one["from"] for one in records(picture) if "from" in one and one["edge"] >= 64]
    assert squares == pytest.approx([44 / edge for edge in range(64, 145, 16)], abs=2e-4)


def test_a_unit_is_where_its_place_says_and_its_field_may_reach_into_the_padding():
    picture = field_picture(PHOTO, spec(), dark=False)
    assert "3 blocks: 4×4 units" in drawn(picture, blocks=3)
    assert "one sees 44×44 of 64×64 px" in drawn(picture, blocks=3)
    assert "68×68 px, more than 64×64 px" in drawn(picture, blocks=4)
    assert len({drawn(picture, place=place) for place in (0.0, 0.4, 1.0)}) == 3
    assert "6, 16, 44 and 68 px across after 1, 2, 3 and 4 blocks" in picture.alt_text
    assert "kernels 3, 3, 3 and 3 px" in field_picture(PHOTO, spec(kernel_width=3), dark=False).caption


def test_what_leaves_no_pixels_is_said_where_it_would_stand():
    narrow = spec(image_size=32, kernel_width=3, padding="valid")
    assert "4 blocks: too many for 32 px" in drawn(field_picture(PHOTO, narrow, dark=False), blocks=4)
    assert "4 blocks leave no pixels of 32" in drawn(depth_picture(narrow, 6, dark=False), blocks=4)
    assert "4 blocks" not in depth_picture(narrow, 6, dark=False).alt_text
    assert "3 blocks" in depth_picture(narrow, 6, dark=False).alt_text
    wide = spec(kernel_width=7, padding="valid")
    assert "16 px: too few" in drawn(size_growth_picture(wide, 6, dark=False), edge=16)
    assert "16×16 px: too few" in drawn(pixels_picture(PHOTO, wide, dark=False), edge=16)


def test_every_point_of_a_learning_curve_is_on_its_law():
    points = [one for one in records(learning_curve_picture(dark=False)) if "images" in one]
    for one in points:
        law = (0.6 - one["floor"]) * (one["images"] / 10) ** -one["exponent"] + one["floor"]
        assert one["error"] == pytest.approx(law, rel=2e-3)
    assert {one["images"] for one in points if one["text"]} == {10, 100, 1000, 10_000}


def test_ten_times_the_images_always_buy_the_same_until_there_is_a_floor():
    picture = learning_curve_picture(dark=False)
    assert f"divide the error by {10**0.35:.2f}, every time" in drawn(picture, floor=0.0)
    bent = drawn(picture, exponent=0.5, floor=0.1)
    assert f"by {0.6 / (0.1 + 0.5 / 10**0.5):.2f} at first" in bent
    assert "floor 10%" in bent
    assert "ends at 5.3%" in picture.alt_text
    assert "Hestness et al., 2017" in picture.caption
