"""Frames and summaries of stored runs."""

import math

import pytest

from hpviz.analysis.frames import (
    best_epoch,
    by_value,
    commonest_diagnosis,
    curves,
    final_losses,
    gap,
    isolation,
    readings,
    trails,
    widest_gap,
)
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


def test_the_best_epoch_is_the_one_of_the_highest_accuracy_and_of_equals_none_is():
    assert best_epoch(run_with(0.5, 0.8, 0.7)["epochs"]) == 2
    assert best_epoch(run_with(0.5, 0.8, 0.8, 0.7)["epochs"]) is None
    assert best_epoch(run_with(1 / 6, 1 / 6)["epochs"]) is None
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
    (line,) = by_value([run], {run["id"]: "1e-4"}, epochs=8, classes=6).to_dict("records")
    assert (line["best"], best_epoch(run["epochs"]), line["last"], line["gap"]) == (0.7, 2, 0.6, 0.25)
    assert line["lost"] is None
    assert line["epochs"] == "3/8"


def test_a_summary_passes_over_seconds_that_were_not_noted():
    run = run_with(0.5, 0.7)
    run["epochs"][0].update(train_seconds=None, test_seconds=None)
    run["epochs"][1].update(train_seconds=3.0, test_seconds=None)
    (line,) = by_value([run], {run["id"]: "1e-4"}, epochs=8, classes=6).to_dict("records")
    assert (line["train_seconds"], line["test_seconds"]) == (3.0, None)


def test_a_run_without_epochs_has_a_summary_without_figures():
    run = run_with()
    (line,) = by_value([run], {run["id"]: "1e-4"}, epochs=8, classes=6).to_dict("records")
    assert line["best"] is None
    assert line["train_seconds"] is None


def seeds_of(*curves_of_seeds):
    """Runs of one value, each with its accuracies, and their common label."""
    runs = []
    for seed, accuracies in enumerate(curves_of_seeds):
        run = new_run(spec(seed=seed), {"data": "made up", "weights": None}, 8)
        for epoch, accuracy in enumerate(accuracies, start=1):
            put_epoch(run, row(epoch, accuracy))
        runs.append(run)
    return runs, {run["id"]: "1e-4" for run in runs}


def test_seeds_of_a_value_are_one_line_of_means_with_a_band_where_there_are_two():
    frame = curves(*seeds_of((0.2, 0.4, 0.6), (0.4, 0.8)), epochs=8)
    assert list(frame["test_accuracy"]) == [pytest.approx(0.3), pytest.approx(0.6), 0.6]
    assert list(frame["seeds"]) == [2, 2, 1]
    assert list(frame["test_accuracy_low"][:2]) == [0.2, 0.4]
    assert list(frame["test_accuracy_high"][:2]) == [0.4, 0.8]
    assert math.isnan(frame["test_accuracy_low"][2])


def test_a_line_ends_where_one_of_its_seeds_does_and_says_of_how_many_the_next_is():
    runs, labels = seeds_of((0.2, 0.4, 0.6), (0.4, 0.8))
    frame = curves(runs, labels, epochs=8)
    assert list(frame["part"]) == [0, 0, 1]
    assert list(frame["told"]) == ["", "", "1 of 2"]
    assert list(frame["best"]) == [False, False, True]  # of the seed that went on, not of a mean over two
    assert list(curves(runs[:1], labels, epochs=8)["part"]) == [0, 0, 0]


def test_a_diverged_seed_is_marked_counted_and_left_out_of_the_mean():
    runs, labels = seeds_of((0.4, None), (0.6, 0.8))
    move(runs[0], "diverged", "not finite")
    frame = curves(runs, labels, epochs=8)
    assert list(frame["diverged"]) == [False, True]
    assert frame["test_accuracy"][1] == 0.8
    assert (frame["told"][1], frame["lost"][1]) == ("1 of 2", "1 of 2")


def test_the_epoch_in_which_a_run_diverges_is_no_part_of_its_curve_however_large_a_number_it_is():
    (run,), labels = seeds_of((0.4, 0.5, 0.5))
    put_epoch(run, row(3, 0.5, train_loss=4.9e16, test_loss=1.7e19))
    move(run, "diverged", "The training loss exceeded 103 nats in epoch 3.")
    frame = curves([run], labels, epochs=8)
    assert list(frame["diverged"]) == [False, False, True]
    assert math.isnan(frame["test_loss"][2])
    assert list(frame["last"]) == list(frame["best"]) == [False, True, False]


def test_a_figure_that_is_no_number_is_lost_whatever_the_status_says():
    runs, labels = seeds_of((0.4, None, 0.5), (0.6, 0.8, 0.9))
    put_epoch(runs[0], row(2, None, test_loss=None))
    frame = curves(runs, labels, epochs=8)
    assert list(frame["diverged"]) == [False, True, False]
    assert list(frame["seeds"]) == [2, 1, 1]


def test_a_table_has_a_row_a_value_with_the_spread_of_its_seeds():
    runs, labels = seeds_of((0.5, 0.6), (0.5, 0.8))
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert (line["seeds"], line["epochs"]) == ("2", "2/8")
    assert line["last"] == pytest.approx(0.7)
    assert line["last_spread"] == pytest.approx(14.142, abs=0.001)
    runs, labels = seeds_of((0.5,))
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert line["last_spread"] is None


def test_a_seed_under_way_is_not_averaged_with_those_that_arrived():
    runs, labels = seeds_of((0.2, 0.6), (0.2, 0.8), (0.1,))
    (line,) = by_value(runs, labels, epochs=2, classes=6).to_dict("records")
    assert (line["last"], line["last_spread"]) == (pytest.approx(0.7), pytest.approx(14.142, abs=0.001))
    assert (line["seeds"], line["epochs"]) == ("2 of 3", "1–2/2")
    frame = isolation(runs, "learning_rate", labels, epochs=2, edge=None)
    (mean,) = frame[frame["kind"] == "mean"].to_dict("records")
    assert (mean["accuracy"], mean["seeds"], mean["epochs"]) == (pytest.approx(0.7), 2, 2)
    assert list(frame["told"]) == ["", "", "epoch 1", ""]


def test_where_all_seeds_are_under_way_the_furthest_are_shown_and_how_far_they_are():
    runs, labels = seeds_of((0.2, 0.6), (0.2,))
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert (line["last"], line["best"], line["epochs"]) == (0.6, 0.6, "1–2/8")


def test_a_diverged_seed_has_no_part_in_a_tables_means_and_is_counted():
    runs, labels = seeds_of((0.5, 0.6), (0.5, 0.8), (0.1, None))
    move(runs[2], "diverged", "not finite")
    (line,) = by_value(runs, labels, epochs=2, classes=6).to_dict("records")
    assert (line["best"], line["last"]) == (pytest.approx(0.7), pytest.approx(0.7))
    assert line["last_spread"] == line["best_spread"] == pytest.approx(14.142, abs=0.001)
    assert line["lost"] == "1 of 3 seeds diverged"
    assert "1 diverged" in line["diagnosis"]


def test_a_stopped_run_is_stopped_and_not_judged():
    (run,), _ = seeds_of((0.17, 0.17))
    move(run, "stopped", "stopped by hand")
    kind, rule, next_step = commonest_diagnosis([run], epochs=8, classes=6)
    assert (kind, rule) == ("stopped", "Stopped after epoch 2 of 8: stopped, not judged.")
    assert "Resume" in next_step


def test_where_two_kinds_are_as_common_both_are_told():
    runs, _ = seeds_of((0.5,), (0.5,))
    for run in runs:
        move(run, "finished")
    put_epoch(runs[1], row(2, 0.3, test_loss=5.0))
    kind, rule, _ = commonest_diagnosis(runs, epochs=8, classes=6)
    assert kind == "still improving or unstable (1 of 2 seeds each)"
    assert "One epoch" in rule
    assert "jumped" in rule


def test_a_mean_that_is_not_as_far_as_others_says_at_which_epoch_it_stands():
    runs, _ = seeds_of((0.2, 0.4, 0.6), (0.4, 0.8))
    runs[1]["spec"]["learning_rate"] = 1e-3
    frame = isolation(runs, "learning_rate", {runs[0]["id"]: "1e-4", runs[1]["id"]: "1e-3"}, epochs=8, edge=None)
    assert list(frame[frame["kind"] == "mean"]["told"]) == ["", "epoch 2"]


def test_a_value_whose_seeds_all_diverged_has_no_figure():
    runs, labels = seeds_of((0.5, None))
    move(runs[0], "diverged", "not finite")
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert (line["last"], line["epochs"], line["diagnosis"]) == (None, "2/8", "diverged")


def test_a_table_tells_the_measured_memory_in_megabytes_where_there_is_one():
    runs, labels = seeds_of((0.5,), (0.5,))
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert line["peak_memory"] is None
    for run, peak in zip(runs, (200_000_000, 220_000_000), strict=True):
        put_epoch(run, row(1, peak_memory_bytes=peak))
    (line,) = by_value(runs, labels, epochs=8, classes=6).to_dict("records")
    assert line["peak_memory"] == 210.0


def test_where_seeds_disagree_the_diagnosis_of_most_is_told_with_how_many_they_are():
    runs, _ = seeds_of((0.5,), (0.5,), (0.5,))
    for run in runs:
        move(run, "finished")
    put_epoch(runs[2], row(2, None, test_loss=None))
    kind, rule, next_step = commonest_diagnosis(runs, epochs=8, classes=6)
    assert kind == "still improving (2 of 3 seeds, 1 diverged)"
    assert rule.startswith("One epoch makes no trend")
    assert next_step.startswith("Train for more epochs")


def test_dots_are_runs_bars_are_means_and_a_diverged_run_has_no_figure():
    runs, labels = seeds_of((0.2, 0.4), (0.2, 0.6), (None,))
    move(runs[2], "diverged", "not finite")
    frame = isolation(runs, "learning_rate", labels, epochs=8, edge=1e-4)
    assert list(frame["kind"]) == ["run", "run", "lost", "mean"]
    assert list(frame["accuracy"][:2]) == [0.4, 0.6]
    assert math.isnan(frame["accuracy"][2])
    assert (frame["accuracy"][3], frame["seeds"][3], frame["edge"][3]) == (pytest.approx(0.5), 2, True)
    assert list(frame["told"]) == ["", "", "1 of 3 diverged", ""]


def test_the_gap_of_a_run_is_between_losses_without_dropout():
    frame = gap(run_with(0.5, None), epochs=8)
    assert list(frame.columns) == ["epoch", "train", "test"]
    assert (frame["train"][0], frame["test"][0]) == (1.25, 1.5)
    assert gap(run_with(), epochs=8).empty


def test_final_losses_are_those_of_the_last_epoch_asked_for_and_a_diverged_run_is_told():
    run = run_with(0.5, None)
    put_epoch(run, row(2, None, test_loss=None))
    assert final_losses([run, run_with()], epochs=1).to_dict("records") == [
        {"learning_rate": 1e-4, "loss": 1.5, "diverged": False}
    ]
    assert list(final_losses([run], epochs=8)["diverged"]) == [True]


def point(epoch, loss):
    return {"epoch": epoch, "updates": int(4 * epoch), "images": int(128 * epoch), "seconds": epoch, "train_loss": loss}


def test_the_epoch_under_way_goes_on_from_the_last_one_that_was_measured():
    run = run_with(0.4, 0.5)
    rows = trails([run], {run["id"]: "1e-4"}, {run["id"]: [point(2.25, 0.7), point(2.5, 0.6)]})
    assert [(row["epoch"], row["train_loss"]) for row in rows] == [
        (2, run["epochs"][-1]["train_loss"]),
        (2.25, 0.7),
        (2.5, 0.6),
    ]
    assert {row["label"] for row in rows} == {"1e-4"}
    assert rows[0]["seconds"] == sum(row["train_seconds"] for row in run["epochs"])


def test_points_of_an_epoch_that_was_recorded_meanwhile_are_left_out():
    run = run_with(0.4, 0.5, 0.6)
    for points in ([point(2.5, 0.7)], [point(5.5, 0.7)], []):
        assert trails([run], {run["id"]: "1e-4"}, {run["id"]: points}) == []


def test_a_reading_has_all_lines_and_all_three_metrics_of_an_epoch():
    runs, _ = seeds_of((0.5, 0.6), (0.7,))
    runs[1]["epochs"][0].update(train_loss=None)
    labels = {runs[0]["id"]: "1e-4", runs[1]["id"]: "1e-2"}
    frame = readings(curves(runs, labels, 8), ("1e-4", "1e-2", "waiting"))
    first, second = frame.to_dict("records")
    figures = runs[0]["epochs"][0]
    assert first["reading_0"] == f"50.0% · train {figures['train_loss']:.3f} · test {figures['test_loss']:.3f}"
    assert "train –" in first["reading_1"]
    assert (second["epoch"], second["reading_1"], second["reading_2"]) == (2, "–", "–")
    two, of_both = seeds_of((0.5,), (0.7,))
    assert readings(curves(two, of_both, 8), ("1e-4",))["reading_0"][0].startswith("60.0% ·")
    assert readings(curves(two, of_both, 8), ("1e-4",))["reading_0"][0].endswith("(2 seeds)")


def test_the_gap_opens_on_the_value_that_has_most_of_it():
    def fitted(train, test):
        run = new_run(spec(), {"data": "made up", "weights": None}, 8)
        put_epoch(run, row(1, 0.5, train_loss_eval=train, test_loss=test))
        return [run]

    groups = {"1e-7": fitted(1.8, 1.8), "1e-4": fitted(0.1, 0.9), "1e-2": fitted(0.8, 1.0), "1": fitted(None, None)}
    assert widest_gap(groups, dict.fromkeys(groups, 8)) == "1e-4"
    assert widest_gap({"1": fitted(None, None)}, {"1": 8}) == "1"
