"""What older versions wrote stays usable: a cache opened, resumed, extended, a bundle taken in, addresses followed."""

import json
import tarfile
from pathlib import Path

import pytest

from hpviz import links
from hpviz.cli import main
from hpviz.runs import bundle
from hpviz.runs.recovery import DATABASE
from hpviz.runs.store import RunStore
from hpviz.spec import build_spec
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


def test_an_old_bundle_is_the_run_it_was(cache):
    [run] = bundle.read((FOLDER / "bundle.json").read_bytes())
    assert run["id"] == IMPORTED
    assert RunStore(cache).take_in([run]) == []


def test_an_old_address_of_runs_names_the_same_specs():
    address = TOLD["addresses"]["compare"]
    wanted = links.decode(address["specs"])
    assert {spec.run_id for spec in wanted.specs.values()} == set(links.ids(address["runs"]))
    assert build_spec(**wanted.specs[IDS["article"]].model_dump()).kernel_width == 3
