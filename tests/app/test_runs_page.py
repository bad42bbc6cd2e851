"""The Runs page: what is there is found, and whatever is done is done to the runs that were meant."""

import json
from pathlib import Path

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from hpviz import links
from hpviz.runs import bundle
from hpviz.runs.crew import Wish
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.terminal import headline
from hpviz.ui.text import literal
from tests.made_up import keep_checkpoint, request, row, spec

ROOT = Path(__file__).parent.parent.parent
PAGE = "hpviz/ui/pages/runs.py"


@pytest.fixture
def app(runner):
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().switch_page(PAGE).run()


def remember(runner, epochs=3, status="finished", target=3, checkpoint=0, **values):
    """Put a run into the store as if it had been trained; returns its id."""
    inputs = {"data": "made up", "weights": None, "classes": ["a", "b"], "test_images": 100}
    run = new_run(spec(**values), inputs, target)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch, accuracy=0.2 + 0.1 * epoch))
    move(run, status)
    runner.store.put(run)
    if checkpoint:
        keep_checkpoint(runner.cache, run["id"], checkpoint)
    return run["id"]


def came_from_elsewhere(runner, run_id):
    """Send a run to another machine and back: here it is forgotten, from there it comes as a bundle."""
    sent = bundle.write([runner.run(run_id)])
    runner.delete(run_id)
    (run,) = runner.store.take_in(bundle.read(sent))
    return run["id"]


def table(app):
    return next(frame for frame in app.dataframe if "test accuracy" in frame.value)


def listed(app):
    return list(table(app).value["run"])


def mark(app, *run_ids):
    """Tick the boxes of these runs in the table as it is on the screen; the page has yet to hear of it."""
    ids = listed(app)
    rows = [ids.index(run_id) for run_id in run_ids]
    app.session_state[table(app).key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def choose(app, *run_ids):
    mark(app, *run_ids)
    app.run()
    assert not app.exception


def chosen(app):
    return set(app.session_state["runs:chosen"])


def button(app, name):
    return app.button(key=f"runs:{name}")


def press(app, name):
    assert not button(app, name).disabled
    button(app, name).click().run()
    assert not app.exception


def said(app):
    kinds = (app.markdown, app.caption, app.text, app.info, app.error, app.success, app.toast)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


# Finding


def test_an_empty_store_says_where_to_begin_and_what_can_be_brought_along(app):
    assert not app.exception
    assert "Nothing was trained yet" in said(app)
    assert [uploader.label for uploader in app.file_uploader] == ["A bundle, as Export writes it"]
    assert not app.dataframe


def test_a_run_is_a_line_with_its_curve_and_its_figures(app, runner):
    run_id = remember(runner)
    app.run()
    (line,) = table(app).value.to_dict("records")
    assert line["run"] == run_id
    assert list(line["test accuracy"]) == pytest.approx([0.3, 0.4, 0.5])
    assert (line["status"], line["epochs"], line["of"], line["at epoch"], line["trained"]) == (
        "finished",
        3,
        3,
        3,
        "here",
    )
    assert (line["best"], line["last"]) == pytest.approx((50, 50))
    assert line["diagnosis"]


def test_the_newest_run_comes_first_and_an_epoch_does_not_move_it(app, runner):
    ids = [remember(runner, epochs=1, seed=seed) for seed in range(3)]
    app.run()
    before = listed(app)
    assert set(before) == set(ids)
    run = runner.run(ids[0])
    put_epoch(run, row(2))
    runner.store.put(run)
    app.run()
    assert listed(app) == before
    assert table(app).value.set_index("run")["epochs"][ids[0]] == 2


@pytest.mark.parametrize(
    ("words", "found"),
    [("lr 1e-3", ["fast"]), ("LR stopped", ["slow"]), ("made up", ["fast", "slow"]), ("1e-3 stopped", [])],
)
def test_every_word_that_is_searched_has_to_occur(app, runner, words, found):
    ids = {
        remember(runner, learning_rate=1e-3): "fast",
        remember(runner, learning_rate=1e-5, status="stopped"): "slow",
    }
    app.run()
    app.text_input(key="runs-search").set_value(words).run()
    assert sorted(ids[run_id] for run_id in (listed(app) if found else [])) == found
    assert ("None of the 2 runs matches" in said(app)) == (not found)


def test_a_run_is_found_by_its_id(app, runner):
    run_id, _ = remember(runner), remember(runner, seed=1)
    app.run()
    app.text_input(key="runs-search").set_value(run_id[:8]).run()
    assert listed(app) == [run_id]


@pytest.mark.parametrize(
    ("label", "name"),
    [("Status", "diverged"), ("Network", "resnet18"), ("Data", "photos"), ("Trained", "elsewhere")],
)
def test_runs_are_narrowed_down_by_status_network_data_and_origin(app, runner, label, name):
    remember(runner)
    wanted = {
        "diverged": lambda: remember(runner, status="diverged", seed=1),
        "resnet18": lambda: remember(runner, model="resnet18"),
        "photos": lambda: remember(runner, dataset="photos", seed=1),
        "elsewhere": lambda: came_from_elsewhere(runner, remember(runner, seed=1)),
    }[name]()
    app.run()
    app.selectbox(key=f"runs-{label.lower()}").set_value(name).run()
    assert not app.exception
    assert listed(app) == [wanted]


def test_filters_and_search_are_in_the_address(runner):
    wanted, _ = remember(runner, status="diverged"), remember(runner, status="diverged", learning_rate=3e-3)
    remember(runner, seed=2)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run().switch_page(PAGE)
    address = {"runs-status": "diverged", "runs-search": "1e-4", "runs-network": "<script>"}
    for name, text in address.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    assert listed(app) == [wanted]


def test_a_filter_whose_runs_were_deleted_is_given_up(app, runner):
    kept, gone = remember(runner), remember(runner, dataset="photos", seed=1)
    app.run()
    app.selectbox(key="runs-data").set_value("photos").run()
    runner.delete(gone)
    app.run()
    assert not app.exception
    assert listed(app) == [kept]


def test_names_from_outside_are_shown_literally(app, runner, work):
    name = "a $$x$$ :red[b] <img src=x> `c`"
    work.gate.clear()
    run_id = remember(runner, epochs=1, status="stopped", dataset=name, checkpoint=10)
    app.run()
    choose(app, run_id)
    press(app, "resume")
    assert work.at_gate.wait(30)
    app.run()
    (progress,) = app.get("progress")
    assert literal(headline(runner.run(run_id)), most=200) in progress.proto.text


# Choosing


def test_nothing_can_be_done_while_nothing_is_chosen(app, runner):
    remember(runner, checkpoint=10)
    app.run()
    assert all(button(app, name).disabled for name in ("stop", "resume", "extend", "compare", "free", "delete"))
    assert "Tick rows in the table" in said(app)


def test_chosen_runs_stay_chosen_when_a_new_run_takes_their_places(app, runner):
    first, second = remember(runner), remember(runner, seed=1)
    app.run()
    choose(app, first)
    third = remember(runner, seed=2)
    app.run()
    assert listed(app)[0] == third
    assert chosen(app) == {first}
    choose(app, first, third)
    runner.delete(second)
    app.run()
    assert chosen(app) == {first, third}


def test_places_are_read_by_the_table_they_were_chosen_in(app, runner):
    remember(runner)
    second = remember(runner, seed=1)
    app.run()
    mark(app, second)  # at the top, while a newer run comes in at that moment
    remember(runner, seed=2)
    app.run()
    assert chosen(app) == {second}


def test_a_run_that_is_filtered_out_is_no_longer_chosen(app, runner):
    fast, slow = remember(runner, learning_rate=1e-3), remember(runner, learning_rate=1e-5)
    app.run()
    choose(app, fast, slow)
    app.text_input(key="runs-search").set_value("1e-3").run()
    assert chosen(app) == {fast}
    app.text_input(key="runs-search").set_value("").run()
    assert chosen(app) == {fast}


def test_one_chosen_run_shows_all_that_is_known_of_it(app, runner):
    run_id = remember(runner, epochs=1, status="stopped", checkpoint=2_000_000)
    app.run()
    choose(app, run_id)
    assert "Stopped after epoch 1/3." in said(app)
    details = {frame.value.columns[0]: frame.value for frame in app.dataframe}
    setting = details["Setting"].set_index("Setting")[""]
    assert (setting["learning rate"], setting["image size"]) == ("1e-4", "64")
    assert details["Trained"].set_index("Trained")[""]["checkpoint"] == "2 MB"
    assert list(details["when"]["status"]) == ["stopped"]


def test_damage_that_the_page_itself_meets_is_told_on_it_at_once(app, runner):
    run_id = remember(runner)
    app.run()
    for times in range(1, 8):
        (runner.cache / "runs" / "cache.db").write_bytes(b"no database" * times)
        app.run()
        assert not app.exception
        assert runner.store.told[-1] in app.warning[0].value.replace("\\", "")
        assert len(set(runner.store.told)) == times
    assert runner.run(run_id) is not None


def test_what_others_noted_of_a_machine_is_shown_however_large(app, runner):
    run_id = remember(runner, epochs=1, status="stopped")
    run = runner.store.get(run_id)
    runner.store.put({**run, "machine": {**run["machine"], "serial": 10**400, "mood": [1, {"a": None}]}})
    app.run()
    choose(app, run_id)
    assert not app.exception
    trained = next(frame.value for frame in app.dataframe if "Trained" in frame.value).set_index("Trained")[""]
    assert (trained["serial"][:3], trained["mood"]) == ("100", "[1, {'a': None}]")


# Training


def test_a_run_that_trains_is_stopped_and_resumed(app, runner, work):
    work.gate.clear()
    run_id = remember(runner, epochs=1, status="stopped", checkpoint=10)
    work.done[run_id] = 1
    app.run()
    choose(app, run_id)
    press(app, "resume")
    assert work.at_gate.wait(30)
    app.run()
    assert chosen(app) == {run_id}
    assert len(app.get("progress")) == 1
    assert button(app, "delete").disabled
    press(app, "stop")
    assert runner.run(run_id)["stop_requested"] or runner.run(run_id)["status"] == "stopped"


def test_a_stop_says_what_became_of_each_and_what_had_not_begun_is_gone(app, runner, work):
    work.gate.clear()
    begun, waiting = request(seed=1), request(seed=2)
    runner.submit(begun)
    assert work.at_gate.wait(30)
    runner.submit(waiting)
    app.run()
    choose(app, begun.spec.run_id, waiting.spec.run_id)
    press(app, "stop")
    assert "1 run taken out of the queue and 1 run stopped." in said(app)
    assert [run["id"] for run in runner.runs()] == [begun.spec.run_id]


def test_what_is_resumed_from_the_table_goes_before_what_waits(app, runner, work):
    work.gate.clear()
    runner.submit(request(seed=1))
    assert work.at_gate.wait(30)
    runner.submit(request(seed=2))
    run_id = remember(runner, epochs=1, status="stopped", checkpoint=10)
    app.run()
    choose(app, run_id)
    press(app, "resume")
    assert [entry["id"] for entry in runner.queue()][1] == run_id


def test_a_finished_run_goes_on_for_as_many_epochs_as_are_asked(app, runner, work):
    work.gate.clear()
    run_id = remember(runner, checkpoint=10)
    app.run()
    choose(app, run_id)
    assert button(app, "resume").disabled
    app.number_input(key="runs:more").set_value(5).run()
    assert button(app, "extend").label == "+5 epochs"
    press(app, "extend")
    assert (runner.run(run_id)["status"] in ("queued", "running"), runner.run(run_id)["target"]) == (True, 8)


def test_a_run_that_diverged_does_not_go_on(app, runner):
    run_id = remember(runner, status="diverged", target=8)
    app.run()
    choose(app, run_id)
    assert button(app, "resume").disabled
    assert button(app, "extend").disabled


def test_a_run_without_its_checkpoint_begins_anew_only_after_it_was_said(app, runner, work):
    run_id = remember(runner, epochs=2, status="stopped")
    app.run()
    choose(app, run_id)
    press(app, "resume")
    assert "begins again at epoch 1" in said(app)
    assert runner.run(run_id)["status"] == "stopped"
    press(app, "no")
    assert "begins again" not in said(app)
    assert work.started == []
    press(app, "resume")
    press(app, "yes")
    assert [moment["status"] for moment in runner.run(run_id)["history"]][:2] == ["stopped", "queued"]


# Losing


def test_a_run_is_deleted_only_after_it_was_asked(app, runner):
    run_id, other = remember(runner, checkpoint=10), remember(runner, seed=1)
    app.run()
    choose(app, run_id)
    press(app, "delete")
    assert runner.run(run_id) is not None
    assert "Only training them again brings them back" in said(app)
    press(app, "no")
    assert runner.run(run_id) is not None
    press(app, "delete")
    press(app, "yes")
    assert [run["id"] for run in runner.runs()] == [other]
    assert listed(app) == [other]
    assert chosen(app) == set()
    assert "1 run deleted." in said(app)


def test_an_answer_is_about_the_runs_that_were_asked_about(app, runner):
    meant, other = remember(runner), remember(runner, seed=1)
    app.run()
    choose(app, meant)
    press(app, "delete")
    mark(app, meant, other)
    newest = remember(runner, seed=2)
    press(app, "yes")
    assert {run["id"] for run in runner.runs()} == {other, newest}


def test_a_run_that_another_tab_deleted_is_one_sentence(app, runner):
    gone, there = remember(runner), remember(runner, seed=1)
    app.run()
    choose(app, gone, there)
    press(app, "delete")
    runner.delete(gone)
    press(app, "yes")
    assert f"1 run deleted. There is no run '{gone}'" in said(app)
    assert runner.runs() == []


def test_checkpoints_of_chosen_runs_are_freed_and_their_curves_stay(app, runner):
    run_id, other = remember(runner, checkpoint=3_000_000), remember(runner, seed=1, checkpoint=10)
    app.run()
    choose(app, run_id)
    press(app, "free")
    assert "This frees 3 MB." in said(app)
    assert "train again from epoch 1" in said(app)
    press(app, "yes")
    assert not (runner.store.checkpoints / run_id / "newest.pt").exists()
    assert (runner.store.checkpoints / other / "newest.pt").exists()
    assert len(runner.run(run_id)["epochs"]) == 3
    assert "3 MB freed." in said(app)
    assert button(app, "free").disabled


def test_all_checkpoints_are_freed_but_for_those_of_runs_under_way(app, runner, work):
    work.gate.clear()
    ended, training = remember(runner, checkpoint=3_000_000), remember(runner, 1, "stopped", 3, 10, seed=1)
    runner.submit(runner.resumption(training))
    assert work.at_gate.wait(30)
    app.run()
    press(app, "free all")
    press(app, "yes")
    assert not (runner.store.checkpoints / ended / "newest.pt").exists()
    assert (runner.store.checkpoints / training / "newest.pt").exists()
    assert button(app, "free data").disabled


def prepare_images(runner):
    """5 MB of images, as they lie in the cache."""
    folder = runner.cache / "data" / f"{'a' * 64}-64"
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text("{}")
    (folder / "train_images.npy").write_bytes(b"x" * 5_000_000)
    return folder


def test_prepared_images_are_freed_after_it_was_asked(app, runner):
    folder = prepare_images(runner)
    app.run()
    assert "prepared images 5 MB" in said(app)
    press(app, "free data")
    press(app, "yes")
    assert [file.name for file in folder.iterdir()] == ["meta.json"]
    assert "prepared images 0.0 MB" in said(app)


def test_prepared_images_that_are_in_use_stay_and_the_page_says_so(app, runner):
    folder = prepare_images(runner)
    app.run()
    with FileLock(folder.with_suffix(".lock")):
        press(app, "free data")
        press(app, "yes")
    assert (folder / "train_images.npy").exists()
    assert "5 MB are in use and stay: close other pages, then try again." in said(app)


# Passing on


def upload(app, content):
    app.file_uploader(key="runs:file").upload("bundle.json", content, "application/json")
    app.run()
    assert not app.exception


def test_a_bundle_says_how_many_runs_came_and_how_many_were_known(app, runner):
    ids = [remember(runner, seed=seed) for seed in range(3)]
    sent = bundle.write([runner.run(run_id) for run_id in ids])
    for run_id in ids[:2]:
        runner.delete(run_id)
    app.run()
    upload(app, sent)
    assert "2 runs imported; 1 run was known already." in said(app)
    assert len(listed(app)) == 3
    assert sum(place.startswith("imported") for place in table(app).value["trained"]) == 2
    app.run()
    assert "2 runs imported; 1 run was known already." in said(app)
    upload(app, sent)
    assert "0 runs imported; 3 runs were known already." in said(app)


@pytest.mark.parametrize("damage", ["no JSON", "altered", "another file"])
def test_a_file_that_is_no_bundle_is_one_sentence_and_changes_nothing(app, runner, damage):
    run_id = remember(runner)
    sent = json.loads(bundle.write([runner.run(run_id)]))
    if damage == "altered":
        sent["runs"][0]["spec"]["learning_rate"] = 1.0
    runner.delete(run_id)
    before = runner.store.revision()
    content = {"no JSON": b"\x00", "altered": json.dumps(sent).encode(), "another file": b'{"layers": 3}'}[damage]
    app.run()
    upload(app, content)
    assert len(app.error) == 1
    assert runner.store.revision() == before


def test_imported_runs_are_not_trained_but_deleted(app, runner):
    run_id = came_from_elsewhere(runner, remember(runner, epochs=1, status="stopped"))
    app.run()
    choose(app, run_id)
    assert all(button(app, name).disabled for name in ("stop", "resume", "extend", "free"))
    assert "stayed where they were trained" in button(app, "resume").help
    assert "trained elsewhere" in said(app)
    press(app, "delete")
    press(app, "yes")
    assert runner.runs() == []


def test_of_own_and_imported_runs_only_ones_own_go_on(app, runner, work):
    work.gate.clear()
    foreign = came_from_elsewhere(runner, remember(runner, epochs=1, status="stopped"))
    own = remember(runner, epochs=1, status="stopped", checkpoint=10, seed=1)
    app.run()
    choose(app, foreign, own)
    press(app, "resume")
    assert runner.run(own)["status"] in ("queued", "running")
    assert runner.run(foreign)["status"] == "stopped"


def test_what_is_exported_is_a_bundle_of_the_chosen_runs_that_have_an_epoch(app, runner):
    with_epochs, without = remember(runner), remember(runner, epochs=0, status="stopped", seed=1)
    app.run()
    choose(app, without)
    assert app.download_button(key="runs:export").disabled
    choose(app, without, with_epochs)
    export = app.download_button(key="runs:export")
    assert not export.disabled
    assert export.proto.deferred_file_id


def test_chosen_runs_are_compared_on_their_page(app, runner):
    ids = [remember(runner, seed=seed) for seed in range(2)]
    app.run()
    choose(app, *ids)
    press(app, "compare")
    assert set(links.decode("".join(app.query_params["specs"])).specs) == set(ids)
    assert app.title[0].value == "Compare"


def test_everything_is_paused_by_one_click_and_goes_on_by_the_next(app, runner, work):
    work.gate.clear()
    runner.submit(request(epochs=3))
    assert work.at_gate.wait(20)
    app.run()
    app.button(key="pause").click().run()
    assert runner.is_paused
    assert any("paused" in str(each.proto) for each in app.get("progress"))
    app.button(key="go-on").click().run()
    assert not runner.is_paused


def test_what_trains_side_by_side_is_chosen_on_the_page(app, runner):
    app.number_input(key="crew:jobs").set_value(3).run()
    app.number_input(key="crew:threads").set_value(1).run()
    assert runner.wish == Wish(3, 1)
    runner.wish = Wish(2, 1)  # as from another tab
    assert app.run().number_input(key="crew:jobs").value == 2
    app.number_input(key="crew:jobs").set_value(None).run()
    assert runner.wish == Wish(None, 1)
