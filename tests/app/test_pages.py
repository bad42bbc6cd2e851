"""Each page as Streamlit's own test harness runs it."""

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from hpviz.home import default_cache
from hpviz.plan import Setting, request
from hpviz.runs import desk as desks
from hpviz.runs import runner as runners
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.spec import build_spec
from hpviz.studies import LEARNING_RATE, PRESETS
from tests.made_up import Work, row

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def runner(monkeypatch):
    """The pages' runner, with made-up work in place of training."""
    made = runners.Runner(default_cache(), "cpu", Work())
    monkeypatch.setattr(runners, "shared", lambda cache: made)
    monkeypatch.setattr(desks.Desk, "prepare", lambda self, source, image_size: None)
    st.cache_resource.clear()
    yield made
    made.close()
    st.cache_resource.clear()


@pytest.fixture
def app(runner):
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()


def page_spec(runner, **values):
    """The spec that the Learning rate page asks for under its quick preset."""
    from hpviz.data.scenes import SCENES_FINGERPRINT

    preset = PRESETS["quick"]
    fields = {
        "image_size": preset.image_size,
        "per_class": preset.per_class,
        **LEARNING_RATE.settings("quick"),
        **values,
    }
    fields["precision"] = runner.machine()["precision"]
    return build_spec(dataset="scenes", fingerprint=SCENES_FINGERPRINT, **fields)


def remember(runner, epochs, status="finished", **values):
    """Put a run into the store as if it had been trained."""
    run = new_run(page_spec(runner, **values), {"data": "scenes", "weights": None}, 8)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch, accuracy=0.1 * epoch))
    move(run, status)
    runner.store.put(run)
    return run


def charts(app):
    return [chart.proto for chart in app.get("vega_lite_chart")]


def test_an_empty_store_says_what_to_do(app):
    assert not app.exception
    assert app.title[0].value == "Learning rate"
    assert "Move the slider" in app.info[0].value
    assert app.select_slider[0].label == "Learning rate"


def test_what_was_trained_is_there_at_once(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    remember(runner, 8, learning_rate=1e-2)
    app.run()
    assert not app.exception
    assert len(charts(app)) == 3
    assert "for 1e-4, 1e-2" in charts(app)[0].alt
    assert list(app.dataframe[0].value["value"]) == ["1e-4", "1e-2"]


def test_an_epoch_that_arrives_changes_the_data_and_not_the_specification(app, runner):
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    app.run()
    before = [(masked(chart), chart.alt) for chart in charts(app)]
    put_epoch(run, row(3, accuracy=0.9, test_loss=7.0))
    runner.store.put(run)
    app.run()
    assert [(masked(chart), chart.alt) for chart in charts(app)] == before


def masked(chart):
    """A chart's specification with the names of its data sets, which are hashes of the data, taken out."""
    spec = chart.spec
    for place, dataset in enumerate(chart.datasets):
        spec = spec.replace(dataset.name, f"data {place}")
    return json.loads(spec)


def test_the_articles_values_are_queued_by_one_click_and_trained(app, runner):
    app.button[1].click().run()
    assert not app.exception
    asked = {run["spec"]["learning_rate"] for run in runner.runs()}
    assert asked == set(LEARNING_RATE.quick_values)


def test_fixed_values_can_be_changed_and_lead_to_other_runs(app, runner):
    remember(runner, 8, learning_rate=1e-4)
    app.number_input(key="learning-rate:batch_size").set_value(64).run()
    assert not app.exception
    assert "Move the slider" in app.info[0].value
    app.number_input(key="learning-rate:batch_size").set_value(32).run()
    assert len(charts(app)) == 3


def test_an_impossible_setting_is_one_sentence(app):
    app.number_input(key="learning-rate:image_size").set_value(16).run()
    assert not app.exception
    assert "at least 32 px" in app.error[0].value


@pytest.mark.parametrize(("text", "words"), [("fast", "not a number"), ("-1", "greater than 0"), ("1e9", "less than")])
def test_a_wrong_exact_value_is_one_sentence(app, runner, text, words):
    app.text_input(key="learning-rate:exact").set_value(text).run()
    assert words in app.error[0].value
    assert runner.runs() == []


def test_a_diverged_run_is_marked_and_keeps_its_curve(app, runner):
    run = new_run(page_spec(runner, learning_rate=1e-2), {"data": "scenes", "weights": None}, 8)
    put_epoch(run, row(1))
    put_epoch(run, row(2, accuracy=None, train_loss=None, test_loss=None, train_loss_eval=None))
    move(run, "diverged", "The loss became infinite in epoch 2.")
    runner.store.put(run)
    app.run()
    assert not app.exception
    assert len(charts(app)) == 3
    assert app.dataframe[0].value["last"][0] == 0.5


def test_a_stopped_run_can_be_resumed_from_the_page(app, runner):
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    app.run()
    next(button for button in app.button if button.label == "Resume").click().run()
    assert not app.exception
    assert runner.run(run["id"])["history"][-1]["status"] != "stopped"


@pytest.mark.parametrize("page", ["runs", "data"])
def test_the_other_pages_run_with_and_without_runs(app, runner, page):
    app.switch_page(f"hpviz/ui/pages/{page}.py").run()
    assert not app.exception
    remember(runner, 3, learning_rate=1e-4)
    app.run()
    assert not app.exception


def test_a_folder_that_cannot_be_used_is_one_sentence(app):
    app.switch_page("hpviz/ui/pages/data.py").run()
    app.text_input(key="folder").set_value("/no/such/folder").run()
    assert "neither a data set nor a folder" in app.error[0].value


def test_names_from_outside_are_shown_literally():
    from hpviz.ui.text import literal

    assert literal("a $$x$$ :red[b] <img src=x> `c`") == r"a \$\$x\$\$ \:red\[b\] \<img src=x\> \`c\`"


def test_settings_come_from_one_place_for_page_and_command_line(runner):
    from hpviz.data.catalogue import identify, resolve

    source = resolve("scenes", default_cache())
    steps = identify(source, default_cache())
    try:
        while True:
            next(steps)
    except StopIteration as end:
        identity = end.value
    preset = PRESETS["quick"]
    fixed = {"image_size": preset.image_size, "per_class": preset.per_class, **LEARNING_RATE.settings("quick")}
    setting = Setting(source, identity, 8, {**fixed, "precision": runner.machine()["precision"]})
    assert request(setting, learning_rate=1e-4).spec == page_spec(runner, learning_rate=1e-4)
