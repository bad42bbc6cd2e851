"""Drawings of sharpness beside its edge, and of measured noise beside σ/√n."""

import json

import pytest
import vl_convert

from hpviz.charts.batch_errors import batch_errors, error_rows
from hpviz.charts.palette import spread
from hpviz.charts.pictures import sampling_picture
from hpviz.charts.sharpness import in_words, sharpness_curve, sharpness_rows, what_it_rests_on
from tests.charts.test_network import NOISE

MEASURED = {
    "start": 3.0,
    "epochs": [10.0, 21.0],
    "edge": [20.0, 20.0],
    "preconditioned": False,
    "images": 256,
    "at_a_time": 64,
    "train_images": 1800,
    "equal": True,
    "reason": None,
}
LOST = "After epoch 2 the weights are no longer finite."
FOUND = {
    "one": MEASURED,
    "two": {**MEASURED, "start": None, "epochs": [5e4, None], "edge": [4e5, 4e5], "preconditioned": True}
    | {"equal": False, "reason": LOST},
}
LABELS = {"one": "sgd", "two": "adam"}


def svg(chart):
    spec = json.dumps(chart.to_dict() | {"width": 400})
    return vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[])


@pytest.mark.parametrize("dark", [False, True])
def test_a_run_is_a_line_and_its_edge_a_dashed_one_of_the_same_colour(dark):
    colours = spread(2, dark)
    drawn = svg(sharpness_curve(sharpness_rows(FOUND, LABELS), list(LABELS.values()), colours, "optimiser", 2))
    for colour in colours:
        lines = [part for part in drawn.split("<path")[1:] if f'stroke="{colour}"' in part and "fill=" not in part[:40]]
        assert any("stroke-dasharray" in part for part in lines)
    assert "edge of stability" in drawn


def test_rows_begin_at_the_start_and_leave_out_what_a_logarithm_cannot_show():
    rows = sharpness_rows({"one": {**MEASURED, "epochs": [0.0, -2.0]}}, LABELS)
    of = {kind: list(part["value"].where(part["value"].notna(), None)) for kind, part in rows.groupby("kind")}
    assert of["sharpness"][0] == 3.0
    assert rows[rows["kind"] == "sharpness"]["value"].isna().tolist() == [False, True, True]
    assert of["edge of stability"] == [20.0, 20.0, 20.0]


def test_where_a_run_ended_is_a_sentence():
    assert in_words(MEASURED) == "The sharpness was 21 after epoch 2, 1.1 times the edge of 20."
    assert in_words(FOUND["two"]) == (
        f"The preconditioned sharpness was 50,000 after epoch 1, 0.12 times the edge of 400,000. {LOST}"
    )
    assert in_words({**MEASURED, "epochs": [None], "reason": LOST}) == LOST
    assert what_it_rests_on(MEASURED).startswith("On 256 of the 1,800 training images")
    assert "not go as it is recorded" in what_it_rests_on(FOUND["two"])


def test_measured_errors_are_dots_and_each_run_has_its_own_line_of_slope_one_half():
    one = {"n": [1, 4, 16], "error": [8.0, 4.1, 0.0], "deviation": 8.0}
    rows = error_rows({"one": one, "two": {"n": [], "error": [], "deviation": None}}, LABELS)
    assert rows[rows["kind"] == "measured"][["batch", "error"]].to_numpy().tolist() == [[1, 8.0], [4, 4.1]]
    line = rows[rows["kind"] == "σ/√n"]
    assert (line["error"] * line["batch"] ** 0.5).to_numpy() == pytest.approx(8.0)
    assert svg(batch_errors(rows, list(LABELS.values()), spread(2, False), "")).count("<path") > 4


def test_what_was_measured_stands_in_the_picture_of_theory_over_each_nets_own_deviation():
    plain, crossed = sampling_picture(False, measured=()), sampling_picture(False, measured=(NOISE,))
    assert "Crosses" not in plain.caption
    assert "measured in one of your nets" in crossed.caption
    assert "fall as n to the power −0.51" in crossed.caption
    rows = [each for table in crossed.drawn[1].values() for each in table.to_pylist() if "draws" in each]
    assert [each["examples"] for each in rows] == [1, 4, 16, 64, 256]
    assert rows[0]["error"] == pytest.approx(1.0)
    assert sampling_picture(False, measured=(NOISE,)) is crossed
