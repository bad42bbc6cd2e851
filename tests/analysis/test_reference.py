"""The runs that hpviz comes with are whole, and judgement makes of real curves what a person sees in them."""

import pytest

from benchmarks.record_reference import Recording, by_spec, setting_of
from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.diagnosis import diagnosis
from hpviz.data.catalogue import Source
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs import reference
from hpviz.runs.reference import FOLDER, reference_runs
from hpviz.spec import RunSpec
from hpviz.studies import IMAGE_SIZE, PRESETS, STUDIES, TRAINING_IMAGES
from tests.analysis.made_up_runs import SCENES

PRESET = PRESETS["quick"]
SETTING = setting_of(Source("scenes", "scenes", None, "scenes"), SCENES, "bf16")
RECORDING = Recording(SETTING, seeds=3, folder=FOLDER)


def asked(study):
    """The ids of the specs that a study compares, with its values."""
    return {one.spec.run_id: study.value_of(one.spec.model_dump()) for one in RECORDING.asked(study)}


def runs_of(study, *values):
    """The reference runs of a study, those of some of its values or of all."""
    known = by_spec(reference_runs(), PRESET.epochs)
    return [known[run_id] for run_id, value in asked(study).items() if value in (values or study.quick_values)]


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_every_study_has_its_values_under_three_seeds(study):
    assert asked(study).keys() <= by_spec(reference_runs(), PRESET.epochs).keys()


@pytest.mark.parametrize("study", list(STUDIES.values())[4:], ids=lambda study: study.name)
def test_a_bundle_has_all_that_its_study_compares(study):
    runs = reference.read(FOLDER / f"{study.name}.json")
    assert {RunSpec(**run["spec"]).run_id for run in runs} == asked(study).keys()


def test_no_setting_and_seed_was_recorded_twice():
    assert len(by_spec(reference_runs(), PRESET.epochs)) == len(reference_runs())


def test_every_run_is_of_the_quick_preset_whole_and_labelled():
    for run in reference_runs():
        spec = run["spec"]
        assert spec["fingerprint"] == SCENES_FINGERPRINT
        assert spec["image_size"] == PRESET.image_size or spec["image_size"] in IMAGE_SIZE.quick_values
        assert spec["per_class"] == PRESET.per_class or spec["per_class"] in TRAINING_IMAGES.quick_values
        assert (run["status"], len(run["epochs"])) == ("finished", PRESET.epochs)
        assert run["inputs"]["classes"] == list(SCENES_CLASSES)
        assert run["inputs"]["test_images"] == 600
        assert run["origin"]["kind"] == "reference"
        assert run["machine"]["name"]
        assert run["machine"]["hpviz"]


def test_they_take_little_room():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.json")) < 1_000_000


@pytest.mark.parametrize(
    ("study", "value", "kinds"),
    [
        ("learning-rate", 1e-7, {"dead", "still improving"}),
        ("learning-rate", 1e-5, {"still improving"}),
        ("learning-rate", 1e-4, {"over-fit in loss only", "over-fit"}),
        ("weight-decay", 1.0, {"dead", "still improving", "under-fit"}),
    ],
)
def test_real_curves_are_diagnosed_as_they_look(study, value, kinds):
    runs = runs_of(STUDIES[study], value)
    found = {diagnosis(run["epochs"], PRESET.epochs, len(SCENES_CLASSES)).kind for run in runs}
    assert found <= kinds


def test_real_effects_are_different_and_real_noise_is_not():
    comparison = compare_runs(runs_of(STUDIES["weight-decay"]))
    verdicts = {(pair.first, pair.second): pair.verdict for pair in comparison.pairs()}
    assert verdicts["0", "1"] == verdicts["1e-2", "1"] == "different"
    assert verdicts["0", "1e-4"] == verdicts["1e-4", "1e-2"] == "within noise"


def test_the_ledger_settles_every_claim_that_needs_no_imagenet_weights():
    rows = {row.label: row for row in ledger(reference_runs(), SCENES)}
    assert all(row.verdict != "not run yet" for row in rows.values())
    assert rows["WD1"].verdict == "held"
    assert rows["WD3"].verdict == "did not hold"
    assert rows["LR4 (from scratch)"].verdict == "held"
    assert rows["LR1"].verdict == "not comparable"
    assert "reference runs of" in rows["WD1"].evidence
