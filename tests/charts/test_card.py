"""The share card: always as wide, nothing clipped or over one another, names as they are, data inside."""

import json
from itertools import pairwise
from xml.etree import ElementTree

import altair as alt
import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.export import to_svg
from hpviz.charts.lettering import measured
from hpviz.charts.palette import BACKGROUND
from hpviz.runs import bundle
from hpviz.runs.document import move
from tests.analysis.made_up_runs import rows, run

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<b>bold</b> $$ :red[x] & "quoted" \''
DECADES = (0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)


def known(document):
    """As a run of today is stored."""
    document["inputs"].update(classes=["a", "b"], test_images=600)
    document["machine"].update(name="Some CPU", hpviz="0.1.0")
    return document


def sweep(values, seeds=1, epochs=4, **spec):
    return [
        known(run(rows(epochs, test_accuracy={1: 0.3, epochs: 0.8 - 0.03 * place + 0.002 * seed}), **spec, **one))
        for place, value in enumerate(values)
        for seed in range(seeds)
        for one in [{"weight_decay": value, "seed": seed}]
    ]


def drawn(runs, **options):
    return ElementTree.fromstring(to_svg(card(compare_runs(runs), **options), "title", "description"))


def texts(svg):
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


CASES = {
    "one run": sweep([0.0]),
    "four values": sweep(DECADES[::3]),
    "three seeds": sweep(DECADES[::3], seeds=3),
    "twelve values": sweep(DECADES, seeds=2),
    "many of two fields": [
        known(run(rows(3), batch_size=size, optimizer=name)) for size in range(1, 20) for name in ("adam", "sgd")
    ],
    "long name": sweep([0.0, 1.0], dataset="a very long name of a folder " * 6),
    "one long word": sweep([0.0, 1.0], dataset="W" * 200),
    "one epoch": sweep([0.0, 1.0], epochs=1),
    "a thousand epochs": sweep([0.0, 1.0], epochs=1000),
    "from elsewhere": [*sweep([0.0, 1.0]), *bundle.read(bundle.write(sweep([0.0, 1.0], seeds=3)))],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_card_is_always_as_wide_so_nothing_reaches_out_of_it(name, dark):
    svg = drawn(CASES[name], dark=dark)
    assert svg.get("width") == "1200"
    assert 600 < float(svg.get("height")) < 1800
    assert BACKGROUND[dark] in ElementTree.tostring(svg, "unicode")
    assert not any("NaN" in text or "undefined" in text for text in texts(svg))


def sheets(spec):
    """The rows of text of each view, as (x, y, width, text)."""
    for view in (inner for part in spec["vconcat"] for inner in part.get("hconcat", [part])):
        found = [layer["data"]["values"] for layer in view["layer"] if "values" in layer.get("data", {})]
        yield [line for values in found for line in values if "text" in line]


@pytest.mark.parametrize("name", CASES)
def test_no_two_texts_lie_over_one_another(name):
    for lines in sheets(card(compare_runs(CASES[name]))):
        spans: dict[float, list[tuple[float, float]]] = {}
        for line in lines:
            width = measured(line["text"], line["size"], line["weight"] == "bold", "Menlo" in line["font"])
            start = line["x"] - width if line["align"] == "right" else line["x"]
            spans.setdefault(line["y"], []).append((start, start + width))
        for along in spans.values():
            along.sort()
            assert all(end <= start for (_, end), (start, _) in pairwise(along))


@pytest.mark.parametrize("x", ["epoch", "updates", "images", "seconds"])
@pytest.mark.parametrize("log_loss", [False, True])
def test_every_axis_is_drawn(x, log_loss):
    assert drawn(CASES["three seeds"], x=x, log_loss=log_loss).get("width") == "1200"


def test_it_says_what_is_compared_and_how_it_ended():
    found = texts(drawn(CASES["three seeds"]))
    for text in (
        "Weight decay: article-cnn on made up · λ 0, 1e-4, 3e-3 and 0.1; the same for all: lr 1e-4, batch 32, Adam",
        "Test accuracy",
        "Train loss (nats)",
        "Test loss (nats)",
        "Last test accuracy against weight decay",
        "Test accuracy after 4 epochs",
        "80.2%",
        "Different, or noise?",
        "Trained by hpviz 0.1.0 in fp32 on Some CPU, " + CASES["three seeds"][0]["updated"][:10],
    ):
        assert text in found
    assert Story(compare_runs(CASES["three seeds"])).headline in " ".join(found)
    assert any(text.startswith("Different: λ 0 is") for text in found)
    assert any(text.startswith("python -m hpviz sweep weight-decay") for text in found)


def test_one_seed_says_so():
    told = " ".join(texts(drawn(CASES["four values"])))
    assert "One seed each: any difference may be luck. Two more seeds would tell." in told


def test_runs_from_elsewhere_are_told():
    assert any("6 imported runs of 8, from Some CPU" in text for text in texts(drawn(CASES["from elsewhere"])))


def test_a_short_link_is_on_it_and_a_long_one_is_not():
    link = "http://127.0.0.1:8501/compare?runs=abc"
    assert link in texts(drawn(CASES["one run"], link=link))
    assert not any("http" in text for text in texts(drawn(CASES["one run"], link=link + "x" * 1_000)))


def test_a_diverged_run_is_told():
    runs = sweep([0.0, 1.0], seeds=2)
    for document in runs[2:]:
        document["epochs"][-1].update(test_loss=None, test_accuracy=None)
        move(document, "diverged", "A loss was no longer finite.")
    found = texts(drawn(runs))
    assert "diverged" in found
    assert "0/2 ▲" in found
    assert any("2 of 2 seeds of λ 1 diverged" in text for text in found)


def test_seeds_that_diverged_beside_others_are_named_wherever_a_mean_stands():
    runs = sweep([0.0, 1.0], seeds=4)
    for document in runs[6:]:
        document["epochs"][-1].update(test_loss=None, test_accuracy=None)
        move(document, "diverged", "A loss was no longer finite.")
    found = texts(drawn(runs))
    assert "2/4 ▲" in found
    assert found.count("2 of 4 diverged") == 1  # on the plot by value
    assert found.count("2 of 4") >= 3  # on each curve, beside the triangle
    told = " ".join(found)
    assert "2 of 4 seeds of λ 1 diverged: means are those of the others" in told
    assert "2 of 4 seeds of λ 1 diverged and count as guessing" in told


@pytest.mark.parametrize("name", [HOSTILE, "\x00\x1b\u202eabc", "=cmd|' /C calc'!A0", "\n\n", "{{datum.x}}", "森 🌲"])
def test_names_are_shown_as_they_are_or_made_harmless(name):
    svg = drawn([known(run(rows(2), dataset=name, fingerprint=digit * 64)) for digit in "01"])
    assert svg.get("width") == "1200"
    if name == HOSTILE:
        assert any(HOSTILE in text for text in texts(svg))
        assert not list(svg.iter("b"))


def test_the_specification_holds_its_data_and_nothing_to_fetch():
    spec = json.dumps(card(compare_runs(CASES["three seeds"])), allow_nan=False)
    assert '"url"' not in spec
    assert spec.count("http") == 1  # its schema


def test_it_does_not_matter_what_altair_is_set_to():
    expected = drawn(CASES["three seeds"])
    with alt.data_transformers.enable("json", urlpath="/nowhere"), alt.theme.enable("dark"):
        found = drawn(CASES["three seeds"])
    assert texts(found) == texts(expected)
    assert len(list(found.iter())) == len(list(expected.iter()))


def test_a_run_under_way_is_told():
    runs = sweep([0.0, 1.0], seeds=2)
    move(runs[0], "running")
    assert any("1 run still training when this was drawn" in text for text in texts(drawn(runs)))
