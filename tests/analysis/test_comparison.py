"""Any runs held against each other: what differs, what they are called, how far they all go."""

import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.outcome import outcome_of
from hpviz.runs import bundle
from hpviz.runs.document import move
from tests.analysis.made_up_runs import rows, run


def known(document, classes=("a", "b"), test_images=600):
    document["inputs"].update(classes=list(classes), test_images=test_images)
    return document


def made(epochs=3, accuracy=0.5, **spec):
    return known(run(rows(epochs, test_accuracy={1: accuracy}), **spec))


def imported(*runs):
    return bundle.read(bundle.write(runs))


def test_seeds_of_one_value_share_a_label_and_values_come_in_order():
    runs = [made(weight_decay=decay, seed=seed) for seed in (1, 0) for decay in (1.0, 0.0, 0.01)]
    comparison = compare_runs(runs)
    assert comparison.differing == ("weight_decay",)
    assert list(comparison.groups) == ["0", "1e-2", "1"]
    assert [each["spec"]["seed"] for each in comparison.groups["0"]] == [0, 1]
    assert (comparison.study.name, comparison.legend) == ("weight-decay", "λ")
    assert "weight_decay" not in comparison.shared
    assert comparison.shared["batch_size"] == 32


def test_several_differences_are_all_in_the_label():
    comparison = compare_runs([made(batch_size=8), made(weight_decay=1.0, optimizer="sgd")])
    assert list(comparison.groups) == ["batch 8 · λ 0 · optimiser Adam", "batch 32 · λ 1 · optimiser SGD"]
    assert (comparison.study, comparison.legend) == (None, "run")


@pytest.mark.parametrize(
    ("one", "other", "labels"),
    [
        ({"model": "resnet18"}, {}, ["article-cnn", "resnet18"]),
        ({"image_size": 128}, {}, ["64 px", "128 px"]),
        ({"per_class": 1000}, {}, ["all", "1000"]),
        ({"precision": "bf16"}, {}, ["bf16", "fp32"]),
        ({"kernel_width": 3}, {"kernel_width": 7}, ["3", "7"]),
        ({"dataset": "x", "fingerprint": "1" * 64}, {}, ["made up", "x"]),
    ],
)
def test_every_difference_has_a_name_that_people_use(one, other, labels):
    assert sorted(compare_runs([made(**one), made(**other)]).groups) == sorted(labels)


def test_a_seed_alone_is_no_difference():
    comparison = compare_runs([made(seed=0), made(seed=1)])
    assert (comparison.differing, list(comparison.groups)) == ((), ["article-cnn"])


def test_a_field_that_is_asked_for_names_the_runs_even_if_it_is_the_same():
    assert list(compare_runs([made()], "weight_decay").groups) == ["0"]


def test_runs_from_elsewhere_are_told_apart_from_own_ones():
    own = made(weight_decay=0.01)
    own["machine"] = {"name": "Big GPU"}
    assert list(compare_runs([own, *imported(own)], "weight_decay").groups) == ["1e-2", "1e-2 (Big GPU)"]
    assert list(compare_runs(imported(own), "weight_decay").groups) == ["1e-2"]


def test_two_recordings_of_one_seed_are_told_apart_by_their_ids():
    first, second = made(), made()
    second["created"] = "2026-01-01T00:00:00.000+00:00"
    comparison = compare_runs(imported(first, second))
    assert len(comparison.groups) == 2
    assert all(each["id"] in comparison.labels[each["id"]] for each in comparison.runs)


def test_the_last_epoch_that_all_have_is_compared():
    assert compare_runs([made(8), made(5, weight_decay=1.0)]).epochs == 5


@pytest.mark.parametrize("status", ["running", "queued", "diverged"])
def test_a_run_that_trains_or_diverged_holds_nobody_back(status):
    young = made(1, weight_decay=1.0)
    move(young, status)
    assert compare_runs([made(8), young]).epochs == 8
    assert compare_runs([young]).epochs == 1


def test_a_stopped_seed_does_not_hold_back_a_value_that_has_two_others():
    runs = [made(8, weight_decay=decay, seed=seed) for decay in (0, 1) for seed in (0, 1)]
    assert compare_runs([*runs, made(2, weight_decay=1, seed=2)]).epochs == 8


def test_guessing_is_known_where_all_have_the_same_number_of_classes():
    assert compare_runs([made(), made(weight_decay=1.0)]).chance == 0.5
    assert compare_runs([made(), known(made(weight_decay=1.0), "abc")]).chance is None
    assert compare_runs([known(made(), ())]).chance is None


def test_different_test_images_cannot_be_compared():
    comparison = compare_runs([made(), made(fingerprint="1" * 64)])
    assert (comparison.test_images, comparison.pairs()) == (None, [])
    assert compare_runs([known(made(), test_images=0)]).test_images is None
    assert compare_runs([known(made(), test_images=0), made(seed=1)]).test_images == 600


def test_pairs_are_judged_at_the_common_epoch_by_their_label():
    runs = [made(4, 0.5 + decay / 4 + seed / 500, weight_decay=decay, seed=seed) for decay in (0, 1) for seed in (0, 1)]
    (pair,) = compare_runs(runs).pairs()
    assert (pair.first, pair.second, pair.seeds) == ("0", "1", (2, 2))
    assert pair.verdict == "different"
    assert "λ 1 is 25.0 points above λ 0" in pair.sentence


def diverged(epochs=2, **spec):
    document = made(epochs, **spec)
    document["epochs"][-1].update(test_loss=None, test_accuracy=None)
    move(document, "diverged", "not finite")
    return document


def survivors(lost=2):
    """Four seeds of a steady rate, and four of which some diverged and the others end 29 points above."""
    steady = [made(4, 0.41 + seed / 500, learning_rate=1e-4, seed=seed) for seed in range(4)]
    kept = [made(4, 0.70 + seed / 500, learning_rate=0.1, seed=seed) for seed in range(4 - lost)]
    return [*steady, *kept, *(diverged(learning_rate=0.1, seed=3 - number) for number in range(lost))]


def six_classes(runs):
    return [known(each, "abcdef") for each in runs]


def test_seeds_that_diverged_count_as_guessing_in_the_verdict_and_are_named():
    comparison = compare_runs(six_classes(survivors()))
    assert comparison.lost == {"0.1": 2}
    assert sorted(comparison.accuracies["0.1"]) == [1 / 6, 1 / 6, pytest.approx(0.70), pytest.approx(0.702)]
    (pair,) = comparison.pairs()
    assert pair.verdict == "within noise"
    assert pair.seeds == (4, 4)
    assert "2 of 4 seeds of lr 0.1 diverged and count as guessing" in pair.sentence


def test_a_value_that_lost_seeds_makes_no_noise_for_the_others():
    runs = survivors() + [made(4, 0.30 + seed / 500, learning_rate=1e-3, seed=seed) for seed in range(4)]
    verdicts = {(pair.first, pair.second): pair.verdict for pair in compare_runs(six_classes(runs)).pairs()}
    assert verdicts == {
        ("1e-4", "1e-3"): "different",
        ("1e-4", "0.1"): "within noise",
        ("1e-3", "0.1"): "within noise",
    }


def test_a_value_whose_seeds_all_diverged_is_worse_than_one_that_learned():
    (pair,) = compare_runs(six_classes(survivors(4))).pairs()
    assert pair.verdict == "different"
    assert "lr 1e-4 is 24.6 points above lr 0.1 (" in pair.sentence
    assert "4 of 4 seeds of lr 0.1 diverged" in pair.sentence


def test_where_it_is_not_known_what_guessing_has_lost_seeds_leave_their_value_unjudged():
    comparison = compare_runs([known(each, ()) for each in survivors()])
    assert comparison.pairs() == []
    assert any("Not judged: lr 0.1, for seeds of it diverged" in note for note in outcome_of(comparison).notes)


def test_a_seed_that_is_not_finite_at_the_compared_epoch_is_lost_though_it_was_finished():
    runs = six_classes(survivors(0))
    runs[-1]["epochs"][2].update(test_loss=None, test_accuracy=None)
    assert compare_runs(runs).lost == {"0.1": 1}


def test_a_seed_that_was_stopped_early_holds_its_value_back_with_its_name():
    runs = [made(8, 0.3 + rate, learning_rate=rate, seed=seed) for rate in (1e-2, 0.1) for seed in (0, 1)]
    young = made(1, learning_rate=1e-3)
    move(young, "stopped", "by hand")
    comparison = compare_runs([*runs, young])
    assert (comparison.epochs, [run["id"] for run in comparison.held_back]) == (1, [young["id"]])
    notes = outcome_of(comparison).notes
    assert "Compared after 1 epoch, for lr 1e-3 seed 0 has no more; other runs go further." in notes
    assert outcome_of(compare_runs(runs)).notes == ()


def test_a_run_that_ended_early_beside_two_others_is_counted_out():
    runs = [made(8, learning_rate=rate, seed=seed) for rate in (1e-4, 1e-3) for seed in (0, 1)]
    comparison = compare_runs([*runs, made(2, learning_rate=1e-3, seed=2)])
    assert (comparison.epochs, comparison.held_back) == (8, ())
    assert outcome_of(comparison).notes == ("Not judged: lr 1e-3 seed 2 ended after epoch 2/2.",)


def cut_short(epochs, target, status="stopped", **spec):
    """A run that was asked for `target` epochs and has so many."""
    document = made(epochs, **spec)
    document["target"] = target
    move(document, status, "by hand")
    return document


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed"])
def test_a_run_that_was_stopped_is_not_judged_and_holds_nobody_back(status):
    runs = [made(8, 0.3 + rate, learning_rate=rate, seed=seed) for rate in (1e-2, 0.1) for seed in (0, 1)]
    comparison = compare_runs([*runs, cut_short(2, 8, status, learning_rate=1e-3)])
    assert (comparison.epochs, comparison.held_back) == (8, ())
    assert list(comparison.accuracies) == ["1e-2", "0.1"]
    assert outcome_of(comparison).notes == (f"Not judged: lr 1e-3 seed 0 {status} after epoch 2/8.",)


def test_a_run_that_was_stopped_later_than_is_compared_is_judged_as_far_as_the_others():
    runs = [made(8, learning_rate=1e-2, seed=seed) for seed in (0, 1)]
    assert "1e-3" in compare_runs([*runs, cut_short(12, 20, learning_rate=1e-3)]).accuracies
    assert "1e-3" not in compare_runs([*runs, cut_short(8, 20, learning_rate=1e-3)]).accuracies


def test_where_all_were_stopped_they_are_drawn_as_far_as_they_go_and_none_is_judged():
    comparison = compare_runs([cut_short(epochs, 8, learning_rate=1e-3, seed=epochs) for epochs in (2, 3)])
    assert (comparison.epochs, comparison.accuracies) == (2, {})


def test_of_runs_tested_on_fewer_images_the_fewest_count():
    runs = [
        known(made(learning_rate=rate, seed=seed), test_images=38 + 2 * seed)
        for rate in (1e-4, 1e-3)
        for seed in (0, 1)
    ]
    comparison = compare_runs(runs)
    assert comparison.test_images == 38
    assert "The runs were tested on 38 to 40 of the images; they are judged as on 38." in outcome_of(comparison).notes


def test_a_run_under_way_is_not_judged():
    runs = [made(weight_decay=decay, seed=seed) for decay in (0, 1) for seed in (0, 1)]
    move(runs[0], "running")
    (pair,) = compare_runs(runs).pairs()
    assert pair.seeds == (1, 2)
    assert pair.verdict == "one seed only"


def test_what_is_hidden_keeps_its_name_and_counts_nowhere():
    runs = [made(8), made(5, weight_decay=0.01), made(8, weight_decay=1.0)]
    whole = compare_runs(runs, "weight_decay")
    comparison = compare_runs(runs, "weight_decay", hidden={"1e-2"})
    assert comparison.labels == whole.labels
    assert list(comparison.groups) == ["0", "1"]
    assert [run["spec"]["weight_decay"] for run in comparison.hidden] == [0.01]
    assert (whole.epochs, comparison.epochs) == (5, 8)


def test_what_is_drawn_goes_as_far_as_was_asked_and_what_is_judged_as_far_as_all_have_come():
    runs = [made(8), made(5, weight_decay=1.0)]
    comparison = compare_runs(runs, "weight_decay", asked=10)
    assert (comparison.epochs, comparison.drawn.epochs) == (5, 10)
    assert comparison.drawn.labels == comparison.labels
    alone = compare_runs(runs)
    assert alone.drawn is alone
