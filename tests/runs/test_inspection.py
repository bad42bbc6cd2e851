"""The desk looks inside a run that was really trained, once, and says in a sentence why it cannot."""

import shutil

import pytest

from hpviz.data.catalogue import identify, resolve
from hpviz.runs import inspections
from hpviz.runs.budget import remove_checkpoints
from hpviz.runs.desk import Desk
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.tasks import inside_of
from hpviz.runs.work import Place, carry_out
from hpviz.spec import build_spec
from hpviz.training.events import Epoch
from hpviz.training.inside import from_json
from tests.made_up import result_of

SECONDS = 120


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def photos_here(folder, tmp_path):
    """A copy of the little photos, which a test may take away."""
    return shutil.copytree(folder, tmp_path / "squares")


@pytest.fixture
def run(photos_here, cache, monkeypatch):
    """A run of one epoch, its checkpoint in the cache."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    fingerprint = result_of(identify(resolve(str(photos_here), cache), cache)).fingerprint
    spec = build_spec(dataset="squares", fingerprint=fingerprint, image_size=32, padding="same", kernel_width=3)
    document = new_run(spec, {"data": str(photos_here), "weights": None, "classes": [], "test_images": 16}, 1)
    for event in carry_out(document, cache, Place("cpu", 1)):
        if isinstance(event, Epoch):
            put_epoch(document, event.row)
    move(document, "finished")
    return document


def measured(desk, run):
    task = desk.find(inside_of(run))
    assert task.wait(SECONDS)
    return task


def test_a_run_is_measured_once_and_again_after_more_epochs(run, cache):
    desk = Desk(cache)
    assert desk.finding(inside_of(run)) is desk.found(inside_of(run)) is None
    task = measured(desk, run)
    assert task.error is None
    found = from_json(task.result)
    assert (found.epoch, found.noise.images) == (1, 80)
    assert desk.find(inside_of(run)) is desk.finding(inside_of(run)) is task
    put_epoch(run, {**run["epochs"][0], "epoch": 2})
    assert desk.finding(inside_of(run)) is desk.found(inside_of(run)) is None


def test_what_was_measured_is_known_to_another_server_and_lost_with_its_file_only(run, cache):
    found = from_json(measured(Desk(cache), run).result)
    shutil.rmtree(cache / "checkpoints")
    assert from_json(Desk(cache).found(inside_of(run))).layers == found.layers
    shutil.rmtree(cache / "inspections")
    assert Desk(cache).found(inside_of(run)) is None


def test_where_a_link_stands_for_the_folder_nothing_elsewhere_is_read_or_removed(run, cache, tmp_path):
    measured(Desk(cache), run)
    victim = (cache / "inspections").rename(tmp_path / "victim")
    (cache / "inspections").symlink_to(victim)
    before = sorted(victim.iterdir())
    assert Desk(cache).found(inside_of(run)) is None
    inspections.forget(cache, run["id"])
    assert sorted(victim.iterdir()) == before != []
    (cache / "inspections").unlink()
    victim.rename(cache / "inspections")
    inspections.forget(cache, run["id"])
    assert not list((cache / "inspections").iterdir())


def test_without_its_checkpoint_a_run_is_not_offered_and_measuring_it_is_one_sentence(run, cache):
    desk = Desk(cache)
    assert desk.can_inspect(run)
    remove_checkpoints(cache / "checkpoints" / run["id"])
    assert not desk.can_inspect(run)
    task = measured(desk, run)
    assert task.error.startswith("The checkpoint of this run is no longer here")
    assert task.error.count(".") == 1


@pytest.mark.parametrize("status", ["queued", "running", "diverged"])
def test_a_run_that_trains_or_diverged_is_not_offered(run, cache, status):
    assert not Desk(cache).can_inspect({**run, "status": status})


def test_images_that_moved_do_not_matter_while_they_are_prepared(run, cache, photos_here):
    photos_here.rename(photos_here.with_name("elsewhere"))
    assert measured(Desk(cache), run).error is None


def test_images_that_are_gone_for_good_are_one_sentence_and_it_can_be_tried_again(run, cache, photos_here):
    shutil.rmtree(cache / "data")
    away = photos_here.rename(photos_here.with_name("elsewhere"))
    desk = Desk(cache)
    first = measured(desk, run)
    assert first.error == f"The images of squares are no longer at {photos_here}; put them back there."
    away.rename(photos_here)
    assert measured(desk, run).error is None


def test_closing_the_desk_ends_what_is_under_way(run, cache):
    desk = Desk(cache)
    task = desk.find(inside_of(run))
    desk.close()
    assert task.wait(SECONDS)
    assert task.was_cancelled or task.result is not None
