"""The ledger: every claim gets the verdict its runs deserve, and says what is missing where they deserve none."""

import json
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import get_args

import pytest

from hpviz.analysis.claims import CLAIMS, Verdict, ledger
from hpviz.analysis.claims.batch_size import images, seconds, until
from hpviz.analysis.claims.learning_rate import trend
from hpviz.runs.document import move
from hpviz.spec import BadInput, build_spec
from hpviz.studies import STUDIES
from tests.analysis.made_up_runs import (
    IMAGENET,
    INTEL,
    author,
    author_decays,
    author_rates,
    author_sizes,
    rows,
    run,
    seeds,
)
from tests.charts.test_network import NOISE

IDS = [*(f"LR{n}" for n in range(8)), *(f"BS{n}" for n in range(1, 5)), *(f"KW{n}" for n in range(1, 4))]
IDS += [*(f"WD{n}" for n in range(1, 4)), "C1", "C2"]
PRETRAINED = [*(f"LR{n}" for n in range(8)), "C1"]
COUNTED = {"BS2": "held", "BS3": "held", "KW1": "did not hold", "KW2": "did not hold"}


def judged(runs, data=INTEL, **options):
    """Judgements by label."""
    return {row.label: row for row in ledger(runs, data, **options)}


def verdicts(runs, **options):
    return {label: row.verdict for label, row in judged(runs, **options).items()}


def trained(count=3, epochs=10, updates=4, loss=(1.3, 0.5), test=None, accuracy=0.7, seconds=2.0, **spec):
    """Seeds of a run from one loss to another that end at an accuracy."""
    first = spec.pop("seed", None)
    made = seeds(
        count,
        epochs,
        updates,
        spec=spec,
        train_loss={1: loss[0], epochs: loss[1]},
        test_loss={1: loss[0], epochs: loss[1] + 0.1 if test is None else test},
        test_accuracy={1: 0.3 if accuracy > 0.3 else accuracy, epochs: accuracy},
        train_seconds={1: seconds},
    )
    if first is not None:
        for number, each in enumerate(made):
            each["spec"]["seed"] = first + number
    return made


# The ledger as a whole


def test_every_claim_of_the_article_is_declared_once():
    assert [claim.id for claim in CLAIMS] == IDS
    assert [claim.id for claim in CLAIMS if claim.pretrained] == PRETRAINED
    assert {claim.study for claim in CLAIMS} == {*(name for name in STUDIES if STUDIES[name].article_values), None}
    assert all(claim.sentence and claim.logs for claim in CLAIMS)


OTHERWISE = [
    {"depth": 2},
    {"width": 2.0},
    {"dropout": 0.2},
    {"schedule": "cosine", "horizon": 10},
    {"augmentation": "flip"},
    {"augmentation": "flip-crop", "crop": 3},
]


def otherwise(runs, change):
    """The runs of nets and recipes that are not the author's, which end with guessing, as far as there can be such."""
    made = []
    for each in runs:
        with suppress(BadInput):
            spec = build_spec(**{**each["spec"], **change})
            figures = [{**row, "test_accuracy": 1 / 6} for row in each["epochs"]]
            made.append({**each, "id": spec.run_id, "spec": spec.model_dump(mode="json"), "epochs": figures})
    assert made
    return made


@pytest.mark.parametrize("change", OTHERWISE, ids=str)
def test_runs_of_what_the_author_had_not_settle_none_of_his_claims(change):
    assert verdicts(otherwise(author(), change)) == verdicts([])
    assert verdicts([*author(), *otherwise(author(), change)]) == verdicts(author())
    assert verdicts([*otherwise(author(), change), *author()]) == verdicts(author())


def test_an_empty_store_settles_what_is_arithmetic_and_offers_the_rest():
    for label, row in judged([]).items():
        assert row.verdict == COUNTED.get(label, "not run yet")
        assert bool(row.needed) == (row.verdict == "not run yet")


def test_claims_about_the_pretrained_net_are_followed_by_their_twin():
    rows = ledger([], INTEL)
    labels = [row.label for row in rows]
    for name in PRETRAINED:
        assert labels.index(f"{name} (from scratch)") == labels.index(name) + 1
    assert [row.id for row in rows if row.twin] == PRETRAINED


def test_rows_are_plain_json_with_the_agreed_fields():
    for row in ledger(author(1), INTEL):
        told = json.loads(json.dumps(row.fields(), allow_nan=False))
        assert told["id"] in IDS
        assert told["verdict"] in get_args(Verdict)
        assert told["evidence"].endswith(".")
        assert all(need["study"] in STUDIES and need["seeds"] == 3 for need in told["needed"])


def test_a_study_has_its_own_claims_only():
    assert [row.id for row in ledger([], INTEL, study="kernel-width")] == ["KW1", "KW2", "KW3"]


def test_runs_on_other_data_are_not_looked_at():
    elsewhere = replace(INTEL, fingerprint="f" * 64)
    assert verdicts(author(), data=elsewhere) == verdicts([])


def test_the_verdict_states_data_size_epochs_and_seeds():
    assert judged(author())["LR1"].evidence.endswith("(made up, 150 px, all training images, 10 epochs, 3 seeds).")


def test_the_author_s_figures_get_the_verdicts_that_his_logs_deserve():
    assert (
        verdicts(author()).items()
        >= {
            "LR0": "held",
            "LR1": "held",
            "LR2": "held",
            "LR3": "did not hold",
            "LR4": "held",
            "LR5": "held",
            "LR6": "did not hold",
            "LR7": "held",
            "BS2": "held",
            "BS4": "did not hold",
            "KW1": "did not hold",
            "KW2": "did not hold",
            "KW3": "not run yet",
            "WD1": "held",
            "WD3": "not run yet",
            "C1": "held",
        }.items()
    )


def test_the_author_s_one_run_a_value_settles_nothing_that_has_to_be_trained():
    for label, row in judged(author(1)).items():
        assert row.verdict == COUNTED.get(label, "not run yet")
    row = judged(author(1))["LR1"]
    assert "One seed only with lr 1e-7, 1e-4 and 1e-2: +2 seeds are needed." in row.evidence
    assert "92.4% (lr 1e-4)" in row.evidence
    assert row.needed[0].values == (1e-7, 1e-4, 1e-2)
    assert row.needed[0].pretrained


# What a claim needs


def test_claims_about_the_pretrained_net_do_not_compare_with_nets_from_scratch_whose_twin_is_judged():
    found = judged(author(weights=None))
    for name in PRETRAINED:
        assert found[name].verdict == "not comparable"
        assert "pretrained on ImageNet" in found[name].evidence
        assert found[f"{name} (from scratch)"].verdict in ("held", "did not hold")


def test_pretrained_runs_do_not_answer_for_the_twin():
    assert {verdicts(author())[f"{name} (from scratch)"] for name in PRETRAINED} == {"not run yet"}


def test_another_optimiser_does_not_compare():
    sgd = [
        each for rate in (1e-7, 1e-4, 1e-2) for each in trained(model="resnet18", optimizer="sgd", learning_rate=rate)
    ]
    row = judged(sgd)["LR1 (from scratch)"]
    assert row.verdict == "not comparable"
    assert "with SGD" in row.evidence


def test_another_net_does_not_compare():
    resnets = [each for size in (10, 450) for each in trained(model="resnet18", batch_size=size)]
    assert judged(resnets)["BS1"].verdict == "not comparable"


def test_missing_values_are_named_and_offered():
    row = judged([run for run in author() if run["spec"]["learning_rate"] != 1e-2])["LR1"]
    assert row.verdict == "not run yet"
    assert row.evidence.startswith("Still to be run: lr 1e-2.")
    assert row.needed[0].values == (1e-2,)
    assert row.needed[0].settings["model"] == "resnet18"


def test_two_seeds_settle_what_three_would():
    assert verdicts(author(2))["WD1"] == "held"


def test_values_whose_runs_all_diverged_leave_nothing_to_compare():
    runs = [run for run in author() if run["spec"]["learning_rate"] != 1e-2]
    lost = [
        run(rows(2), "diverged", model="resnet18", weights=IMAGENET, image_size=150, learning_rate=1e-2, seed=seed)
        for seed in (0, 1)
    ]
    row = judged([*runs, *lost])["LR1"]
    assert row.verdict == "not comparable"
    assert "Every run with lr 1e-2 diverged" in row.evidence


def test_verdicts_can_be_asked_as_of_an_epoch():
    assert "after epoch 4" in judged(author(), epochs=4)["LR3"].evidence
    assert judged(author(), epochs=2)["LR2"].verdict == "not run yet"
    assert judged(author(), epochs=2)["LR2"].needed[0].epochs == 3


def test_sizes_and_precisions_are_never_mixed():
    small = [{**run, "spec": {**run["spec"], "image_size": 64}} for run in author() if run["spec"]["weight_decay"] == 1]
    kept = [run for run in author() if run["spec"]["weight_decay"] != 1]
    assert judged([*kept, *small])["WD1"].verdict == "not run yet"


def test_the_setting_with_more_seeds_answers():
    thin = [each for decay in (0.0, 1.0) for each in trained(1, accuracy=0.2, weight_decay=decay, image_size=96)]
    row = judged([*thin, *author()])["WD1"]
    assert row.verdict == "held"
    assert "150 px" in row.evidence


def lose(runs, count, **spec):
    """Of the runs with that spec the first so many diverge, the others stay as they are."""
    left, runs = count, deepcopy(runs)  # the ledger remembers runs by what object they are
    for each in runs:
        if left and all(each["spec"][name] == value for name, value in spec.items()):
            each["epochs"][-1].update(test_loss=None, test_accuracy=None, train_loss=None)
            move(each, "diverged", "not finite")
            left -= 1
    return runs


def test_seeds_that_diverged_are_named_in_the_evidence_and_leave_no_claim_to_the_survivors():
    high = rates(low=0.2, moderate=0.45, high=0.75)
    high += trained(1, accuracy=0.75, model="resnet18", learning_rate=1e-2, seed=3)
    assert twin(high, "LR1").verdict == "did not hold"
    lost = judged(lose(high, 2, learning_rate=1e-2))
    row = lost["LR1 (from scratch)"]
    assert row.verdict == "within noise"
    assert "2 of 4 seeds with lr 1e-2 diverged (in no mean, judged as guessing)" in row.evidence
    assert lost["LR2 (from scratch)"].verdict == "within noise"  # two fall, two do not
    assert lost["LR4 (from scratch)"].verdict == "within noise"  # losses that are not there


def test_a_rate_that_diverged_could_not_converge():
    assert (
        twin(
            lose(rates() + trained(1, model="resnet18", learning_rate=1e-2, seed=3), 1, learning_rate=1e-2), "LR6"
        ).verdict
        == "within noise"
    )
    assert (
        "1 of 4 runs diverged"
        in twin(
            lose(rates() + trained(1, model="resnet18", learning_rate=1e-7, seed=3), 1, learning_rate=1e-7), "LR5"
        ).evidence
    )


def test_the_number_of_tested_images_is_the_one_that_the_runs_noted():
    runs = rates(high=0.55)
    assert twin(runs, "LR1").verdict == "held"
    runs = deepcopy(runs)
    for each in runs:
        each["inputs"]["test_images"] = 12
    assert twin(runs, "LR1").verdict == "within noise"
    nothing = replace(INTEL, test_counts=dict.fromkeys(INTEL.classes, 0))
    row = {each.label: each for each in ledger(rates(), nothing)}["LR1 (from scratch)"]
    assert row.verdict == "not comparable"


def test_an_early_end_that_holds_a_claim_back_is_named():
    runs = rates()
    for each in runs:
        if each["spec"]["learning_rate"] == 1e-2 and each["spec"]["seed"] > 0:
            each.update(epochs=each["epochs"][:4], target=4)
    assert "4 epochs (no more of lr 1e-2 seed 1 and lr 1e-2 seed 2)" in twin(runs, "LR1").evidence


def test_seeds_that_were_stopped_hold_no_claim_back_and_settle_none():
    runs = rates()
    for each in runs:
        if each["spec"]["learning_rate"] == 1e-2 and each["spec"]["seed"] > 0:
            each["epochs"] = each["epochs"][:4]
            move(each, "stopped", "by hand")
    evidence = twin(runs, "LR1").evidence
    assert "One seed only with lr 1e-2" in evidence
    assert "10 epochs" in evidence


# Learning rate


def rates(low=0.3, moderate=0.7, high=0.5, **others):
    accuracies = {1e-7: low, 1e-4: moderate, 1e-2: high, **{float(rate): each for rate, each in others.items()}}
    return [
        each
        for rate, accuracy in accuracies.items()
        for each in trained(accuracy=accuracy, model="resnet18", learning_rate=rate)
    ]


def twin(runs, name):
    return judged(runs)[f"{name} (from scratch)"]


def test_the_moderate_rate_wins_only_if_it_beats_both_extremes_beyond_noise():
    assert twin(rates(), "LR1").verdict == "held"
    assert twin(rates(high=0.695), "LR1").verdict == "within noise"
    assert twin(rates(moderate=0.5, high=0.7), "LR1").verdict == "did not hold"


def test_a_better_rate_between_the_extremes_is_the_moderate_one():
    assert twin(rates(moderate=0.5, high=0.5, **{"1e-3": 0.7}), "LR1").verdict == "held"


def test_a_train_loss_that_rises_at_one_rate_breaks_the_claim_that_all_fall():
    kept = [run for run in rates() if run["spec"]["learning_rate"] != 1e-2]
    rising = trained(loss=(1.0, 2.0), model="resnet18", learning_rate=1e-2)
    assert twin([*kept, *rising], "LR2").verdict == "did not hold"


def test_a_low_rate_that_ends_above_the_high_rate_s_start_is_slow():
    slow = [
        *trained(loss=(1.9, 1.85), model="resnet18", learning_rate=1e-7),
        *trained(loss=(1.5, 1.2), model="resnet18", learning_rate=1e-2),
    ]
    row = twin(slow, "LR3")
    assert row.verdict == "held"
    assert "Train loss is 1.850 with lr 1e-7 after epoch 10 and 1.500 with lr 1e-2 after epoch 1" in row.evidence


def test_the_high_rate_may_reach_a_lower_train_loss():
    fast = [
        *trained(loss=(1.5, 0.9), model="resnet18", learning_rate=1e-4),
        *trained(loss=(1.5, 0.2), model="resnet18", learning_rate=1e-2),
    ]
    assert twin(fast, "LR4").verdict == "did not hold"


def test_a_dead_low_rate_is_not_still_improving():
    dead = trained(loss=(1.80, 1.79), test=1.80, accuracy=0.17, model="resnet18", learning_rate=1e-7)
    row = twin(dead, "LR5")
    assert row.verdict == "did not hold"
    assert "3 of 3 runs dead" in row.evidence


def test_bouncing_is_a_matter_of_train_loss_and_test_loss_is_counted_apart():
    row = judged(author())["LR6"]
    assert "train loss rises in 0 of 9 steps" in row.evidence
    assert "up to 2.6" in row.evidence
    zig_zag = seeds(
        2,
        spec={"model": "resnet18", "learning_rate": 1e-2},
        train_loss={epoch: 1.0 + 0.3 * (epoch % 2) for epoch in range(1, 11)},
    )
    assert twin(zig_zag, "LR6").verdict == "held"


def test_seeds_that_disagree_about_a_shape_are_noise():
    flat = trained(1, model="resnet18", learning_rate=1e-4, loss=(1.3, 0.5), test=0.5)
    turned = seeds(
        2,
        spec={"model": "resnet18", "learning_rate": 1e-4},
        train_loss={1: 1.3, 10: 0.1},
        test_loss={1: 1.2, 4: 0.7, 10: 1.4},
    )
    assert twin([*flat, turned[1]], "LR7").verdict == "within noise"
    assert twin(turned, "LR7").verdict == "held"


def test_over_fitting_tells_the_epochs_of_best_loss_and_best_accuracy():
    evidence = judged(author())["LR7"].evidence
    assert "0.201 at its best (epoch 1) to 0.348" in evidence
    assert "best 93.0% at epoch 6" in evidence


def test_where_all_epochs_are_equal_none_of_them_is_called_the_best():
    flat = trained(accuracy=1 / 6, test=1.3, loss=(1.3, 1.3), epochs=8, model="resnet18", learning_rate=1e-4)
    assert "with its best 16.7% at 8 different epochs" in twin(flat, "LR7").evidence


def test_the_learning_rate_is_not_first_if_batch_sizes_range_as_far():
    sizes = [each for size, end in ((10, 0.9), (450, 0.5)) for each in trained(accuracy=end, batch_size=size)]
    decays = trained(batch_size=450, weight_decay=0.01, accuracy=0.5)
    narrow = [*rates(moderate=0.70, high=0.65), *sizes, *decays]
    wide = [*rates(moderate=0.95, high=0.2), *sizes, *decays]
    assert twin(narrow, "LR0").verdict == "did not hold"
    assert twin(wide, "LR0").verdict == "held"


def test_ranges_are_taken_on_the_same_images():
    sizes = [each for size in (10, 450) for each in trained(batch_size=size, image_size=96)]
    found = twin([*rates(), *sizes, *trained(weight_decay=0.01, image_size=96, batch_size=10)], "LR0")
    assert found.verdict == "not run yet"


# Batch size


def test_the_author_s_repeated_batch_sizes_leave_accuracy_within_noise():
    pairs = {256: (0.8117, 0.779), 450: (0.7703, 0.792)}
    runs = [
        run(rows(10, test_accuracy={1: 0.6, 10: accuracy}), batch_size=size, seed=seed)
        for size, accuracies in pairs.items()
        for seed, accuracy in enumerate(accuracies)
    ]
    row = judged(runs)["BS1"]
    assert row.verdict == "within noise"
    assert "no two can be told apart" in row.evidence


def test_batch_sizes_that_differ_are_named_beside_what_equal_updates_say():
    runs = [
        *trained(batch_size=10, accuracy=0.8, updates=8),
        *trained(batch_size=20, accuracy=0.6, updates=4),
    ]
    row = judged(runs)["BS1"]
    assert row.verdict == "held"
    assert "batch 10 from batch 20 can be told apart" in row.evidence
    assert "With no more updates than batch 20 makes in all (40), batch 10 had 52.2%" in row.evidence


def test_equal_updates_that_never_happen_are_said_not_to():
    assert "batch 450 makes 320 in all, batch 10 1,404 in its first epoch" in judged(author_sizes())["BS1"].evidence


def test_the_standard_error_has_its_finite_set_correction():
    assert "10 times smaller" in judged([])["BS2"].evidence
    assert "18.6 times smaller" in judged([])["BS2"].evidence


def test_what_was_measured_of_gradients_is_cited_and_moves_no_verdict():
    runs = author_sizes()
    noise = {runs[0]["id"]: NOISE, runs[1]["id"]: replace(NOISE, slope=-0.47, noise_scale=None), "another": NOISE}
    row = judged(runs, noise=noise)["BS2"]
    assert row.verdict == "held"
    assert row.evidence.endswith(
        "Measured in 2 nets of this data, gradients' errors fall as n to the power −0.51 to −0.47, where σ/√n says "
        "−0.50; averaging buys little beyond 212 images (noise scale)."
    )
    unclear = {runs[0]["id"]: replace(NOISE, slope=None)}
    assert judged(runs, noise=unclear)["BS2"].evidence == judged(runs)["BS2"].evidence


def test_small_batches_are_faster_only_if_they_are_in_seconds_too():
    def race(second):
        return judged(
            [
                *trained(batch_size=10, accuracy=0.9, seconds=second),
                *trained(batch_size=450, accuracy=0.6, seconds=1.0),
            ]
        )["BS4"]

    assert race(1.0).verdict == "held"
    assert race(1.85).verdict == "within noise"
    assert race(20.0).verdict == "did not hold"


def test_seconds_of_different_machines_do_not_compare():
    runs = [*trained(batch_size=10), *trained(batch_size=450)]
    runs[0]["machine"] = {"device": "cuda:0", "torch": "2.9"}
    row = judged(runs)["BS4"]
    assert row.verdict == "not comparable"
    assert "differ in device" in row.evidence


def test_an_accuracy_is_reached_between_two_epochs():
    curve = rows(3, test_accuracy={1: 0.4, 2: 0.6, 3: 0.8}, train_seconds={1: 10.0})
    assert until(curve, 0.5, seconds, classes=6) == pytest.approx(15.0)
    assert until(curve, 0.8, images, classes=6) == pytest.approx(3 * 14_034)
    assert until(curve, (0.4 + 1 / 6) / 2, seconds, classes=6) == pytest.approx(5.0)
    with pytest.raises(ValueError, match="never reaches"):
        until(curve, 0.9, seconds, classes=6)


def test_a_size_that_was_only_tried_for_an_epoch_holds_nobody_back():
    tried = trained(1, epochs=1, batch_size=64, image_size=150)
    assert judged([*tried, *author_sizes()])["BS1"].evidence == judged(author_sizes())["BS1"].evidence


# Kernel width


def test_parameters_and_memory_are_counted_at_the_article_s_size():
    parameters, memory = judged([])["KW1"].evidence, judged([])["KW2"].evidence
    assert "in the whole net 3.49 M → 1.61 M" in parameters
    assert "1.09 M → 0.88 M" in memory
    assert "1.14 M → 1.14 M" in memory
    assert "17.33 M → 167.95 M" in memory


def test_counts_follow_the_size_of_the_runs_and_leave_out_widths_that_do_not_fit():
    evidence = judged(trained(image_size=64))["KW1"].evidence
    assert "Width 3 → 9 at 64 px without padding" in evidence
    assert "Width 3 → 11 at 64 px with padding" in evidence


def with_peaks(runs, megabytes, **changed):
    """The same runs as measured on a machine that tells the peak."""
    peak = {"peak_memory_bytes": megabytes * 10**6}
    return [{**each, "epochs": [{**line, **peak} for line in each["epochs"]], **changed} for each in runs]


@pytest.mark.parametrize("image_size", [16, 17, 24, 32, 40])
def test_counts_at_a_size_that_no_two_widths_fit_are_those_of_the_article(image_size):
    found = judged(
        [
            *trained(image_size=image_size, kernel_width=1, padding="same"),
            *trained(image_size=image_size, kernel_width=3, padding="same"),
        ]
    )
    assert f"at {150 if image_size < 40 else 40} px without padding" in found["KW1"].evidence
    assert found["KW3"].verdict == "within noise"


def test_counts_pass_over_a_size_that_is_too_small_for_one_that_is_not():
    small = [each for seed in range(3) for each in trained(1, image_size=16, kernel_width=1, padding="same", seed=seed)]
    assert "Width 3 → 9 at 64 px" in judged([*small, *trained(1, image_size=64)])["KW1"].evidence


def test_measured_memory_is_cited_where_two_widths_have_it():
    narrow, wide = (trained(2, kernel_width=width, padding="same") for width in (3, 9))
    assert "Measured" not in judged([*narrow, *wide])["KW2"].evidence
    assert "Measured" not in judged([*with_peaks(narrow, 200), *wide])["KW2"].evidence
    judgement = judged([*with_peaks(narrow, 200), *with_peaks(wide, 310)])["KW2"]
    assert "training held 200 MB (width 3) and 310 MB (width 9) at its peak (made up, 64 px" in judgement.evidence
    assert judgement.verdict == "did not hold"


def test_memory_measured_on_different_machines_is_not_held_against_each_other():
    narrow, wide = (trained(2, kernel_width=width, padding="same") for width in (3, 9))
    runs = [*with_peaks(narrow, 200), *with_peaks(wide, 310, machine={"device": "cuda:0"})]
    assert "Measured" not in judged(runs)["KW2"].evidence


@pytest.mark.parametrize(("widest", "verdict"), [(0.8, "held"), (0.705, "within noise")])
def test_widths_change_accuracy_if_any_two_can_be_told_apart(widest, verdict):
    runs = [
        each
        for width, accuracy in ((3, 0.7), (5, 0.7), (11, widest))
        for each in trained(accuracy=accuracy, kernel_width=width, padding="same")
    ]
    assert judged(runs)["KW3"].verdict == verdict


# Weight decay


def decays(extreme_loss=1.60, twin_loss=0.5, **options):
    return [
        *trained(weight_decay=0.0, loss=(1.5, twin_loss), **options),
        *trained(weight_decay=1.0, loss=(1.79, extreme_loss), accuracy=0.2, **options),
    ]


def test_an_extreme_decay_leaves_almost_no_capacity_below_a_quarter_of_the_way():
    row = judged(decays())["WD1"]
    assert row.verdict == "held"
    assert "λ 1 closes 15% of the way" in row.evidence
    assert judged(decays(extreme_loss=0.9))["WD1"].verdict == "did not hold"
    assert judged(decays(extreme_loss=1.79 - 0.25 * 1.29))["WD1"].verdict == "within noise"


def test_nothing_is_said_of_capacity_while_the_twin_has_none_either():
    row = judged(decays(extreme_loss=1.75, twin_loss=1.7))["WD1"]
    assert row.verdict == "not run yet"
    assert "train longer" in row.evidence


def test_the_right_decay_narrows_the_gap_without_a_price_in_test_loss():
    none = trained(weight_decay=0.0, loss=(1.5, 0.3), test=0.9)
    better = trained(weight_decay=0.01, loss=(1.5, 0.5), test=0.75)
    costly = trained(weight_decay=0.01, loss=(1.5, 1.1), test=1.2)
    wider = trained(weight_decay=0.01, loss=(1.5, 0.1), test=1.2)
    same = trained(weight_decay=0.01, loss=(1.5, 0.3), test=0.9)
    assert judged([*none, *better])["WD2"].verdict == "held"
    assert judged([*none, *costly])["WD2"].verdict == "did not hold"
    assert judged([*none, *wider])["WD2"].verdict == "did not hold"
    assert judged([*none, *same])["WD2"].verdict == "within noise"


def test_the_right_decay_is_not_the_extreme_one():
    row = judged(decays())["WD2"]
    assert row.verdict == "not run yet"
    assert row.needed[0].values == (0.01,)


def test_decay_is_not_l2_if_adam_collapses_where_adamw_does_not():
    adam = author_decays()
    adamw = trained(image_size=150, batch_size=450, weight_decay=1.0, optimizer="adamw", accuracy=0.75)
    assert judged([*adam, *adamw])["WD3"].verdict == "did not hold"
    assert judged([*adam, *author_decays(optimizer="adamw")])["WD3"].verdict == "within noise"


def test_the_missing_optimiser_is_offered_at_the_extreme_decay():
    (need,) = judged(author())["WD3"].needed
    assert (need.study, need.values, need.settings["optimizer"]) == ("weight-decay", (1.0,), "adamw")
    assert "weight_decay" not in need.settings


# Conclusions


def test_a_poorly_tuned_complex_net_loses_at_the_last_epoch_and_ties_at_the_best():
    row = judged([*author_rates(), *author_sizes()])["C1"]
    assert row.verdict == "held"
    assert "65.2% (lr 1e-2) for ResNet18 and at 82.4% (batch 10)" in row.evidence
    assert "81.7% (lr 1e-2) against 82.7% (batch 10)" in row.evidence


def test_a_complex_net_that_wins_however_it_is_tuned_refutes_the_conclusion():
    good = [*rates(low=0.85, moderate=0.95, high=0.85), *trained(batch_size=10, accuracy=0.5)]
    assert twin(good, "C1").verdict == "did not hold"


def test_nets_on_other_data_sizes_are_not_held_against_each_other():
    good = [*rates(), *trained(batch_size=10, image_size=96)]
    assert twin(good, "C1").verdict == "not run yet"


def test_a_small_gap_alone_picks_the_net_that_learned_nothing():
    runs = [
        *trained(weight_decay=0.0, loss=(1.5, 0.3), test=0.7, accuracy=0.75),
        *trained(weight_decay=1.0, loss=(1.79, 1.6), test=1.61, accuracy=0.2),
    ]
    row = judged(runs)["C2"]
    assert row.verdict == "held"
    assert "λ 1 has train loss 1.60, a gap of +0.01 and accuracy 20.0%" in row.evidence


def test_nothing_is_learned_where_the_narrowest_gap_is_the_best_net_too():
    runs = [
        *trained(weight_decay=0.0, loss=(1.5, 0.3), test=0.31, accuracy=0.75),
        *trained(weight_decay=1.0, loss=(1.79, 1.6), test=1.9, accuracy=0.2),
    ]
    assert judged(runs)["C2"].verdict == "within noise"


def test_no_gap_is_the_narrowest_where_noise_does_not_tell_it_from_the_best_net_s():
    runs = [
        *trained(weight_decay=0.0, loss=(1.5, 0.5), test=0.5101, accuracy=0.75),
        *trained(weight_decay=1.0, loss=(1.79, 1.6), test=1.61, accuracy=0.2),
    ]
    row = judged(runs)["C2"]
    assert row.verdict == "within noise"


def test_ranges_of_values_that_are_alike_are_never_told_apart():
    """A range is picked as the widest of many differences: the more values, the wider by luck alone."""
    alike = [
        *(
            each
            for rate in (1e-5, 1e-4, 1e-3, 1e-2)
            for each in trained(accuracy=0.7, model="resnet18", learning_rate=rate)
        ),
        *(each for size in (10, 450) for each in trained(accuracy=0.7, batch_size=size)),
        *trained(weight_decay=0.01, batch_size=450, accuracy=0.7),
    ]
    row = twin(alike, "LR0")
    assert row.verdict == "within noise"
    assert "0.0 points" in row.evidence


def test_a_trend_is_a_matter_of_order():
    assert trend(rows(5, train_loss={1: 2.0, 5: 1.0}), "train_loss") == -1
    assert trend(rows(5, train_loss={1: 1.0, 5: 2.0}), "train_loss") == 1
