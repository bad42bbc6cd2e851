"""The Overview page: the scoreboard, what is missing, the four corners."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hpviz.analysis.claims import CLAIMS
from hpviz.data.scenes import SCENES_FINGERPRINT
from hpviz.follow import follow_all
from hpviz.runs.document import put_epoch
from hpviz.spec import RunSpec
from hpviz.terminal import JsonLines
from tests.analysis.made_up_runs import author
from tests.made_up import row

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def app(runner):
    runner.machine()
    return (
        AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        .run()
        .switch_page("hpviz/ui/pages/overview.py")
        .run()
    )


def remember(runner, runs):
    for run in runs:
        spec = RunSpec(**{**run["spec"], "dataset": "scenes", "fingerprint": SCENES_FINGERPRINT})
        runner.store.put({**run, "id": spec.run_id, "spec": spec.model_dump(mode="json")})


def counts(app):
    """How many claims stand by each verdict; what none has is not on the page."""
    titles = [each.value.rpartition(": ") for each in app.header if ": " in each.value]
    return {title: int(count) for title, _, count in titles}


def board(app):
    """The names of the claims in each column of the scoreboard."""
    lists = [each.value.splitlines() for each in app.markdown if each.value.startswith("- ")]
    return dict(zip(counts(app), lists, strict=True))


def claims(app):
    """The line of every claim."""
    return [each.label for each in app.expander]


def texts(app, kind):
    return " ".join(element.value for element in getattr(app, kind))


def button(app, key):
    return next((one for one in app.button if one.key == key), None)


def test_the_overview_says_what_to_do_with_an_empty_store(app):
    assert not app.exception
    assert app.title[0].value == "Do hyperparameters do what the article says?"
    assert "Nothing was trained on scenes yet" in app.info[0].value
    assert counts(app)["Not settled yet"] > counts(app)["Held"]
    assert " runs to go" in texts(app, "caption")


def test_the_scoreboard_names_what_held_and_each_claim_is_a_line_over_its_evidence(app, runner):
    before = counts(app)
    remember(runner, author())
    app.run()
    assert not app.exception
    assert counts(app)["Held"] > before["Held"]
    assert sum(counts(app).values()) == sum(before.values()) == len(claims(app)) == len(CLAIMS)
    assert {title: len(names) for title, names in board(app).items()} == counts(app)
    assert "- Train loss falls at every rate" in board(app)["Held"]
    (line,) = [label for label in claims(app) if "**LR2**" in label]
    assert line == ":green-badge[held] **LR2** The train loss of all three rates decreases\\."
    assert "Train loss falls in" in texts(app, "markdown")
    assert not app.info


def test_a_claim_about_the_pretrained_net_stands_by_its_twin_until_its_own_runs_are_here(app, runner):
    remember(runner, author(weights=None))
    app.run()
    assert "- Train loss falls at every rate :gray[(from\u00a0scratch)]" in board(app)["Held"]
    (line,) = [label for label in claims(app) if "**LR2**" in label]
    assert line.startswith(":green-badge[held · from scratch] **LR2** ")
    assert not [label for label in claims(app) if "not comparable" in label]
    assert "9 claims are about the net pretrained on ImageNet" in texts(app, "caption")
    remember(runner, author())
    app.run()
    (line,) = [label for label in claims(app) if "**LR2**" in label]
    assert line.startswith(":green-badge[held] :green-badge[held · from scratch] **LR2** ")


def test_runs_of_other_images_are_not_counted(app, runner):
    before = counts(app)
    for run in author():
        runner.store.put(run)
    app.run()
    assert counts(app) == before


def test_one_click_queues_every_missing_run_and_nothing_twice(app, runner, work):
    work.gate.clear()
    label = button(app, "run missing").label
    button(app, "run missing").click().run()
    assert not app.exception
    queued = runner.runs()
    assert label.startswith(f"Run what is missing: {len(queued)} runs · about ")
    assert len(queued) > 10
    assert {run["spec"]["weights"] for run in queued} == {None}
    assert {run["spec"]["seed"] for run in queued} == {0, 1, 2}
    assert button(app, "run missing").disabled


def test_all_of_it_can_be_stopped_again(app, runner, work):
    work.gate.clear()
    button(app, "run missing").click().run()
    work.at_gate.wait(30)
    app.run()
    button(app, "stop all").click().run()
    assert not app.exception
    assert {run["status"] for run in runner.runs()} <= {"stopped", "running"}
    assert sum(run["status"] == "running" for run in runner.runs()) <= 1


def test_one_click_reproduces_the_article_and_says_how_long_that_takes(app, runner, work):
    work.gate.clear()
    assert re.fullmatch(r"Reproduce the article: 8 runs · about [\d.]+ min", button(app, "reproduce").label)
    button(app, "reproduce").click().run()
    assert not app.exception
    queued = runner.runs()
    assert len(queued) == 8
    assert {run["spec"]["seed"] for run in queued} == {0}
    assert button(app, "reproduce") is None
    assert "8 runs are all queued" in texts(app, "caption")
    work.gate.set()
    follow_all(runner, [runner.resumption(run["id"]) for run in queued], JsonLines())
    app.run()
    assert "8 runs are all here; `python -m hpviz reproduce` shows their times" in texts(app, "caption")


def test_reproducing_it_to_the_letter_takes_weights(app):
    app.segmented_control(key="missing").set_value("article").run()
    assert button(app, "reproduce") is None
    assert "needs ImageNet weights" in texts(app, "caption")


def test_the_article_preset_asks_for_its_own_runs(app, runner, work):
    work.gate.clear()
    app.segmented_control(key="missing").set_value("article").run()
    button(app, "run missing").click().run()
    asked = {(run["spec"]["image_size"], run["spec"]["per_class"], run["target"]) for run in runner.runs()}
    assert asked == {(150, None, 10)}


def test_the_corners_are_drawn_from_the_runs_and_keep_their_specification(app, runner):
    assert not app.get("vega_lite_chart")
    runs = author()
    remember(runner, runs)
    app.run()
    before = corners(app)
    figures = next(frame.value for frame in app.dataframe if "tuning" in frame.value)
    assert list(figures["setting"]) == ["lr 1e-7", "lr 1e-4", "batch 450", "batch 10"]
    assert figures["accuracy"][3] == pytest.approx(0.8237, abs=0.001)
    for run in runs:
        put_epoch(run, row(11, accuracy=0.3))
    remember(runner, runs)
    app.run()
    assert corners(app) == before


def corners(app):
    """The chart's specification, its data's names (hashes of the data) taken out, and its alternative text."""
    (chart,) = [chart.proto for chart in app.get("vega_lite_chart")]
    spec = chart.spec
    for place, dataset in enumerate(chart.datasets):
        spec = spec.replace(dataset.name, f"data {place}")
    return json.loads(spec), chart.alt


def test_a_data_set_that_is_not_here_can_be_fetched_at_once(app):
    app.selectbox(key="judged").set_value("fashion-mnist").run()
    assert not app.exception
    assert "is not on this machine yet" in app.info[0].value
    assert "Fetch fashion-mnist" in [button.label for button in app.button]
    assert not counts(app)


def test_weights_that_are_not_there_are_one_sentence(app):
    app.checkbox(key="overview:pretrained").check()
    app.run()
    app.text_input(key="overview:weights").set_value("/no/such/file").run()
    for _ in range(20):  # the file is looked for in a thread
        if app.error:
            break
        app.run()
    assert not app.exception
    assert "/no/such/file" in app.error[0].value


def test_the_machine_is_named(app):
    assert "device cpu" in texts(app, "caption").replace("\\", "")


def opened(runner, **address):
    """The page as an address opens it."""
    runner.machine()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run().switch_page("hpviz/ui/pages/overview.py")
    for name, text in address.items():
        app.query_params[name] = text
    return app.run()


def test_the_address_says_what_claims_are_judged_on(runner):
    app = opened(runner, judged="fashion-mnist", missing="article")
    assert app.selectbox(key="judged").value == "fashion-mnist"
    assert app.segmented_control(key="missing").value == "article"


def test_an_address_with_a_data_set_that_is_not_here_judges_on_the_scenes(runner):
    app = opened(runner, judged="/etc")
    assert not app.exception
    assert app.selectbox(key="judged").value == "scenes"
