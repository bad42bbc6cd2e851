"""Frames and summaries of stored runs."""

import math

from hpviz.analysis.frames import best_epoch, curves, summary
from hpviz.runs.document import move, new_run, put_epoch
from tests.made_up import row, spec


def run_with(*accuracies):
    run = new_run(spec(), {"data": "made up", "weights": None}, 8)
    for epoch, accuracy in enumerate(accuracies, start=1):
        put_epoch(run, row(epoch, accuracy, test_loss=1.5, train_loss_eval=1.25))
    return run


def test_only_the_epochs_asked_for_are_shown():
    run = run_with(0.1, 0.2, 0.9)
    frame = curves([run], {run["id"]: "1e-4"}, epochs=2)
    assert list(frame["epoch"]) == [1, 2]
    assert list(frame["best"]) == [False, True]
    assert list(frame["seconds"]) == [2.0, 4.0]


def test_the_best_epoch_is_the_first_of_the_highest_accuracy():
    assert best_epoch(run_with(0.5, 0.8, 0.8, 0.7)["epochs"]) == 2
    assert best_epoch([]) is None
    assert best_epoch(run_with(None)["epochs"]) is None


def test_a_diverged_epoch_is_marked_and_is_neither_best_nor_last():
    run = run_with(0.5, None)
    move(run, "diverged", "not finite")
    frame = curves([run], {run["id"]: "1"}, epochs=8)
    assert list(frame["diverged"]) == [False, True]
    assert list(frame["last"]) == [True, False]
    assert math.isnan(frame["test_accuracy"][1])


def test_no_runs_make_an_empty_frame_of_the_same_shape():
    assert list(curves([], {}, 8).columns) == list(curves([run_with(0.5)], {run_with()["id"]: "x"}, 8).columns)


def test_a_summary_measures_the_gap_without_dropout():
    run = run_with(0.5, 0.7, 0.6)
    (line,) = summary([run], {run["id"]: "1e-4"}, epochs=8).to_dict("records")
    assert (line["best"], line["best_epoch"], line["last"], line["gap"]) == (0.7, 2, 0.6, 0.25)
    assert line["epochs"] == "3/8"


def test_a_run_without_epochs_has_a_summary_without_figures():
    run = run_with()
    (line,) = summary([run], {run["id"]: "1e-4"}, epochs=8).to_dict("records")
    assert line["best"] is None
    assert line["train_seconds"] is None
