"""What would settle it: the page names the runs and launches exactly those."""

import pytest

from hpviz.home import default_cache
from hpviz.studies import LEARNING_RATE
from tests.app.pages import open_page, press, remember, texts
from tests.made_up import keep_checkpoint

VALUES = LEARNING_RATE.quick_values


def recall(runner, tops, study=LEARNING_RATE, seeds=1):
    """Runs of these values that end at these accuracies, each seed a little off."""
    for value, top in tops.items():
        for seed in range(seeds):
            remember(runner, 8, study=study, top=top + 0.01 * seed, **{study.field: value}, seed=seed)


def trained(runner, study=LEARNING_RATE):
    return {(run["spec"][study.field], run["spec"]["seed"]) for run in runner.runs()}


def opened(study=LEARNING_RATE, minutes=60):
    return open_page(study).get_by_key(f"{study.name}:minutes").set_value(minutes).run()


@pytest.fixture
def held(work):
    """Nothing that is launched comes to its end."""
    work.gate.clear()


def test_the_button_launches_exactly_the_runs_that_the_line_names(runner, held):
    recall(runner, dict(zip(VALUES, (0.2, 0.25, 0.75, 0.74, 0.2), strict=True)))
    app, before = opened(minutes=5), trained(runner)
    assert "What would settle it: +" in texts(app).replace("*", "")
    press(app, "Run these")
    asked = trained(runner) - before
    assert asked
    assert {seed for _, seed in asked} >= {1}
    line = next(each.value for each in app.caption if "once what trains has ended" in each.value)
    assert f"{len(asked)} runs to go" in line


def test_values_of_the_list_without_a_run_come_first(runner, held):
    recall(runner, {VALUES[2]: 0.8, VALUES[3]: 0.8})
    press(opened(), "Run these")
    assert trained(runner) >= {(value, 0) for value in VALUES}


def test_where_everything_is_settled_the_page_says_so_and_offers_nothing(runner):
    recall(runner, dict(zip(VALUES, (0.2, 0.4, 0.6, 0.8, 0.0), strict=True)), seeds=2)
    app = open_page(LEARNING_RATE)
    assert "nothing is left that more seeds would" in texts(app)
    assert not [button for button in app.button if button.label.startswith("Run these")]


def test_what_no_number_of_seeds_would_tell_is_said(runner):
    recall(runner, dict(zip(VALUES, (0.2, 0.4, 0.6, 0.8, 0.8), strict=True)), seeds=3)
    assert "1e-3 and 1e-2 are equal so far: on 600 test images" in texts(open_page(LEARNING_RATE))


def test_a_hidden_value_is_not_advised(runner, held):
    recall(runner, dict(zip(VALUES, (0.2, 0.25, 0.75, 0.74, 0.2), strict=True)))
    app = open_page(LEARNING_RATE)
    app.pills[0].set_value(["1e-5", "1e-4"]).run()
    press(app, "Run these")
    assert {value for value, seed in trained(runner) if seed} <= {1e-5, 1e-4}


def test_a_seed_that_was_cut_short_is_gone_on_with(runner, held):
    recall(runner, dict(zip(VALUES, (0.2, 0.25, 0.75, 0.74, 0.2), strict=True)))
    stopped = remember(runner, 3, status="stopped", top=0.75, learning_rate=VALUES[2], seed=1)
    keep_checkpoint(default_cache(), stopped["id"])
    press(open_page(LEARNING_RATE), "Run these")
    assert runner.run(stopped["id"])["status"] in ("queued", "running")
