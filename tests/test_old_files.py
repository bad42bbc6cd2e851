"""What older versions wrote stays usable: a cache opened, resumed, extended, a bundle taken in, addresses followed."""

import json
import logging
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from hpviz import __version__, links
from hpviz.cli import main
from hpviz.runs import bundle
from hpviz.runs.document import now
from hpviz.runs.recovery import DATABASE, write_sidecar
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Request, Runner
from hpviz.runs.schema import SCHEMA, Newer
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput, RunSpec, build_spec
from hpviz.training import checkpoint
from tests.fixtures.photos import make_photos

FOLDER = Path(__file__).parent / "fixtures" / "v0_1"
TOLD = json.loads((FOLDER / "told.json").read_text())
IDS = TOLD["ids"]
IMPORTED = "e146f7094691-1800ad12"
CLOCKS = ("train_seconds", "test_seconds", "images_per_second", "peak_memory_bytes")


@pytest.fixture
def cache(tmp_path):
    """A copy of the cache folder as hpviz 0.1.0 left it."""
    with tarfile.open(FOLDER / "cache.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "cache"


@pytest.fixture
def hpviz(capsys, cache):
    """Run a verb with --json on that cache; its exit status and its lines by kind of event."""

    def run(*arguments):
        status = main([*arguments, "--cache", str(cache), "--json"])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return status, {kind: [line for line in lines if line["event"] == kind] for kind in ("run", "epoch", "done")}

    return run


def by_id(runs):
    return {run["id"]: run for run in runs}


def without_clocks(rows):
    return [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]


def test_every_run_of_an_old_store_is_there_as_it_was(cache):
    runs = by_id(RunStore(cache).runs())
    assert runs.keys() == {*IDS.values(), IMPORTED}
    told = {name: (runs[run_id]["status"], len(runs[run_id]["epochs"])) for name, run_id in IDS.items()}
    assert told == {
        "checkpoint": ("finished", 2),
        "momentum": ("finished", 2),
        "article": ("finished", 2),
        "stopped": ("stopped", 1),
        "diverged": ("diverged", 1),
    }
    assert runs[IMPORTED]["origin"]["kind"] == "imported"
    assert without_clocks(runs[IDS["checkpoint"]]["epochs"]) == without_clocks(TOLD["goes_on"][:2])
    assert not any("answers" in run for run in runs.values())


@pytest.mark.parametrize("left", ["backup", "sidecars"])
def test_an_old_store_is_rebuilt_from_its_backup_or_its_sidecars(cache, left):
    for file in (cache / "runs").iterdir():
        file.unlink()
    if left == "sidecars":
        (cache / "backup" / DATABASE).unlink()
    runs = by_id(RunStore(cache).runs())
    assert set(IDS.values()) <= runs.keys()
    assert [len(runs[run_id]["epochs"]) for run_id in IDS.values()] == [2, 2, 2, 1, 1]


def test_an_old_checkpoint_is_recalled_and_extended_as_if_nothing_had_happened(cache, hpviz, tmp_path):
    photos = make_photos(tmp_path / "photos")
    recipe = ["--optimizer", "sgd", "--lr", "0.05", "--batch-size", "6", "--image-size", "16", "--padding", "same"]
    run = ["run", "--data", str(photos), *recipe, "--precision", "fp32", "--device", "cpu", "--epochs"]
    status, recalled = hpviz(*run, "2")
    assert status == 0
    assert [(line["id"], line["cached"]) for line in recalled["run"]] == [(IDS["checkpoint"], True)]
    status, extended = hpviz(*run, "4")
    assert status == 0
    assert [line["epoch"] for line in extended["epoch"]] == [1, 2, 3, 4]
    assert extended["epoch"][:2] == recalled["epoch"]
    for line, before in zip(extended["epoch"], TOLD["goes_on"], strict=True):
        for name in ("updates", "train_loss", "test_loss", "weight_norm"):
            assert line[name] == pytest.approx(before[name], rel=1e-3)
    answers = RunStore(cache).get(IDS["checkpoint"])["answers"]  # of epochs that this version trained, and no others
    assert answers["newest"]["epoch"] == 4
    assert answers.get("best", {"epoch": 3})["epoch"] > 2


def test_an_old_bundle_is_the_run_it_was(cache):
    [run] = bundle.read((FOLDER / "bundle.json").read_bytes())
    assert run["id"] == IMPORTED
    assert RunStore(cache).take_in([run]) == []


def test_an_old_address_of_runs_names_the_same_specs():
    address = TOLD["addresses"]["compare"]
    wanted = links.decode(address["specs"])
    assert {spec.run_id for spec in wanted.specs.values()} == set(links.ids(address["runs"]))
    assert build_spec(**wanted.specs[IDS["article"]].model_dump()).kernel_width == 3


def raw_documents(database):
    """What lies in the store, as it lies there."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT value FROM Cache WHERE key LIKE 'v1/run/%'").fetchall()
    return [json.loads(text) for (text,) in rows]


def test_whatever_is_read_has_every_field_of_a_spec(cache):
    read = [*RunStore(cache).runs(), *reference_runs(), *bundle.read((FOLDER / "bundle.json").read_bytes())]
    for run in read:
        assert run["spec"].keys() == RunSpec.model_fields.keys()
        assert run["schema"] == SCHEMA


def test_a_store_is_copied_as_it_was_before_this_version_writes_to_it(cache):
    store = RunStore(cache)
    store.put(store.get(IDS["stopped"]))
    copy = cache / "backup" / f"before-schema-{SCHEMA}.db"
    assert {run["schema"] for run in raw_documents(copy)} == {1}
    assert len(raw_documents(copy)) == len(IDS) + 1
    written = copy.read_bytes()
    assert RunStore(cache).get(IDS["stopped"])["schema"] == SCHEMA
    assert copy.read_bytes() == written


def test_a_new_store_needs_no_such_copy(tmp_path):
    RunStore(tmp_path / "new")
    assert list((tmp_path / "new" / "backup").iterdir()) == []


def test_an_old_store_opens_where_no_copy_can_be_made(cache, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hpviz.runs.recovery.copy_database", full)
    assert len(RunStore(cache).runs()) == len(IDS) + 1


def made_newer(store, run_id):
    """A run as a newer hpviz would have it, with a field that is unknown here."""
    run = store.get(run_id)
    newer = {**run, "schema": SCHEMA + 1, "spec": {**run["spec"], "label_smoothing": 0.1}}
    store._cache.set(f"v1/run/{run_id}", newer)
    store._count_change()
    return newer


def test_a_run_of_a_newer_version_is_named_and_left_alone_and_hides_no_other(cache, caplog):
    store = RunStore(cache)
    newer = made_newer(store, IDS["stopped"])
    with caplog.at_level(logging.WARNING, logger="hpviz"):
        assert IDS["stopped"] not in by_id(store.runs())
    assert len(store.runs()) == len(IDS)
    assert f"Run {IDS['stopped']} was written by a newer hpviz" in caplog.text
    assert len(RunStore(cache).runs()) == len(IDS)  # its sidecar, of an older schema, does not take its place
    assert newer in raw_documents(cache / "runs" / DATABASE)


def test_a_run_of_a_newer_version_is_refused_in_a_sentence_and_not_trained_over(cache, hpviz):
    newer = made_newer(RunStore(cache), IDS["stopped"])
    status, _ = hpviz("resume", IDS["stopped"])
    assert status == 2
    with pytest.raises(Newer, match=f"newer hpviz .*{__version__} reads up to {SCHEMA}.*: update hpviz"):
        RunStore(cache).find(IDS["stopped"])
    assert newer in raw_documents(cache / "runs" / DATABASE)


@pytest.mark.parametrize("change", [{"schema": SCHEMA + 1}, {"spec": {"label_smoothing": 0.1}}], ids=str)
def test_nothing_is_trained_deleted_or_written_over_a_run_of_a_newer_version(cache, change):
    store = RunStore(cache)
    run = store.get(IDS["stopped"])
    newer = {**run, **change, "spec": {**run["spec"], **change.get("spec", {})}}
    store._cache.set(f"v1/run/{run['id']}", newer)
    with closing(Runner(cache)) as runner:
        assert runner.store.runs()
        assert runner.store.notice.count("newer hpviz") == 1
        request = Request(build_spec(**run["spec"]), 9, run["inputs"])
        for refused in (
            lambda: runner.submit(request),
            lambda: runner.propose(request, "slider", after=60),
            lambda: runner.delete(run["id"]),
            lambda: runner.store.remove(run["id"]),
            lambda: runner.store.put(run),
        ):
            with pytest.raises(Newer, match=f"Run {run['id']} was written by a newer hpviz"):
                refused()
        assert runner.store.notice.count("newer hpviz") == 1
    assert newer in raw_documents(cache / "runs" / DATABASE)


def test_a_sidecar_of_a_newer_version_is_passed_over_and_left_where_it_is(cache, hpviz):
    store = RunStore(cache)
    gone, here = store.get(IDS["article"]), store.get(IDS["stopped"])
    store.remove(gone["id"])
    paths = [cache / "checkpoints" / run["id"] / "run.json" for run in (gone, here)]
    for run, path in zip((gone, here), paths, strict=True):
        write_sidecar({**run, "schema": SCHEMA + 1}, path.parent)
    written = [path.read_bytes() for path in paths]
    hpviz("doctor")
    store = RunStore(cache)
    assert store.get(gone["id"]) is None
    assert store.get(here["id"]) == here
    assert [path.read_bytes() for path in paths] == written


def test_a_run_of_a_newer_version_outlives_the_repair_of_a_damaged_database(cache):
    store = RunStore(cache)
    store.backup()
    newer = made_newer(store, IDS["stopped"])
    store.close()
    path = cache / "runs" / DATABASE
    with closing(sqlite3.connect(path)) as database:
        [size] = database.execute("PRAGMA page_size").fetchone()
        [root] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'Cache_key_raw'").fetchone()
    with path.open("r+b") as file:  # an index; the rows themselves can still be read
        file.seek((root - 1) * size)
        file.write(b"x" * size)
    store = RunStore(cache)
    assert "damaged" in store.notice
    assert newer in raw_documents(path)
    assert len(store.runs()) == len(IDS)


def test_a_checkpoint_of_a_newer_version_is_refused_in_a_sentence(tmp_path, monkeypatch):
    spec = build_spec(dataset="photos", fingerprint="0" * 64)
    with monkeypatch.context() as later:
        later.setattr(checkpoint, "VERSION", checkpoint.VERSION + 1)
        checkpoint.save(tmp_path, spec, {"rows": []})
    with pytest.raises(BadInput, match="newer hpviz: update"):
        checkpoint.load(tmp_path, spec)


def test_a_bundle_of_a_newer_version_is_refused_in_a_sentence():
    told = json.loads((FOLDER / "bundle.json").read_text())
    with pytest.raises(BadInput, match="written by a newer hpviz"):
        bundle.read(json.dumps({**told, "hpviz_bundle": bundle.FORMAT + 1, "exported": now()}).encode())


def test_what_an_older_version_can_express_is_exported_so_that_it_can_read_it(cache):
    told = json.loads((FOLDER / "bundle.json").read_text())
    again = json.loads(bundle.write([RunStore(cache).get(IMPORTED)]))
    assert again["hpviz_bundle"] == told["hpviz_bundle"] == 1
    assert again["runs"][0]["spec"] == told["runs"][0]["spec"]
