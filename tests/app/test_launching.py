"""Launching from a page: what a button says, what +1 seed repeats, the queue in one line and how it is taken back."""

import re

import pytest

from hpviz.runs import bundle
from hpviz.runs.runner import Request
from hpviz.studies import LEARNING_RATE, WEIGHT_DECAY
from tests.app.pages import open_page, page, page_spec, press, remember, texts
from tests.made_up import keep_checkpoint, request

LIST = re.compile(r"Run (\d+ of )?(the article's )?\d+ values · about [\d.]+ (s|min|h)")
VALUES = set(LEARNING_RATE.quick_values)


def labels(app, start):
    return [button.label for button in app.button if button.label.startswith(start)]


def queued(runner):
    return [entry["id"] for entry in runner.queue() if entry["position"]]


def asked(runner):
    return {(run["spec"]["learning_rate"], run["spec"]["seed"]) for run in runner.runs()}


@pytest.fixture
def busy(runner, work):
    """Somebody else's run trains, so that whatever is asked for waits."""
    work.gate.clear()
    runner.submit(request(seed=9))
    assert work.at_gate.wait(30)
    return runner


def test_a_list_says_how_many_runs_it_takes_and_for_how_long(runner):
    app = open_page(LEARNING_RATE)
    found = [label for label in labels(app, "Run ") if LIST.fullmatch(label)]
    assert {label.partition(" · ")[0] for label in found} == {"Run 5 values", "Run the article's 3 values"}


def test_what_is_here_is_counted_out_and_what_waits_is_said_to(busy):
    for value in (1e-7, 1e-4):
        remember(busy, 8, learning_rate=value)
    app = open_page(LEARNING_RATE)
    assert labels(app, "Run 1 of the article's 3 values · about ")
    assert labels(app, "Run 3 of 5 values · about ")
    press(app, "Run 1 of the article's")
    app.run()
    (article,) = [button for button in app.button if button.label == "The article's 3 values are under way"]
    assert article.disabled
    remember(busy, 8, learning_rate=1e-2)
    app.run()
    assert labels(app, "The article's 3 values are here")


def test_the_article_s_values_are_the_article_s_in_every_preset():
    from hpviz.studies import STUDIES

    for study in STUDIES.values():
        lists = {preset: study.lists(preset) for preset in ("quick", "article")}
        called = {name for each in lists.values() for name in each if "article" in name}
        for name in called:
            assert lists["quick"][name] == lists["article"][name] == study.article_values


# +1 seed


def test_one_more_seed_of_reference_runs_trains_their_values_here(runner, references, work):
    for value in (1e-4, 1e-2):
        for seed in range(3):
            remember(runner, 8, learning_rate=value, seed=seed)
    data = bundle.read(bundle.write(runner.runs()), "reference")
    for run in runner.runs():
        runner.delete(run["id"])
    references(data)
    work.gate.clear()
    app = open_page(LEARNING_RATE)
    press(app, "+1 seed · about")
    assert asked(runner) == {(1e-4, 0), (1e-2, 0)}
    press(app, "+1 seed")
    assert asked(runner) == {(value, seed) for value in (1e-4, 1e-2) for seed in (0, 1)}


def test_one_more_seed_of_nothing_is_a_sentence(runner):
    app = open_page(LEARNING_RATE)
    press(app, "+1 seed")
    assert "train one first" in app.error[0].value
    assert runner.runs() == []


# The queue


def test_the_queue_is_one_line_that_says_when_all_is_done_and_names_other_pages_runs(busy):
    other = page_spec(busy, WEIGHT_DECAY, weight_decay=1e-3)
    busy.submit(Request(other, 8, {"data": "scenes", "weights": None, "classes": list("abcdef"), "test_images": 600}))
    app = open_page(LEARNING_RATE)
    press(app, "Run the article's 3 values")
    app.run()
    (fold,) = [
        popover.proto.popover.label for popover in app.get("popover") if "waiting" in popover.proto.popover.label
    ]
    assert re.fullmatch(r"4 waiting, all done in ([\d.]+ (s|min|h)|a few seconds)", fold)
    names = [label.replace("\\", "") for label in (*labels(app, "Cancel lr"), *labels(app, "Cancel λ"))]
    assert names == ["Cancel lr 1e-7", "Cancel lr 1e-4", "Cancel lr 1e-2", "Cancel λ 1e-3, 64 px"]


def test_all_that_was_asked_for_here_is_cancelled_at_once_and_leaves_no_row_anywhere(busy, capsys):
    from hpviz.cli import main

    theirs = open_page(WEIGHT_DECAY)
    press(theirs, "Run the article's 3 values")
    app = open_page(LEARNING_RATE)
    press(app, "Run the article's 3 values")
    app.run()
    press(app, "Cancel all of mine (3)")
    assert len(queued(busy)) == 3
    assert {run["spec"]["model"] for run in busy.runs()} == {"article-cnn"}
    assert not labels(app, "Resume")
    assert not labels(app, "Cancel all")
    theirs.run()
    press(theirs, "Cancel all")
    assert [run["id"] for run in busy.runs()] == [request(seed=9).spec.run_id]
    assert len(page("runs").run().dataframe[0].value) == 1
    assert main(["runs", "--json", "--cache", str(busy.cache)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_run_that_was_begun_stays_and_says_where_it_was_stopped(runner):
    run = remember(runner, 2, status="stopped", learning_rate=1e-4)
    keep_checkpoint(runner.cache, run["id"])
    app = open_page(LEARNING_RATE)
    assert "lr 1e-4 · stopped after epoch 2/8" in texts(app)
    assert "before it began" not in texts(app)


def test_what_is_resumed_from_a_page_goes_next(busy):
    run = remember(busy, 2, status="stopped", learning_rate=1e-3)
    keep_checkpoint(busy.cache, run["id"])
    app = open_page(LEARNING_RATE)
    press(app, "Run the article's 3 values")
    press(app, "Resume lr 1e-3")
    assert queued(busy)[0] == run["id"]
    assert len(queued(busy)) == 4


def test_a_value_on_which_the_slider_rested_is_taken_back_with_the_rest(busy):
    app = open_page(LEARNING_RATE)
    app.select_slider[0].set_value(3e-4).run()
    press(app, "Run the article's 3 values")
    press(app, "Cancel all")
    assert queued(busy) == []
    assert busy.proposed(f"learning-rate/{app.session_state['session']}") is None
