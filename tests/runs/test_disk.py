"""What lies on the disk: counted rightly, freed only where it can be made again, never a curve."""

import pytest
from filelock import FileLock

from hpviz.runs import disk
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.ownership import Owner
from hpviz.runs.recovery import write_sidecar
from hpviz.runs.store import RunStore
from tests.made_up import keep_checkpoint, row, spec


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


def trained(store, status="finished", owner=None, checkpoint=1000, epochs=2, **values):
    """A run with that many epochs, its sidecar and a checkpoint of so many bytes."""
    run = new_run(spec(**values), {"data": "made up", "weights": None}, 3)
    for epoch in range(1, epochs + 1):
        put_epoch(run, row(epoch))
    move(run, status, owner=owner)
    store.put(run)
    write_sidecar(run, store.checkpoints / run["id"])
    keep_checkpoint(store.checkpoints.parent, run["id"], checkpoint)
    return run


def images(cache, name, taken=500):
    folder = cache / "data" / name
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text("{}")
    (folder / "train_images.npy").write_bytes(b"x" * taken)
    return folder


def test_every_file_is_counted_once_and_where_it_belongs(store, tmp_path):
    trained(store)
    images(tmp_path, "aa-64")
    (tmp_path / "downloads" / "cifar10").mkdir(parents=True)
    (tmp_path / "downloads" / "cifar10" / "batch").write_bytes(b"x" * 70)
    store.close()
    use = disk.measure(tmp_path)
    files = [file for name in ("checkpoints", "data", "downloads", "runs", "backup") for file in tmp_path.rglob(name)]
    taken = sum(file.stat().st_size for folder in files for file in folder.rglob("*") if file.is_file())
    assert (use.checkpoints, use.data, use.downloads) == (1000, 502, 70)
    assert use.total == taken


def test_an_empty_cache_takes_nothing(tmp_path):
    assert disk.measure(tmp_path / "nowhere").total == 0


def test_a_measure_stands_until_something_comes_or_goes(store, tmp_path):
    before = disk.stamp(tmp_path)
    assert disk.stamp(tmp_path) == before
    trained(store)
    after_a_run = disk.stamp(tmp_path)
    images(tmp_path, "aa-64")
    assert len({before, after_a_run, disk.stamp(tmp_path)}) == 3


def test_freed_checkpoints_leave_the_curves_and_what_restores_them(store):
    run = trained(store)
    assert disk.free_checkpoints(store, [run["id"]]) == 1000
    assert [file.name for file in (store.checkpoints / run["id"]).iterdir()] == ["run.json"]
    assert len(store.get(run["id"])["epochs"]) == 2
    assert disk.free_checkpoints(store, [run["id"], "unknown"]) == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_checkpoints_of_runs_under_way_are_never_freed(store, status):
    owner = Owner(store.locks)
    run = trained(store, status, owner.id)
    assert disk.free_checkpoints(store, [run["id"]]) == 0
    assert disk.checkpoint_bytes(store, run["id"]) == 1000
    owner.release()
    assert disk.free_checkpoints(store, [run["id"]]) == 1000


def test_a_run_begins_anew_if_it_has_epochs_and_no_checkpoint(store):
    run, fresh = trained(store), trained(store, epochs=0, seed=1)
    assert not disk.begins_anew(store, run)
    disk.free_checkpoints(store, [run["id"], fresh["id"]])
    assert disk.begins_anew(store, run)
    assert not disk.begins_anew(store, fresh)


def test_prepared_images_are_freed_and_what_was_learnt_about_them_stays(tmp_path):
    folder, kept = images(tmp_path, "aa-64"), images(tmp_path, "bb-64", taken=7)
    (tmp_path / "data" / "hashes.json").write_text("{}")
    assert disk.prepared(tmp_path, keep=[kept]) == {folder: 500}
    assert disk.free_prepared(tmp_path, keep=[kept]) == 500
    assert [file.name for file in folder.iterdir()] == ["meta.json"]
    assert disk.prepared(tmp_path) == {kept: 7}
    assert (tmp_path / "data" / "hashes.json").exists()


def test_images_that_another_process_prepares_are_left_alone(tmp_path):
    folder = images(tmp_path, "aa-64")
    with FileLock(folder.with_suffix(".lock")):
        assert disk.free_prepared(tmp_path) == 0
    assert disk.prepared(tmp_path) == {folder: 500}


def test_freed_images_are_prepared_again(folder, tmp_path):
    from hpviz.data import catalogue
    from hpviz.data.prepared import open_prepared

    def prepare():
        steps = catalogue.prepare(catalogue.resolve(folder, tmp_path), 32, tmp_path)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            return end.value

    before = prepare()
    first = before.train_images[0].copy()
    assert disk.free_prepared(tmp_path) > 0
    assert open_prepared(tmp_path, before.fingerprint, 32) is None
    assert (prepare().train_images[0] == first).all()
