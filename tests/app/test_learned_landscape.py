"""The tab on the landscape: which paths, what it takes, the picture with its figures, and a closer look."""

import pytest

from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import landscape
from hpviz.runs.landscape import landscape_of
from hpviz.studies import WEIGHT_DECAY
from tests.app.pages import learned, remember, texts
from tests.app.test_pages import drawn
from tests.charts.test_landscape import found_for

KEY = "weight-decay:landscape"


@pytest.fixture
def app(runner):
    return learned(WEIGHT_DECAY, "Landscape")


@pytest.fixture
def asked(monkeypatch):
    """What is asked of a process that computes, which answers at once and keeps a plane."""
    regions = []

    def instead(runs, cache, plane, region=None):
        yield from ()
        plane.parent.mkdir(exist_ok=True)
        plane.write_bytes(b"")
        regions.append(region)
        found = found_for(runs)
        return {name: found[name] for name in ("x", "y", "grid")} if region else found

    monkeypatch.setattr(landscape, "find_landscape", instead)
    desks.shared.cache_clear()
    yield regions
    desks.shared.cache_clear()


def pictures(app):
    return [chart for chart in drawn(app) if chart.alt.startswith("Contours of the loss")]


def compute(app, button, sought):
    app.button(key=f"{KEY}:{button}").click().run()
    assert desks.shared(default_cache()).finding(sought).wait(60)
    app.run()
    assert not app.exception


def test_first_seeds_are_offered_with_a_price_and_computed_by_one_click(app, runner, asked):
    runs = [remember(runner, 8, study=WEIGHT_DECAY, weight_decay=value) for value in (0, 1.0)]
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=1.0, seed=1)
    app.run()
    assert app.multiselect(key=f"{KEY}:runs").value == [run["id"] for run in runs]
    assert "Goes through these 2 runs again, bit for bit" in texts(app)
    assert pictures(app) == []
    compute(app, "compute", landscape_of(runs))
    assert asked == [None]
    assert len(pictures(app)) == 1
    told = texts(app).replace("\\", "")
    assert "The plane holds 92.5% of the paths' variance" in told
    assert "0.012 nats from the one drawn" in told
    assert "a valley or a wall seen here may be open in another direction" in told


def test_a_closer_look_computes_its_grid_alone_and_keeps_the_figures(app, runner, asked):
    runs = [remember(runner, 8, study=WEIGHT_DECAY, weight_decay=value) for value in (0, 1.0)]
    app.run()
    compute(app, "compute", landscape_of(runs))
    app.select_slider(key=f"{KEY}:times").set_value(4).run()
    assert not app.exception
    region = (-1.0, 1.0, -0.5, 0.5)
    compute(app, "closer", landscape_of(runs, region))
    assert asked == [None, region]
    assert len(pictures(app)) == 1
    assert "The plane holds 92.5%" in texts(app)
