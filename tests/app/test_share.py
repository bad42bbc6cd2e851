"""The share popover: nothing before it is opened, then a picture, files, and the link or what takes its place."""

import base64
import io
import itertools
import json
import re
import zipfile

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from hpviz.home import default_cache
from hpviz.runs.store import RunStore
from hpviz.site import archive
from hpviz.site.archive import zipped
from hpviz.studies import LEARNING_RATE
from hpviz.ui.study import site as site_of_study
from tests.analysis.made_up_runs import rows, run
from tests.app.pages import open_page
from tests.app.pages import remember as remember_trained

LINK = "http://hpviz.example.org/compare?specs=abc"
HERE = "http://127.0.0.1:8501/compare?specs=abc"


def page(link="http://hpviz.example.org/compare?specs=abc"):
    from hpviz.analysis.comparison import compare_runs
    from hpviz.home import default_cache
    from hpviz.runs.store import RunStore
    from hpviz.ui.share import show_share

    show_share(compare_runs(RunStore(default_cache()).runs()), x="updates", log_loss=True, link=link)


def remember(*runs):
    store = RunStore(default_cache())
    for document in runs:
        document["inputs"].update(classes=["a", "b"], test_images=100)
        store.put(document)
    store.close()


@pytest.fixture
def app():
    remember(*(run(rows(3), weight_decay=decay, dataset="<b>$$ :red[x]") for decay in (0, 0.01)))
    return AppTest.from_function(page, default_timeout=60)


def here():
    """The same page where it is reached from its own machine only."""
    return AppTest.from_function(page, default_timeout=60, kwargs={"link": HERE})


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
    next(choice for choice in app.button_group if choice.label == "Share as").set_value(form).run()
    assert not app.exception
    assert f"Download {form.upper()}" in labels(app)
    assert ("Bundle" in labels(app)) == (form != "json")


def labels(app):
    return [button.label for button in app.get("download_button")]


def test_an_open_popover_has_the_cut_to_copy_or_download_the_bundle_and_the_link(app):
    opened(app)
    assert not app.exception
    (image,) = app.get("image")
    assert "Weight decay: article-cnn on" in str(image.proto)
    (copied,) = app.get("bidi_component")
    told = json.loads(copied.proto.json)
    assert Image.open(io.BytesIO(base64.b64decode(told["png"]))).size == (1200, 630)
    assert told["name"].endswith(".png")
    assert labels(app) == ["Download PNG", "Bundle"]
    assert [code.value for code in app.code] == [LINK]


def test_where_this_machine_alone_reaches_the_page_a_command_takes_the_links_place(app):
    opened(app := here())
    assert [code.value.partition(" --")[0] for code in app.code] == ["python -m hpviz sweep weight-decay"]
    assert "would open on no other" in "".join(caption.value for caption in app.caption)
    assert "Bundle" in labels(app)


def test_where_no_command_trains_the_same_the_bundle_is_offered(app):
    remember(run(rows(3), weight_decay=0.1, batch_size=8, dataset="other", fingerprint="1" * 64))
    opened(app := here())
    assert [code.value for code in app.code] == []
    assert "send the bundle" in "".join(caption.value for caption in app.caption)
    assert "Bundle" in labels(app)


def test_a_letter_that_no_font_here_has_is_named(app):
    remember(run(rows(3), dataset="\U000f0000 photos", fingerprint="1" * 64))
    opened(app)
    assert "No font on this machine has" in "".join(caption.value for caption in app.caption)


def test_a_hostile_name_is_no_markdown(app):
    opened(app)
    assert not any(":red[" in element.value for element in app.markdown)


# The site


def names_and_pages(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as site:
        assert site.testzip() is None
        return {name: site.read(name).decode() for name in site.namelist()}


@pytest.mark.parametrize("shows_only", [False, True])
def test_a_studys_page_can_be_sent_as_a_site_of_what_it_shows(runner, for_pages, monkeypatch, shows_only):
    for seed, rate in itertools.product((0, 1), (1e-4, 1e-3)):
        remember_trained(runner, 8, learning_rate=rate, seed=seed)
    remember_trained(runner, 8, learning_rate=1e-2)
    if shows_only:
        for_pages(HPVIZ_READ_ONLY=1)
    made = []
    monkeypatch.setattr(archive, "zipped", lambda *given: made.append(zipped(*given)) or made[-1])
    app = open_page(LEARNING_RATE, hidden="1e-2")
    opened(app)
    assert not app.exception
    assert not made
    next(choice for choice in app.button_group if choice.label == "Share as").set_value("site").run()
    assert not app.exception
    assert labels(app)[:2] == ["Download ZIP", "Bundle"]
    (site,) = made
    assert len(site) < 5_000_000
    pages = names_and_pages(site)
    assert {"hpviz-learning-rate/index.html", "hpviz-learning-rate/learning-rate.html"} < pages.keys()
    page = pages["hpviz-learning-rate/learning-rate.html"]
    assert re.findall(r"</[a-z]+>(1e-\d)</li>", page) == ["1e-4", "1e-3"]
    assert "data-replay" in page
    app.run()
    assert len(made) == 1
    monkeypatch.setattr(site_of_study, "measured_noise", lambda *_: {"0" * 12: None})  # of a run that it does not show
    app.run()
    assert len(made) == 2


def test_a_comparison_that_belongs_to_no_study_has_no_site(app):
    opened(app)
    options = next(choice for choice in app.button_group if choice.label == "Share as").options
    assert options[-1] == "JSON"
