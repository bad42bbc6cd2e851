"""Runs are held against each other only where nothing but one hyperparameter and the seed differs."""

import pytest

from hpviz.analysis.evidence import comparable, gap, last, lowest
from tests.analysis.made_up_runs import rows, run
from tests.made_up import row


def trained(epochs, status="finished", **spec):
    return run(rows(epochs, test_accuracy={1: 0.3, max(epochs, 2): 0.3 + epochs / 100}), status, **spec)


def only(found):
    (evidence,) = found
    return evidence


def test_values_are_grouped_with_their_seeds_in_order():
    runs = [trained(3, weight_decay=decay, seed=seed) for seed in (1, 0) for decay in (1.0, 0.0)]
    evidence = only(comparable(runs, "weight_decay"))
    assert evidence.values == [0.0, 1.0]
    assert [each["spec"]["seed"] for each in evidence.runs[1.0]] == [0, 1]


def test_runs_that_differ_in_anything_else_are_kept_apart():
    runs = [trained(3, weight_decay=1.0, image_size=64), trained(3, weight_decay=0.0, image_size=96)]
    assert sorted(tuple(evidence.values) for evidence in comparable(runs, "weight_decay")) == [(0.0,), (1.0,)]


def test_the_label_of_the_data_set_is_no_difference():
    runs = [trained(3, weight_decay=1.0, dataset="here"), trained(3, weight_decay=0.0, dataset="there")]
    assert only(comparable(runs, "weight_decay")).values == [0.0, 1.0]


def test_the_last_epoch_that_all_have_is_compared():
    runs = [trained(length, weight_decay=decay) for decay, length in ((0.0, 10), (1.0, 4))]
    evidence = only(comparable(runs, "weight_decay"))
    assert evidence.epochs == 4
    assert all(len(each) == 4 for value in evidence.values for each in evidence.rows(value))


def test_a_single_seed_that_was_stopped_early_holds_nobody_back():
    runs = [trained(8, weight_decay=decay, seed=seed) for decay in (0.0, 1.0) for seed in (0, 1)]
    stopped = trained(2, "stopped", weight_decay=1.0, seed=2)
    evidence = only(comparable([*runs, stopped], "weight_decay"))
    assert evidence.epochs == 8
    assert evidence.seeds(1.0) == 2


def test_a_run_that_is_still_training_joins_when_it_is_long_enough():
    runs = [trained(8, weight_decay=decay, seed=seed) for decay in (0.0, 1.0) for seed in (0, 1)]
    beginning = trained(1, "running", weight_decay=1.0, seed=2)
    extended = trained(9, "running", weight_decay=1.0, seed=3)
    evidence = only(comparable([*runs, beginning, extended], "weight_decay"))
    assert [each["spec"]["seed"] for each in evidence.runs[1.0]] == [0, 1, 3]
    assert evidence.epochs == 8


def test_a_second_seed_in_training_does_not_take_the_first_one_back_to_its_beginning():
    runs = [trained(8, weight_decay=1.0), trained(1, "running", weight_decay=1.0, seed=1)]
    evidence = only(comparable(runs, "weight_decay"))
    assert (evidence.epochs, evidence.seeds(1.0)) == (8, 1)


def test_diverged_runs_are_left_out_and_said_so():
    lost = run([row(1), row(2, None, test_loss=None)], "diverged", weight_decay=0.0, seed=1)
    runs = [trained(5, weight_decay=0.0), trained(5, weight_decay=1.0), lost]
    evidence = only(comparable(runs, "weight_decay"))
    assert evidence.seeds(0.0) == 1
    assert evidence.diverged == {0.0: 1}
    assert "1 of 2 seeds with λ 0 diverged (in no mean, judged as guessing)" in evidence.stated()
    assert evidence.accuracies(last("test_accuracy"), 1 / 6)[0.0] == [pytest.approx(0.35), 1 / 6]


def test_further_values_join_with_two_seeds_and_never_hold_the_wanted_back():
    runs = [trained(8, learning_rate=rate, seed=seed) for rate in (1e-4, 1e-3) for seed in (0, 1)]
    early = [trained(3, learning_rate=1e-2, seed=seed) for seed in (0, 1)]
    alone = trained(8, learning_rate=1e-5)
    evidence = only(
        comparable([*runs, *early, alone], "learning_rate", lambda value: value == 1e-4, lambda value: True)
    )
    assert evidence.values == [1e-4, 1e-3]
    assert evidence.epochs == 8


def test_runs_without_an_epoch_are_no_evidence():
    assert comparable([run([], "queued")], "weight_decay") == []


def test_kernel_widths_stand_beside_the_article_s_own():
    runs = [trained(2, kernel_width=width) for width in ("article", 5, 3)]
    assert only(comparable(runs, "kernel_width")).values == [3, 5, "article"]


def test_what_it_rests_on_is_stated():
    runs = [trained(2, weight_decay=decay, seed=seed, per_class=300) for decay in (0.0, 1.0) for seed in (0, 1)]
    assert only(comparable(runs, "weight_decay")).stated() == (
        "made up, 64 px, 300 training images a class, 2 epochs, 2 seeds"
    )


def test_figures_are_taken_at_the_compared_epoch():
    short, long = trained(2, weight_decay=0.0), trained(4, weight_decay=1.0)
    evidence = only(comparable([short, long], "weight_decay"))
    assert evidence.figures(last("updates")) == {0.0: [8.0], 1.0: [8.0]}
    assert evidence.figures(lowest("train_loss"))[1.0] == [long["epochs"][1]["train_loss"]]


def test_the_gap_is_measured_without_dropout():
    assert gap([row(1, train_loss=1.5, train_loss_eval=0.5, test_loss=0.75)]) == 0.25
