"""The runs that hpviz comes with are whole, and judgement makes of real curves what a person sees in them."""

from collections import Counter

import pytest

from hpviz.analysis.claims.ledger import ledger
from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.diagnosis import diagnosis
from hpviz.data.prepared import Identity
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs.reference import FOLDER, reference_runs
from hpviz.studies import PRESETS, STUDIES

PRESET = PRESETS["quick"]
SCENES = Identity(
    SCENES_FINGERPRINT,
    SCENES_CLASSES,
    train_counts=dict.fromkeys(SCENES_CLASSES, 300),
    test_counts=dict.fromkeys(SCENES_CLASSES, 100),
)


def runs_of(study, **values):
    """The reference runs of a study on the quick preset, those of some values of it."""
    usual = {"optimizer": "adam", "weight_decay": 0.0, "kernel_width": "article", "padding": "article"}
    held = {**usual, "learning_rate": 1e-4, "batch_size": 32, "model": "article-cnn", **study.settings("quick")}
    held.pop(study.field)
    held |= values
    return [run for run in reference_runs() if all(run["spec"][name] == value for name, value in held.items())]


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_every_study_has_its_values_under_three_seeds(study):
    seeds = Counter(run["spec"][study.field] for run in runs_of(study))
    assert all(seeds[value] >= 3 for value in study.quick_values)


def test_every_run_is_of_the_quick_preset_whole_and_labelled():
    for run in reference_runs():
        spec = run["spec"]
        assert (spec["fingerprint"], spec["image_size"], spec["per_class"]) == (SCENES_FINGERPRINT, 64, 300)
        assert (run["status"], len(run["epochs"])) == ("finished", PRESET.epochs)
        assert run["inputs"]["classes"] == list(SCENES_CLASSES)
        assert run["inputs"]["test_images"] == 600
        assert run["origin"]["kind"] == "reference"
        assert run["machine"]["name"]
        assert run["machine"]["hpviz"]


def test_they_take_little_room():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.json")) < 500_000


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
    runs = runs_of(STUDIES[study], **{STUDIES[study].field: value})
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
