"""A landscape before it is found: what it will take, and how much of the disk planes may keep."""

import os

import pytest

from hpviz.runs import landscape
from hpviz.runs.inspections import folder
from hpviz.runs.landscape import landscape_of, seconds
from tests.analysis.made_up_runs import rows, run


@pytest.fixture
def trained():
    document = run(rows(4), batch_size=32)
    document["inputs"]["test_images"] = 600
    for row in document["epochs"]:
        row.update(train_seconds=2.0, test_seconds=0.3)
    return document


def test_the_price_is_that_of_the_epochs_again_and_of_all_losses(trained):
    an_image = 0.3 / 600
    assert seconds([trained]) == pytest.approx(4 * 2.6 + (441 + 82) * 384 * an_image)
    assert seconds([trained, trained]) == pytest.approx(2 * 4 * 2.6 + (441 + 164) * 384 * an_image)


def test_a_closer_look_costs_its_grid_alone(trained):
    assert seconds([trained], (0, 1, 0, 1)) == pytest.approx(441 * 384 * 0.3 / 600)


def test_losses_in_float32_take_longer_than_inference_in_bf16_did(trained):
    trained["spec"]["precision"] = "bf16"
    assert seconds([trained], (0, 1, 0, 1)) == pytest.approx(3 * 441 * 384 * 0.3 / 600)


def test_planes_that_were_written_longest_ago_make_room_for_new_ones(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(landscape, "PLANES_BYTES", 25)
    monkeypatch.setattr(landscape, "find_landscape", lambda *_: iter(()))
    folder(tmp_path).mkdir()
    for age, name in enumerate(("newest", "middle", "oldest")):
        path = folder(tmp_path) / f"landscape-{name}.plane"
        path.write_bytes(b"0123456789")
        os.utime(path, (1e9 - age, 1e9 - age))
    for _ in landscape_of([trained]).work(tmp_path):
        pass
    kept = sorted(path.name for path in folder(tmp_path).iterdir())
    assert kept == ["landscape-middle.plane", "landscape-newest.plane"]
