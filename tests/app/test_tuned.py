"""The optimiser's page: each optimiser comes with its learning rate, until one is held for all."""

import pytest

from hpviz.studies import OPTIMIZER
from tests.app.pages import drawer, press, press_values, texts
from tests.app.test_sixth_study import opened
from tests.made_up import until

TUNED = "Each optimiser at the learning rate tuned for it on the quick preset: Adam 3e-4, AdamW 3e-4, SGD 3e-2 and SGD"
ALIKE = "The learning rate was not tuned for each optimiser: all at lr 1e-3. Tuned on the quick preset: Adam 3e-4,"


def trained(runner, count):
    until(lambda: [run["status"] for run in runner.runs()] == ["finished"] * count)
    return {OPTIMIZER.value_of(run["spec"]): run["spec"]["learning_rate"] for run in runner.runs()}


def test_what_it_launches_is_at_the_tuned_rates_and_it_says_so_before_and_after(runner):
    app = opened(OPTIMIZER)
    assert "lr tuned" in drawer(app)
    assert texts(app).count(TUNED) == 1
    press_values(app)
    rates = trained(runner, 4)
    assert rates == {value: brought["learning_rate"] for value, brought in OPTIMIZER.tuned.items()}
    app.run()
    assert len(app.pills[0].options) == 4
    assert texts(app).count(TUNED) == 2
    assert "More than one thing differs" not in texts(app)
    press(app, "+1 seed")
    assert trained(runner, 8) == rates


@pytest.mark.parametrize("typed", ["1e-3", "0.001"])
def test_a_rate_that_is_held_is_that_of_all_and_the_address_keeps_it(runner, typed):
    app = opened(OPTIMIZER)
    app.text_input(key="optimizer:learning_rate").set_value(typed).run()
    assert ALIKE in texts(app)
    assert f"lr {typed}" in drawer(app)
    press_values(app)
    assert set(trained(runner, 4).values()) == {1e-3}
    app.run()
    assert len(app.pills[0].options) == 4
    assert texts(app).count(ALIKE) == 2
    again = opened(OPTIMIZER, learning_rate="".join(app.query_params["learning_rate"]))
    assert ALIKE in texts(again)
    assert len(again.pills[0].options) == 4


def test_an_emptied_rate_is_the_tuned_one_again_and_no_number_is_complained_of(runner):
    app = opened(OPTIMIZER, learning_rate="1e-3")
    for emptied in ("", "  "):
        app.text_input(key="optimizer:learning_rate").set_value("1e-3").run()
        app.text_input(key="optimizer:learning_rate").set_value(emptied).run()
        assert not app.error
        assert TUNED in texts(app)
        again = opened(OPTIMIZER, **{name: "".join(text) for name, text in app.query_params.items()})
        assert not again.warning
        assert TUNED in texts(again)
    app.text_input(key="optimizer:learning_rate").set_value("fast").run()
    assert app.error
    assert not runner.runs()
