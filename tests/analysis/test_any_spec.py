"""Whatever can be trained can be judged, tabled, drawn and read aloud: every valid spec, any epochs it may have had."""

import json
import re
from typing import get_args

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from hpviz.analysis import frames
from hpviz.analysis.claims import ledger
from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.cost import cost
from hpviz.analysis.diagnosis import diagnosis_of
from hpviz.analysis.fairness import fairness
from hpviz.analysis.norms import norms
from hpviz.analysis.outcome import outcome_of
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.export import to_csv
from hpviz.charts.page import page
from hpviz.charts.pictures import counts_picture, loss_by_rate, train_and_test
from hpviz.hyperparameters import HYPERPARAMETERS
from hpviz.runs.document import new_run
from hpviz.spec import MAX_DEPTH, MOMENTUM, Augmentation, BadInput, RunSpec, Schedule, build_spec
from tests.analysis.made_up_runs import CLASSES, INTEL
from tests.made_up import FINGERPRINT, row

# Shrinking a list of runs takes minutes and leaves much the same.
QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": (Phase.explicit, Phase.generate)}

# What no sentence says: figures that are none, and counts that do not agree with their noun.
LOST = re.compile(r"diverged: (means are|no seed is left)")
NEVER = re.compile(
    r"\b(nan|inf|None)\b|\b1 (seeds|epochs|runs|pairs|images a class)\b|-0\.0%|\b0 seeds\b", re.IGNORECASE
)

FIELDS = {
    "image_size": st.integers(16, 512),
    "kernel_width": st.one_of(st.just("article"), st.integers(1, 31)),
    "padding": st.sampled_from(("article", "valid", "same")),
    "per_class": st.one_of(st.none(), st.integers(1, 3_000)),
    "model": st.sampled_from(("article-cnn", "article-cnn", "article-cnn", "resnet18")),
    "depth": st.integers(1, MAX_DEPTH),
    "width": st.sampled_from((0.25, 0.5, 1.0, 2.0, 4.0)),
    "dropout": st.sampled_from((None, 0.0, 0.2, 0.5, 0.95)),
    "optimizer": st.sampled_from(("adam", "adamw", "sgd", "sgd-momentum")),
    "momentum": st.sampled_from((0.0, 0.5, MOMENTUM)),
    "schedule": st.sampled_from(get_args(Schedule)),
    "horizon": st.sampled_from((1, 5, 16)),
    "augmentation": st.sampled_from(get_args(Augmentation)),
    "crop": st.sampled_from((None, 1, 8)),
    "learning_rate": st.sampled_from((1e-7, 3e-7, 1e-6, 1e-4, 1e-2, 1.0, 1e4)),
    "batch_size": st.sampled_from((1, 10, 32, 450, 1_000_000)),
    "weight_decay": st.sampled_from((0.0, 1e-4, 0.01, 1.0)),
    "seed": st.integers(0, 3),
}
# Few values, so that ties are common; and what is no finite number.
ACCURACY = st.sampled_from((0.0, 1 / 6, 1 / 6, 0.5, 0.50001, 0.7, 1.0, None))
LOSS = st.sampled_from((0.0, 1e-3, 0.5, 1.79, 40.0, None))
STATUS = st.sampled_from(
    ("finished", "finished", "finished", "diverged", "stopped", "interrupted", "failed", "running")
)


@st.composite
def specs(draw, base, varied):
    """The base with one field (or two) otherwise, if that can be trained; what would say nothing is left out."""
    values = {name: base[name] for name in base} | {name: draw(FIELDS[name]) for name in varied}
    said = {name: value for name, value in values.items() if HYPERPARAMETERS[name].says_something(values)}
    try:
        return build_spec(dataset="made up", fingerprint=FINGERPRINT, **said)
    except BadInput:
        return None


@st.composite
def epochs(draw):
    figures = draw(st.lists(st.tuples(ACCURACY, LOSS, LOSS), min_size=1, max_size=5))
    return [
        row(number, accuracy, train_loss=train, train_loss_eval=train, test_loss=test)
        for number, (accuracy, train, test) in enumerate(figures, 1)
    ]


@st.composite
def stored_runs(draw):
    base = {name: draw(strategy) for name, strategy in FIELDS.items() if name != "seed"}
    varied = [draw(st.sampled_from(list(FIELDS))), "seed"]
    found: dict[str, RunSpec] = {}
    for _ in range(draw(st.integers(1, 9))):
        if spec := draw(specs(base, varied)):
            found[spec.run_id] = spec
    assume(found)
    runs = []
    for spec in found.values():
        noted = draw(
            st.sampled_from(
                ({}, {"classes": list(CLASSES), "test_images": 38}, {"classes": list(CLASSES), "test_images": 40})
            )
        )
        run = new_run(spec, {"data": "made up", "weights": None, **noted}, 5)
        run.update(epochs=draw(epochs()), status=draw(STATUS), machine={"device": "cpu"})
        runs.append(run)
    return runs


def said(runs, comparison):
    """Every sentence that these runs lead to."""
    story, outcome = Story(comparison), outcome_of(comparison)
    yield from (story.title, story.differs + story.with_same, story.description, *story.cautions, *story.provenance)
    yield from (text for _, text in (*outcome.told, *outcome.more, *outcome.in_brief))
    yield from (row.evidence for row in ledger(runs, INTEL))
    yield from (caution.sentence for caution in fairness(runs))
    for epochs in (1, comparison.epochs, 8):
        table = frames.by_value(runs, comparison.labels, epochs, len(CLASSES))
        yield from (text for text in (*table["diagnosis"], *table["lost"].dropna()))
    yield from (found.rule for run in runs if (found := diagnosis_of(run, 5, len(CLASSES))))
    yield loss_by_rate(frames.final_losses(runs, 5), dark=False).alt_text
    yield train_and_test(frames.gap(runs[0], 5), dark=False).alt_text


def check_words(runs):
    comparison = compare_runs(runs)
    for text in said(runs, comparison):
        assert not NEVER.search(text), text
    for pair in comparison.pairs():
        if pair.interval is not None:
            low, high = pair.interval
            assert (low > 0 or high < 0) == (pair.verdict == "different")
    ended = [run for run in runs if run["status"] != "running"]
    for label, lost in comparison.lost.items():  # named where a mean stands, and where it is judged
        assert any(row.label == label and row.lost and row.diverged >= lost for row in Story(comparison).figures)
        assert len(ended) < 2 or any(LOST.search(text) for text in Story(comparison).cautions)
    for caution in fairness(ended, comparison.epochs):  # as every page asks it: of runs that have ended
        if caution.kind == "edge":
            means = sorted(sum(each) / len(each) for each in comparison.accuracies.values())
            assert len(means) < 2 or means[-1] > means[-2]


def check_drawing(runs):
    comparison = compare_runs(runs)
    drawn = card(comparison)
    assert json.dumps(drawn, allow_nan=False)
    assert page(comparison, "", x="epoch", log_loss=True, dark=True)
    assert to_csv(comparison).count("\n") == 1 + sum(len(run["epochs"]) for run in runs)
    assert len(norms(runs, comparison.labels, 5)) == len(frames.curves(runs, comparison.labels, 5))


@settings(max_examples=40, **QUICK)
@given(stored_runs())
def test_any_runs_can_be_judged_and_what_is_said_of_them_reads_well(runs):
    check_words(runs)


@settings(max_examples=6, **QUICK)
@given(stored_runs())
def test_any_runs_can_be_drawn_and_exported(runs):
    check_drawing(runs)


@settings(max_examples=40, **QUICK)
@given(specs({}, [name for name in FIELDS if name != "seed"]), st.integers(2, 1_000))
def test_every_valid_spec_has_its_cost_its_claims_and_its_counts(spec, classes):
    assume(spec)
    found = cost(spec, classes)
    assert found.parameters.total > 0
    assert found.memory_bytes > 0
    run = new_run(spec, {"data": "made up", "weights": None}, 1)
    run.update(epochs=[row(1)], status="finished")
    assert len(ledger([run], INTEL)) == len(ledger([], INTEL))


@settings(max_examples=4, **QUICK)
@given(st.integers(16, 512))
def test_every_image_size_has_its_picture_of_counts(image_size):
    spec = build_spec(dataset="counted", fingerprint=FINGERPRINT, image_size=image_size, kernel_width=1, padding="same")
    assert counts_picture(spec, 6, dark=False).alt_text.startswith("Counts by kernel width: ")
