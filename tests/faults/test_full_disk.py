"""A disk without a free byte, and one that cannot be written: what is there can be read, and room can be made."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hpviz.cli import main
from hpviz.runs import disk as disks
from hpviz.runs.document import move
from hpviz.runs.ownership import Owner
from hpviz.runs.recovery import BALLAST, write_sidecar
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from tests.faults.made_up_store import made_up, stored
from tests.made_up import request as made_up_request

ROOT = Path(__file__).parent.parent.parent
MEGABYTE = 2**20


class Disk:
    """A small disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        with (self.folder / "filling").open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue
        assert shutil.disk_usage(self.folder).free == 0

    def make_room(self) -> None:
        (self.folder / "filling").unlink()

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)


@pytest.fixture(params=[3, 24], ids=["without ballast", "with ballast"])
def small(request, tmp_path):
    """A disk of so many megabytes: the smaller one has no room to put aside."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a disk of its own can be mounted by root only")
    yield Disk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


def imported(**values):
    run = made_up(**values)
    origin = {"kind": "imported", "version": "1", "exported": run["updated"]}
    return {**run, "id": run["id"] + "-0123abcd", "origin": origin}


@pytest.fixture
def cache(small):
    """Two finished runs, one with a checkpoint; one that was imported; all on the small disk."""
    folder = small.folder / "cache"
    store = RunStore(folder)
    for seed in (0, 1):
        run = stored(store, seed=seed)
        write_sidecar(run, store.checkpoints / run["id"])
    (store.checkpoints / run["id"] / "newest.pt").write_bytes(b"x" * 100_000)
    store.take_in([imported(seed=2)])
    assert (folder / BALLAST).exists() == (shutil.disk_usage(small.folder).total > 16 * MEGABYTE)
    store.close()
    return folder


def command(cache, capsys, *words):
    """Exit status, lines and complaint of a command."""
    status = main([*map(str, words), "--json", "--cache", str(cache)])
    told = capsys.readouterr()
    return status, [json.loads(line) for line in told.out.splitlines()], told.err


def ids(cache, capsys):
    status, lines, _ = command(cache, capsys, "runs")
    assert status == 0
    return [line["id"] for line in lines]


def test_everything_can_be_read_with_0_bytes_free(small, cache, tmp_path, capsys):
    small.fill()
    known = ids(cache, capsys)
    assert len(known) == 3
    assert command(cache, capsys, "claims")[0] == 0
    for form in ("json", "csv"):
        target = tmp_path / f"out.{form}"
        assert command(cache, capsys, "export", *known, "--to", target)[0] == 0
        assert target.stat().st_size > 0
    assert ids(cache, capsys) == known


def test_every_run_can_be_deleted_with_0_bytes_free_and_stays_deleted(small, cache, capsys):
    small.fill()
    for number, run_id in enumerate(ids(cache, capsys), start=1):
        assert command(cache, capsys, "delete", run_id)[0] == 0
        if number == 1:
            small.fill()
    assert ids(cache, capsys) == []
    (cache / "runs" / "cache.db").unlink()
    small.make_room()
    assert ids(cache, capsys) == []


def test_a_run_of_another_process_can_be_stopped_with_0_bytes_free(small, cache, capsys):
    store = RunStore(cache)
    owner = Owner(store.locks)
    waiting, running = made_up(seed=5), made_up(seed=6)
    move(waiting, "queued", owner=owner.id)
    move(running, "running", owner=owner.id)
    store.put(waiting)
    store.put(running)
    small.fill()
    status, lines, _ = command(cache, capsys, "stop", waiting["id"], running["id"])
    assert (status, [line["was"] for line in lines]) == (0, ["queued", "running"])
    assert store.get(waiting["id"])["status"] == "stopped"
    assert store.get(running["id"])["stop_requested"]
    owner.release()


def test_a_run_whose_process_died_is_called_interrupted_though_it_cannot_be_written(small, cache, capsys):
    store = RunStore(cache)
    run = made_up(seed=5)
    move(run, "running", owner="host-1-abc")
    store.put(run)
    small.fill()
    (cache / BALLAST).unlink(missing_ok=True)
    small.fill()
    assert RunStore(cache).get(run["id"])["status"] == "interrupted"


def test_a_request_that_cannot_be_recorded_is_refused_in_a_sentence_or_is_there(small, cache, capsys):
    small.fill()
    runner = Runner(cache, work=lambda *_: iter(()))
    accepted = set()
    for seed in range(10, 200):
        try:
            with runner.store.transaction():
                runner.store.put(made_up(epochs=100, seed=seed))
            accepted.add(made_up(seed=seed)["id"])
        except BadInput as error:
            assert "Disk full" in str(error)
            small.fill()
            break
    else:
        pytest.fail("the disk was never full")
    with pytest.raises(BadInput, match="Disk full"):
        runner.store.put(made_up(epochs=900, seed=999))
    runner.close()
    assert accepted <= set(ids(cache, capsys))


def test_the_ballast_is_put_aside_again_once_there_is_room(small, cache, capsys):
    had = (cache / BALLAST).exists()
    small.fill()
    ids(cache, capsys)
    store = RunStore(cache)
    for seed in range(10, 20):
        stored(store, seed=seed, epochs=20) if had else None
    assert not had or not (cache / BALLAST).exists()
    small.make_room()
    store.backup()
    assert (cache / BALLAST).exists() == had


def test_a_store_in_the_form_of_earlier_versions_can_be_read_and_emptied_with_0_bytes_free(small, cache, capsys):
    import sqlite3

    for name in ("ballast", "runs/cache.db-journal"):
        (cache / name).unlink(missing_ok=True)
    for name in ("imported", "deleted"):
        shutil.rmtree(cache / name, ignore_errors=True)
    earlier = sqlite3.connect(cache / "runs" / "cache.db")
    earlier.execute("PRAGMA journal_mode=WAL")
    earlier.close()
    small.fill()
    known = ids(cache, capsys)
    assert len(known) == 3
    assert command(cache, capsys, "delete", *known)[0] == 0
    assert ids(cache, capsys) == []


def test_a_damaged_database_on_a_full_disk_is_still_read(small, cache, capsys):
    known = ids(cache, capsys)
    RunStore(cache).backup()
    small.fill()
    with (cache / "runs" / "cache.db").open("r+b") as file:
        file.write(b"x" * 100)
    assert ids(cache, capsys) == known


def test_the_doctor_looks_at_a_full_disk(small, cache, capsys):
    small.fill()
    status, lines, _ = command(cache, capsys, "doctor")
    assert status == 1
    assert [line["what"] for line in lines if "free" in line["found"]] == ["space"]


@pytest.mark.parametrize("backup", ["damaged", "gone"])
def test_the_doctor_says_of_a_full_disk_that_it_has_no_room_for_a_backup(small, cache, capsys, backup):
    path = cache / "backup" / "cache.db"
    path.unlink()
    if backup == "damaged":
        path.write_bytes(b"x" * 8192)
    small.fill()
    status, lines, complaint = command(cache, capsys, "doctor")
    assert (status, complaint) == (1, "")
    assert [line["did"] for line in lines if line["what"] == "backup"] in (["nothing"], ["made a new one"])


def test_checkpoints_can_be_freed_with_0_bytes_free(small, cache):
    small.fill()
    store = RunStore(cache)
    assert disks.free_checkpoints(store, [run["id"] for run in store.runs()]) == 100_000


def test_a_cache_that_cannot_be_written_is_read_and_says_what_it_cannot(small, cache, tmp_path, capsys):
    store = RunStore(cache)
    run = made_up(seed=5)
    move(run, "running", owner="host-1-abc")
    store.put(run)
    store.close()
    small.make_read_only()
    known = ids(cache, capsys)
    assert len(known) == 4
    assert command(cache, capsys, "claims")[0] == 0
    assert command(cache, capsys, "export", *known, "--to", tmp_path / "out.csv")[0] == 0
    assert RunStore(cache).get(run["id"])["status"] == "interrupted"
    for words in (["delete", known[0]], ["import", _bundle(tmp_path)]):
        status, _, complaint = command(cache, capsys, *words)
        assert status == 2
        assert "can only be read" in complaint
        assert "Traceback" not in complaint
    runner = Runner(cache)
    with pytest.raises(BadInput):
        runner.submit(made_up_request(seed=7))
    runner.close()
    assert command(cache, capsys, "doctor")[0] == 1
    assert ids(cache, capsys) == known


def _bundle(folder):
    from hpviz.runs import bundle

    file = folder / "bundle.json"
    file.write_bytes(bundle.write([made_up(seed=99)]))
    return file


def test_pages_that_only_show_show_a_cache_that_cannot_be_written(small, cache, for_pages):
    small.make_read_only()
    for_pages(HPVIZ_READ_ONLY=1)
    runner = Runner(cache, "cpu")
    assert len(runner.runs()) == 3
    runner.close()


def test_where_no_file_may_grow_at_all_runs_are_still_listed(tmp_path):
    store = RunStore(tmp_path)
    stored(store)
    store.close()

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "hpviz", "runs", "--json", "--cache", str(tmp_path)]
    listed = subprocess.run(words, cwd=ROOT, env=env, preexec_fn=no_room, capture_output=True, text=True)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 1)
    assert "Traceback" not in listed.stderr


def test_a_run_whose_deletion_is_refused_stays_with_all_copies_of_its_curve(tmp_path):
    store = RunStore(tmp_path)
    run = stored(store)
    write_sidecar(run, store.checkpoints / run["id"])
    (tmp_path / BALLAST).unlink()

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "hpviz", "delete", run["id"], "--json", "--cache", str(tmp_path)]
    refused = subprocess.run(words, cwd=ROOT, env=env, preexec_fn=no_room, stdin=subprocess.DEVNULL)
    assert refused.returncode == 2
    store.close()
    for lost in ((), ("runs", "backup")):
        for folder in lost:
            shutil.rmtree(tmp_path / folder)
        later = RunStore(tmp_path)
        assert later.get(run["id"])["epochs"] == run["epochs"]
        later.close()
