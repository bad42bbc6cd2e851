"""What the net learned, a section of study pages and Compare: norms of every run, and a look inside one of them."""

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import tasks
from hpviz.runs.document import put_epoch
from hpviz.runs.tasks import inside_of
from hpviz.studies import WEIGHT_DECAY
from hpviz.training.inside import Inside
from tests.app.pages import ROOT, fold, learned, open_page, remember, texts
from tests.app.test_pages import drawn, masked
from tests.charts.test_network import FOUND, PRETRAINED
from tests.made_up import row

PANEL = ("Weight norm", "Gradient norm", "Error of a mini-batch", "L2 norm", "The first convolution's")


@pytest.fixture
def app(runner):
    """A study's page with the section open at kernels and weights."""
    return learned(WEIGHT_DECAY, "Kernels and weights")


@pytest.fixture
def look(monkeypatch):
    """Measuring, at once and without a network: what is found is set by the test."""
    found: dict[str, Inside | Exception] = {"result": FOUND}

    def instead(run, cache):
        yield from ()
        if isinstance(found["result"], Exception):
            raise found["result"]
        return found["result"]

    monkeypatch.setattr(tasks, "look_inside", instead)
    desks.shared.cache_clear()
    yield found
    desks.shared.cache_clear()


def finished(runner, **values):
    """A run that has ended, with a file where its checkpoint would be."""
    run = remember(runner, 8, study=WEIGHT_DECAY, **values)
    folder = default_cache() / "checkpoints" / run["id"]
    folder.mkdir(parents=True)
    (folder / "newest.pt").write_bytes(b"")
    return run


def panel(app):
    return [chart for chart in drawn(app) if chart.alt.startswith(PANEL)]


def measure(app, runner, run):
    app.button(key="weight-decay:measure").click().run()
    assert not app.exception
    task = desks.shared(default_cache()).finding(inside_of(run))
    assert task.wait(60)
    return app.run()


def test_closed_it_draws_nothing(runner):
    finished(runner, weight_decay=0)
    app = AppTest.from_file(str(ROOT / "hpviz/ui/pages/weight_decay.py"), default_timeout=60).run()
    assert not app.exception
    assert panel(app) == []


def test_open_it_shows_the_norms_of_all_runs_without_measuring(app, runner):
    for value in (0, 1.0):
        remember(runner, 8, study=WEIGHT_DECAY, weight_decay=value)
    app.run()
    assert not app.exception
    assert [chart.alt.split(",")[0] for chart in panel(app)] == [
        "Weight norm over training by weight decay",
        "Gradient norm over training by weight decay",
    ]
    assert "for 0, 1" in panel(app)[0].alt
    assert "needs a run that has ended on this machine" in texts(app)


def test_without_a_run_it_says_what_it_waits_for(app):
    app.run()
    assert not app.exception
    assert "No run on the screen has an epoch yet" in texts(app)


def test_new_epochs_change_the_data_of_the_norms_and_not_their_drawing(app, runner):
    run = remember(runner, 2, status="stopped", study=WEIGHT_DECAY, weight_decay=0)
    app.run()
    before = [(masked(chart), chart.alt) for chart in panel(app)]
    put_epoch(run, row(3, weight_norm=77.0, gradient_norm=0.0))
    runner.store.put(run)
    app.run()
    assert [(masked(chart), chart.alt) for chart in panel(app)] == before


def test_a_run_is_measured_by_one_click_and_what_was_found_stays(app, runner, look):
    run = finished(runner, weight_decay=0)
    app.run()
    assert "This takes seconds for the article's network" in texts(app)
    measure(app, runner, run)
    assert not app.exception
    assert len(panel(app)) == 4
    app.segmented_control(key="weight-decay:learned").set_value("Gradient noise").run()
    assert not app.exception
    assert len(panel(app)) == 1
    assert "Beyond about 212 images averaging buys little" in texts(app)
    assert "512 of the 1,800 training images" in texts(app)
    assert "weight-decay:measure" not in {button.key for button in app.button}
    look["result"] = AssertionError("measured twice")
    desks.shared.cache_clear()  # as after a new start: it is remembered
    app.run()
    assert len(panel(app)) == 1


def test_pretrained_runs_are_drawn_without_a_beginning(app, runner, look):
    look["result"] = PRETRAINED
    run = finished(runner, weight_decay=0)
    measure(app.run(), runner, run)
    assert "Training began from pretrained weights" in texts(app)


def test_what_went_wrong_is_one_sentence_and_can_be_tried_again(app, runner, look):
    run = finished(runner, weight_decay=0)
    look["result"] = desks.BadInput("The checkpoint of this run is no longer here.")
    measure(app.run(), runner, run)
    assert [error.value.replace("\\", "") for error in app.error] == ["The checkpoint of this run is no longer here."]
    look["result"] = FOUND
    measure(app, runner, run)
    assert len(panel(app)) == 4


def test_the_cost_card_shows_what_was_measured_beside_what_was_predicted(runner):
    run = remember(runner, 0, study=WEIGHT_DECAY, weight_decay=0.01)
    app = fold(open_page(WEIGHT_DECAY), "Cost", WEIGHT_DECAY.name)
    assert "measured:" not in texts(app)
    for epoch in (1, 2):
        put_epoch(run, row(epoch, peak_memory_bytes=123_000_000, images_per_second=1999.6))
    runner.store.put(run)
    app.run()
    assert "measured: 123 MB" in texts(app)
    assert "measured: 00:05 for 2 epochs, 2,000 images/s" in texts(app)
