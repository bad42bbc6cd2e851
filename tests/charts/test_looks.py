"""The look of a comparison: a value's colour is the same everywhere, and no two lines look alike."""

import json
from itertools import pairwise

import pytest
import vl_convert

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.frames import curves
from hpviz.charts.curves import curve
from hpviz.charts.looks import COLOURS_ALONE, dashes_of, ground_of, look_of
from hpviz.charts.palette import DARK, LIGHT, colour
from hpviz.runs import bundle
from hpviz.studies import KERNEL_WIDTH, WEIGHT_DECAY
from tests.analysis.made_up_runs import rows, run


def decays(*values, **spec):
    return [run(rows(3), weight_decay=value, **spec) for value in values]


def imported(runs):
    return bundle.read(bundle.write(runs))


def look(runs, dark=False):
    return look_of(compare_runs(runs), "epoch", False, dark)


@pytest.mark.parametrize("dark", [False, True])
def test_a_value_of_a_study_has_the_studys_colour_whatever_it_is_compared_with(dark):
    scale = WEIGHT_DECAY.slider_values
    for values in ((0, 0.01), (0.01, 1.0), (0, 1e-4, 0.01, 1.0)):
        found = look(decays(*values), dark)
        assert found.colours == tuple(colour(value, scale, dark) for value in values)
        assert found.legend == "λ"


def test_what_is_no_study_is_spread_over_the_ramp_in_order():
    found = look([run(rows(3), padding=name) for name in ("same", "valid", "article")])
    assert found.labels == ("padding article", "padding valid", "padding same")
    assert found.colours == (LIGHT[0], LIGHT[2], LIGHT[4])
    assert look(decays(0), dark=True).colours == (DARK[0],)


def test_the_articles_widths_stand_among_the_others():
    found = look([run(rows(3), kernel_width=width, padding="same") for width in (5, 7, "article")])
    assert len(set(found.colours)) == 3
    assert found.colours[0] == colour(5, KERNEL_WIDTH.slider_values, False)


def test_few_lines_are_told_apart_by_colour_alone():
    assert look(decays(0, 1e-5, 1e-4, 1e-3, 1e-2)).dashes == ()


def test_many_lines_have_dashes_and_neighbours_never_the_same():
    dashes = look(decays(0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)).dashes
    assert len(dashes) == 7 > COLOURS_ALONE
    assert all(one != other for one, other in pairwise(dashes))


def test_a_run_from_elsewhere_has_the_colour_of_its_value_and_a_dash_of_its_own():
    own = decays(0, 1.0)
    found = look([*own, *imported(own)])
    by_label = dict(zip(found.labels, zip(found.colours, found.dashes, strict=True), strict=True))
    (mine, plain), (theirs, dashed) = (by_label[label] for label in by_label if label.startswith("0"))
    assert mine == theirs
    assert plain != dashed
    assert len(set(by_label.values())) == 4


@pytest.mark.parametrize("count", range(1, 40))
def test_no_two_lines_look_alike(count):
    colours = [f"#{place // 2:06x}" for place in range(count)]
    dashes = dashes_of(colours) or [()] * count
    assert len(set(zip(colours, dashes, strict=True))) == count


def test_a_chart_with_dashes_draws_them_and_tells_them_in_its_legend():
    comparison = compare_runs(decays(0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0))
    frame = curves(comparison.runs, comparison.labels, 3)
    chart = curve(frame, "train_loss", look_of(comparison, "epoch", False, False)).to_dict()
    svg = vl_convert.vegalite_to_svg(json.dumps(chart), vl_version="6.4")
    # Two of seven lines have each of the first three patterns, drawn once as a line and once in the legend.
    assert svg.count('stroke-dasharray="7,3"') == 4


def test_only_a_number_that_alone_differs_has_an_isolation_plot():
    def ground(*runs):
        return ground_of(compare_runs(runs), False)

    assert ground(*decays(0, 1.0)).ticks == ("0", "1")
    assert ground(*decays(0)) is None
    assert ground(*decays(0), *decays(1.0, batch_size=8)) is None
    assert ground(run(rows(3), padding="same"), run(rows(3), padding="valid")) is None
    assert ground(run(rows(3), kernel_width=3), run(rows(3))) is None
    momenta = ground(*(run(rows(3), optimizer="sgd", momentum=value) for value in (0.0, 0.9)))
    assert (momenta.title, momenta.logarithmic) == ("Momentum", False)


def test_one_value_recorded_twice_has_one_tick():
    own = decays(0, 1.0)
    ground = ground_of(compare_runs([*own, *imported(own)]), False)
    assert ground.ticks == ("0", "0", "1", "1")
    assert ground.values == (0, 0, 1.0, 1.0)
