"""Files that leave: sharp pictures, drawings that can be read aloud, pages that fetch nothing, honest tables."""

import codecs
import csv
import io
import json
import re
import threading
from html.parser import HTMLParser
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest
from PIL import Image

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.export import EPOCH_COLUMNS, RUN_COLUMNS, export, file_name, vega_lite
from hpviz.charts.lettering import drawable
from hpviz.runs import bundle
from hpviz.runs.document import move
from tests.charts.test_card import HOSTILE, known, sweep

SVG = "{http://www.w3.org/2000/svg}"
FORMATS = ("png", "svg", "html", "csv", "json")


@pytest.fixture(scope="module")
def comparison():
    return compare_runs(sweep([0.0, 0.01, 1.0], seeds=2))


def test_the_picture_is_large_and_notes_its_resolution(comparison):
    picture = Image.open(io.BytesIO(export(comparison, "png")))
    assert picture.format == "PNG"
    assert picture.width == 2400
    assert all(dpi > 199 for dpi in picture.info["dpi"])
    assert picture.convert("RGB").getpixel((3, 3)) == (0xFD, 0xFC, 0xFB)


def test_the_drawing_has_a_text_alternative_and_refers_to_nothing(comparison):
    text = export(comparison, "svg").decode()
    svg = ElementTree.fromstring(text)
    assert svg.get("role") == "img"
    assert svg.find(f"{SVG}title").text == "Weight decay: article-cnn on made up"
    description = svg.find(f"{SVG}desc").text
    assert svg.get("aria-label") == description
    assert "Test accuracy after 4 epochs: λ 0 80.1%; λ 1e-2 77.1%; λ 1 74.1%." in description
    assert "λ 0 is 6.0 points above λ 1 (" in description
    assert not re.search(r"(href|src)=", text)
    assert {found.split("/")[2] for found in re.findall(r"https?://[^\"]+", text)} == {"www.w3.org"}


class Page(HTMLParser):
    """What a page is made of: its tags with their attributes, and its text outside of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self._open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self._open):
            self.words.append(data)


def test_the_page_has_its_language_title_description_and_figures(comparison):
    page = Page(export(comparison, "html").decode())
    tags = dict(page.tags)
    assert tags["html"] == {"lang": "en"}
    assert "Weight decay: article-cnn on made up" in page.words
    (description,) = (values["content"] for tag, values in page.tags if values.get("name") == "description")
    assert description.startswith("Weight decay: article-cnn on made up.")
    assert {"80.1%", "77.1%", "74.1%", "± points", "train s/epoch"} <= set(page.words)
    charts = [values for tag, values in page.tags if values.get("class") == "chart"]
    assert all(values["role"] == "img" and values["aria-label"] for values in charts)
    assert [values["id"] for values in charts] == ["test_accuracy", "train_loss", "test_loss", "isolation"]


def test_the_page_asks_for_nothing_and_forbids_itself_to(comparison):
    page = Page(export(comparison, "html", link="javascript:alert(1)").decode())
    (policy,) = (values["content"] for tag, values in page.tags if "http-equiv" in values)
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert not [values for _, values in page.tags if {"src", "href", "action"} & set(values)]


@pytest.mark.parametrize("name", [HOSTILE, "</script><script>alert(1)</script>", "<!--", "\u2028"])
def test_a_hostile_name_is_text_on_the_page(name):
    runs = [known(document) for document in sweep([0.0, 1.0], dataset=name)]
    whole = export(compare_runs(runs), "html").decode()
    plain = export(compare_runs(sweep([0.0, 1.0])), "html").decode()
    assert [tag for tag, _ in Page(whole).tags] == [tag for tag, _ in Page(plain).tags]
    assert any(drawable(name) in words for words in Page(whole).words)


def table(runs):
    return list(csv.DictReader(io.StringIO(export(compare_runs(runs), "csv").decode())))


def test_every_epoch_of_every_run_is_a_row_with_exact_figures():
    runs = sweep([0.0, 0.01], seeds=2)
    found = table(runs)
    assert len(found) == 4 * 4
    by_id = {document["id"]: document for document in runs}
    for line in found:
        row = by_id[line["run"]]["epochs"][int(line["epoch"]) - 1]
        assert float(line["test_accuracy"]) == row["test_accuracy"]
        assert float(line["train_loss"]) == row["train_loss"]
        assert float(line["weight_decay"]) == by_id[line["run"]]["spec"]["weight_decay"]
    assert {line["label"] for line in found} == {"0", "1e-2"}
    assert set(EPOCH_COLUMNS) <= set(found[0])


def test_all_epochs_of_a_longer_run_are_there():
    assert len(table([*sweep([0.0], epochs=6), *sweep([1.0], epochs=2)])) == 8


def test_what_is_not_finite_is_empty():
    runs = sweep([0.0])
    runs[0]["epochs"][-1].update(test_loss=None, train_loss=None)
    move(runs[0], "diverged", "A loss was no longer finite.")
    assert (table(runs)[-1]["test_loss"], table(runs)[-1]["train_loss"]) == ("", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1+1", "\r=1+1"])
def test_no_cell_is_a_formula(name):
    runs = sweep([0.0], dataset=name)
    runs[0]["machine"]["name"] = name
    (cells,) = csv.reader(io.StringIO(export(compare_runs(runs), "csv").decode().splitlines()[1]))
    assert not [cell for cell in cells if cell.strip()[:1] in tuple("=+-@")]


SIGNS = tuple("=+-@＝＋－＠")


@pytest.mark.parametrize("name", ["＝1+1", "\ufeff=1+1", "\u200b=1+1", "\u00a0@A1", '"=1+1', "a;=1+1", "a; -1;@b"])
def test_no_cell_is_a_formula_to_a_spreadsheet_that_splits_or_trims(name):
    runs = sweep([0.0], dataset=name)
    table = list(csv.reader(io.StringIO(export(compare_runs(runs), "csv").decode("utf-8-sig"))))
    shown = table[1][RUN_COLUMNS.index("dataset")]
    for part in shown.split(";"):
        assert not re.sub('[\\s"\ufeff\u200b]', "", part).startswith(SIGNS), shown


@pytest.mark.parametrize("name", ["фото", "写真", "año", "λ"])
def test_excel_and_pandas_read_every_script_and_numbers_stay_numbers(name):
    runs = sweep([0.0, 0.01], dataset=name)
    data = export(compare_runs(runs), "csv")
    assert data.startswith(codecs.BOM_UTF8)  # by nothing else does Excel know UTF-8
    frame = pd.read_csv(io.BytesIO(data))
    assert list(frame.columns[:2]) == ["run", "label"]
    assert set(frame["dataset"]) == {name}
    assert {frame[column].dtype.kind for column in ("test_loss", "weight_decay", "learning_rate")} == {"f"}
    assert frame["epoch"].dtype.kind == "i"
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [line["run"] for line in lines] == list(frame["run"].astype(str))
    assert float(lines[0]["test_loss"]) == runs[0]["epochs"][0]["test_loss"]


def test_a_table_in_ascii_is_what_it_was():
    assert export(compare_runs(sweep([0.0])), "csv").startswith(b"run,label,")


def test_a_cell_may_hold_quotes_commas_and_lines():
    runs = sweep([0.0], dataset='a,"b"\nc')
    assert {line["dataset"] for line in table(runs)} == {'a,"b" c'}


def test_the_bundle_is_one(comparison):
    theirs = bundle.read(export(comparison, "json"))
    assert [document["epochs"] for document in theirs] == [document["epochs"] for document in comparison.runs]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_named_after_what_is_in_it(comparison, form):
    assert file_name(comparison, form) == f"hpviz-weight-decay-article-cnn-on-made-up.{form}"
    wild = compare_runs(sweep([0.0], dataset="../../etc/passwd\x00 " * 9))
    assert re.fullmatch(r"hpviz-[a-z0-9-]{1,80}\.[a-z]+", file_name(wild, form))


def test_the_version_drawn_is_the_one_that_charts_are_written_for():
    assert alt.SCHEMA_VERSION.startswith(f"v{vega_lite()}")


@pytest.mark.parametrize("form", ["png", "svg", "html"])
def test_drawing_is_right_while_others_draw(comparison, form):
    """Other sessions change Altair's settings, which belong to the whole process, and draw charts of their own."""
    expected, stop, found, failures = export(comparison, form), threading.Event(), [], []

    def disturb():
        while not stop.is_set():
            with alt.data_transformers.enable("json", urlpath="/nowhere"), alt.theme.enable("dark"):
                alt.Chart(alt.InlineData(values=[{"a": 1}])).mark_point().encode(x="a:Q").to_dict()

    def draw():
        try:
            found.append(export(comparison, form))
        except Exception as error:
            failures.append(error)

    others = threading.Thread(target=disturb)
    others.start()
    drawers = [threading.Thread(target=draw) for _ in range(4)]
    for thread in drawers:
        thread.start()
    for thread in drawers:
        thread.join()
    stop.set()
    others.join()
    assert failures == []
    assert found == [expected] * 4


def test_figures_are_rounded_in_drawings_only(comparison):
    text = export(comparison, "html").decode()
    told = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.S).group(1))
    assert all(len(repr(line["test_loss"])) < 10 for line in told["datasets"]["curves"])
