"""`inspect photos`: what trained networks answered, from what they remember or from their checkpoints; its picture."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpviz.cli import main
from hpviz.data.catalogue import identify, prepare, resolve
from hpviz.data.prepared import folder_of
from hpviz.data.test_names import FILE
from hpviz.runs import bundle
from hpviz.runs.document import move, new_run, put_answers, put_epoch
from hpviz.runs.store import RunStore
from hpviz.runs.work import Place, carry_out
from hpviz.spec import build_spec
from hpviz.training.events import Epoch
from hpviz.training.recorded_answers import recorded
from tests.analysis.made_up_runs import rows, run
from tests.made_up import keep_checkpoint, result_of, row

CLASSES = ["bright", "dark"]


def specified(folder, cache, **values):
    """A run of those squares that has no epoch yet."""
    fingerprint = result_of(identify(resolve(folder, cache), cache)).fingerprint
    held = {"dataset": "squares", "fingerprint": fingerprint, "image_size": 32, "padding": "same", "kernel_width": 3}
    inputs = {"data": folder, "weights": None, "classes": CLASSES, "test_images": 16}
    return new_run(build_spec(**held, **values), inputs, 2)


def put(cache, *runs):
    store = RunStore(cache)
    for document in runs:
        store.put(document)
    store.close()


# Eight images of each class, the bright ones first: one value gets a dark one wrong, the other all of them.
ONE_WRONG, ALL_WRONG = np.array([0] * 9 + [1] * 7), np.zeros(16, int)
LABELS = np.repeat([0, 1], 8)


@pytest.fixture(scope="module")
def made_up(folder, tmp_path_factory):
    """A cache folder with the prepared images, and four runs that remember such answers: two rates, two seeds each."""
    cache = tmp_path_factory.mktemp("made-up")
    result_of(prepare(resolve(folder, cache), 32, cache))
    for rate, said in ((1e-3, ONE_WRONG), (1e-7, ALL_WRONG)):
        for seed in (0, 1):
            document = specified(folder, cache, learning_rate=rate, seed=seed)
            put_epoch(document, row(1, 0.25))
            put_epoch(document, row(2, int((said == LABELS).sum()) / 16))
            put_answers(document, recorded(None, document["epochs"], said, LABELS, 2))
            move(document, "finished")
            put(cache, document)
    return cache


@pytest.fixture
def cache(made_up, tmp_path, monkeypatch):
    """A copy of it, which a test may change."""
    copy = shutil.copytree(made_up, tmp_path / "cache")
    monkeypatch.setenv("HPVIZ_CACHE", str(copy))
    return copy


def stored(cache):
    store = RunStore(cache)
    try:
        return {run["id"]: run for run in store.runs()}
    finally:
        store.close()


def forgotten(cache, *ids):
    """Let runs have been recorded before answers were kept."""
    store = RunStore(cache)
    for run_id in ids:
        document = dict(store.get(run_id))
        del document["answers"]
        store.put(document)
    store.close()


def test_a_line_has_the_matrices_and_the_files_that_changed(hpviz, cache, folder):
    runs = stored(cache)
    status, (line,) = hpviz("inspect", "photos", *runs)
    assert status == 0
    assert (line["event"], line["what"], line["classes"]) == ("inspection", "photos", CLASSES)
    assert line["confusion"].keys() == runs.keys()
    for run_id, matrix in line["confusion"].items():
        right, images = sum(matrix[each][each] for each in range(2)), sum(map(sum, matrix))
        assert right / images == runs[run_id]["epochs"][-1]["test_accuracy"]
    assert len(line["changed"]) == 7
    for each in line["changed"]:
        assert (Path(folder) / each["image"]).is_file()
        assert each["image"].startswith("test/dark/")
        said = {runs[run_id]["spec"]["learning_rate"]: answer for run_id, answer in each["said"].items()}
        assert (each["label"], said) == ("dark", {1e-3: "dark", 1e-7: "bright"})
        assert (each["right"], each["wrong"]) == (["lr 1e-3"], ["lr 1e-7"])


def test_a_table_tells_accuracy_by_class_of_each_run(cache, capsys):
    ids = list(stored(cache))
    assert main(["inspect", "photos", *ids]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in (*CLASSES, "Accuracy by class", "luck alone"))


@pytest.mark.parametrize("form", ["png", "svg", "html"])
def test_the_picture_shows_matrices_and_photos(hpviz, cache, tmp_path, form):
    file = tmp_path / f"photos.{form}"
    assert hpviz("inspect", "photos", *stored(cache), "--to", str(file), "--dark")[0] == 0
    if form == "png":
        assert Image.open(io.BytesIO(file.read_bytes())).width > 400
    else:
        told = file.read_text()
        assert "data:image/jpeg;base64," in told
        assert "lr 1e-7: " in told


def test_a_run_that_lacks_answers_is_asked_again_once(hpviz, cache, folder, monkeypatch):
    document = specified(folder, cache, batch_size=8)
    for event in carry_out({**document, "target": 1}, cache, Place("cpu", 1)):
        if isinstance(event, Epoch):
            put_epoch(document, event.row)
            put_answers(document, event.answers)
    move(document, "finished")
    put(cache, document)
    status, (known,) = hpviz("inspect", "photos", document["id"])
    assert status == 0
    forgotten(cache, document["id"])
    _, (asked,) = hpviz("inspect", "photos", document["id"])
    assert asked == known
    monkeypatch.setattr("hpviz.runs.executor.carry_out", None)  # remembered: no process need begin
    _, (again,) = hpviz("inspect", "photos", document["id"])
    assert again == known


def test_a_run_that_did_not_note_its_classes_is_told_the_way_out(cache, folder, capsys, monkeypatch):
    document = specified(folder, cache, batch_size=9)
    put_epoch(document, row(1))
    document["inputs"]["classes"] = []
    put(cache, document)
    keep_checkpoint(cache, document["id"])
    monkeypatch.setattr(
        "hpviz.runs.tasks.ask", lambda *given: at_once(recorded(None, [row(1, 0.5)], LABELS, LABELS, 2))
    )
    assert "did not note its classes" in refused(capsys, document["id"])


def at_once(result):
    """A task that has its result at once."""
    yield from ()
    return result


def refused(capsys, *arguments):
    assert main(["inspect", "photos", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_what_cannot_be_told_is_one_sentence_with_the_way_out(cache, capsys):
    runs = stored(cache)
    [lost, sent, *_] = runs
    forgotten(cache, lost, sent)
    assert "recorded before answers were kept" in (told := refused(capsys, lost))
    assert f"hpviz resume {lost} --from-start --epochs 3" in told
    store = RunStore(cache)
    [imported] = bundle.read(bundle.write([store.get(sent)]))
    stranger = run(rows(2), fingerprint="1" * 64)
    large = run(rows(2), seed=9)
    large["inputs"].update(classes=[f"class {number}" for number in range(600)], test_images=16)
    imported["id"] = f"{sent}-00000000"
    imported["created"] = "2026-01-01T00:00:00.000+00:00"
    store.take_in([imported])
    store.close()
    put(cache, stranger, large)
    assert re.search("came from elsewhere without its answers: train it here", refused(capsys, imported["id"]))
    assert "different images" in refused(capsys, sent, stranger["id"])
    assert "up to 512 classes" in refused(capsys, large["id"])


def test_images_that_are_gone_are_named_by_their_numbers(hpviz, cache):
    runs = stored(cache)
    shutil.rmtree(cache / "data")
    store = RunStore(cache)
    for run_id in runs:
        document = store.get(run_id)
        store.put({**document, "inputs": {**document["inputs"], "data": "/nowhere/at/all"}})
    store.close()
    status, (line,) = hpviz("inspect", "photos", *runs)
    assert status == 0
    assert all(re.fullmatch(r"test/\d+", each["image"]) for each in line["changed"])


def test_images_that_were_prepared_before_names_were_kept_get_them_from_the_folder(cache, folder, hpviz):
    runs = stored(cache)
    fingerprint = next(iter(runs.values()))["spec"]["fingerprint"]
    prepared = folder_of(cache, fingerprint, 32)
    names = json.loads((prepared / FILE).read_text())
    assert len(names) == 16
    (prepared / FILE).unlink()
    _, (line,) = hpviz("inspect", "photos", *runs)
    assert {each["image"] for each in line["changed"]} <= set(names)
    assert json.loads((prepared / FILE).read_text()) == names
    (prepared / FILE).unlink()
    result_of(prepare(resolve(folder, cache), 32, cache))
    assert json.loads((prepared / FILE).read_text()) == names
