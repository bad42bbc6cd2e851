"""Every chart that is drawn from runs has its figures in a table, which is made when somebody unfolds it."""

import pytest

from hpviz.studies import LEARNING_RATE
from tests.app.pages import fold, page, remember


@pytest.fixture
def app(runner):
    for rate, top in ((1e-4, 0.8), (1e-2, 0.4)):
        remember(runner, 3, learning_rate=rate, top=top)
    return page("learning_rate").run()


def unfolded(app, key, title):
    """The table, which is not there before."""
    assert f"{title}, in figures" not in {frame.proto.alt for frame in app.dataframe}
    app.session_state[f"{key}:figures"] = True
    app.run()
    assert not app.exception
    return next(frame.value for frame in app.dataframe if frame.proto.alt == f"{title}, in figures")


def test_the_pictures_of_the_runs_have_tables(app):
    fold(app, "The picture")
    losses = unfolded(app, "learning-rate:valley", "Final losses")
    assert list(losses["learning rate"]) == ["1e-4", "1e-2"]
    assert list(losses["test loss (nats)"]) == [pytest.approx(1.1 / 3)] * 2
    assert list(unfolded(app, "learning-rate:gap", "Train and test loss")["epoch"]) == [1, 2, 3]


def test_norms_have_a_table(app):
    app.session_state[f"{LEARNING_RATE.name}:learned"] = "Kernels and weights"
    fold(app, "What the net learned")
    norms = unfolded(app, "learning-rate:norms", "Norms")
    assert list(norms["label"]) == ["1e-4"] * 3 + ["1e-2"] * 3
    assert set(norms["Weight norm"]) == {10.0}
