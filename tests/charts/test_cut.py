"""The cut for chats: always as large, one chart, the finding and the table, nothing over one another."""

import io
from itertools import pairwise

import pytest
from PIL import Image

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.story import Story
from hpviz.charts.cut import PIXELS, cut
from hpviz.charts.export import to_cut
from hpviz.charts.lettering import measured
from hpviz.charts.palette import BACKGROUND
from tests.charts.test_card import CASES, sheets


@pytest.mark.parametrize("name", CASES)
def test_it_is_exactly_as_large_whatever_is_compared(name):
    assert Image.open(io.BytesIO(to_cut(compare_runs(CASES[name])))).size == PIXELS == (1200, 630)


def test_it_follows_the_theme():
    for dark in (False, True):
        picture = Image.open(io.BytesIO(to_cut(compare_runs(CASES["one run"]), dark=dark))).convert("RGB")
        assert "#{:02x}{:02x}{:02x}".format(*picture.getpixel((3, 3))) == BACKGROUND[dark]


@pytest.mark.parametrize("name", CASES)
def test_no_two_texts_lie_over_one_another_and_all_stand_within(name):
    for lines in sheets(cut(compare_runs(CASES[name]))):
        spans: dict[float, list[tuple[float, float]]] = {}
        for line in lines:
            assert line["y"] < PIXELS[1]
            width = measured(line["text"], line["size"], line["weight"] == "bold", "Menlo" in line["font"])
            start = line["x"] - width if line["align"] == "right" else line["x"]
            spans.setdefault(line["y"], []).append((start, start + width))
        for along in spans.values():
            along.sort()
            assert all(end <= start for (_, end), (start, _) in pairwise(along))


def test_the_table_ends_above_the_foot():
    for name in CASES:
        comparison = compare_runs(CASES[name])
        parts = cut(comparison)["vconcat"]
        table = parts[1]["hconcat"][1]
        lines = [line for layer in table["layer"] for line in layer["data"]["values"] if "text" in line]
        assert max(line["y"] for line in lines) < table["height"]


def test_it_says_what_came_out_and_how_to_have_it_again():
    comparison = compare_runs(CASES["three seeds"])
    found = [line["text"] for lines in sheets(cut(comparison)) for line in lines]
    assert Story(comparison).headline in " ".join(found)
    assert "80.2%" in found
    assert any(text.startswith("python -m hpviz sweep weight-decay") for text in found)
    link = "http://hpviz.example.org/compare?specs=abc"
    assert link in [line["text"] for lines in sheets(cut(comparison, link=link)) for line in lines]
