"""The recorder of the reference runs: what it would train, and what it leaves alone. Nothing is trained here."""

import shutil
from collections import Counter

import pytest

from benchmarks.record_reference import Recording, _record_studies, by_spec, setting_of
from hpviz.data.catalogue import Source
from hpviz.runs import reference
from hpviz.runs.reference import reference_runs
from hpviz.runs.runner import Runner
from hpviz.spec import RunSpec
from hpviz.studies import IMAGE_SIZE, PRESETS, STUDIES, TRAINING_IMAGES
from hpviz.terminal import JsonLines
from tests.analysis.made_up_runs import SCENES
from tests.made_up import Work

EPOCHS = PRESETS["quick"].epochs
ARTICLE = ["learning-rate", "batch-size", "kernel-width", "weight-decay"]
SETTING = setting_of(Source("scenes", "scenes", None, "scenes"), SCENES, "bf16")


@pytest.fixture
def recording(tmp_path):
    return Recording(SETTING, 3, tmp_path)


def ids(requests):
    return [one.spec.run_id for one in requests]


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_a_study_asks_for_its_quick_values_under_three_seeds_each_run_once(recording, study):
    asked = recording.asked(study)
    assert max(Counter(ids(asked)).values()) == 1
    seeds = Counter(study.value_of(one.spec.model_dump()) for one in asked)
    assert seeds == dict.fromkeys(study.quick_values, 3)
    assert {one.epochs for one in asked} == {EPOCHS}


def test_what_a_study_varies_is_not_held_at_the_presets_value(recording):
    assert {one.spec.per_class for one in recording.asked(TRAINING_IMAGES)} == {10, 30, 100, 300}
    assert {one.spec.image_size for one in recording.asked(IMAGE_SIZE)} == {32, 48, 64, 96}


def test_with_nothing_recorded_every_study_is_missing_whole(recording):
    assert list(recording.missing([*STUDIES, "claims"], {})) == list(STUDIES)


def test_the_articles_studies_count_as_recorded_in_the_bundles_that_are_there():
    assert Recording(SETTING, 3, reference.FOLDER).missing(ARTICLE, by_spec(reference_runs(), EPOCHS)) == {}


def test_a_run_that_stopped_early_is_not_recorded():
    short = [{**run, "status": "stopped", "epochs": run["epochs"][:-1]} for run in reference_runs()]
    assert by_spec(short, EPOCHS) == {}


def test_studies_train_what_no_bundle_has_none_twice_and_each_bundle_has_all_that_its_study_compares(
    recording, tmp_path, monkeypatch, capsys
):
    shipped = by_spec((run for file in ARTICLE for run in reference.read(reference.FOLDER / f"{file}.json")), EPOCHS)
    for name in ARTICLE:
        shutil.copy(reference.FOLDER / f"{name}.json", tmp_path)
    known, work = dict(shipped), Work()
    names = ["learning-rate", "depth", "dropout", "training-images"]
    runner = Runner(tmp_path / "cache", work=work)
    try:
        assert _record_studies(recording, names, known, runner, JsonLines()) == 0
        again = dict(shipped)
        begun = list(work.started)
        assert _record_studies(recording, names, again, runner, JsonLines()) == 0
    finally:
        runner.close()
    asked = {name: ids(recording.asked(STUDIES[name])) for name in names}
    new = {one for each in asked.values() for one in each} - shipped.keys()
    assert sorted(begun) == sorted(work.started) == sorted(new)
    for name in ARTICLE:
        assert (tmp_path / f"{name}.json").read_bytes() == (reference.FOLDER / f"{name}.json").read_bytes()
    for name in names[1:]:
        assert [RunSpec(**run["spec"]).run_id for run in reference.read(tmp_path / f"{name}.json")] == asked[name]
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    reference.reference_runs.cache_clear()
    try:
        read = reference_runs()
    finally:
        monkeypatch.undo()
        reference.reference_runs.cache_clear()
    assert max(Counter(run["id"] for run in read).values()) == 1
    assert max(Counter(RunSpec(**run["spec"]).run_id for run in read).values()) == 1
    assert set(shipped) < {RunSpec(**run["spec"]).run_id for run in read}


def test_a_run_that_went_on_is_written_as_it_stood_at_the_presets_end(recording, tmp_path):
    run = {**reference_runs()[0], "status": "stopped", "reason": "Stopped.", "target": 20}
    longer = {**run, "epochs": [*run["epochs"], {**run["epochs"][-1], "epoch": EPOCHS + 1}]}
    recording.write("one", [longer])
    [read] = reference.read(tmp_path / "one.json")
    assert (read["status"], read["reason"], read["target"], read["epochs"]) == ("finished", None, EPOCHS, run["epochs"])
