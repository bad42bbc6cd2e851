"""Runs whose checkpoints are gone: every page asks before it trains them from epoch 1 again."""

import pytest

from hpviz.studies import LEARNING_RATE
from hpviz.training.checkpoint import NEWEST
from hpviz.ui.text import sentence
from tests.app.pages import open_page, press, remember, texts
from tests.made_up import keep_checkpoint

ASKED = "begins again at epoch 1"


@pytest.fixture
def app(runner):
    return open_page(LEARNING_RATE)


def answer(app, name):
    app.button(key=f"runs:{name}").click().run()
    assert not app.exception


def history(runner, run):
    return [moment["status"] for moment in runner.run(run["id"])["history"]]


@pytest.mark.parametrize(
    ("button", "damaged"), [("Train lr 1e-4", True), ("Run the article's 3 values", False), ("Resume", False)]
)
def test_a_study_asks_before_a_run_without_its_checkpoint_begins_again(app, runner, work, button, damaged):
    work.gate.clear()
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    if damaged:
        keep_checkpoint(runner.cache, run["id"])
        (runner.cache / "checkpoints" / run["id"] / NEWEST).write_bytes(b"x")
    app.run()
    press(app, button)
    assert ASKED in texts(app)
    assert history(runner, run) == ["stopped"]
    answer(app, "no")
    assert ASKED not in texts(app)
    assert work.started == []
    press(app, button)
    answer(app, "yes")
    assert ASKED not in texts(app)
    assert history(runner, run)[:2] == ["stopped", "queued"]


def test_with_its_checkpoint_nothing_is_asked(app, runner, work):
    work.gate.clear()
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    keep_checkpoint(runner.cache, run["id"])
    app.run()
    press(app, "Resume")
    assert ASKED not in texts(app)
    assert history(runner, run)[:2] == ["stopped", "queued"]


def test_a_slider_that_rests_on_such_a_run_says_which_button_trains_it(app, runner, work):
    run = remember(runner, 2, status="stopped", learning_rate=1e-3)
    app.select_slider(key="learning-rate:slider").set_value(1e-3).run()
    assert not app.exception
    (complaint,) = [error.value for error in app.error]
    assert sentence("would begin again at epoch 1: press “Train") in complaint
    assert history(runner, run) == ["stopped"]
    assert work.started == []
