"""A database that is damaged, taken away or replaced, while nobody looks or under a running store: nothing is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from hpviz.runs.document import move, put_epoch
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from tests.faults.made_up_store import made_up, stored
from tests.made_up import row

ROOT = Path(__file__).parent.parent.parent


def overwrite(database, start, end):
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(start)
        file.write(b"x" * ((end if end > 0 else size + end) - start))


def replace(database):
    other = database.with_name("other")
    other.write_bytes(b"not a database")
    other.replace(database)


def put_a_folder(database):
    database.unlink()
    database.mkdir()


def put_a_pipe(database):
    database.unlink()
    os.mkfifo(database)


def put_a_link(database):
    moved = database.parent.parent.parent / "elsewhere.db"
    moved.write_bytes(b"precious")
    database.unlink()
    database.symlink_to(moved)


DAMAGE = {
    "header": lambda database: overwrite(database, 0, 100),
    "middle": lambda database: overwrite(database, 4096, -4096),
    "tail": lambda database: os.truncate(database, database.stat().st_size // 2),
    "empty": lambda database: os.truncate(database, 0),
    "missing": lambda database: database.unlink(),
    "all of the folder missing": lambda database: shutil.rmtree(database.parent),
    "replaced": replace,
    "a folder": put_a_folder,
    "a pipe": put_a_pipe,
    "a link": put_a_link,
}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_under_a_running_store_is_mended_in_it_with_a_sentence(cache, damage):
    store, beside = RunStore(cache), RunStore(cache)
    runs = [stored(store, seed=seed) for seed in range(30)]
    store.backup()
    newest = stored(store, seed=30)
    write_sidecar(newest, store.checkpoints / newest["id"])
    assert len(store.runs()) == len(beside.runs()) == 31
    DAMAGE[damage](cache / "runs" / "cache.db")
    later = stored(store, seed=31)  # acknowledged, so it must be there
    assert {run["id"] for run in store.runs()} == {run["id"] for run in [*runs, newest, later]}
    if damage == "middle":
        store.backup()  # SQLite had those pages in memory; the backup after a run finds what became of them
    assert "set aside" in store.notice or "missing" in store.notice
    assert {run["id"] for run in store.runs()} == {run["id"] for run in [*runs, newest, later]}
    assert {run["id"] for run in beside.runs()} == {run["id"] for run in store.runs()}
    assert beside.notice == store.notice
    assert RunStore(cache).notice is None
    if damage == "a link":
        assert (cache.parent / "elsewhere.db").read_bytes() == b"precious"


@pytest.mark.parametrize("damage", ["header", "empty", "missing", "a link"])
@pytest.mark.parametrize("look", ["runs", "get", "revision", "transaction", "note", "take_in", "remove"])
def test_whatever_meets_the_damage_first_mends_it(cache, damage, look):
    store = RunStore(cache)
    run, other = stored(store), {**made_up(seed=1)}
    other["id"] += "-0123abcd"
    store.backup()

    def change():
        with store.transaction():
            grown = store.get(run["id"])
            put_epoch(grown, row(3))
            store.put(grown)

    acts = {
        "runs": store.runs,
        "get": lambda: store.get(run["id"]),
        "revision": store.revision,
        "transaction": change,
        "note": lambda: store.note("folders", ["/photos"]),
        "take_in": lambda: store.take_in([other]),
        "remove": lambda: store.remove(run["id"]),
    }
    DAMAGE[damage](cache / "runs" / "cache.db")
    acts[look]()
    expected = {"take_in": {run["id"], other["id"]}, "remove": set()}.get(look, {run["id"]})
    for opened in (store, RunStore(cache)):
        assert {each["id"] for each in opened.runs()} == expected
    if look == "transaction":
        assert len(store.get(run["id"])["epochs"]) == 3
    if look == "note":
        assert store.noted_texts("folders") == ["/photos"]


def test_damage_in_the_midst_of_a_transaction_loses_nothing_of_it(cache):
    store = RunStore(cache)
    ids = [stored(store, seed=seed)["id"] for seed in range(3)]
    store.backup()
    with store.transaction():
        first = store.get(ids[0])
        move(first, "stopped", "by hand")
        store.put(first)
        store.remove(ids[1])
        (cache / "runs" / "cache.db").unlink()
        third = store.get(ids[2])
        move(third, "failed", "for a reason")
        store.put(third)
    assert [run["status"] for run in RunStore(cache).runs()] == ["stopped", "failed"]


def test_every_thread_goes_on_with_the_mended_database(cache):
    store = RunStore(cache)
    stored(store)
    store.backup()
    before, after = threading.Barrier(5), threading.Barrier(5)
    written, lost = [], []

    def work(number):
        try:
            store.runs()
            before.wait()
            after.wait()
            written.append(stored(store, seed=number)["id"])
        except Exception as error:
            lost.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    before.wait()
    DAMAGE["header"](cache / "runs" / "cache.db")
    after.wait()
    for thread in threads:
        thread.join()
    assert lost == []
    assert len(RunStore(cache).runs()) == len(written) + 1 == 5


def test_without_backup_and_database_imported_runs_come_back_too(cache):
    store = RunStore(cache)
    own, other = stored(store), made_up(seed=1)
    other["id"] += "-0123abcd"
    other["origin"] = {"kind": "imported", "version": "1", "exported": other["updated"]}
    write_sidecar(own, store.checkpoints / own["id"])
    store.take_in([other])
    store.close()
    shutil.rmtree(cache / "runs")
    shutil.rmtree(cache / "backup")
    restored = RunStore(cache)
    assert {run["id"] for run in restored.runs()} == {own["id"], other["id"]}
    assert "missing" in restored.notice


def test_runs_that_an_earlier_version_took_in_have_copies_from_now_on(cache):
    store = RunStore(cache)
    other = made_up()
    other["id"] += "-0123abcd"
    other["origin"] = {"kind": "imported", "version": "1", "exported": other["updated"]}
    store.put(other)
    store.close()
    RunStore(cache).close()
    (cache / "runs" / "cache.db").unlink()
    assert [run["id"] for run in RunStore(cache).runs()] == [other["id"]]


def test_a_store_in_the_form_of_earlier_versions_is_read_and_needs_no_log_from_then_on(cache):
    store = RunStore(cache)
    run = stored(store)
    store.close()
    database = cache / "runs" / "cache.db"
    with closing(sqlite3.connect(database)) as earlier:
        earlier.execute("PRAGMA journal_mode=WAL")
        earlier.execute("UPDATE Cache SET store_time = 2.5")
        earlier.commit()
        shutil.copytree(cache, cache.parent / "killed")
    killed = RunStore(cache.parent / "killed")
    assert [each["id"] for each in killed.runs()] == [run["id"]]
    assert not (cache.parent / "killed" / "runs" / "cache.db-wal").exists()


WRITER = """
import sys
from pathlib import Path
from tests.faults.made_up_store import stored
from hpviz.runs.store import RunStore
store = RunStore(Path(sys.argv[1]))
for seed in range(100_000):
    print(stored(store, epochs=1, seed=seed)["id"], flush=True)
"""


def writer(cache):
    command = [sys.executable, "-c", WRITER, str(cache)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("gone", ["renamed", "removed"])
def test_of_a_database_whose_file_is_gone_nothing_is_lost_to_whoever_has_it_open(cache, gone):
    with writer(cache) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout if len(line) == 13]
    store = RunStore(cache)
    path = cache / "runs" / "cache.db"
    assert path.with_name("cache.db-journal").exists()
    if gone == "renamed":
        path.rename(path.with_name("away"))
    else:
        path.unlink()
    assert set(acknowledged) <= {run["id"] for run in store.runs()}
    assert "it was restored as it was" in store.notice


def test_another_process_that_writes_notices_nothing_of_the_damage(cache):
    with writer(cache) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(3)]
        store = RunStore(cache)
        store.backup()
        (cache / "runs" / "cache.db").rename(cache / "runs" / "away")
        acknowledged += [process.stdout.readline().strip() for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout if len(line) == 13]
    assert set(acknowledged) <= {run["id"] for run in store.runs()}


def test_what_a_killed_process_acknowledged_is_there(cache):
    for count in (1, 4):
        with writer(cache) as process:
            acknowledged = [process.stdout.readline().strip() for _ in range(count)]
            process.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in process.stdout if len(line) == 13]
        store = RunStore(cache)
        assert set(acknowledged) <= {run["id"] for run in store.runs()}
        assert store.notice is None


# Deleted stays deleted.


def deleted_with(cache, bring_back):
    """A run that was deleted, and something that could bring it back after that."""
    runner = Runner(cache)
    run = stored(runner.store)
    write_sidecar(run, runner.store.checkpoints / run["id"])
    runner.store.backup()
    shutil.copytree(cache, cache.parent / "before")
    runner.delete(run["id"])
    runner.close()
    before = cache.parent / "before"
    if bring_back == "an older backup":
        (cache / "runs" / "cache.db").unlink()
    elif bring_back == "an older database":
        shutil.copy(before / "runs" / "cache.db", cache / "runs" / "cache.db")
    elif bring_back == "a late copy beside the checkpoint":
        write_sidecar(run, cache / "checkpoints" / run["id"])
    elif bring_back == "a checkpoint folder":
        shutil.copytree(before / "checkpoints", cache / "checkpoints", dirs_exist_ok=True)
        shutil.rmtree(cache / "runs")
    return run


BROUGHT_BACK = ["an older backup", "an older database", "a late copy beside the checkpoint", "a checkpoint folder"]


@pytest.mark.parametrize("bring_back", BROUGHT_BACK)
def test_a_deleted_run_stays_deleted(cache, bring_back):
    deleted_with(cache, bring_back)
    assert RunStore(cache).runs() == []


@pytest.mark.parametrize("bring_back", BROUGHT_BACK)
def test_the_same_spec_can_be_trained_anew_and_survives(cache, bring_back):
    run = deleted_with(cache, bring_back)
    store = RunStore(cache)
    anew = made_up(epochs=1)
    anew["created"] = "2100-01-01T00:00:00.000+00:00"
    store.put(anew)
    store.backup()
    store.close()
    (cache / "runs" / "cache.db").unlink()
    assert [each["created"] for each in RunStore(cache).runs()] == [anew["created"]]
    assert run["id"] == anew["id"]


def test_a_deleted_run_under_a_running_store_stays_deleted_when_an_older_database_is_put_there(cache):
    store = RunStore(cache)
    run, kept = stored(store), stored(store, seed=1)
    store.backup()
    store.remove(run["id"])
    other = cache / "other"
    shutil.copy(cache / "backup" / "cache.db", other)
    other.replace(cache / "runs" / "cache.db")
    assert [each["id"] for each in store.runs()] == [kept["id"]]


def test_a_deleted_import_comes_back_when_it_is_imported_again(cache):
    store = RunStore(cache)
    other = made_up()
    other["id"] += "-0123abcd"
    other["origin"] = {"kind": "imported", "version": "1", "exported": other["updated"]}
    store.take_in([other])
    store.remove(other["id"])
    assert RunStore(cache).runs() == []
    assert store.take_in([other]) == [other]
    store.close()
    (cache / "runs" / "cache.db").unlink()
    assert len(RunStore(cache).runs()) == 1


def test_an_imported_run_is_dated_as_it_was_recorded(cache):
    store = RunStore(cache)
    other = {**made_up(), "created": "2026-01-02T03:04:05.678+00:00", "updated": "2026-01-02T04:00:00.000+00:00"}
    other["id"] += "-0123abcd"
    other["origin"] = {"kind": "imported", "version": "1", "exported": "2026-01-03T00:00:00.000+00:00"}
    store.take_in([other])
    (read,) = store.runs()
    assert (read["created"], read["updated"]) == (other["created"], other["updated"])
    store.put(other)  # as earlier versions did, which dated it to the moment of its import
    assert store.get(other["id"])["updated"] == other["origin"]["exported"]
