"""Runs from elsewhere on a study's page: labelled, replaced by one's own value by value, and never mixed with them."""

import pytest

from hpviz.runs import bundle
from hpviz.studies import LEARNING_RATE
from tests.app.pages import fold, open_page, remember, texts


@pytest.fixture
def recorded(runner, references):
    """Reference runs of two rates under two seeds; nothing of them is in the store."""
    made = [
        remember(runner, 8, learning_rate=value, seed=seed, top=top)
        for value, top in ((1e-4, 0.8), (1e-2, 0.4))
        for seed in range(2)
    ]
    runs = references(made)
    for run in made:
        runner.delete(run["id"])
    return runs


def table(app):
    return {line["value"]: line for line in fold(app, "Table").dataframe[0].value.to_dict("records")}


def test_a_newcomer_sees_the_comparison_that_hpviz_came_with(runner, recorded):
    app = open_page(LEARNING_RATE)
    assert {value: line["seeds"] for value, line in table(app).items()} == {"1e-4": "2", "1e-2": "2"}
    assert "Reference runs that hpviz came with show lr 1e-4 and 1e-2: recorded on" in texts(app).replace("**", "")
    assert runner.runs() == []


def test_one_click_trains_them_here(runner, recorded):
    app = open_page(LEARNING_RATE)
    next(button for button in app.button if button.label.startswith("Run these 4 on my machine")).click().run()
    runs = {(run["spec"]["learning_rate"], run["spec"]["seed"]) for run in runner.runs()}
    assert runs == {(1e-4, 0), (1e-4, 1), (1e-2, 0), (1e-2, 1)}


def test_one_own_run_replaces_a_value_whole(runner, recorded):
    remember(runner, 8, learning_rate=1e-4, seed=0, top=0.72)
    app = open_page(LEARNING_RATE)
    assert table(app)["1e-4"]["seeds"] == "1"
    assert table(app)["1e-4"]["last"] == pytest.approx(0.72)
    assert table(app)["1e-2"]["seeds"] == "2"
    assert "1 run of yours has its reference: they end 8.0 points apart" in texts(app)


def test_a_run_that_has_no_epoch_yet_replaces_nothing(runner, recorded):
    remember(runner, 0, "stopped", learning_rate=1e-4)
    assert table(open_page(LEARNING_RATE))["1e-4"]["seeds"] == "2"


def test_imported_runs_go_before_the_reference(runner, recorded):
    remember(runner, 8, learning_rate=1e-4, top=0.6)
    data = bundle.write(runner.runs())
    runner.delete(runner.runs()[0]["id"])
    runner.store.take_in(bundle.read(data))
    app = open_page(LEARNING_RATE)
    assert table(app)["1e-4"]["last"] == pytest.approx(0.6)
    assert "Imported runs show lr 1e-4" in texts(app).replace("**", "")


def test_a_verdict_never_mixes_ones_own_seeds_with_others(runner, recorded):
    remember(runner, 8, learning_rate=1e-4, seed=0)
    assert "reference runs of" in texts(fold(open_page(LEARNING_RATE), "Table"))
    for seed in range(2):
        for value in (1e-4, 1e-2):
            remember(runner, 8, learning_rate=value, seed=seed)
    assert "reference run" not in texts(fold(open_page(LEARNING_RATE), "Table")).replace("Reference runs", "")


def test_claims_say_when_they_rest_on_runs_from_elsewhere(runner, recorded):
    shown = texts(fold(open_page(LEARNING_RATE), "What the article claims"))
    assert "reference runs of" in shown


def test_reference_runs_of_another_setting_are_not_shown(runner, recorded):
    app = open_page(LEARNING_RATE, batch_size="16")
    assert "Reference runs" not in texts(app)
