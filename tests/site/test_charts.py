"""Charts as a page's script reads them: in the dark what the app would draw there; rows by column, each once."""

import tomllib
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.curves import readable
from hpviz.charts.isolation import isolation
from hpviz.charts.looks import colours_by_label, ground_of, look_of
from hpviz.charts.pictures import descent_picture, gap, valley
from hpviz.charts.specification import specification, table
from hpviz.charts.two_by_two import two_by_two
from hpviz.site.charts import PAINT, Charts, columns_of, differences, repainted
from hpviz.site.page import ACCENT, RAISED
from tests.charts.test_card import sweep

COMPARISON = compare_runs(sweep([0.0, 1e-4, 0.01, 0.1, 1.0, 3.0, 5.0]), "weight_decay")
NAMED = alt.NamedData(name="rows")
DRAWN = {
    "accuracy": lambda dark: readable(NAMED, "test_accuracy", look_of(COMPARISON, "epoch", False, dark)),
    "train loss": lambda dark: readable(NAMED, "train_loss", look_of(COMPARISON, "epoch", False, dark)),
    "isolation": lambda dark: isolation(NAMED, ground_of(COMPARISON, dark)),
    "valley": lambda dark: valley(NAMED, dark, 1.79),
    "gap": lambda dark: gap(NAMED, dark),
    "corners": lambda dark: two_by_two(NAMED, dark),
}


def built(chart):
    return Charts()._spec(specification(chart, validated=False), {}, False, None)


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_that_is_repainted_is_the_one_that_the_app_draws_in_the_dark(name):
    light, dark = (colours_by_label(COMPARISON, is_dark) for is_dark in (False, True))
    paint = {**PAINT, **{light[label]: dark[label] for label in light}}
    config = {"config": None}  # that of the page, which is light in both here
    assert repainted({**built(DRAWN[name](False)), **config}, paint) == {**built(DRAWN[name](True)), **config}


def test_what_differs_in_the_dark_makes_the_dark_of_the_light():
    charts = Charts()
    charts.add_picture("picture", descent_picture(False), descent_picture(True))
    found = charts.specs["picture"]
    assert found["dark"]
    for path, value in found["dark"]:
        place = found["spec"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    twin = Charts()
    twin.add_picture("picture", descent_picture(True), descent_picture(True))
    own = twin.specs["picture"]["spec"]
    assert list(differences({**found["spec"], "config": 0}, {**own, "config": 0})) == []


def test_charts_that_draw_the_same_rows_share_them():
    charts, frame = Charts(), pd.DataFrame({"a": [1.0, 2.0]})
    assert charts.keep(table(frame)) == charts.keep(table(frame.copy()))
    assert len(charts.rows) == 1


def test_rows_are_told_by_column_shortly_and_line_breaks_are_kept():
    frame = pd.DataFrame(
        {
            "number": [1.23456789, float("nan")],
            "whole": [3.0, 4.0],
            "same": ["a\nb\x00", "a\nb\x00"],
            "yes": [True, False],
        }
    )
    assert columns_of(table(frame)) == {
        "count": 2,
        "of": {"number": [1.23457, None], "whole": [3, 4], "same": {"all": "a\nb\ufffd"}, "yes": [True, False]},
    }


def test_the_same_chart_is_written_the_same_however_many_were_built_before():
    written = []
    for _ in range(2):
        charts = Charts()
        charts.add("accuracy", DRAWN["accuracy"](False), {})
        written.append(charts.written())
    assert written[0] == written[1]


def test_the_pages_have_the_colours_of_the_apps_theme():
    theme = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
    for dark, name in ((False, "light"), (True, "dark")):
        assert theme[name]["primaryColor"] == ACCENT[dark]
        assert theme[name]["secondaryBackgroundColor"] == RAISED[dark]
