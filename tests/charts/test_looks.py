"""The look of a comparison: a value's colour is the same everywhere, and no two lines look alike."""

import json
from itertools import pairwise

import pytest
import vl_convert

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.frames import curves
from hpviz.charts.curves import curve
from hpviz.charts.looks import COLOURS_ALONE, dashes_of, ground_of, look_of, places_of
from hpviz.charts.palette import spread
from hpviz.runs import bundle
from tests.analysis.made_up_runs import rows, run


def decays(*values, **spec):
    return [run(rows(3), weight_decay=value, **spec) for value in values]


def imported(runs):
    return bundle.read(bundle.write(runs))


def look(runs, dark=False):
    return look_of(compare_runs(runs), "epoch", False, dark)


@pytest.mark.parametrize("dark", [False, True])
def test_colours_are_spread_over_the_values_on_the_screen(dark):
    for values in ((0, 0.01), (0, 1e-4, 0.01, 1.0)):
        found = look(decays(*values), dark)
        assert found.colours == tuple(spread(len(values), dark))
        assert found.legend == "λ"
    assert look([run(rows(3), padding=name) for name in ("same", "valid", "article")]).colours == tuple(
        spread(3, False)
    )


def test_a_value_keeps_its_colour_when_another_joins_in_every_chart():
    opened = compare_runs(decays(1e-4, 1e-2))
    shown = places_of(opened)
    joined = compare_runs(decays(0, 1e-4, 1e-3, 1e-2))
    before, now = (look_of(each, "epoch", False, False, shown=shown) for each in (opened, joined))
    assert (now.colours[1], now.colours[3]) == before.colours
    assert len(set(now.colours)) == 4
    assert ground_of(joined, False, shown).colours == now.colours
    assert look_of(joined, "epoch", False, False).colours != now.colours


def test_colours_that_came_to_stand_close_are_helped_by_dashes():
    shown = places_of(compare_runs(decays(1e-3, 1e-2)))
    crowded = look_of(compare_runs(decays(1e-3, 3e-3, 5e-3, 1e-2)), "epoch", False, False, shown=shown)
    assert len(set(crowded.dashes)) == 4


def test_a_run_that_waits_has_its_colour_and_the_others_theirs():
    waiting = run([], weight_decay=1e-3)
    comparison = compare_runs([*decays(0, 1.0), waiting], "weight_decay")
    colours = dict(zip(comparison.named, look_of(comparison, "epoch", False, False).colours, strict=True))
    assert ground_of(comparison, False).colours == (colours["0"], colours["1"])


def test_the_articles_widths_stand_among_the_others():
    found = look([run(rows(3), kernel_width=width, padding="same") for width in (5, 7, "article")])
    assert dict(zip(found.labels, found.colours, strict=True)) == dict(
        zip(("5", "article", "7"), spread(3, False), strict=True)
    )


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
