"""The picture of what networks answered: a matrix a value, seeds together, and the photos that changed."""

import json

import pytest

from hpviz.charts.answers import answers_drawn, matrices_of
from hpviz.charts.palette import DIVERGED

CLASSES = ["sea", "street", "glacier"]
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def found(changed=1, **more):
    """What an inspection finds of two values with two seeds each."""
    one = [[4, 0, 0], [0, 3, 1], [0, 0, 4]]
    image = {
        "image": "test/sea/1.jpg",
        "label": "sea",
        "said": {"a": "sea", "b": "sea", "c": "street", "d": "street"},
        "right": ["lr 1e-4"],
        "wrong": ["lr 1e-2"],
    }
    return {
        "classes": CLASSES,
        "values": {"a": "lr 1e-4", "b": "lr 1e-4", "c": "lr 1e-2", "d": "lr 1e-2"},
        "confusion": {
            "a": one,
            "b": one,
            "c": [[0, 2, 2], [0, 4, 0], [0, 0, 4]],
            "d": [[0, 2, 2], [4, 0, 0], [4, 0, 0]],
        },
        "changed": [{**image, "place": place} for place in range(changed)],
        "by_chance": 0.6,
        "thumbnails": dict.fromkeys(range(changed), PIXEL),
        **more,
    }


def spec(told, dark=False):
    return json.dumps(answers_drawn(told, dark).chart.to_dict())


def test_seeds_of_a_value_are_one_matrix():
    matrices, seeds = matrices_of(found())
    assert matrices["lr 1e-4"].tolist() == [[8, 0, 0], [0, 6, 2], [0, 0, 8]]
    assert (list(matrices), seeds) == (["lr 1e-4", "lr 1e-2"], {"lr 1e-4": 2, "lr 1e-2": 2})


def test_the_picture_says_how_many_are_right_and_what_was_answered():
    told = spec(found())
    assert "lr 1e-4: 91.7% right, 2 seeds" in told
    assert "lr 1e-4: sea" in told
    assert "lr 1e-2: street" in told
    assert told.count(PIXEL) == 1
    assert "1 photo that one value gets right and another wrong, with every seed (luck alone: about 1)" in told


def test_photos_beyond_those_shown_are_counted():
    assert "2 of 30 photos that" in spec(found(30, thumbnails=dict.fromkeys(range(2), PIXEL)))


def test_without_photos_the_matrices_stand_alone():
    assert "image/gif" not in spec(found(thumbnails={}))
    alone = found(0, values=dict.fromkeys("abcd", "article-cnn"))
    assert answers_drawn(alone, False).description.startswith("article-cnn has")


@pytest.mark.parametrize("dark", [False, True])
def test_wrong_answers_have_the_colour_of_what_went_wrong(dark):
    assert DIVERGED[dark] in spec(found(), dark)


def test_many_classes_and_values_are_drawn_without_figures():
    classes = [f"class {number}" for number in range(13)]
    matrix = [[int(row == column) for column in range(13)] for row in range(13)]
    values = {str(number): f"lr {number}" for number in range(4)}
    told = spec(found(0, classes=classes, values=values, confusion=dict.fromkeys(values, matrix)))
    assert "lr 3: 100.0% right" in told
    assert '"type": "text"' not in told


def test_a_single_seed_is_told():
    told = found(values={"a": "lr 1e-4", "c": "lr 1e-2"}, by_chance=9.0)
    told["changed"][0]["said"] = {"a": "sea", "c": "glacier"}
    assert "with a single seed (luck alone: about 9)" in spec(told)
