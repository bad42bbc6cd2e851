"""The pages of all declared studies: each opens, is found in the navigation and has an address of its own."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from hpviz.hyperparameters import spell
from hpviz.studies import IMAGE_SIZE, OPTIMIZER, STUDIES, TRAINING_IMAGES, tuned_for
from tests.app.pages import fold, open_page, remember, texts

MORE = [study for study in STUDIES.values() if not study.article_values]


def slider(app):
    return app.select_slider[0]


@pytest.mark.parametrize("study", MORE, ids=lambda study: study.name)
def test_the_page_of_every_study_opens_and_its_slider_has_its_name_and_its_values(runner, study):
    app = open_page(study)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == study.title
    assert slider(app).label == study.title
    # Of no class can more be drawn than the scenes have: 300.
    values = [value for value in study.slider_values if study is not TRAINING_IMAGES or value <= 300]
    assert list(slider(app).options) == [spell(value) for value in values]
    assert study.question in texts(app)
    assert all(line in texts(app) for line in study.expectations)
    assert "Parameters" in texts(fold(app, "Cost", study.name))


@pytest.mark.parametrize("study", MORE, ids=lambda study: study.name)
def test_what_is_studied_is_not_among_what_is_held_and_words_are_not_typed(runner, study):
    app = open_page(study)
    widgets = [*app.text_input, *app.number_input, *app.selectbox]
    assert f"{study.name}:{study.field}" not in {widget.key for widget in widgets}
    assert ("Exact value" in {widget.label for widget in widgets}) == bool(study.hyperparameter.kind)


@pytest.mark.parametrize("study", MORE, ids=lambda study: study.name)
def test_runs_of_its_values_are_on_its_page_with_curves_plot_and_judgement(runner, study):
    low, high = study.quick_values[:2]
    for seed in range(2):
        remember(runner, 8, study=study, **{study.field: low}, seed=seed, top=0.5, **ends(study, low))
        remember(runner, 8, study=study, **{study.field: high}, seed=seed, top=0.9, **ends(study, high))
    app = open_page(study)
    assert not app.exception
    assert len([chart for chart in app.get("vega_lite_chart") if "The table" in chart.proto.alt]) == 5
    fold(app, "Table", study.name)
    assert list(app.dataframe[0].value["value"]) == [study.hyperparameter.spell(each) for each in (low, high)]
    assert list(app.dataframe[0].value["seeds"]) == ["2", "2"]


def ends(study, value):
    """What a value brings with it: a schedule that ends its horizon, an optimiser its learning rate."""
    horizon = {"horizon": 8} if study.field == "schedule" and value != "constant" else {}
    return {**horizon, **tuned_for({study.field: value})}


def test_pages_have_the_names_of_their_studies_as_addresses_and_none_has_another_s():
    told = [text.value for text in AppTest.from_function(addressed, default_timeout=60).run().text]
    # The first is where the app opens, so its address is bare.
    assert told == ["", *(study.name.replace("-", "_") for study in list(STUDIES.values())[1:])]
    assert "training_images" in told


def addressed():
    import streamlit as st

    from hpviz.studies import STUDIES
    from hpviz.ui.navigation import study_page

    for study in STUDIES.values():
        st.text(study_page(study).url_path)


@pytest.mark.parametrize(("study", "text", "value"), [(TRAINING_IMAGES, "300", 300), (IMAGE_SIZE, "96", 96)])
def test_in_the_address_of_its_own_page_a_field_is_the_slider_and_elsewhere_it_is_held(runner, study, text, value):
    own = open_page(study, **{study.field: text})
    assert not own.warning
    assert slider(own).value == spell(value) or slider(own).value == value
    assert own.query_params[study.field] in ([text], text)
    other = open_page(OPTIMIZER, **{study.field: text})
    assert not other.warning
    assert other.number_input(key=f"optimizer:{study.field}").value == value
    assert slider(other).value == "adam"


def test_a_number_of_images_that_the_slider_lacks_is_complained_of(runner):
    app = open_page(TRAINING_IMAGES, per_class="7")
    assert "per_class" in app.warning[0].value.replace("\\", "")
    assert not app.exception


def navigated():
    import streamlit as st

    from hpviz.ui.navigation import pages

    for section, found in pages().items():
        for page in found:
            st.text(f"{section}/{page.title}")


def test_the_menu_of_the_page_that_is_open_is_marked_as_that_page_would_be(monkeypatch):
    def told(url):
        monkeypatch.setattr(type(st.context), "url", url)
        return [text.value for text in AppTest.from_function(navigated, default_timeout=60).run().text]

    assert "**More studies**/Image size" in told("http://127.0.0.1:8501/training_images")
    assert "More studies/Image size" in told("http://127.0.0.1:8501/")
    assert told("http://127.0.0.1:8501/training_images")[0] == "/Overview"


def test_a_value_with_a_unit_stays_hidden_in_the_address(runner):
    for size in (32, 48):
        remember(runner, 8, study=IMAGE_SIZE, image_size=size)
    app = open_page(IMAGE_SIZE, hidden="32 px")
    assert not app.warning
    assert app.pills[0].value == ["48 px"]
    assert "".join(app.query_params["hidden"]) == "32 px"
