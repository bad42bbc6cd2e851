"""The gate: what pages may read of this machine, and that they change nothing where they only show."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hpviz import gate
from hpviz.data import catalogue
from hpviz.data.follow_links import confirm, confirmed
from hpviz.own_process import environment
from hpviz.runs import bundle, disk, executor, work
from hpviz.runs.crew import Wish
from hpviz.runs.desk import Desk
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.inspections import Sought
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from tests.made_up import Work, keep_checkpoint, request, row, spec

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path):
    """Allowed: `data`, with links in and out of it. Not allowed: `elsewhere`."""
    for folder in ("data/set/cat", "data/set/dog", "elsewhere/cat"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "elsewhere/weights.pth").write_bytes(b"no weights")
    (tmp_path / "data/in").symlink_to(tmp_path / "data/set")
    (tmp_path / "data/out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data/set/up").symlink_to("../..")
    (tmp_path / "data/loop").symlink_to("loop")
    (tmp_path / "data2").mkdir()
    (tmp_path / "into").symlink_to(tmp_path / "data")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("data", "data"),
        ("data/set", "data/set"),
        ("data/in", "data/set"),
        ("into/set", "data/set"),
        ("data/set/../set/./cat", "data/set/cat"),
        ("data/not there", "data/not there"),
        ("elsewhere/../data/set", "data/set"),
    ],
)
def test_what_lies_below_a_root_may_be_named_whichever_way_leads_there(place, for_pages, path, meant):
    for_pages(HPVIZ_ROOTS=place / "data")
    assert gate.named(f"{place}/{path}") == place / meant


@pytest.mark.parametrize(
    "path",
    ["", "elsewhere", "data2", "data/out", "data/out/cat", "data/..", "data/set/up/elsewhere", "data/loop", "none"],
)
def test_what_lies_elsewhere_is_refused_in_one_sentence_whether_it_is_there_or_not(place, for_pages, path):
    for_pages(HPVIZ_ROOTS=place / "data")
    given_path = f"{place}/{path}"
    with pytest.raises(gate.Outside) as caught:
        gate.named(given_path)
    assert str(caught.value) == (
        f"'{given_path}' does not lie in '{place / 'data'}', and these pages may read nothing else (HPVIZ_ROOTS)."
    )


@pytest.mark.parametrize("path", ["~nobody-here/x", "$HPVIZ_SECRET", "$HPVIZ_SECRET/x", "https://x.org", "C:\\x", "\0"])
def test_a_refusal_tells_nothing_of_this_machine(place, for_pages, monkeypatch, path):
    monkeypatch.setenv("HPVIZ_SECRET", "/elsewhere/hunter2")
    for_pages(HPVIZ_ROOTS=place / "data")
    with pytest.raises(gate.Outside) as caught:
        gate.named(path)
    assert "does not lie in" in str(caught.value)
    assert "hunter2" not in str(caught.value)


STEPS = ["data", "set", "cat", "in", "out", "up", "loop", "elsewhere", "into", "data2", "..", ".", "", "new"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=8))
@example(["data", "set", "up", "elsewhere"])
@example(["data", "out", "..", "data"])
def test_whatever_path_is_named_nothing_but_what_really_lies_below_a_root_comes_of_it(place, for_pages, steps):
    for_pages(HPVIZ_ROOTS=place / "data")
    path = os.path.join(place, *steps)
    real = os.path.realpath(path)
    lies_within = real == str(place / "data") or real.startswith(f"{place / 'data'}/")
    try:
        assert str(gate.named(path)) == real
        assert lies_within
    except gate.Outside:
        assert not lies_within or "loop" in steps


def test_several_roots_one_of_them_a_link_and_blanks_between(place, for_pages):
    bound = for_pages(HPVIZ_ROOTS=f"{place / 'into'}{os.pathsep}{os.pathsep}{place / 'data2'}{os.pathsep}")
    assert bound.roots == (place / "data", place / "data2")
    assert gate.named(str(place / "into/set")) == place / "data/set"
    with pytest.raises(gate.Outside, match=r"in '.*data' or '.*data2', and"):
        gate.named(str(place))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HPVIZ_ROOTS", "", "HPVIZ_ROOTS names no folder"),
        ("HPVIZ_ROOTS", f" {os.pathsep}", "HPVIZ_ROOTS names no folder"),
        ("HPVIZ_ROOTS", "/not/there", "HPVIZ_ROOTS names '/not/there', which is no folder"),
        ("HPVIZ_ROOTS", f"{__file__}", "which is no folder"),
        ("HPVIZ_READ_ONLY", "maybe", "HPVIZ_READ_ONLY is 'maybe'"),
    ],
)
def test_a_variable_that_cannot_be_understood_is_told_in_a_sentence_and_opens_nothing(for_pages, name, value, told):
    with pytest.raises(BadInput, match=told) as caught:
        for_pages(**{name: value})
    assert "\n" not in str(caught.value)
    for act in (lambda: gate.named("/"), gate.refuse_changes):
        with pytest.raises(BadInput, match=told):
            act()


@pytest.mark.parametrize(("value", "only_shows"), [("1", True), (" 1 ", True), ("0", False), ("", False)])
def test_pages_only_show_where_that_is_asked_for(for_pages, value, only_shows):
    assert for_pages(HPVIZ_READ_ONLY=value) == gate.Gate(None, only_shows)


def test_the_command_line_is_the_owners_and_is_not_bound(hpviz, folder, place, monkeypatch):
    monkeypatch.setenv("HPVIZ_ROOTS", str(place / "data"))
    monkeypatch.setenv("HPVIZ_READ_ONLY", "1")
    status, lines = hpviz("data", "--data", folder)
    assert status == 0
    assert lines[0]["train_counts"] == {"bright": 40, "dark": 40}


def test_what_the_server_starts_is_bound_as_it_is(place, for_pages):
    code = "from hpviz import gate; print(gate.current())"
    for variables, bound in (({}, False), ({"HPVIZ_ROOTS": place / "data"}, True)):
        if variables:
            for_pages(**variables)
        command = [sys.executable, "-c", code]
        told = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout
        assert (str(place / "data") in told) == bound


# Folders and files of the server


def test_a_data_set_is_refused_that_lies_elsewhere_and_one_below_a_root_is_taken(place, for_pages, folder):
    for_pages(HPVIZ_ROOTS=folder)
    assert catalogue.resolve(f"{folder}/train", place).folder == Path(folder) / "train"
    assert catalogue.resolve("scenes", place).kind == "scenes"
    with pytest.raises(gate.Outside, match=r"does not lie in .* \(HPVIZ_ROOTS\): give one of scenes"):
        catalogue.resolve(str(place / "elsewhere"), place)


def test_a_folder_that_has_become_a_link_since_it_was_named_is_not_read(place, for_pages):
    for_pages(HPVIZ_ROOTS=place / "data")
    source = catalogue.resolve(str(place / "data/set"), place)
    (place / "data/set").rename(place / "data/was")
    (place / "data/set").symlink_to(place / "elsewhere")
    with pytest.raises(gate.Outside):
        catalogue.here(source, place)
    with pytest.raises(gate.Outside):
        next(catalogue.identify(source, place))


def test_links_lead_to_no_root_that_pages_may_not_read_though_it_was_confirmed_before(place, for_pages):
    folder, cache = place / "data/set", place / "cache"
    confirm(folder, place / "elsewhere", cache)
    confirm(folder, place / "data/in", cache)
    assert confirmed(folder, cache) == (str(place / "data/set"), str(place / "elsewhere"))
    for_pages(HPVIZ_ROOTS=place / "data")
    assert confirmed(folder, cache) == (str(place / "data/set"),)
    with pytest.raises(gate.Outside):
        confirm(folder, place / "elsewhere", cache)


def test_a_file_of_weights_elsewhere_is_refused_unread(place, for_pages):
    for_pages(HPVIZ_ROOTS=place / "data")
    desk = Desk(place / "cache")
    for file in ("elsewhere/weights.pth", "data/out/weights.pth", "elsewhere/none.pth"):
        task = desk.weights(f"{place}/{file}")
        assert task.wait(60)
        assert "does not lie in" in task.error


def run_of(data, weights=None):
    return new_run(spec(), {"data": str(data), "weights": weights and str(weights), "classes": [], "test_images": 0}, 3)


def test_a_run_that_was_remembered_is_trained_on_nothing_elsewhere(place, for_pages):
    for_pages(HPVIZ_ROOTS=place / "data")
    with pytest.raises(gate.Outside):
        next(work.images_of(run_of(place / "elsewhere"), place / "cache"))
    with pytest.raises(gate.Outside):
        work.weights_of(run_of("scenes", place / "data/out/weights.pth"))
    assert work.weights_of(run_of("scenes", work.imagenet_file())) == work.imagenet_file()
    assert work.weights_of(run_of("scenes")) is None


def test_a_bundle_names_no_folder_of_this_machine(place):
    run = run_of(place / "elsewhere", place / "elsewhere/weights.pth")
    put_epoch(run, row(1))
    told = json.loads(bundle.write([move_to_rest(run)]))
    told["runs"][0]["spec"]["dataset"] = str(place / "elsewhere")
    told["runs"][0]["id"] = spec(dataset=str(place / "elsewhere")).run_id
    (taken,) = bundle.read(json.dumps(told).encode())
    assert (taken["inputs"]["data"], taken["inputs"]["weights"]) == ("", None)


def move_to_rest(run):
    move(run, "finished")
    return run


# Pages that only show


@pytest.fixture
def cache(tmp_path):
    """A cache folder with a run that has a checkpoint, and one that was stopped."""
    folder = tmp_path / "cache"
    store = RunStore(folder)
    for seed, status in ((0, "finished"), (1, "stopped")):
        run = new_run(spec(seed=seed, precision="bf16"), request().inputs, 3)
        put_epoch(run, row(1))
        move(run, status)
        store.put(run)
        keep_checkpoint(folder, run["id"])
    store.note("kept", 1)
    store.close()
    return folder


def everything(folder):
    """Every file below a folder, its content and when it was written."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


CHANGES = {
    "submit": lambda runner: runner.submit(request(seed=2)),
    "propose": lambda runner: runner.propose(request(seed=2), "slot", 0),
    "resume": lambda runner: runner.submit(runner.resumption(runner.runs()[1]["id"], 3)),
    "stop": lambda runner: runner.stop(runner.runs()[0]["id"]),
    "cancel": lambda runner: runner.cancel("session"),
    "delete": lambda runner: runner.delete(runner.runs()[0]["id"]),
    "pause": lambda runner: runner.pause(),
    "go on": lambda runner: runner.go_on(),
    "crew": lambda runner: setattr(runner, "wish", Wish(2, 2)),
    "note": lambda runner: runner.store.note("folders", ["/x"]),
    "put": lambda runner: runner.store.put(runner.runs()[0]),
    "remove": lambda runner: runner.store.remove(runner.runs()[0]["id"]),
    "import": lambda runner: runner.store.take_in(bundle.read(bundle.write(runner.runs()))),
    "free": lambda runner: disk.free_checkpoints(runner.store, [run["id"] for run in runner.runs()]),
    "free images": lambda runner: disk.free_prepared(runner.cache),
    "follow": lambda runner: confirm(runner.cache, runner.cache / "runs", runner.cache),
    "a process": lambda runner: executor.TrainingProcess("cpu"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_changed_behind_pages_that_only_show(cache, for_pages, change):
    for_pages(HPVIZ_READ_ONLY=1)
    before, made_up = everything(cache), Work()
    runner = Runner(cache, "cpu", made_up)
    seen = runner.runs()
    with pytest.raises(BadInput) as caught:
        CHANGES[change](runner)
    assert str(caught.value) == gate.ONLY_SHOWN
    assert runner.runs() == seen
    assert (runner.queue(), runner.is_paused, made_up.started) == ([], False, [])
    runner.close()
    assert everything(cache) == before


TASKS = {
    "finding": lambda desk: desk.find(Sought("made up", [], {}, lambda cache: iter(()))),
    "weights": lambda desk: desk.weights(str(desk.cache / "runs/cache.db")),
    "fetch": lambda desk: desk.fetch(catalogue.resolve("cifar10", desk.cache)),
    "scenes": lambda desk: desk.prepare(catalogue.resolve("scenes", desk.cache), 64),
}


@pytest.mark.parametrize("task", TASKS)
def test_no_work_is_begun_behind_pages_that_only_show(cache, for_pages, task):
    for_pages(HPVIZ_READ_ONLY=1)
    before = everything(cache)
    begun = TASKS[task](Desk(cache))
    assert begun.wait(60)
    assert begun.error == gate.ONLY_SHOWN
    assert everything(cache) == before


def test_a_folder_is_looked_at_and_nothing_of_that_is_remembered(cache, folder, for_pages):
    for_pages(HPVIZ_READ_ONLY=1)
    before = everything(cache)
    task = Desk(cache).identify(catalogue.resolve(folder, cache))
    assert task.wait(60)
    assert task.result.train_counts == {"bright": 40, "dark": 40}
    assert everything(cache) == before


def test_a_cache_in_which_nothing_was_trained_is_shown_and_left_as_it_is(tmp_path, for_pages):
    for_pages(HPVIZ_READ_ONLY=1)
    runner = Runner(tmp_path / "none", "cpu", Work())
    assert runner.runs() == []
    assert runner.store.noted("kept") is None
    runner.close()
    assert not (tmp_path / "none").exists()


def test_runs_that_another_process_trains_are_followed(cache, for_pages):
    other = RunStore(cache)
    for_pages(HPVIZ_READ_ONLY=1)
    runner = Runner(cache, "cpu", Work())
    assert len(runner.runs()) == 2
    run = new_run(spec(seed=7), request().inputs, 3)
    put_epoch(run, row(1))
    other.put(move_to_rest(run))
    other.close()
    assert len(runner.runs()) == 3
    assert runner.store.noted("kept") == 1
    runner.close()


def test_pages_that_only_show_compare_in_what_the_runs_here_are_in_and_load_no_pytorch(cache, for_pages):
    for_pages(HPVIZ_READ_ONLY=1)
    before = list(executor.processes())
    runner = Runner(cache)
    runner.warm_up()
    assert runner.is_warm()
    assert runner.machine()["precision"] == "bf16"
    assert list(executor.processes()) == before
    runner.close()
