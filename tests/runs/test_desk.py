"""The desk: what it keeps of finished work, and what it lets go of."""

import gc
import weakref

import pytest

from hpviz.data import catalogue
from hpviz.runs import disk
from hpviz.runs.desk import Desk, survey_name


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.close()


def finished(task):
    assert task.wait(60)
    assert task.error is None
    return task.result


def test_images_that_were_freed_are_mapped_by_nobody(desk, folder, tmp_path):
    source = catalogue.resolve(folder, tmp_path)
    prepared = finished(desk.prepare(source, 32))
    fingerprint, images = prepared.fingerprint, [weakref.ref(prepared.train_images)]
    images.append(weakref.ref(finished(desk.survey(source, 32, fingerprint)).prepared.test_images))
    del prepared
    desk.forget_images()
    assert disk.free_prepared(tmp_path) > 0
    gc.collect()
    assert [image() for image in images] == [None, None]
    assert desk.known(survey_name(source, 32, fingerprint)) is None
    assert len(finished(desk.prepare(source, 32)).train_images) == 80


def test_forgetting_images_leaves_other_work_and_what_is_under_way(desk, folder, tmp_path):
    source = catalogue.resolve(folder, tmp_path)
    identity = desk.identify(source)
    finished(identity)
    desk.forget_images()
    assert desk.known(("identify", source.given)) is identity
