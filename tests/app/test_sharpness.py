"""Sharpness and measured noise on a page: what one click measures stays, beside what theory says."""

import pytest

from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import executor
from hpviz.runs.tasks import inside_of, sharpness_of
from hpviz.studies import BATCH_SIZE
from hpviz.training.inside import to_json
from tests.app.pages import fold, learned, page, remember, texts
from tests.app.test_pages import drawn
from tests.charts.test_network import FOUND
from tests.charts.test_sharpness import LOST, MEASURED

NAME = BATCH_SIZE.name


@pytest.fixture
def found(monkeypatch):
    """What a task answers, at once and without a network; an error is raised."""
    answer = {"follow_sharpness": MEASURED, "look_inside": to_json(FOUND)}

    def instead(task, arguments, device="cpu"):
        yield from ()
        if isinstance(answer[task], Exception):
            raise answer[task]
        return answer[task]

    monkeypatch.setattr(executor, "carry_out", instead)
    desks.shared.cache_clear()
    yield answer
    desks.shared.cache_clear()


def opened():
    return learned(BATCH_SIZE, "Sharpness").run()


def curves(app):
    return [chart for chart in drawn(app) if chart.alt.startswith("Sharpness by epoch")]


def measure(app, run):
    app.button(key=f"{NAME}:measure-sharpness").click().run()
    assert not app.exception
    assert desks.shared(default_cache()).finding(sharpness_of(run)).wait(60)
    return app.run()


def test_one_click_measures_a_run_and_it_stays_measured(runner, found):
    run = remember(runner, 2, study=BATCH_SIZE, batch_size=32)
    app = opened()
    assert not app.exception
    assert "Trains the run once more, in memory" in texts(app)
    assert curves(app) == []
    app = measure(app, run)
    assert "The sharpness was 21 after epoch 2" in curves(app)[0].alt
    assert "256 of the 1,800 training images" in texts(app)
    assert f"{NAME}:measure-sharpness" not in {button.key for button in app.button}
    app.session_state[f"{NAME}:sharpness-curves:figures"] = True
    table = next(frame.value for frame in app.run().dataframe if frame.proto.alt == "Sharpness, in figures")
    assert list(table["epoch"]) == list(range(len(MEASURED["epochs"]) + 1))
    found["follow_sharpness"] = AssertionError("measured twice")
    desks.shared.cache_clear()  # as after a new start
    assert len(curves(opened())) == 1


def test_a_run_that_diverged_says_why_its_series_ends(runner, found):
    run = remember(runner, 1, status="diverged", study=BATCH_SIZE, batch_size=32)
    found["follow_sharpness"] = {**MEASURED, "epochs": [None], "edge": [20.0], "reason": LOST}
    app = measure(opened(), run)
    assert LOST.removesuffix(".") in texts(app)


def test_runs_of_elsewhere_are_not_trained_again(runner, references):
    run = remember(runner, 2, study=BATCH_SIZE, batch_size=32)
    references([run])
    runner.delete(run["id"])
    app = opened()
    assert not app.exception
    assert "can be measured along runs that were trained on this machine" in texts(app)


def test_measured_noise_stands_beside_the_theory_and_is_cited_by_the_claim(runner, found):
    run = remember(runner, 8, study=BATCH_SIZE, batch_size=32)
    app = fold(page("batch_size").run(), "The picture", NAME)
    assert "Crosses" not in texts(app)
    assert desks.shared(default_cache()).find(inside_of(run)).wait(60)
    app.run()
    assert not app.exception
    assert "Crosses: errors of mini-batch gradients measured in one of your nets" in texts(app)
    app = fold(app, "What the article claims", NAME)
    assert "Measured in 1 net of this data" in texts(app)
