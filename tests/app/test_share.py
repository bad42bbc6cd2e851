"""The share popover: nothing before it is opened, then the card, five files and the link."""

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.home import default_cache
from hpviz.runs.store import RunStore
from tests.analysis.made_up_runs import rows, run

LINK = "http://127.0.0.1:8501/compare?runs=abc"


def page():
    from hpviz.analysis.comparison import compare_runs
    from hpviz.home import default_cache
    from hpviz.runs.store import RunStore
    from hpviz.ui.share import show_share

    link = "http://127.0.0.1:8501/compare?runs=abc"
    show_share(compare_runs(RunStore(default_cache()).runs()), x="updates", log_loss=True, link=link)


@pytest.fixture
def app():
    store = RunStore(default_cache())
    for decay in (0, 0.01):
        document = run(rows(3), weight_decay=decay, dataset="<b>$$ :red[x]")
        document["inputs"].update(classes=["a", "b"], test_images=100)
        store.put(document)
    store.close()
    return AppTest.from_function(page, default_timeout=60)


def opened(app):
    app.session_state["share"] = True
    return app.run()


def test_a_closed_popover_draws_nothing(app):
    app.run()
    assert not app.exception
    assert not app.get("image")
    assert not app.get("download_button")


@pytest.mark.parametrize("form", ["svg", "html", "csv", "json"])
def test_the_file_is_of_the_kind_that_was_chosen(app, form):
    opened(app)
    next(choice for choice in app.button_group if choice.label == "As").set_value(form).run()
    assert not app.exception
    assert [button.label for button in app.get("download_button")] == [f"Download {form.upper()}"]


def test_an_open_popover_has_the_card_the_file_and_the_link(app):
    opened(app)
    assert not app.exception
    (image,) = app.get("image")
    assert "Weight decay: article-cnn on" in str(image.proto)
    assert [button.label for button in app.get("download_button")] == ["Download PNG"]
    assert [code.value for code in app.code] == [LINK]


def test_a_hostile_name_is_no_markdown(app):
    opened(app)
    assert not any(":red[" in element.value for element in app.markdown)
