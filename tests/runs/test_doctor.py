"""The doctor finds what is amiss with a cache, repairs it, says so, and deletes no run."""

import json
import os

import pytest

from hpviz.cli import main
from hpviz.runs.document import move
from hpviz.runs.ownership import Owner
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from tests.faults.made_up_store import made_up, plant, stored


@pytest.fixture
def cache(tmp_path):
    """A cache with a finished run, its copy, its checkpoint and a backup."""
    store = RunStore(tmp_path)
    run = stored(store)
    write_sidecar(run, store.checkpoints / run["id"])
    (store.checkpoints / run["id"] / "newest.pt").write_bytes(b"x" * 100)
    store.backup()
    store.close()
    return tmp_path


@pytest.fixture
def doctor(cache, capsys):
    """Exit status of `doctor`, and for each of its lines what it looked at, found and did."""

    def call():
        capsys.readouterr()
        status = main(["doctor", "--json", "--cache", str(cache)])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert all(line.keys() == {"event", "what", "found", "did"} and line["event"] == "doctor" for line in lines)
        return status, [(line["what"], line["found"], line["did"]) for line in lines]

    return call


WELL = (0, [("cache", "all is well", "nothing")])
ID = made_up()["id"]


def test_of_a_sound_cache_it_says_so(doctor):
    assert doctor() == WELL


def test_of_no_cache_it_says_so_and_makes_none(tmp_path, capsys):
    assert main(["doctor", "--cache", str(tmp_path / "nowhere")]) == 0
    assert "all is well" in capsys.readouterr().out
    assert not (tmp_path / "nowhere").exists()


def spoil_database(cache):
    with (cache / "runs" / "cache.db").open("r+b") as file:
        file.write(b"x" * 100)


def make_half_written(cache):
    (cache / "checkpoints" / ID / "partial.pt").write_bytes(b"x")
    (cache / "runs" / "cache.db.abc.partial").mkdir()


def bring_back_deleted(cache):
    store = RunStore(cache)
    gone = stored(store, seed=1)
    store.remove(gone["id"])
    write_sidecar(gone, cache / "checkpoints" / gone["id"])


AMISS = {
    "a damaged database": (spoil_database, "store", "restored from its backup"),
    "a bad row": (lambda cache: plant(cache, f"v1/run/{'0' * 12}", {"schema": 1}), "store", "no other copy"),
    "no copy of a curve": (lambda cache: (cache / "checkpoints" / ID / "run.json").unlink(), "sidecars", "wrote it"),
    "a bad copy of a curve": (
        lambda cache: (cache / "checkpoints" / ID / "run.json").write_text("{"),
        "sidecars",
        "wrote",
    ),
    "no backup": (lambda cache: (cache / "backup" / "cache.db").unlink(), "backup", "made a new one"),
    "a bad backup": (lambda cache: (cache / "backup" / "cache.db").write_text("x" * 999), "backup", "made a new one"),
    "a pipe": (lambda cache: os.mkfifo(cache / "checkpoints" / ID / "previous.pt"), "links", "moved it to aside/"),
    "a link": (lambda cache: (cache / "checkpoints" / ("0" * 12)).symlink_to("/etc"), "links", "moved it to aside/"),
    "half-written files": (make_half_written, "leftovers", "removed it"),
    "a dead lock": (lambda cache: (cache / "locks" / "owner-host-1-abc.lock").touch(), "leftovers", "removed it"),
    "a deleted run's copy": (bring_back_deleted, "deleted", "removed it"),
    "a folder that others write in": (lambda cache: (cache / "imported").mkdir(mode=0o777), "permissions", "took that"),
}


@pytest.mark.parametrize("amiss", AMISS)
def test_what_is_amiss_is_repaired_and_told_and_well_afterwards(cache, doctor, amiss):
    spoil, what, did = AMISS[amiss]
    os.umask(0)
    spoil(cache)
    os.umask(0o022)
    status, lines = doctor()
    assert status == 0
    assert any(line[0] == what and did in line[2] for line in lines), lines
    assert doctor() == WELL
    assert [run["id"] for run in RunStore(cache).runs()] == [ID]
    assert (cache / "checkpoints" / ID / "newest.pt").exists()


def test_what_it_cannot_repair_is_told_and_the_status_says_so(cache, doctor):
    (cache / "backup" / "cache.db").unlink()
    (cache / "backup").rmdir()
    (cache / "backup").symlink_to(cache / "elsewhere")
    status, lines = doctor()
    assert status == 1
    assert ("links", "backup is a link, which is not followed", "nothing") in lines


def test_what_is_under_way_is_left_alone(cache, doctor):
    store = RunStore(cache)
    owner = Owner(store.locks)
    run = made_up(seed=1)
    move(run, "running", owner=owner.id)
    store.put(run)
    write_sidecar(run, store.checkpoints / run["id"])
    (store.checkpoints / run["id"] / "partial.pt").write_bytes(b"x")
    assert doctor() == WELL
    assert store.get(run["id"])["status"] == "running"
    owner.release()
