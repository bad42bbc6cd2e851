"""Axes name each tick once, however few epochs there are and however close accuracies lie."""

import json
import re

import altair as alt
import pandas as pd
import pytest
import vl_convert

from hpviz.charts.axes import of_epochs, of_shares
from hpviz.charts.pictures.outcomes import gap, gap_rows
from tests.charts.test_isolation import GROUND, plot


def named(chart, axis):
    """What is written along the first such axis ("x" or "y") of a chart as it is drawn."""
    drawn = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()), vl_version="6.4")
    _, found, after = drawn.partition(f'aria-label="{axis.upper()}-axis')
    assert found
    labels = after.partition("role-axis-label")[2].partition("</g>")[0]
    return [text for text in re.findall(r"<text[^>]*>([^<]*)</text>", labels) if text]


def spread(width):
    """Accuracies about 17%, so far apart."""
    return [0.17, 0.17 + width / 2, 0.17 + width]


@pytest.mark.parametrize("width", [0.0004, 0.002, 0.008, 0.03, 0.4])
def test_accuracies_within_a_point_have_names_that_differ(width):
    ground = type(GROUND)(**{**vars(GROUND), "chance": None})
    names = named(plot(spread(width), ground=ground), "y")
    assert len(names) >= 2
    assert len(set(names)) == len(names)
    assert all(name.endswith("%") for name in names)


def test_accuracies_far_apart_are_written_short():
    assert named(plot([0.2, 0.5, 0.8]), "y")[-1] == "80%"


@pytest.mark.parametrize("width", [0.002, 0.03, 0.4])
def test_errors_on_a_logarithmic_axis_have_names_that_differ(width):
    frame = pd.DataFrame({"place": range(3), "error": spread(width)})
    scale = alt.Scale(type="log", nice=False, padding=8)
    names = named(
        alt.Chart(frame).mark_point().encode(x="place:Q", y=alt.Y("error:Q", scale=scale, axis=of_shares())), "y"
    )
    assert len(set(names)) == len(names)
    assert all(len(name) < 9 for name in names)


@pytest.mark.parametrize("epochs", [1, 2, 3, 8])
def test_epochs_are_whole_and_named_once(epochs):
    frame = pd.DataFrame({"epoch": range(1, epochs + 1), "train": 1.0, "test": 1.2})
    names = named(gap(gap_rows(frame), dark=False), "x")  # which may go on where the lines have their names
    assert names == [str(epoch) for epoch in range(1, len(names) + 1)]
    assert len(names) >= epochs
    scale = alt.Scale(domain=[0, epochs], nice=False)
    names = named(
        alt.Chart(frame).mark_line().encode(x=alt.X("epoch:Q", scale=scale, axis=of_epochs()), y="test:Q"), "x"
    )
    assert names == [str(epoch) for epoch in range(epochs + 1)]
