"""The run store: what is acknowledged can be read, and nothing hostile is executed."""

import pickle
import sqlite3
from contextlib import closing

import pytest

from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.ownership import Owner
from hpviz.runs.recovery import bury, write_sidecar
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from tests.made_up import row, spec


def stored(store, epochs=0, **values):
    run = new_run(spec(**values), {"data": "made up", "weights": None}, 8)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch))
    store.put(run)
    return run["id"]


def test_a_run_is_read_back_as_written_by_another_store(tmp_path):
    run_id = stored(RunStore(tmp_path), epochs=3)
    read = RunStore(tmp_path).get(run_id)
    assert [line["epoch"] for line in read["epochs"]] == [1, 2, 3]
    assert [run["id"] for run in RunStore(tmp_path).runs()] == [run_id]


def test_a_reader_sees_what_another_process_wrote_after_it_looked(tmp_path):
    reader, writer = RunStore(tmp_path), RunStore(tmp_path)
    assert reader.runs() == []
    run_id = stored(writer)
    assert [run["id"] for run in reader.runs()] == [run_id]
    writer.remove(run_id)
    assert reader.runs() == []


def test_a_reader_sees_an_epoch_that_another_process_added_and_parses_nothing_else_again(tmp_path, monkeypatch):
    reader, writer = RunStore(tmp_path), RunStore(tmp_path)
    ids = [stored(writer, epochs=1, seed=seed) for seed in range(5)]
    before = {run["id"]: run for run in reader.runs()}
    grown = writer.get(ids[3])
    put_epoch(grown, row(2))
    writer.put(grown)
    after = {run["id"]: run for run in reader.runs()}
    assert [len(after[run_id]["epochs"]) for run_id in ids] == [1, 1, 1, 2, 1]
    assert [run_id for run_id in ids if after[run_id] is not before[run_id]] == [ids[3]]


def test_a_reader_sees_a_run_that_was_deleted_and_trained_anew(tmp_path):
    reader, writer = RunStore(tmp_path), RunStore(tmp_path)
    run_id = stored(writer, epochs=2)
    assert len(reader.runs()[0]["epochs"]) == 2
    writer.remove(run_id)
    stored(writer, epochs=1)
    assert len(reader.runs()[0]["epochs"]) == 1


def test_every_change_by_whichever_process_is_a_new_revision(tmp_path):
    reader, writer = RunStore(tmp_path), RunStore(tmp_path)
    seen = [reader.revision()]
    run_id = stored(writer)
    seen.append(reader.revision())
    writer.remove(run_id)
    seen.append(reader.revision())
    assert seen == sorted(set(seen))
    assert reader.revision() == seen[-1]


def test_a_run_whose_owner_died_is_interrupted_at_the_next_look(tmp_path):
    store = RunStore(tmp_path)
    owner = Owner(store.locks)
    run = store.get(stored(store, epochs=2))
    move(run, "running", owner=owner.id)
    store.put(run)
    assert store.get(run["id"])["status"] == "running"
    owner.release()
    assert store.get(run["id"])["status"] == "interrupted"
    assert len(store.get(run["id"])["epochs"]) == 2


def test_ids_may_be_shortened_but_not_ambiguous(tmp_path):
    store = RunStore(tmp_path)
    run_id = stored(store)
    assert store.find(run_id[:6])["id"] == run_id
    for seed in range(1, 40):
        stored(store, seed=seed)
    with pytest.raises(BadInput, match="no run"):
        store.find("zzz")
    with pytest.raises(BadInput, match="no run"):
        store.find("")
    ambiguous = next(first for first in "0123456789abcdef" if sum(run["id"][0] == first for run in store.runs()) > 1)
    with pytest.raises(BadInput, match="start with"):
        store.find(ambiguous)


def test_not_a_number_is_never_written(tmp_path):
    store = RunStore(tmp_path)
    run = store.get(stored(store, epochs=1))
    run["epochs"][0]["test_loss"] = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put(run)
    assert store.get(run["id"])["epochs"][0]["test_loss"] == pytest.approx(1.1)


def test_the_folder_is_private(tmp_path):
    RunStore(tmp_path)
    assert (tmp_path / "runs").stat().st_mode & 0o777 == 0o700


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("place", ["value", "key"])
def test_a_doctored_store_never_executes_what_was_planted(tmp_path, place):
    store = RunStore(tmp_path)
    run_id = stored(store)
    payload = sqlite3.Binary(pickle.dumps(Canary(tmp_path / "canary")))
    with closing(sqlite3.connect(tmp_path / "runs" / "cache.db")) as database:
        if place == "value":
            database.execute("UPDATE Cache SET mode = 4, value = ? WHERE key LIKE '%/run/%'", (payload,))
        else:
            database.execute("UPDATE Cache SET raw = 0, key = ? WHERE key LIKE '%/run/%'", (payload,))
        database.execute("UPDATE Cache SET value = '9' WHERE key LIKE '%revision'")
        database.commit()
    fresh = RunStore(tmp_path)
    assert fresh.runs() == []
    assert fresh.get(run_id) is None
    assert not (tmp_path / "canary").exists()


def test_a_row_that_names_a_file_outside_is_refused(tmp_path):
    store = RunStore(tmp_path)
    run_id = stored(store)
    (tmp_path / "secret").write_text('{"schema": 1}')
    with closing(sqlite3.connect(tmp_path / "runs" / "cache.db")) as database:
        database.execute("UPDATE Cache SET mode = 3, filename = '../secret', value = NULL WHERE key LIKE '%/run/%'")
        database.commit()
    assert RunStore(tmp_path).get(run_id) is None


@pytest.mark.parametrize("damage", ["header", "middle", "empty", "missing"])
def test_a_damaged_database_is_set_aside_and_restored(tmp_path, damage):
    store = RunStore(tmp_path)
    ids = [stored(store, epochs=2, seed=seed) for seed in range(50)]
    store.backup()
    newest = store.get(ids[0])
    put_epoch(newest, row(3))
    write_sidecar(newest, store.checkpoints / ids[0])
    store.close()
    database = tmp_path / "runs" / "cache.db"
    content = bytearray(database.read_bytes())
    if damage == "header":
        content[:100] = b"x" * 100
    elif damage == "middle":
        content[4096:-4096] = b"x" * (len(content) - 8192)
    elif damage == "empty":
        content.clear()
    database.write_bytes(content) if damage != "missing" else database.unlink()
    restored = RunStore(tmp_path)
    assert "restored from its backup" in restored.notice
    assert {run["id"] for run in restored.runs()} == set(ids)
    assert len(restored.get(ids[0])["epochs"]) == 3
    if damage in ("header", "middle"):
        (aside,) = (tmp_path / "runs").glob("damaged-*")
        assert (aside / "cache.db").read_bytes() == bytes(content)


def test_without_a_backup_the_curves_come_back_from_beside_the_checkpoints(tmp_path):
    store = RunStore(tmp_path)
    run = store.get(stored(store, epochs=2))
    write_sidecar(run, store.checkpoints / run["id"])
    store.close()
    (tmp_path / "runs" / "cache.db").write_bytes(b"not a database")
    restored = RunStore(tmp_path)
    assert "rebuilt from the checkpoints" in restored.notice
    assert len(restored.get(run["id"])["epochs"]) == 2


def test_a_folder_that_cannot_be_used_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be used"):
        RunStore(tmp_path / "file" / "cache")


def test_a_thousand_runs_are_never_evicted(tmp_path):
    store = RunStore(tmp_path)
    with store.transaction():
        for seed in range(1000):
            stored(store, epochs=1, seed=seed)
    assert len(RunStore(tmp_path).runs()) == 1000


def test_a_run_whose_process_died_is_told_as_it_is_then_written_down(tmp_path):
    store = RunStore(tmp_path)
    run = store.get(stored(store, epochs=1))
    move(run, "running", owner="host-1-dead")
    store.put(run)
    first = store.get(run["id"])
    assert first["status"] == "interrupted"
    assert first == RunStore(tmp_path).get(run["id"])


def test_a_run_that_goes_on_after_its_deletion_was_cut_off_is_not_deleted_later(tmp_path):
    store = RunStore(tmp_path)
    run = store.get(stored(store, epochs=1))
    bury(run, store.deleted)  # as by a process that was killed before it could take the run out of the database
    put_epoch(run, row(2))
    store.put(run)
    assert len(RunStore(tmp_path).get(run["id"])["epochs"]) == 2
