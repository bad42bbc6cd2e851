"""What is on a page is in its address, and an address can ask for no more than the page offers."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from hpviz import links
from hpviz.analysis.comparison import compare_runs
from hpviz.charts.card import card
from hpviz.charts.export import export
from hpviz.data import catalogue, public_name
from hpviz.runs import desk as desks
from hpviz.spec import RunSpec
from hpviz.studies import LEARNING_RATE, WEIGHT_DECAY
from hpviz.ui import share
from hpviz.ui.data_address import FOLDERS_NOTE
from tests.app.pages import ROOT, drawer, fold, open_page, page, press, remember, texts


def address(app):
    return {name: texts if isinstance(texts, str) else ",".join(texts) for name, texts in app.query_params.items()}


def widget(app, kind, label):
    return next(found for found in getattr(app, kind) if found.label == label)


def visited(name, **entries):
    """A page of the app, as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if name != "learning_rate":
        app.run().switch_page(f"hpviz/ui/pages/{name}.py")
    for entry, text in entries.items():
        app.query_params[entry] = text
    return app.run()


def test_a_page_as_the_preset_has_it_has_a_bare_address(runner):
    assert address(open_page(LEARNING_RATE)) == {}


def test_an_address_opens_the_page_as_it_was(runner):
    app = open_page(WEIGHT_DECAY, epochs="4", optimizer="adamw", weight_decay="0.1", learning_rate="3e-4", seed="7")
    assert not app.exception
    assert not app.warning
    assert widget(app, "number_input", "Epochs").value == 4
    assert widget(app, "number_input", "Seed").value == 7
    assert widget(app, "selectbox", "Optimiser").value == "adamw"
    assert widget(app, "text_input", "Held learning rate").value == "3e-4"
    assert widget(app, "select_slider", "Weight decay").value == 0.1
    assert "4 epochs" in drawer(app)


def test_the_value_that_others_are_held_against_joins_the_address(runner):
    for rate in (1e-4, 1e-2):
        remember(runner, 8, learning_rate=rate)
    app = fold(open_page(LEARNING_RATE), "Table")
    widget(app, "selectbox", "Baseline").set_value("1e-4").run()
    assert not app.exception
    assert address(app) == {"values": "1e-4:0,1e-2:0", "baseline": "1e-4"}
    again = fold(open_page(LEARNING_RATE, **address(app)), "Table")
    assert not again.warning
    assert widget(again, "selectbox", "Baseline").value == "1e-4"


def test_what_is_chosen_joins_the_address(runner, work):
    work.gate.clear()
    app = open_page(LEARNING_RATE)
    widget(app, "number_input", "Epochs").set_value(5).run()
    widget(app, "select_slider", "Learning rate").set_value(3e-3).run()
    assert address(app) == {"epochs": "5", "learning_rate": "3e-3"}
    widget(app, "number_input", "Epochs").set_value(8).run()
    assert "epochs" not in address(app)


def test_an_address_is_read_against_its_own_preset(runner):
    app = open_page(WEIGHT_DECAY, preset="article", data="scenes", epochs="3")
    assert widget(app, "number_input", "Image size (px)").value == 150
    assert widget(app, "number_input", "Epochs").value == 3
    assert address(app) == {"preset": "article", "data": "scenes", "epochs": "3"}


def test_the_runs_on_the_screen_are_in_the_address(runner):
    for value in (1e-4, 1e-2):
        for seed in range(2):
            remember(runner, 8, learning_rate=value, seed=seed)
    app = open_page(LEARNING_RATE)
    assert address(app) == {"values": "1e-4:0-1,1e-2:0-1"}
    app.pills[0].set_value(["1e-4"]).run()
    assert address(app)["hidden"] == "1e-2"
    again = open_page(LEARNING_RATE, **address(app))
    assert again.pills[0].value == ["1e-4"]


def test_an_address_names_the_seeds_of_every_value_and_no_others(runner):
    for value, seed in ((1e-4, 0), (1e-4, 1), (1e-4, 5), (1e-2, 3)):
        remember(runner, 8, learning_rate=value, seed=seed)
    opened = address(open_page(LEARNING_RATE))
    assert opened == {"values": "1e-4:0-1,1e-4:5,1e-2:3"}
    assert "not on this machine" not in texts(open_page(LEARNING_RATE, **opened))


def test_runs_of_an_address_that_are_not_here_are_offered_for_training(runner):
    remember(runner, 8, learning_rate=1e-4)
    app = open_page(LEARNING_RATE, values="1e-4:0-1,2e-3:0,2e-3:7")
    assert "3 runs that this link shows are not on this machine: lr 1e-4 and 2e-3" in texts(app)
    press(app, "Train them")
    runs = {(run["spec"]["learning_rate"], run["spec"]["seed"]) for run in runner.runs()}
    assert runs == {(1e-4, 0), (1e-4, 1), (2e-3, 0), (2e-3, 7)}


def test_an_address_does_not_lose_what_it_asks_for(runner):
    assert address(open_page(LEARNING_RATE, values="2e-3")) == {"values": "2e-3:0"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("epochs", "0"),
        ("epochs", "1e999"),
        ("epochs", "NaN"),
        ("epochs", "٣"),
        ("seed", "-1"),
        ("image_size", "100000"),
        ("per_class", "x" * 100_000),
        ("held", "1"),
        ("data", "/etc"),
        ("data", "../../etc"),
        ("optimizer", "__import__('os')"),
        ("learning_rate", "5"),
        ("values", "1e-4,,"),
        ("values", ",".join(["1e-4"] * 500)),
        ("values", "1e-4:0-999999999"),
        ("values", "1e-4:5-2"),
        ("values", "1e-4:-1"),
        ("values", "nan"),
        ("weight_decay", "<script>"),
        ("x", "hours"),
        ("log", "yes"),
        ("x", ["epoch", "seconds"]),
        ("<b>:red[a]$$", "1"),
    ],
)
def test_what_a_page_does_not_offer_is_left_out_and_said_so(runner, name, text):
    app = open_page(LEARNING_RATE, **{name: text, "batch_size": "16"})
    assert not app.exception
    if (name, text) != ("epochs", "٣"):  # a digit is a digit in any script
        assert "left out" in app.warning[0].value
        assert name not in address(app)
    assert address(app)["batch_size"] == "16"


def test_ten_thousand_entries_change_nothing(runner):
    app = page("learning_rate", **{f"key{number}": "1" for number in range(900)}).run()
    assert not app.exception
    assert "and 895 more" in app.warning[0].value
    assert address(app) == {}


def test_a_folder_is_opened_by_an_address_only_if_it_was_added_here(runner, folder):
    assert "left out" in open_page(LEARNING_RATE, data=folder).warning[0].value
    runner.store.note(FOLDERS_NOTE, [folder])
    app = open_page(LEARNING_RATE, data=folder)
    assert not app.warning
    assert app.selectbox[0].value == folder


@pytest.fixture
def here(folder, tmp_path):
    """A folder below one that a person's name is part of."""
    return str(shutil.copytree(folder, tmp_path / "home" / "ada lovelace" / "squares"))


@pytest.mark.parametrize(
    ("name", "entry", "key"),
    [("learning_rate", "data", "learning-rate:data"), ("overview", "judged", "judged"), ("data", "data", "data")],
)
def test_an_address_names_a_folder_by_what_is_in_it_and_never_by_where_it_lies(runner, here, name, entry, key):
    runner.store.note(FOLDERS_NOTE, [here])
    app = visited(name, **{entry: here})  # as earlier versions wrote it
    assert not app.warning
    assert app.selectbox(key=key).value == here
    told = address(app)
    assert re.fullmatch("squares:[0-9a-f]{12}", told[entry])
    assert "lovelace" not in str(told)
    # Elsewhere the same images may be called otherwise, and lie anywhere.
    moved = shutil.move(here, Path(here).with_name("moved"))
    other = shutil.copytree(moved, Path(moved).parent / "other")
    (other / "train" / "dark" / "0.png").unlink()
    runner.store.note(FOLDERS_NOTE, [str(other), str(moved)])
    app = visited(name, **told)
    assert not app.warning
    assert app.selectbox(key=key).value == str(moved)
    assert address(app)[entry] == told[entry].replace("squares", "moved")


@pytest.mark.parametrize("name", ["learning_rate", "overview", "data"])
def test_a_link_about_images_that_are_not_here_says_so(runner, folder, name):
    runner.store.note(FOLDERS_NOTE, [folder, "/no/longer/there"])
    entry = "judged" if name == "overview" else "data"
    app = visited(name, **{entry: "photos of <b>:0123456789ab"})
    told = app.warning[0].value.replace("\\", "")
    assert "the images of “photos of <b>”, which are not on this machine: add their folder on the Data page" in told
    assert len(app.warning) == 1
    assert app.selectbox[0].value == "scenes"


def test_what_is_shared_of_a_folder_does_not_say_where_it_lies(runner, here):
    runner.store.note(FOLDERS_NOTE, [here])
    app = open_page(LEARNING_RATE, data=here)
    identity = desks.shared(runner.cache).identify(catalogue.resolve(here, runner.cache))
    assert identity.wait(60)
    for value in (1e-4, 1e-3):
        run = remember(runner, 8, learning_rate=value)
        spec = {**run["spec"], "dataset": "squares", "fingerprint": identity.result.fingerprint}
        runner.store.put({**run, "id": RunSpec(**spec).run_id, "spec": spec, "inputs": {**run["inputs"], "data": here}})
    app.run()
    ours = [run for run in runner.runs() if run["spec"]["dataset"] == "squares"]
    comparison, link = compare_runs(ours, "learning_rate"), f"http://localhost:8501/?{urlencode(app.query_params)}"
    written = [export(comparison, form, link=link).decode() for form in ("svg", "html", "csv", "json")]
    for text in (link, *written, json.dumps(card(comparison, link=link)), links.encode({"a": ours[0]["spec"]}, 8)):
        assert "lovelace" not in text
        assert str(Path.home()) not in text
    assert "squares" in link
    assert all("squares" in text for text in written)


@pytest.mark.parametrize("shape", ["home/{}", "Users/{}", "home/x/{} photos", "home/x/C:\\\\Users\\\\{}"])
def test_a_folder_that_bears_somebodys_name_is_shared_without_it(runner, folder, tmp_path, monkeypatch, shape):
    monkeypatch.setattr(public_name, "_owners", lambda: frozenset({"lovelace"}))
    here = str(shutil.copytree(folder, tmp_path / shape.format("lovelace")))
    runner.store.note(FOLDERS_NOTE, [here])
    app = visited("learning_rate", data=here)
    assert app.selectbox(key="learning-rate:data").value == here
    assert re.fullmatch("images:[0-9a-f]{12}", address(app)["data"])
    run = remember(runner, 8, learning_rate=1e-4)
    run["spec"]["dataset"], run["inputs"]["data"] = Path(here).name, here
    comparison = compare_runs([run])
    for text in (export(comparison, form).decode() for form in ("svg", "html", "csv", "json")):
        assert "lovelace" not in text
    again = visited("learning_rate", **address(app))
    assert again.selectbox(key="learning-rate:data").value == here


def test_a_link_names_the_runs_from_elsewhere_too_though_the_address_need_not(runner, references, monkeypatch):
    monkeypatch.setattr(share, "is_only_here", lambda address: False)
    foreign = [remember(runner, 8, learning_rate=value, seed=seed) for value in (1e-4, 1e-2) for seed in range(2)]
    references(foreign)
    for run in foreign[1:]:
        runner.delete(run["id"])
    app = open_page(LEARNING_RATE)
    app.session_state["share"] = True
    app.run()
    link = next(code.value for code in app.code if "values=" in code.value)
    assert "values=1e-4%3A0%2C1e-2%3A0-1" in link  # of 1e-4 one's own run is on the screen, and no other
    assert address(app) == {"values": "1e-4:0"}


def test_an_address_of_a_megabyte_is_ignored(runner):
    app = open_page(LEARNING_RATE, epochs="x" * 1_000_000)
    assert not app.exception
    assert widget(app, "number_input", "Epochs").value == 8
