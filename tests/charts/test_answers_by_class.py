"""Answers by class, and one photo: what the charts are drawn of, and that they draw."""

import json

import numpy as np
import pytest
import vl_convert

from hpviz.analysis.answers import Answers
from hpviz.analysis.by_class import MOST, by_class
from hpviz.charts.answers import coloured
from hpviz.charts.by_class import class_accuracies, confusion_matrix
from hpviz.charts.grid import ink_on
from hpviz.charts.pictures import photo_answers_picture, photo_maps_picture
from hpviz.charts.pictures.photo_answers import drawn_classes
from hpviz.charts.pictures.photo_maps import tiles
from hpviz.training.inside import Answer, LayerMaps

CLASSES = ("sea", "street", "forest")
LABELS = np.array([0, 0, 1, 1, 2, 2])


def said(*answers):
    return Answers(8, np.array(answers), LABELS)


FOUND = by_class(CLASSES, {"1e-4": [said(0, 0, 1, 1, 2, 2), said(0, 1, 1, 1, 2, 2)], "1e-2": [said(2, 2, 2, 2, 2, 2)]})
MAPS = np.zeros((12, 8, 8), np.uint8)
MAPS[3, 2, 5] = 255
LAYERS = (
    LayerMaps("first convolution", 64, 128, 2.0, tuple(range(12)), MAPS.repeat(8, 1).repeat(8, 2)),
    LayerMaps("stage 1", 12, 8, 1.0, tuple(range(12)), MAPS),
)
ANSWERS = (Answer(0, (0.3, 0.3, 0.4)), Answer(7, (0.5, 0.2, 0.3)), Answer(8, (0.05, 0.8, 0.15)))


def svg(chart):
    return vl_convert.vegalite_to_svg(
        json.dumps(chart.to_dict() | {"width": 330}), vl_version="6.4", allowed_base_urls=[]
    )


def test_accuracy_by_class_is_the_mean_over_seeds_between_the_lowest_and_the_highest():
    rows = {(row["label"], row["class"]): row for row in FOUND.accuracies().to_dict("records")}
    sea = rows["1e-4", "sea"]
    assert (sea["accuracy"], sea["low"], sea["high"], sea["seeds"], sea["images"]) == (0.75, 0.5, 1.0, 2, 2)
    assert [rows["1e-2", name]["accuracy"] for name in CLASSES] == [0.0, 0.0, 1.0]


def test_a_matrix_holds_the_images_of_all_seeds_and_its_worst_confusion_is_named():
    cells = {(row["label"], row["said"]): row for row in FOUND.confused("1e-4").to_dict("records")}
    assert (cells["sea", "street"]["images"], cells["sea", "street"]["share"]) == (1, 0.25)
    assert sum(row["images"] for row in cells.values()) == 12
    assert FOUND.worst("1e-4") == ("sea", "street", 0.25)
    assert by_class(CLASSES, {"1": [said(*LABELS)]}).worst("1") is None


def test_a_class_without_test_images_is_left_out():
    found = by_class((*CLASSES, "desert"), {"1": [said(*LABELS)]})
    assert set(found.accuracies()["class"]) == set(found.confused("1")["label"]) == set(CLASSES)


def test_of_many_classes_those_that_are_confused_most_are_drawn_in_their_order():
    labels = np.arange(60)
    answers = labels.copy()
    answers[40:] = 0
    found = by_class([str(label) for label in labels], {"1": [Answers(1, answers, labels)]})
    assert len(found.drawn) == MOST
    assert found.drawn == (0, *range(40, 59))


@pytest.mark.parametrize("dark", [False, True])
def test_the_charts_draw_and_their_words_stand_out_from_their_cells(dark):
    frame = coloured(FOUND.confused("1e-4"), dark)
    assert set(frame["words"]) == {"75", "25", "", "100"}
    assert all(row["ink"] == ink_on(row["fill"]) for row in frame.to_dict("records"))
    matrix = svg(confusion_matrix(frame, CLASSES, dark))
    assert ">75<" in matrix
    assert ">label<" in matrix
    assert ">answer<" in matrix
    accuracies = svg(
        class_accuracies(FOUND.accuracies(), ["1e-4", "1e-2"], ["#123456", "#654321"], CLASSES, "lr", dark)
    )
    assert accuracies.count("#123456") >= 3
    assert ">lr<" in accuracies


def test_the_drawing_depends_on_labels_and_classes_and_not_on_figures():
    other = by_class(CLASSES, {"1e-4": [said(1, 1, 0, 0, 2, 2)], "1e-2": [said(*LABELS)]})
    specs = []
    for found in (FOUND, other):
        charts = (
            class_accuracies(found.accuracies(), ["1e-4", "1e-2"], ["#123456", "#654321"], CLASSES, "lr", False),
            confusion_matrix(coloured(found.confused("1e-4"), False), CLASSES, False),
        )
        specs.append([{**chart.to_dict(), "datasets": None, "data": None} for chart in charts])
    assert specs[0] == specs[1]


@pytest.mark.parametrize("dark", [False, True])
def test_the_pictures_of_one_photo_draw_and_say_what_they_show(dark):
    answers = photo_answers_picture(ANSWERS, CLASSES, 1, "#336699", dark)
    assert "street (label) 80%" in answers.alt_text
    assert answers.caption == (
        "It answers street with 80%, which is its label. Bars: after epoch 8, △ before training, ◇ after epoch 7."
    )
    drawn = svg(answers.chart)
    assert ">80.0%<" in drawn
    assert ">street (label)<" in drawn
    maps = photo_maps_picture(LAYERS, dark)
    assert (
        "first convolution: 12 of 64 maps of 128×128; stage 1: 12 maps of 8×8. 22 of them are black." in maps.alt_text
    )
    assert "Of many channels those that answer most are drawn." in maps.caption
    assert svg(maps.chart).count("<image") == 2


def test_a_wrong_answer_is_told_with_the_label():
    assert (
        "It answers street with 80%, but its label is sea."
        in photo_answers_picture(ANSWERS, CLASSES, 0, "#336699", False).caption
    )


def test_of_many_classes_the_likeliest_are_drawn_and_the_label_among_them():
    probabilities = [0.0] * 30
    probabilities[4] = probabilities[20] = 0.5
    drawn = drawn_classes(probabilities, 29)
    assert {4, 20, 29} <= set(drawn)
    assert len(drawn) == 12


def test_a_maps_points_are_squares_of_their_grey():
    found = tiles(LAYERS[1])
    assert found.shape == (12, 64, 64, 3)
    assert (found[3, 16:24, 40:48] == 255).all()
    assert found.sum() == 255 * 64 * 3
