"""On one photo, a tab of what the net learned: the choice of a photo and of two nets, and what these make of it."""

import numpy as np
import pytest

from hpviz.home import default_cache
from hpviz.runs import desk as desks
from hpviz.runs import tasks
from hpviz.spec import BadInput
from hpviz.studies import WEIGHT_DECAY
from hpviz.training.inside import Answer, LayerMaps, OnePhoto, photo_to_json
from tests.app.answered import FOREST, SEA, answered, put_photos
from tests.app.pages import learned, remember, texts
from tests.app.test_pages import drawn
from tests.made_up import keep_checkpoint

ON_ONE_PHOTO = "On one photo"
FOUND = OnePhoto(
    answers=(Answer(0, (1 / 6,) * 6), Answer(8, (0.01, 0.9, 0.02, 0.04, 0.02, 0.01))),
    layers=(LayerMaps("block 1", 10, 32, 1.5, tuple(range(10)), np.zeros((10, 32, 32), np.uint8)),),
)


@pytest.fixture
def asked(monkeypatch):
    """What the nets were asked, as (run id, place); what they answer is set by the test."""
    desks.shared.cache_clear()
    told = {"answer": FOUND, "asked": []}

    def carry_out(task, arguments):
        yield from ()
        told["asked"].append((arguments["run"]["id"], arguments["place"]))
        if isinstance(told["answer"], Exception):
            raise told["answer"]
        return photo_to_json(told["answer"])

    monkeypatch.setattr(tasks.executor, "carry_out", carry_out)
    yield told
    desks.shared.cache_clear()


@pytest.fixture
def app(runner, asked):
    """A study's page with the tab open, two values with two seeds each, their checkpoints and photos there."""
    put_photos()
    for value, wrong in ((0, {}), (1.0, {7: SEA})):
        for seed in (0, 1):
            keep_checkpoint(default_cache(), answered(runner, wrong, weight_decay=value, seed=seed)["id"])
    return learned(WEIGHT_DECAY, ON_ONE_PHOTO)


def ids(runner):
    """The runs in the order of the page."""
    return [
        run["id"] for run in sorted(runner.runs(), key=lambda run: (run["spec"]["weight_decay"], run["spec"]["seed"]))
    ]


def settled(app):
    """The page once nobody is asked any more."""
    for _ in range(4):
        for task in list(desks.shared(default_cache())._tasks.values()):
            task.wait(60)
        app.run()
        assert not app.exception
    return app


def seen(app):
    """The text alternatives of what the nets make of the photo."""
    return [chart.alt for chart in drawn(app) if chart.alt.startswith(("The probability", "What 1 layer made"))]


def test_two_values_are_shown_side_by_side_with_answers_and_maps(app, runner, asked):
    settled(app)
    first, _, _, last = ids(runner)
    assert asked["asked"] == [(first, 0), (last, 0)]
    assert len(seen(app)) == 4
    assert "forest 90%" in seen(app)[0]
    assert "It answers forest with 90%, but its label is buildings. Bars: after epoch 8, △ before training." in texts(
        app
    )
    assert "10 maps of 32×32" in seen(app)[1]
    assert "10 of them are black" in seen(app)[1]
    assert "Epochs between are not kept" in texts(app)


def test_what_was_found_is_shown_at_once_by_another_server(app, asked):
    settled(app)
    desks.shared.cache_clear()
    asked["answer"] = AssertionError("asked again")
    app.run()
    assert len(seen(app)) == 4


def test_a_photo_is_chosen_by_class_and_number_and_turned_to_the_next_and_the_one_before(app, runner, asked):
    settled(app)
    app.selectbox(key="weight-decay:photo:class").set_value(FOREST)
    app.number_input(key="weight-decay:photo:number").set_value(2)
    settled(app)
    assert asked["asked"][-1][1] == 7
    app.button(key="weight-decay:photo:Next photo").click()
    settled(app)
    assert asked["asked"][-1][1] == 13
    app.number_input(key="weight-decay:photo:number").set_value(1)
    settled(app)
    app.button(key="weight-decay:photo:Previous photo").click()
    settled(app)
    assert asked["asked"][-1][1] == 595  # from the first to the last
    assert app.number_input(key="weight-decay:photo:number").value == 100


def test_one_net_alone_can_be_looked_into(app, asked):
    settled(app)
    app.selectbox(key="weight-decay:photo:second").set_value("nothing")
    settled(app)
    assert len(seen(app)) == 2


def test_a_photo_that_changed_opens_with_a_net_that_has_it_right_and_one_that_has_not(app, runner, asked):
    app.session_state["weight-decay:learned"] = "Photos"
    app.run()
    next(button for button in app.button if button.label == "Look at forest 2").click()
    settled(app)
    first, _, wrong, _ = ids(runner)
    assert app.session_state["weight-decay:learned"] == ON_ONE_PHOTO
    assert asked["asked"] == [(first, 7), (wrong, 7)]
    assert app.selectbox(key="weight-decay:photo:class").value == FOREST
    assert app.number_input(key="weight-decay:photo:number").value == 2


def test_what_went_wrong_is_one_sentence_and_can_be_tried_again(app, asked):
    asked["answer"] = BadInput("The checkpoint of this run is no longer here.")
    settled(app)
    assert [error.value.replace("\\", "") for error in app.error] == ["The checkpoint of this run is no longer here."]
    assert len(asked["asked"]) == 1  # and not by itself
    asked["answer"] = FOUND
    next(button for button in app.button if button.label == "Try again").click()
    settled(app)
    assert len(seen(app)) == 4


def test_without_a_checkpoint_the_way_to_one_is_said(runner, asked):
    remember(runner, 8, study=WEIGHT_DECAY, weight_decay=0)
    app = learned(WEIGHT_DECAY, ON_ONE_PHOTO)
    app.run()
    assert not app.exception
    assert "needs a run that has ended on this machine and whose checkpoint is still kept" in texts(app)


def test_classes_with_names_that_read_as_markdown_are_shown_as_they_are(runner, asked):
    put_photos([f":red[x] <b>{number}" for number in range(6)])
    keep_checkpoint(default_cache(), answered(runner, {}, weight_decay=0)["id"])
    app = learned(WEIGHT_DECAY, ON_ONE_PHOTO)
    settled(app)
    told = next(caption.value for caption in app.caption if caption.value.startswith("It answers"))
    assert r"\:red\[x\] \<b\>1" in told
    assert ":red[x] <b>1 90%" in seen(app)[0]
