"""Ids, links and special files in a cache folder: nothing outside it is read, written or removed, and nothing hangs."""

import json
import os
import shutil
from pathlib import Path

import pytest

from hpviz.cli import main
from hpviz.confined import lock, read_file, run_folder, write_file
from hpviz.runs import disk
from hpviz.runs.budget import remove_checkpoints
from hpviz.runs.ownership import Owner, is_alive
from hpviz.runs.recovery import read_sidecars, write_sidecar
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.runs.work import checkpoint_of
from hpviz.spec import BadInput
from hpviz.training import checkpoint
from tests.faults.made_up_store import made_up, plant, stored
from tests.made_up import spec

IDS = [
    "../../x",
    "/etc",
    "..",
    ".",
    "",
    "a/b",
    "0" * 11,
    "0" * 13,
    "0" * 200_000,
    "0" * 12 + "\0",
    "0" * 12 + "\n",
    "A" * 12,
]
IDS += ["0" * 12 + "-", "0" * 12 + "-../../..", "0" * 12 + "-0123abcd/..", "~", "$HOME", "٠" * 12, "c:\\x", "-rf"]


@pytest.fixture
def outside(tmp_path):
    """What is somebody else's: a folder with a file, and a file. It must be as it was, whatever happens."""
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "run.json").write_text("precious")
    (folder / "newest.pt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    yield tmp_path
    assert sorted(path.name for path in folder.iterdir()) == ["newest.pt", "run.json"]
    assert {path.read_text() for path in (*folder.iterdir(), tmp_path / "file")} == {"precious"}


@pytest.fixture
def cache(outside):
    return outside / "a" / "cache"


@pytest.fixture
def run(cache):
    """A finished run with a copy of its curve and a checkpoint."""
    store = RunStore(cache)
    run = stored(store)
    write_sidecar(run, store.checkpoints / run["id"])
    (store.checkpoints / run["id"] / "newest.pt").write_bytes(b"x" * 100)
    store.backup()
    store.close()
    return run


@pytest.mark.parametrize("run_id", IDS, ids=lambda run_id: repr(run_id[:20]))
def test_what_is_no_id_never_becomes_a_path(cache, run_id):
    runner = Runner(cache)
    store = runner.store
    document = {**made_up(), "id": run_id}
    plant(cache, f"v1/run/{run_id}", document)
    plant(cache, f"v1/run/{made_up()['id']}", document)
    assert runner.runs() == []
    assert store.get(run_id) is None
    for act in (
        lambda: run_folder(store.checkpoints, run_id),
        lambda: checkpoint_of(document, cache),
        lambda: store.remove(run_id),
        lambda: runner.delete(run_id),
        lambda: runner.resumption(run_id),
        lambda: store.find(run_id),
    ):
        with pytest.raises(BadInput) as refusal:
            act()
        assert len(str(refusal.value)) < 250
    runner.stop(run_id)
    assert disk.free_checkpoints(store, [run_id]) == disk.checkpoint_bytes(store, run_id) == 0
    runner.close()


@pytest.mark.parametrize("owner", ["../../x", "/etc/passwd", "..", "", "a\0b", "a" * 5_000, "a\nb", "x/../../y"])
def test_what_is_no_owner_is_nobody_alive(cache, owner):
    store = RunStore(cache)
    document = {**made_up(), "status": "running", "owner": owner}
    plant(cache, f"v1/run/{document['id']}", document)
    assert not is_alive(store.locks, owner)
    assert [run["status"] for run in store.runs()] == ["interrupted"]


def test_a_tombstone_of_a_strange_run_stays_in_its_folder(cache, run):
    store = RunStore(cache)
    plant(cache, f"v1/run/{run['id']}", {**run, "created": "2026-01-01T00:00:00.000001+00:00"})
    store.remove(run["id"])
    assert [stone.name for stone in (cache / "deleted").iterdir()] == [f"{run['id']}@202601010000000000000"]


# Links


def test_a_link_in_place_of_a_runs_folder_is_not_followed(cache, outside, run):
    folder = cache / "checkpoints" / run["id"]
    shutil.rmtree(folder)
    folder.symlink_to(outside / "x")
    runner = Runner(cache)
    for act in (
        lambda: write_sidecar(run, folder),
        lambda: checkpoint.save(folder, spec(), {}),
        lambda: checkpoint_of(run, cache),
        lambda: disk.free_checkpoints(runner.store, [run["id"]]),
    ):
        with pytest.raises(BadInput, match="is a link"):
            act()
    disk.trim(runner.store, budget=0)
    assert disk.checkpoint_bytes(runner.store, run["id"]) == 0
    assert disk.measure(cache).checkpoints == 0
    runner.delete(run["id"])
    assert not folder.is_symlink()
    assert runner.runs() == []
    runner.close()


def test_a_link_in_place_of_all_checkpoints_is_not_followed_and_runs_can_be_read(cache, outside, run):
    shutil.rmtree(cache / "checkpoints")
    (outside / "elsewhere").mkdir()
    (outside / "x").rename(outside / "elsewhere" / run["id"])
    (cache / "checkpoints").symlink_to(outside / "elsewhere")
    runner = Runner(cache)
    assert [each["id"] for each in runner.runs()] == [run["id"]]
    assert "is a link" in runner.store.notice
    for act in (
        lambda: runner.delete(run["id"]),
        lambda: write_sidecar(run, cache / "checkpoints" / run["id"]),
        lambda: disk.trim(runner.store, budget=0),
        lambda: checkpoint_of(run, cache),
    ):
        with pytest.raises(BadInput, match="is a link"):
            act()
    assert disk.measure(cache).checkpoints == 0
    runner.close()
    (outside / "elsewhere" / run["id"]).rename(outside / "x")


@pytest.mark.parametrize("name", ["runs", "locks"])
def test_a_link_in_place_of_a_folder_that_must_be_written_is_refused_by_name(cache, outside, run, name):
    shutil.rmtree(cache / name)
    (cache / name).symlink_to(outside / "x")
    with pytest.raises(BadInput, match=f"{name} is a link"):
        RunStore(cache)


@pytest.mark.parametrize("name", ["backup", "imported", "deleted"])
def test_a_link_in_place_of_a_folder_of_copies_stops_no_reading(cache, outside, run, name):
    shutil.rmtree(cache / name, ignore_errors=True)
    (cache / name).symlink_to(outside / "x")
    store = RunStore(cache)
    assert [each["id"] for each in store.runs()] == [run["id"]]
    other = {**made_up(seed=1), "id": made_up(seed=1)["id"] + "-0123abcd"}
    assert store.take_in([other]) == [other]
    if name != "backup":
        with pytest.raises(BadInput, match=f"{name} is a link"):
            store.remove(other["id"])


@pytest.mark.parametrize("name", ["run.json", "run.json.partial", "newest.pt", "previous.pt", "partial.pt"])
def test_a_link_among_a_runs_files_is_replaced_or_removed_never_followed(cache, outside, run, name):
    folder = cache / "checkpoints" / run["id"]
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside / "file")
    assert checkpoint.load(folder, spec()) is None
    write_sidecar(run, folder)
    checkpoint.save(folder, spec(), {"rows": []})
    checkpoint.save(folder, spec(), {"rows": []})
    assert checkpoint.load(folder, spec())["rows"] == []
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside / "file")
    runner = Runner(cache)
    runner.delete(run["id"])
    runner.close()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["cache.db", "cache.db-journal", "cache.db-wal", "cache.db-shm"])
def test_a_link_among_the_databases_files_is_set_aside(cache, outside, run, name):
    (cache / "runs" / name).unlink(missing_ok=True)
    (cache / "runs" / name).symlink_to(outside / "file")
    store = RunStore(cache)
    assert [each["id"] for each in store.runs()] == [run["id"]]
    stored(store, seed=1)
    assert len(RunStore(cache).runs()) == 2


@pytest.mark.parametrize("name", ["cache.db", "cache.db-journal", "cache.db-wal"])
def test_a_link_in_the_backup_is_not_followed(cache, outside, run, name):
    (cache / "backup" / name).unlink(missing_ok=True)
    (cache / "backup" / name).symlink_to(outside / "file")
    RunStore(cache).backup()
    (cache / "runs" / "cache.db").unlink()
    assert [each["id"] for each in RunStore(cache).runs()] == [run["id"]]


@pytest.mark.parametrize("name", ["opening.lock", "backup.lock", "device-cpu.lock"])
def test_a_link_in_place_of_a_lock_is_not_followed(cache, outside, run, name):
    (cache / "locks" / name).unlink(missing_ok=True)
    (cache / "locks" / name).symlink_to(outside / "file")
    store = RunStore(cache)
    store.backup()
    with lock(cache / "locks" / name):
        assert not (cache / "locks" / name).is_symlink()


def test_a_link_in_place_of_an_owners_lock_is_nobody_alive(cache, outside, run):
    (cache / "locks" / "owner-host-1-abc.lock").symlink_to(outside / "file")
    assert not is_alive(cache / "locks", "host-1-abc")


@pytest.mark.parametrize("name", ["ballast", "imported/0123456789ab-0123abcd.json"])
def test_other_links_are_not_followed(cache, outside, run, name):
    path = cache / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(outside / "file")
    store = RunStore(cache)
    other = {**made_up(seed=1), "id": "0123456789ab-0123abcd"}
    store.take_in([{**other, "id": made_up(seed=1)["id"] + "-0123abcd"}])
    store.backup()
    assert len(store.runs()) == 2


def test_the_cache_folder_itself_may_be_a_link(outside):
    (outside / "disk").mkdir()
    (outside / "link").symlink_to(outside / "disk")
    store = RunStore(outside / "link" / "cache")
    (outside / "root").symlink_to(outside / "link" / "cache")
    run = stored(RunStore(outside / "root"))
    assert store.get(run["id"]) is not None
    write_sidecar(run, outside / "root" / "checkpoints" / run["id"])
    assert checkpoint_of(run, outside / "root").is_dir()


def test_a_cache_whose_name_looks_like_a_variable_is_that_folder(outside, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", str(outside / "x"))
    for name in ("$ELSEWHERE", "~", "a?b#c%20d", "\udcff"):
        store = RunStore(outside / "odd" / name)
        stored(store)
        assert len(RunStore(outside / "odd" / name).runs()) == 1
        assert (outside / "odd" / name / "runs" / "cache.db").is_file()


# Special files


def spoil(path, kind):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        (path / "inside").write_text("kept")
    else:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
@pytest.mark.parametrize(
    "name",
    [
        "runs/cache.db",
        "runs/cache.db-journal",
        "backup/cache.db",
        "locks/opening.lock",
        "checkpoints/{id}/run.json",
        "checkpoints/{id}/newest.pt",
        "imported/{id}-0123abcd.json",
        "deleted/{id}@1",
        "ballast",
    ],
)
def test_what_is_no_file_never_hangs_and_runs_are_read(cache, run, kind, name):
    spoil(cache / name.format(id=run["id"]), kind)
    runner = Runner(cache)
    assert [each["id"] for each in runner.runs()] == [run["id"]]
    assert checkpoint.load(cache / "checkpoints" / run["id"], spec()) is None
    disk.measure(cache)
    list(read_sidecars(cache / "checkpoints", cache / "imported"))
    if (kind, name) != ("folder", "locks/opening.lock"):  # without that lock nothing is written
        runner.delete(run["id"])
        assert runner.runs() == []
    runner.close()
    assert main(["doctor", "--cache", str(cache)]) == 0


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_only_regular_files_are_read(tmp_path, kind):
    spoil(tmp_path / "file", kind)
    with pytest.raises(OSError, match="file"):
        read_file(tmp_path / "file")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, outside):
    write_file(tmp_path / "new", b"one")
    (tmp_path / "new.partial").symlink_to(outside / "file")
    write_file(tmp_path / "new", b"two")
    assert (tmp_path / "new").read_bytes() == b"two"


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_a_bundle_that_is_no_file_is_refused_in_a_sentence(tmp_path, kind, capsys):
    spoil(tmp_path / "bundle.json", kind)
    assert main(["import", str(tmp_path / "bundle.json"), "--cache", str(tmp_path / "cache")]) == 2
    assert "could not be read" in capsys.readouterr().err


def test_what_is_not_a_runs_file_stays_in_its_folder(cache, run):
    folder = cache / "checkpoints" / run["id"]
    (folder / "mine").mkdir()
    (folder / "mine" / "notes").write_text("kept")
    remove_checkpoints(folder)
    assert (folder / "mine" / "notes").read_text() == "kept"


# Room is made only of what can be spared.


@pytest.mark.parametrize("status", ["queued", "running"])
def test_trimming_never_takes_the_checkpoint_of_a_run_under_way(cache, status):
    store = RunStore(cache)
    owner = Owner(store.locks)
    under_way = {**made_up(), "status": status, "owner": owner.id}
    others = [stored(store, seed=seed) for seed in (1, 2)]
    store.put(under_way)
    for age, run in enumerate([under_way, *others]):
        folder = store.checkpoints / run["id"]
        write_sidecar(run, folder)
        (folder / "newest.pt").write_bytes(b"x" * 1000)
        os.utime(folder, (age, age))
    disk.trim(store, budget=0)
    left = [run["id"] for run in (under_way, *others) if disk.checkpoint_bytes(store, run["id"])]
    assert left == [under_way["id"], others[1]["id"]]
    owner.release()
    assert json.loads((store.checkpoints / others[0]["id"] / "run.json").read_text())["epochs"]
    assert Path(store.checkpoints / others[0]["id"]).is_dir()
