"""The heat map: every cell readable, in light and dark, and a specification that holds no figures."""

import pytest
import vl_convert

from hpviz.analysis.grid import Cell, Grid
from hpviz.analysis.ridge import ridge, rule_lines
from hpviz.charts.grid import heat, heat_map, ink_on, rows_of
from tests.analysis.test_grid import RATES, planted


def drawn(made, dark=False):
    bests = ridge(made)
    frame = rows_of(made, bests, rule_lines(made, bests), dark)
    return frame, heat_map(frame, made, dark).properties(width=600)


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_lightness_runs_one_way_and_figures_stand_out_from_every_shade(dark):
    shades = [heat(share / 50, dark) for share in range(51)]
    lights = [luminance(shade) for shade in shades]
    assert lights == sorted(lights, reverse=not dark)
    for shade, light in zip(shades, lights, strict=True):
        low, high = sorted((light, luminance(ink_on(shade))))
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_every_cell_is_drawn_as_what_it_is(dark):
    made = planted(0.5)
    cells = {**made.cells, (1e-2, 128): Cell(lost=2), (1e-5, 8): Cell(), (1e-5, 32): Cell(accuracies=(0.4,), lost=1)}
    made = Grid(made.first, made.second, made.values, made.values2, cells, 8, 1 / 6, 600)
    frame, chart = drawn(made, dark)
    drawing = vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])
    assert "diverged" in drawing
    assert drawing.count("▲") == 2 * 2  # a cell that diverged, one that lost a seed, each with its outline
    assert "40.0%" in drawing
    assert "∝ batch" in drawing
    assert "∝ √batch" in drawing
    assert frame[frame["cell"] == "0,0"]["state"].tolist() == ["not run yet"]


def test_the_specification_holds_no_figures():
    specs = []
    for made in (planted(0.5), planted(0.9, seeds=2)):
        spec = drawn(made)[1].to_dict()
        spec.pop("datasets")
        specs.append(str(spec).replace(str(spec["layer"][0].get("data", spec.get("data"))), "data"))
    assert specs[0] == specs[1]


def test_cells_meet_halfway_between_values_in_decades():
    frame, _ = drawn(planted(0.5))
    cells = frame[(frame["kind"] == "cell") & (frame["second"] == "8")].sort_values("y")
    assert cells["top"].tolist()[:-1] == pytest.approx(cells["bottom"].tolist()[1:])
    assert len(cells) == len(RATES)
