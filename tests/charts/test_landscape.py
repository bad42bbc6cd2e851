"""The picture of a landscape: contours where the loss passes them, true paths, and words on how far to believe it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.landscape import (
    error_in_words,
    in_words,
    landscape_chart,
    landscape_drawing,
    levels_of,
    names_of,
    notes,
)
from hpviz.charts.single import drawn
from hpviz.charts.specification import specification
from tests.analysis.made_up_runs import rows, run


def bowl(x, y):
    return 0.5 + 0.1 * x**2 + 0.2 * y**2


def found_for(runs, **fields):
    """A round valley, and a path to its bottom for each run."""
    x, y = np.linspace(-4, 4, 21).tolist(), np.linspace(-2, 2, 21).tolist()
    places = [(-3 + 3 * step / 8, 1 - step / 8) for step in range(9)]
    return {
        "explained": 0.925,
        "error": 0.0123,
        "x": x,
        "y": y,
        "grid": [[bowl(across, up) for across in x] for up in y],
        "paths": {run["id"]: [[*place, bowl(*place)] for place in places] for run in runs},
        "epochs": {run["id"]: [step / 2 for step in range(9)] for run in runs},
        "images": 384,
        "off": {run["id"]: 0.0 for run in runs},
        "cut": {},
        **fields,
    }


@pytest.fixture
def runs():
    return [run(rows(4), batch_size=size) for size in (2, 32)]


def test_both_figures_are_written_into_the_picture_and_told_to_those_who_cannot_see_it(runs):
    drawing = landscape_drawing(found_for(runs), runs, dark=False)
    svg = drawn(drawing, "svg", False).decode()
    assert "The plane holds 92.5%" in svg
    assert "0.012 nats from the one drawn" in svg
    assert "92.5%" in drawing.description
    assert "from 1.60 nats to 0.50 nats" in drawing.description
    assert svg.count("batch 32") >= 1


@pytest.mark.parametrize("dark", [False, True])
def test_the_ground_is_lightest_or_darkest_at_the_bottom_and_colours_are_the_paths_alone(runs, dark):
    chart = landscape_chart(found_for(runs), compare_runs(runs), dark)
    url = chart.layer[0].data["url"][0]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("L"), float)
    middle, corner = pixels[len(pixels) // 2, len(pixels) // 2], pixels[2, 2]
    assert (middle < corner) == dark


def test_contours_have_round_figures_between_the_lowest_loss_and_the_highest():
    levels = levels_of(np.array([[0.5, 2.0], [40.0, np.nan]]))
    assert 0.5 < levels.min() < levels.max() < 40
    assert all(float(f"{level:.2g}") == level for level in levels)
    assert not len(levels_of(np.full((2, 2), 3.0)))


def test_epochs_are_dots_and_steps_between_them_are_not(runs):
    _, tables = specification(landscape_chart(found_for(runs), compare_runs(runs), False))
    (paths,) = (table for table in tables.values() if "dot" in table.column_names and table.num_rows == 18)
    assert [row["dot"] for row in paths.to_pylist() if row["run"] == runs[0]["id"]] == [True, False] * 4 + [True]


def test_losses_that_are_no_numbers_and_flat_grounds_are_drawn_all_the_same(runs):
    found = found_for(runs)
    found["grid"][3][4] = None
    found["paths"][runs[0]["id"]][2][2] = None
    for grid in (found["grid"], [[1.0] * 21] * 21, [[None] * 21] * 21):
        specification(landscape_chart({**found, "grid": grid}, compare_runs(runs), True))


def test_a_path_of_another_machine_and_one_that_was_cut_are_told_by_name(runs):
    first, second = (run["id"] for run in runs)
    found = found_for(runs, off={first: 0.002, second: 0.0}, cut={second: 3})
    told = notes(found, names_of(found, compare_runs(runs)))
    assert "0.002 nats off" in told[0]
    assert told[1] == "batch 32: cut in epoch 3, where its weights ran away."


def test_without_a_finite_loss_it_says_so(runs):
    assert "no loss is a finite number" in error_in_words(found_for(runs, error=None))
    found = found_for(runs)
    found["paths"][runs[0]["id"]][0][2] = None
    assert "from no finite loss to 0.50 nats" in in_words(found, compare_runs(runs))
