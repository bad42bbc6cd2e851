"""A diagnosis names what a person sees in the curves, and the figures it saw."""

from typing import get_args

import pytest

from hpviz.analysis.diagnosis import NEXT_STEPS, Kind, diagnosis, diagnosis_of
from hpviz.analysis.evidence import up_to
from tests.analysis.made_up_runs import author_decays, author_rates, rows, run
from tests.made_up import row


def of(curves, epochs=10, classes=6):
    found = diagnosis(curves, epochs, classes)
    assert found is not None
    assert found.rule.endswith(f": {found.kind}.")
    assert found.next_step == NEXT_STEPS[found.kind]
    return found


def kind(epochs=10, **curves):
    return of(rows(epochs, **curves), epochs).kind


def test_every_kind_has_a_next_step():
    assert set(NEXT_STEPS) == set(get_args(Kind))


def test_a_run_without_an_epoch_has_no_diagnosis():
    assert diagnosis([], 8, 6) is None


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed"])
def test_a_run_that_ended_early_is_stopped_and_says_where_whatever_its_curves_look_like(status):
    dead = run(rows(2, train_loss={1: 1.79}, test_accuracy={1: 1 / 6}), status)
    dead["target"] = 6
    found = diagnosis_of(dead, 6, 6)
    assert (found.kind, found.next_step) == ("stopped", NEXT_STEPS["stopped"])
    assert found.rule == f"{status.capitalize()} after epoch 2 of 6: stopped, not judged."
    assert diagnosis_of(dead, 2, 6).kind == "stopped"


def test_a_run_that_trains_is_not_judged_yet():
    young = run(rows(2, train_loss={1: 1.79}), "running")
    young["target"] = 6
    assert diagnosis_of(young, 6, 6).kind == "training"


@pytest.mark.parametrize("status", ["finished", "stopped", "running"])
def test_epochs_that_a_run_has_gone_beyond_are_judged_whatever_became_of_the_rest(status):
    extended = run(rows(8, train_loss={1: 1.79}, test_accuracy={1: 1 / 6}), status)
    extended["target"] = 20
    assert diagnosis_of(extended, 6, 6).kind == "dead"
    assert diagnosis_of(up_to(extended, 6), 6, 6).kind == "dead"


def test_a_run_that_diverged_is_diverged_though_its_last_epoch_could_be_measured():
    assert diagnosis_of(run(rows(3), "diverged"), 8, 6).kind == "diverged"
    lost = run([row(1), row(2, None, test_loss=None)], "stopped")
    assert diagnosis_of(lost, 8, 6).kind == "diverged"
    assert diagnosis_of(run([], "queued"), 8, 6) is None


def test_over_fitting_tells_how_far_test_loss_rose_and_from_which_epoch():
    found = of(
        rows(
            8,
            train_loss={1: 1.2, 8: 0.1},
            test_loss={1: 1.2, 3: 0.8, 8: 1.22},
            test_accuracy={1: 0.5, 3: 0.7, 8: 0.62},
        ),
        8,
    )
    assert found.kind == "over-fit"
    assert "Test loss rose 0.42 above its best at epoch 3 while train loss fell" in found.rule
    assert "from 70.0% to 62.0%" in found.rule


def test_accuracy_that_stays_makes_it_over_fitting_in_loss_only():
    assert (
        kind(
            train_loss={1: 1.2, 10: 0.1}, test_loss={1: 1.2, 3: 0.8, 10: 1.2}, test_accuracy={1: 0.5, 3: 0.7, 10: 0.71}
        )
        == "over-fit in loss only"
    )


def test_a_wide_gap_is_over_fitting_though_test_loss_never_turned():
    found = of(
        rows(
            6,
            train_loss={1: 0.5, 6: 0.01},
            test_loss={1: 1.25},
            test_accuracy={1: 0.56},
            train_accuracy_eval={1: 0.8, 6: 0.99},
        ),
        6,
    )
    assert found.kind == "over-fit"
    assert "99.0%" in found.rule
    assert "56.0%" in found.rule


def test_a_falling_test_loss_is_still_improving():
    found = of(rows(8, train_loss={1: 1.7, 8: 1.0}, test_loss={1: 1.7, 8: 1.05}), 8)
    assert found.kind == "still improving"
    assert "to 1.05" in found.rule


def test_a_test_loss_that_only_comes_back_from_a_bump_improves_no_more():
    found = of(
        rows(
            8,
            train_loss={1: 1.0, 8: 0.05},
            test_loss={1: 1.0, 2: 0.76, 5: 0.95, 6: 1.09, 8: 0.76},
            train_accuracy_eval={1: 0.7, 8: 0.99},
            test_accuracy={1: 0.6, 8: 0.76},
        ),
        8,
    )
    assert found.kind == "over-fit"


def test_a_slow_start_above_guessing_is_still_improving_as_long_as_it_falls():
    assert kind(train_loss={1: 2.4, 10: 1.75}, test_loss={1: 2.4, 10: 1.76}) == "still improving"


def test_train_loss_that_stays_at_guessing_is_dead():
    assert kind(train_loss={1: 1.80, 10: 1.79}, test_loss={1: 1.81, 10: 1.80}, test_accuracy={1: 0.167}) == "dead"


def test_a_dead_net_is_dead_however_its_test_loss_jumps():
    assert kind(train_loss={1: 1.80}, test_loss={1: 1.9, 9: 1.9, 10: 2.6}, test_accuracy={1: 0.18, 10: 0.16}) == "dead"


def test_a_plateau_far_from_the_training_images_is_under_fit():
    found = of(rows(10, train_loss={1: 1.5, 3: 1.2, 10: 1.2}, test_loss={1: 1.5, 3: 1.25, 10: 1.25}))
    assert found.kind == "under-fit"
    assert "67% of guessing's" in found.rule


def test_a_test_loss_that_leaps_to_and_fro_is_unstable():
    found = of(
        rows(
            7,
            train_loss={1: 1.2, 7: 0.5},
            test_loss={1: 1.2, 2: 0.8, 3: 2.5, 4: 0.8, 5: 1.9, 6: 0.7, 7: 0.7},
            test_accuracy={1: 0.5, 2: 0.7, 3: 0.4, 4: 0.7, 5: 0.5, 6: 0.72, 7: 0.72},
        )
    )
    assert found.kind == "unstable"
    assert "jumped 2 times" in found.rule
    assert "2.50 in epoch 3" in found.rule


def test_steep_over_fitting_is_no_jump_while_accuracy_holds():
    assert kind(4, train_loss={1: 0.8, 4: 0.01}, test_loss={1: 0.9, 2: 0.8, 3: 1.5, 4: 2.4}) == "over-fit in loss only"


def test_one_jump_long_ago_is_forgiven():
    test_loss = {1: 1.2, 2: 2.5, 3: 0.8, 10: 0.7, 12: 0.7}
    assert kind(12, train_loss={1: 1.2, 12: 0.5}, test_loss=test_loss, test_accuracy={1: 0.5, 2: 0.3, 3: 0.7}) == "good"


def test_a_settled_run_with_a_narrow_gap_is_good():
    assert kind(train_loss={1: 1.2, 6: 0.5, 10: 0.48}, test_loss={1: 1.2, 6: 0.55, 10: 0.55}) == "good"


def test_a_loss_that_is_no_number_is_diverged_and_names_the_epoch():
    found = of([row(1), row(2, None, train_loss=None, train_loss_eval=None, test_loss=None, train_accuracy_eval=None)])
    assert found.kind == "diverged"
    assert "epoch 2" in found.rule


def test_an_absurd_training_loss_is_diverged_though_it_is_a_number():
    assert of([row(1), row(2, train_loss=1e6)]).kind == "diverged"


def test_it_judges_the_epochs_on_screen_and_not_those_beyond():
    curves = rows(12, train_loss={1: 1.2, 12: 0.1}, test_loss={1: 1.2, 5: 0.7, 12: 1.6}, test_accuracy={1: 0.5, 5: 0.7})
    assert of(curves, 5).kind == "still improving"
    assert of(curves, 12).kind == "over-fit in loss only"


def test_one_epoch_makes_no_trend():
    found = of(rows(1, train_loss={1: 1.79}), 8)
    assert found.kind == "still improving"
    assert "One epoch" in found.rule


@pytest.mark.parametrize(
    ("train", "test", "accuracy", "expected"),
    [
        ((1.7, 1.2), (1.7, 1.25), (0.3, 0.5), "still improving"),
        ((0.9, 0.25), (1.1, 1.30), (0.56, 0.57), "over-fit in loss only"),
        ((0.9, 0.25), (1.1, 1.30), (0.60, 0.54), "over-fit"),
        ((1.80, 1.795), (1.81, 1.80), (0.17, 0.17), "dead"),
        ((1.3, 1.4), (1.4, 2.84), (0.5, 0.3), "unstable"),
    ],
)
def test_two_epochs_are_enough_for_what_is_plain(train, test, accuracy, expected):
    curves = {
        name: dict(enumerate(each, 1))
        for name, each in (("train_loss", train), ("test_loss", test), ("test_accuracy", accuracy))
    }
    assert kind(2, **curves) == expected


def test_losses_are_judged_by_the_number_of_classes():
    curves = rows(10, train_loss={1: 1.1, 10: 1.09}, test_loss={1: 1.1, 10: 1.09})
    assert of(curves, classes=3).kind == "dead"
    assert of(curves, classes=10).kind != "dead"


def test_the_author_s_runs_read_as_his_logs_do():
    runs = [*author_rates(1), *author_decays(1)]
    by_setting = {(run["spec"]["learning_rate"], run["spec"]["weight_decay"]): of(run["epochs"]).kind for run in runs}
    assert by_setting == {
        (1e-4, 0): "over-fit in loss only",
        (1e-2, 0): "unstable",
        (1e-7, 0): "still improving",
        (1e-4, 0.01): "still improving",
        (1e-4, 1.0): "under-fit",
    }
