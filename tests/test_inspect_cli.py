"""`inspect sharpness` and `inspect noise`: what is told of runs that were really trained, and drawn of it."""

import json
import shutil

import pytest

from hpviz.cli import main
from hpviz.data.catalogue import identify, resolve
from hpviz.runs import executor, inspections
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.store import RunStore
from hpviz.runs.work import Place, carry_out
from hpviz.spec import build_spec
from hpviz.training.events import Epoch
from tests.analysis.made_up_runs import rows, run
from tests.made_up import result_of

SMALL = {"dataset": "squares", "image_size": 32, "padding": "same", "kernel_width": 3, "width": 0.25, "per_class": 16}
OPTIMIZERS = ({"optimizer": "sgd", "learning_rate": 0.01}, {"optimizer": "adam", "learning_rate": 1e-3})


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A cache folder with two runs of two epochs, one by SGD and one by Adam."""
    cache = tmp_path_factory.mktemp("trained")
    fingerprint = result_of(identify(resolve(str(folder), cache), cache)).fingerprint
    store = RunStore(cache)
    for recipe in OPTIMIZERS:
        spec = build_spec(fingerprint=fingerprint, **SMALL, **recipe)
        inputs = {"data": str(folder), "weights": None, "classes": ["bright", "dark"], "test_images": 16}
        document = new_run(spec, inputs, 2)
        document["machine"] = {"threads": 1}
        for event in carry_out(document, cache, Place("cpu", 1)):
            if isinstance(event, Epoch):
                put_epoch(document, event.row)
        move(document, "finished")
        store.put(document)
    store.close()
    return cache


@pytest.fixture
def cache(trained, tmp_path, monkeypatch):
    """A copy of it, which a test may change."""
    copy = shutil.copytree(trained, tmp_path / "cache")
    monkeypatch.setenv("HPVIZ_CACHE", str(copy))
    return copy


def stored(cache):
    store = RunStore(cache)
    try:
        return {run["spec"]["optimizer"]: run for run in store.runs()}
    finally:
        store.close()


def test_sharpness_has_one_value_an_epoch_beside_each_runs_edge(hpviz, cache, monkeypatch, tmp_path):
    runs = stored(cache)
    sgd, adam = runs["sgd"]["id"], runs["adam"]["id"]
    before = {path: path.read_bytes() for path in (cache / "checkpoints").rglob("*.pt")}
    status, (line,) = hpviz("inspect", "sharpness", sgd, adam, "--to", str(tmp_path / "sharpness.svg"))
    assert status == 0
    assert (line["event"], line["what"]) == ("inspection", "sharpness")
    assert [len(line["epochs"][each]) for each in (sgd, adam)] == [2, 2]
    assert all(value > 0 for each in line["epochs"].values() for value in each)
    assert line["edge"][sgd] == pytest.approx([2 / 0.01] * 2)
    assert line["edge"][adam] == pytest.approx([38 / 1e-3] * 2)
    assert line["preconditioned"] == {sgd: False, adam: True}
    assert line["equal"] == {sgd: True, adam: True}
    assert line["start"][sgd] > 0
    assert line["start"][adam] is None
    assert "edge of stability" in (tmp_path / "sharpness.svg").read_text()
    assert {path: path.read_bytes() for path in (cache / "checkpoints").rglob("*.pt")} == before
    assert stored(cache) == runs

    monkeypatch.setattr(executor, "carry_out", None)  # what was found is not looked for again
    assert hpviz("inspect", "sharpness", sgd) == (
        0,
        [{name: told if isinstance(told, str) else {sgd: told[sgd]} for name, told in line.items()}],
    )
    assert len(list(inspections.folder(cache).glob("sharpness-*.json"))) == 2


def test_sharpness_needs_no_checkpoint_but_images(hpviz, cache):
    elsewhere = run(rows(2))
    store = RunStore(cache)
    store.put({**elsewhere, "inputs": {**elsewhere["inputs"], "data": ""}})
    store.close()
    status, _ = hpviz("inspect", "sharpness", elsewhere["id"])
    assert status == 2


def test_noise_tells_errors_by_batch_size_and_remembers_them(hpviz, cache, monkeypatch, tmp_path):
    runs = stored(cache)
    ids = [each["id"] for each in runs.values()]
    status, (line,) = hpviz("inspect", "noise", *ids, "--to", str(tmp_path / "noise.svg"))
    assert status == 0
    for each in ids:
        assert line["n"][each] == [1, 2, 4, 8, 16]
        assert len(line["error"][each]) == 5
        assert line["error"][each][0] > line["error"][each][-1] > 0
        assert line["deviation"][each] > 0
    drawn = (tmp_path / "noise.svg").read_text()
    assert "batch size n" in drawn
    monkeypatch.setattr(executor, "carry_out", None)
    assert hpviz("inspect", "noise", *ids)[1] == [line]


@pytest.mark.parametrize("dark", [[], ["--dark"]])
def test_both_are_tables_for_people_and_pictures(cache, capsys, tmp_path, dark):
    ids = [each["id"] for each in stored(cache).values()]
    for what, words in (("sharpness", "beside the edge"), ("noise", "mini-batch")):
        assert main(["inspect", what, *ids, "--to", str(tmp_path / f"{what}.png"), *dark]) == 0
        assert words in capsys.readouterr().out
        assert (tmp_path / f"{what}.png").stat().st_size > 5_000


def test_measured_noise_is_cited_by_the_claim_it_belongs_to(hpviz, cache, folder, capsys):
    def evidence():
        assert main(["claims", "batch-size", "--data", str(folder), "--json"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return next(line for line in lines if line["id"] == "BS2")

    assert "Measured" not in evidence()["evidence"]
    hpviz("inspect", "noise", stored(cache)["adam"]["id"])
    told = evidence()
    assert told["verdict"] == "held"
    assert "Measured in 1 net of this data, gradients' errors fall as n to the power −0." in told["evidence"]
