"""Files that others have open, which Windows neither moves nor removes: waited for, a while."""

import errno
import os
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpviz import in_use
from hpviz.cli.sharing import write_whole
from hpviz.confined import let_go, lock, new_file, read_file, write_file
from hpviz.runs import ownership
from hpviz.runs.ownership import Owner, is_alive
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from hpviz.training import checkpoint
from tests.analysis.made_up_runs import rows, run


def refusal(winerror, path=None):
    """What Windows says; it has no number of its own where a file is opened."""
    error = PermissionError(errno.EACCES, "in use", path)
    error.winerror = winerror
    return error


@pytest.fixture
def refused(monkeypatch):
    """Has a function of `os` refuse its first calls, as if somebody had the file open until then."""
    monkeypatch.setattr(in_use, "PAUSE_SECONDS", 0)

    def act(name, times, winerror=32):
        left, real = [winerror] * times, getattr(os, name)

        def refuse(path, *arguments, **options):
            if left:
                raise refusal(left.pop(), str(path))
            return real(path, *arguments, **options)

        monkeypatch.setattr(os, name, refuse)
        return left

    return act


@pytest.mark.parametrize("winerror", [5, 32])
def test_a_file_that_a_reader_has_open_is_replaced_once_that_one_is_done(tmp_path, refused, winerror):
    write_file(tmp_path / "file", b"old")
    left = refused("replace", 3, winerror)
    write_file(tmp_path / "file", b"new")
    assert ((tmp_path / "file").read_bytes(), left) == (b"new", [])
    left = refused("replace", 3, winerror)
    write_whole(tmp_path / "file", b"newer")
    assert ((tmp_path / "file").read_bytes(), left) == (b"newer", [])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_about_to_be_gone_is_made_anew_and_what_is_being_replaced_is_read(tmp_path, refused):
    left = refused("open", 2, winerror=None)
    with new_file(tmp_path / "file") as file:
        file.write(b"text")
    assert left == []
    left = refused("open", 2, winerror=None)
    assert (read_file(tmp_path / "file"), left) == (b"text", [])
    left = refused("open", 2, winerror=None)
    with lock(tmp_path / "lock"):
        assert left == []


def test_a_checkpoint_is_written_while_a_page_reads_the_one_before(tmp_path, refused):
    for name in (checkpoint.NEWEST, checkpoint.PARTIAL):
        (tmp_path / name).write_bytes(b"")
    left = refused("replace", 5)
    checkpoint.save(tmp_path, SimpleNamespace(run_id="0" * 12, model_dump=lambda mode: {}), {})
    assert left == []
    assert {path.name for path in tmp_path.iterdir()} == {checkpoint.NEWEST, checkpoint.PREVIOUS}
    refused("unlink", 2)
    checkpoint.settle(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {checkpoint.NEWEST}


def test_one_that_stays_open_is_a_sentence_and_nothing_is_lost(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(in_use, "PATIENCE_SECONDS", 0)
    (tmp_path / "table.csv").write_bytes(b"old")
    refused("replace", 100)
    with pytest.raises(BadInput, match=r"table.csv' could not be written \(in use\)\."):
        write_whole(tmp_path / "table.csv", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("table.csv", b"old")]


def test_a_damaged_database_that_another_hpviz_has_open_is_one_sentence_and_is_restored_later(
    tmp_path, refused, monkeypatch
):
    monkeypatch.setattr(in_use, "PATIENCE_SECONDS", 0)
    with closing(RunStore(tmp_path)) as store:
        document = store.put(run(rows(2)))
        store.backup()
        (tmp_path / "runs" / "cache.db").write_bytes(b"x" * 4096)
        left = refused("replace", 1000)
        with pytest.raises(BadInput, match=r"could not be restored .*; end every hpviz that uses it and try again"):
            store.put(document)
        left.clear()
        assert store.get(document["id"])["epochs"] == document["epochs"]


@pytest.mark.parametrize("error", [FileNotFoundError(2, "gone"), PermissionError(13, "no"), refusal(1314)])
def test_nobody_waits_for_what_will_not_change(error):
    calls = []

    def act():
        calls.append(None)
        raise error

    with pytest.raises(type(error)):
        in_use.patiently(act)
    assert len(calls) == 1


def test_nobody_waits_for_a_folder_to_become_a_file(tmp_path):
    assert not in_use.is_in_use(refusal(None, str(tmp_path)))
    assert in_use.is_in_use(refusal(None, str(tmp_path / "file")))


def test_the_dead_are_dead_where_their_locks_cannot_be_removed(tmp_path, refused):
    owner = Owner(tmp_path)
    mine = owner.id
    assert is_alive(tmp_path, mine)
    owner._lock.release()
    ownership._here.clear()
    refused("unlink", 100)
    assert not is_alive(tmp_path, mine)
    assert Path(owner._path).exists()


def test_a_lock_is_let_go_where_its_file_cannot_be_removed(tmp_path, refused):
    held = lock(tmp_path / "lock")
    held.acquire()
    refused("unlink", 1)
    let_go(held)
    assert not held.is_locked
    with lock(tmp_path / "lock", timeout=0) as again:
        let_go(again)
    assert not (tmp_path / "lock").exists()


def test_on_windows_the_lock_of_a_file_that_cannot_be_written_is_asked_for(tmp_path, monkeypatch):
    """What msvcrt says is made up; that it is asked, and how it is understood, is not."""
    asked = []

    def locking(descriptor, mode, count):
        asked.append((mode, count))
        if held:
            raise OSError(errno.EACCES, "locked")

    (tmp_path / "lock").touch()
    monkeypatch.setattr(ownership, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2, LK_UNLCK=0))
    held = True
    assert ownership._is_locked(tmp_path / "lock")
    held = False
    assert not ownership._is_locked(tmp_path / "lock")
    assert asked == [(2, 1), (2, 1), (0, 1)]
