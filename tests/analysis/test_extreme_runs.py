"""Runs at the ends of what a bundle may say: whatever is taken in can be judged, tabled and drawn."""

import json

import pytest

from hpviz.analysis import frames
from hpviz.analysis.claims import ledger
from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.measured import measured
from hpviz.analysis.norms import norms
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.export import to_csv, to_html
from hpviz.runs import bundle
from tests.analysis.made_up_runs import CLASSES, INTEL, author, author_sizes

LOSSES = ("train_loss", "train_loss_eval", "test_loss", "validation_loss")
SHARES = ("train_accuracy_eval", "test_accuracy", "validation_accuracy")

LEAST = {
    "updates": 1,
    "images": 1,
    **dict.fromkeys((*LOSSES, *SHARES, "test_seconds", "images_per_second", "weight_norm", "gradient_norm"), 0.0),
    "train_seconds": bundle.CLOCK_TICK,
    "peak_memory_bytes": 0,
}
MOST = {
    "updates": 10**12,
    "images": 10**12,
    **dict.fromkeys((*LOSSES, "train_seconds", "test_seconds", "images_per_second"), bundle.FLOAT32_MAX),
    **dict.fromkeys(SHARES, 1.0),
    **dict.fromkeys(("weight_norm", "gradient_norm"), bundle.NORM_MAX),
    "peak_memory_bytes": 10**12,
}
NOTHING = dict.fromkeys((*LOSSES, *SHARES, "images_per_second", "peak_memory_bytes", "weight_norm", "gradient_norm"))
# Figures that divide, multiply or take logarithms of what stands in the row beside them.
EXTREMES = {
    "least": (LEAST,),
    "most": (MOST,),
    "nothing": (NOTHING,),
    "from least to most": (LEAST, MOST),
    "from most to nothing": (MOST, MOST | NOTHING),
    "the smallest losses": (dict.fromkeys(LOSSES, 5e-324),),
    "learned in no time": (LEAST | {"test_accuracy": 0.5}, LEAST | {"test_accuracy": 1.0}),
    "endless and in no time": (LEAST | {"test_accuracy": 1.0}, MOST),
    "losses up and down": (dict.fromkeys(LOSSES, 0.0), dict.fromkeys(LOSSES, bundle.FLOAT32_MAX)),
    "images do not grow": ({"images": 10**12, "test_accuracy": 0.3}, {"images": 10**12, "test_accuracy": 0.9}),
}


def sent(runs, figures, every):
    """The runs as they come out of a bundle, the rows of every so manyth of them overwritten in turn."""
    for number, run in enumerate(runs):
        run["inputs"].update(classes=list(CLASSES), test_images=3_000)
        for place, row in enumerate(run["epochs"]):
            row["train_accuracy_eval"] = min(row["train_accuracy_eval"], 1.0)  # scattered, a few seeds' are above
            if number % every == 0:
                row.update(figures[place * len(figures) // len(run["epochs"])])
    return bundle.read(bundle.write(runs))


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("figures", EXTREMES.values(), ids=EXTREMES)
def test_runs_at_the_ends_of_what_is_taken_in_can_be_judged(figures, every):
    runs = sent(author(), figures, every)
    for shown in (runs, runs[:1], [run for run in runs if run["spec"]["batch_size"] in (10, 450)]):
        assert ledger(shown, INTEL)
        comparison = compare_runs(shown)
        assert Story(comparison).description
        for epochs in (1, comparison.epochs):
            assert len(frames.by_value(shown, comparison.labels, epochs, len(CLASSES))) == len(comparison.groups)
            assert len(frames.curves(shown, comparison.labels, epochs)) == epochs * len(comparison.groups)
            assert len(norms(shown, comparison.labels, epochs)) == epochs * len(comparison.groups)
        assert all(measured(run["epochs"]).seconds > 0 for run in shown)


def test_a_share_of_the_shortest_time_still_has_a_logarithm():
    runs = sent(author_sizes(2), (LEAST,), 1)
    for run in runs:
        for row in run["epochs"]:
            row["test_accuracy"] = 1.0 if run["spec"]["batch_size"] == 10 else 1 / 6 + 1e-16
    assert "seconds of training" in "".join(row.evidence for row in ledger(runs, INTEL, "batch-size"))


@pytest.mark.parametrize("figures", EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("log_loss", [False, True], ids=["linear", "log"])
def test_runs_at_the_ends_of_what_is_taken_in_can_be_drawn(figures, log_loss):
    comparison = compare_runs(sent(author_sizes(2), figures, 1))
    assert json.dumps(card(comparison, x="seconds", log_loss=log_loss, dark=False, link=None), allow_nan=False)
    assert to_html(comparison, x="seconds", log_loss=log_loss, dark=False)
    assert to_csv(comparison)
