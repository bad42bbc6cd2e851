"""The page of a study whose values are words: its slider has them, and what it launches comes back to it."""

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.studies import OPTIMIZER, SCHEDULE, STUDIES
from tests.app.pages import press_values, texts
from tests.declared import declared
from tests.made_up import until


def script(name):
    from hpviz.studies import find_study
    from hpviz.ui.study.page import show_study

    show_study(find_study(name))


def opened(study, **address):
    app = AppTest.from_function(script, default_timeout=60, args=(study.name,))
    for entry, text in address.items():
        app.query_params[entry] = text
    app.run()
    assert not app.exception
    return app


@pytest.fixture(params=[OPTIMIZER, SCHEDULE], ids=lambda study: study.field)
def study(request):
    with declared(request.param):
        yield request.param


def test_its_slider_offers_its_words_and_no_number_is_asked_for(runner, study):
    app = opened(study)
    assert app.title[0].value == study.title
    assert app.select_slider[0].label == study.title
    assert len(app.select_slider[0].options) == len(study.quick_values)
    assert "Exact value" not in {field.label for field in app.text_input}
    assert study.question in texts(app)
    assert all(line in texts(app) for line in study.expectations)
    assert "What the article claims" not in {header.value for header in app.subheader}


def test_what_its_button_launches_is_on_its_screen_and_in_its_address(runner, study):
    app = opened(study)
    press_values(app)
    until(lambda: [run["status"] for run in runner.runs()] == ["finished"] * len(study.quick_values))
    ended = runner.runs()
    assert [study.value_of(run["spec"]) for run in ended] == list(study.quick_values)
    app.run()
    assert not app.exception
    told = "".join(app.query_params["values"])
    assert sorted(told.split(",")) == sorted(f"{value}:0" for value in study.quick_values)
    again = opened(study, values=told)
    assert not again.warning
    assert len(again.pills[0].options) == len(study.quick_values)


def test_an_address_with_a_word_that_is_none_is_complained_of(runner, study):
    app = opened(study, **{study.field: "lion"})
    assert study.field in app.warning[0].value


def navigated():
    import streamlit as st

    from hpviz.ui.navigation import pages

    for section, found in pages().items():
        for page in found:
            st.text(f"{section}/{page.title}/{page.url_path}")


def test_its_page_is_found_under_more_studies_and_those_of_the_article_stand_first(study):
    told = [text.value for text in AppTest.from_function(navigated).run().text]
    assert f"More studies/{study.title}/{study.field}" in told
    assert told[:5] == [
        "/Overview/overview",
        "/Learning rate/",
        "/Batch size/batch_size",
        "/Kernel width/kernel_width",
        "/Weight decay/weight_decay",
    ]
    assert sum("/" + each.title + "/" in line for line in told for each in STUDIES.values()) == len(STUDIES)
