"""Four corners: worst and best of each net, on the same images, or what is missing."""

import json

import pytest
import vl_convert

from hpviz.analysis.claims.case import Case, Unsettled
from hpviz.charts.two_by_two import corners, two_by_two
from tests.analysis.made_up_runs import INTEL, author, author_rates, author_sizes


def case(runs, pretrained=True):
    return Case(tuple(runs), INTEL, pretrained)


def test_the_authors_figures_give_the_authors_corners():
    frame = corners(case(author()))
    assert list(zip(frame["net"], frame["tuning"], frame["setting"], strict=True)) == [
        ("ResNet18", "tuned badly", "lr 1e-7"),
        ("ResNet18", "tuned well", "lr 1e-4"),
        ("article's CNN", "tuned badly", "batch 450"),
        ("article's CNN", "tuned well", "batch 10"),
    ]
    assert frame["accuracy"].tolist() == pytest.approx([0.616, 0.9243, 0.7703, 0.8237], abs=0.01)


def test_a_net_from_scratch_has_corners_of_its_own():
    with pytest.raises(Unsettled, match="from scratch"):
        corners(case(author(), pretrained=False))
    assert len(corners(case(author(weights=None), pretrained=False))) == 4


@pytest.mark.parametrize("runs", [[], author_rates(), author_sizes(), author_rates() + author_sizes(count=1)])
def test_without_the_runs_it_says_what_is_missing(runs):
    with pytest.raises(Unsettled):
        corners(case(runs))


def test_of_two_figures_on_one_side_the_higher_stands_above_its_dot():
    for _, side in corners(case(author())).groupby("tuning"):
        assert side.loc[side["above"], "accuracy"].tolist() == [side["accuracy"].max()]


def test_the_specification_holds_no_figures():
    one, other = corners(case(author())), corners(case(author(2)))
    assert not one.equals(other)
    assert specification(one) == specification(other)


@pytest.mark.parametrize("dark", [False, True])
def test_every_corner_is_named_in_the_drawing(dark):
    drawing = vl_convert.vegalite_to_svg(two_by_two(corners(case(author())), dark).to_dict(), allowed_base_urls=[])
    for words in ("61.6%, lr 1e-7", "92.4%, lr 1e-4", "77.0%, batch 450", "82.4%, batch 10"):
        assert words in drawing


def specification(frame):
    spec = two_by_two(frame, dark=False).to_dict()
    (name,) = spec.pop("datasets")
    return json.loads(json.dumps(spec).replace(name, "data"))
