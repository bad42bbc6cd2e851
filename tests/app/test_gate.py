"""The gate on the pages: folders that may not be read, and pages that only show."""

import os
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from hpviz import gate
from hpviz.home import default_cache
from hpviz.runs import bundle
from hpviz.runs import desk as desks
from hpviz.runs import runner as runners
from hpviz.runs.crew import Wish
from hpviz.studies import STUDIES
from hpviz.ui.data_address import FOLDERS_NOTE
from hpviz.ui.study.launcher import SHOWN
from tests.app.pages import ROOT, fold, open_page, page, remember

REFUSED = "does not lie in"
PAGES = [file.stem for file in sorted((ROOT / "hpviz/ui/pages").glob("*.py"))]


def errors(app):
    assert not app.exception
    return " ".join(error.value for error in app.error).replace("\\", "")


# Folders


@pytest.fixture
def elsewhere(folder, for_pages, tmp_path):
    """A folder that may not be read, where another may."""
    for_pages(HPVIZ_ROOTS=folder)
    (tmp_path / "private/cat").mkdir(parents=True)
    return str(tmp_path / "private")


def test_a_folder_elsewhere_is_not_added_and_one_below_a_root_is(runner, elsewhere, folder):
    app = page("data").run()
    app.text_input(key="folder").set_value(elsewhere).run()
    assert REFUSED in errors(app)
    assert runner.store.noted_texts(FOLDERS_NOTE) == []
    app.text_input(key="folder").set_value(folder).run()
    assert not errors(app)
    assert runner.store.noted_texts(FOLDERS_NOTE) == [folder]


@pytest.mark.parametrize("name", ["data", "learning_rate", "overview"])
def test_a_folder_that_was_added_before_stays_listed_and_is_not_read(runner, elsewhere, name):
    runner.store.note(FOLDERS_NOTE, [elsewhere])
    app = page(name, **{"judged" if name == "overview" else "data": elsewhere}).run()
    assert REFUSED in errors(app)
    assert any(elsewhere in box.options for box in app.selectbox)
    assert desks.shared(runner.cache).known(("identify", elsewhere)) is None


def test_an_address_names_no_folder_that_was_never_added(runner, elsewhere):
    app = page("data", data=elsewhere).run()
    assert not app.exception
    assert elsewhere not in app.selectbox(key="data").options
    assert desks.shared(runner.cache).known(("identify", elsewhere)) is None


def test_a_file_of_weights_elsewhere_is_refused_in_a_sentence(runner, elsewhere):
    app = page("learning_rate").run()
    for name, value in (("model", "resnet18"), ("weights", "ImageNet"), ("weights_file", f"{elsewhere}/net.pth")):
        app.session_state[f"learning-rate:{name}"] = value
    app.run()
    assert REFUSED in errors(app)


def test_a_variable_that_cannot_be_understood_is_all_that_a_page_says(runner, monkeypatch):
    monkeypatch.setenv(gate.ROOTS, "/not/there")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "HPVIZ_ROOTS names '/not/there', which is no folder" in errors(app)
    assert not app.title
    assert not app.button


# Pages that only show

# What changes nothing but the view, and takes nothing but the time of drawing it.
HARMLESS = re.compile(
    r"Predict|Other samples|Clear|Add all \d+|Compare|Try again|Show without a guess|Leave it|"
    r"(Previous|Next) photo|Look at .*|Open in Compare|.*: \d+ runs|Share|Export|Use .*|Add a folder of your own"
)


NOTHING_THERE = {"Predict", "Share"}  # where there is nothing to guess, or to share
ALL = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}  # of the table on the Runs page


def files(cache):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in cache.rglob("*") if path.is_file()}


@pytest.fixture
def showing(runner, work, for_pages, monkeypatch, folder):
    """The pages' runner where they only show, with runs, one of them stopped, and the cache's files before."""
    for seed in (0, 1):
        remember(runner, 8, learning_rate=1e-4, seed=seed)
    remember(runner, 3, "stopped", learning_rate=1e-3)
    runner.store.note(FOLDERS_NOTE, [folder])
    runner.close()
    work.started.clear()
    for_pages(HPVIZ_READ_ONLY=1)
    made = runners.Runner(default_cache(), "cpu", work, Wish(jobs=1))
    monkeypatch.setattr(runners, "shared", lambda cache: made)
    st.cache_resource.clear()
    made.before = files(made.cache), made.runs()
    yield made
    made.close()


def unchanged(runner, work):
    assert (files(runner.cache), runner.runs()) == runner.before
    assert (runner.queue(), runner.is_paused, runner.wish, work.started) == ([], False, Wish(jobs=1), [])


def controls(app):
    return [*app.button, *app.text_input, *app.number_input, *app.checkbox, *app.get("file_uploader")]


@pytest.mark.parametrize("name", [*PAGES, "dropout"])
def test_every_page_shows_what_is_here_and_no_click_changes_anything(showing, work, name):
    app = open_page(STUDIES["dropout"]) if name == "dropout" else page(name).run()
    assert not app.exception
    assert app.title
    for button in app.button:
        assert button.disabled or HARMLESS.fullmatch(button.label.replace("\\", "")), button.label
    for button in app.button:
        if button.disabled:
            forged(button).click()
    app.run()
    unchanged(showing, work)


def forged(control):
    """A control that is off, for a message that no browser sends."""
    control.proto.disabled = False
    return control


def drawn(name):
    """A page, on that of runs with two of them chosen."""
    app = page(name).run()
    if name == "runs":
        app.session_state[table_of(app).key] = ALL
        app.run()
    return app


def table_of(app):
    return next(frame for frame in app.dataframe if "test accuracy" in frame.value)


@pytest.mark.parametrize("name", ["learning_rate", "runs"])
def test_a_page_that_was_drawn_before_changes_nothing_either(runner, work, for_pages, name):
    remember(runner, 8, learning_rate=1e-4)
    remember(runner, 3, "stopped", learning_rate=1e-3)
    labels = [each.label for each in drawn(name).button if not (each.disabled or HARMLESS.fullmatch(each.label))]
    assert len(labels) >= 3
    runner.before = files(runner.cache), runner.runs()
    for label in labels:
        os.environ.pop(gate.FOR_PAGES, None)
        gate.current.cache_clear()
        app = drawn(name)
        for_pages(HPVIZ_READ_ONLY=1)
        next(each for each in app.button if each.label == label).click().run()
        unchanged(runner, work)


@pytest.mark.parametrize(("name", "count"), [("runs", 3), ("data", 2)])
def test_what_is_off_says_why_and_has_no_price(showing, name, count):
    app = drawn(name)
    off = [button for button in app.button if button.disabled and not HARMLESS.fullmatch(button.label)]
    assert len(off) >= count
    assert all(button.help == gate.ONLY_SHOWN for button in off)
    assert not any(re.search(r"about|min\b|\ds\b", button.label) for button in off)


@pytest.mark.parametrize("address", [{}, {"batch_size": "48"}], ids=["with runs", "without"])
def test_a_study_says_what_can_be_done_and_offers_nothing_that_cannot(showing, address):
    app = page("learning_rate", **address).run()
    for tab in ("Table", "What the article claims"):
        fold(app, tab)
        assert not [button.label for button in app.button if button.disabled and button.label not in NOTHING_THERE]
        assert not any(box.disabled for box in [*app.text_input, *app.checkbox])
        said = " ".join(element.value for element in (*app.caption, *app.info, *app.markdown)).replace("\\", "")
        assert not re.search(r"Move the slider|about \d|What would settle|Run a list", said)
        assert SHOWN in said
        assert ("No run of this setting is recorded here." in said) == bool(address)


def test_every_page_says_above_all_that_it_only_shows(showing):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert gate.ONLY_SHOWN in app.caption[0].value.replace("\\", "")


def test_the_slider_moves_and_trains_nothing(showing, work):
    app = page("learning_rate").run()
    slider = app.select_slider(key="learning-rate:slider")
    slider.set_value(slider.options[0] if slider.value != slider.options[0] else slider.options[1]).run()
    assert not errors(app)
    assert showing.proposed(next(iter(showing._proposals), "")) is None
    unchanged(showing, work)


def test_chosen_runs_are_compared_and_exported_and_nothing_else(showing, work):
    app = drawn("runs")
    assert len(app.session_state["runs:chosen"]) == 2
    for name in ("stop", "resume", "extend", "free", "delete", "free all", "free data"):
        assert app.button(key=f"runs:{name}").disabled, name
        forged(app.button(key=f"runs:{name}")).click().run()
        assert not app.exception
    assert not app.button(key="runs:compare").disabled
    assert not app.get("download_button")[0].proto.disabled
    assert app.number_input(key="runs:more").disabled
    unchanged(showing, work)


def test_a_folder_is_shown_and_neither_added_nor_forgotten(showing, work, folder, tmp_path):
    app = page("data", data=folder).run()
    assert app.text_input(key="folder").disabled
    forged(app.text_input(key="folder")).set_value(str(tmp_path)).run()
    forget = next(button for button in app.button if button.label == "Forget this folder")
    assert forget.disabled
    forged(forget).click().run()
    assert app.selectbox(key="data").value == folder
    assert showing.store.noted_texts(FOLDERS_NOTE) == [folder]
    unchanged(showing, work)


def test_runs_of_a_link_are_named_and_not_trained(showing, work):
    app = page("learning_rate", values="1e-2:0-3").run()
    offer = next(button for button in app.button if button.key == "learning-rate:train linked")
    assert offer.disabled
    forged(offer).click().run()
    unchanged(showing, work)


def test_a_bundle_is_not_taken_in(showing, work):
    from hpviz.ui.runs.importing import take_in

    assert take_in(showing.store, bundle.write(showing.runs())) == (False, gate.ONLY_SHOWN)
    unchanged(showing, work)


def test_tabs_that_look_into_nets_say_what_nobody_has_found_yet(showing, work):
    app = fold(page("learning_rate").run(), "What the net learned")
    for tab in ("Photos", "On one photo", "Landscape", "Sharpness", "Gradient noise", "Kernels and weights"):
        app.session_state["learning-rate:learned"] = tab
        app.run()
        assert not app.exception
        assert all(button.disabled or HARMLESS.fullmatch(button.label.replace("\\", "")) for button in app.button), tab
    unchanged(showing, work)


def test_the_cache_of_the_pages_is_the_one_that_is_shown(showing):
    assert showing.cache == Path(default_cache())
