"""The fairness guard says what else differs, and keeps still where nothing does."""

import pytest

from hpviz.analysis.fairness import different_machines, edge_of, fairness
from hpviz.runs.document import move
from tests.analysis.made_up_runs import author_sizes, rows, run
from tests.made_up import row


def trained(accuracy=0.5, updates=4, epochs=3, **spec):
    return run(rows(epochs, updates, test_accuracy={1: accuracy}), **spec)


def repeated(accuracies, seeds=3):
    """Seeds of each learning rate, each a little off and all with their number of images noted."""
    runs = [
        trained(accuracy + 0.002 * seed, learning_rate=rate, seed=seed)
        for rate, accuracy in accuracies.items()
        for seed in range(seeds)
    ]
    for each in runs:
        each["inputs"].update(classes=list("abcdef"), test_images=3_000)
    return runs


def cautions(runs):
    return {caution.kind: caution.sentence for caution in fairness(runs)}


def test_the_author_s_batch_sizes_got_44_times_fewer_updates_at_one_rate():
    found = cautions(author_sizes(1))
    assert found["updates"] == "Same epochs, 44× fewer updates: 320 for batch 450, 14,040 for batch 10."
    assert found["learning rate"] == (
        "The learning rate was not re-tuned for this batch size: 10, 256 and 450 all ran at lr 1e-4."
    )


def test_a_fair_comparison_raises_no_caution():
    accuracies = {0.0: 0.6, 1e-4: 0.7, 1e-2: 0.5}
    assert fairness([trained(accuracy, weight_decay=decay) for decay, accuracy in accuracies.items()]) == []


def test_rates_tried_at_every_batch_size_are_tuned():
    runs = [trained(batch_size=size, learning_rate=rate) for size in (10, 20) for rate in (1e-4, 3e-4)]
    assert "learning rate" not in cautions(runs)


def test_an_optimum_at_the_edge_is_told_with_its_side():
    runs = repeated({1e-5: 0.5, 1e-4: 0.6, 1e-3: 0.9})
    assert cautions(runs) == {
        "edge": "The best learning rate, 1e-3, is the highest you tried: a better one may lie beyond."
    }
    assert "edge" not in cautions([*runs, trained(0.4, learning_rate=1e-2)])


def test_an_optimum_at_the_edge_that_noise_may_have_put_there_is_told_so():
    one_seed = [trained(accuracy, learning_rate=rate) for rate, accuracy in ((1e-5, 0.5), (1e-4, 0.6), (1e-3, 0.7))]
    assert cautions(one_seed) == {
        "edge": "The highest learning rate you tried, 1e-3, ended highest, though noise does not tell it from 1e-5 and "
        "1e-4: a better one may lie beyond."
    }
    assert "noise does not tell it from 1e-4:" in cautions(repeated({1e-5: 0.3, 1e-4: 0.69, 1e-3: 0.7}))["edge"]
    assert edge_of(one_seed, "learning_rate").alike == (1e-5, 1e-4)
    assert edge_of(repeated({1e-5: 0.5, 1e-4: 0.6, 1e-3: 0.9}), "learning_rate").alike == ()


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("accuracies", [(1 / 6, 1 / 6, 1 / 6), (0.3, 0.7, 0.7), (0.7, 0.3, 0.7), (0.7001, 0.3, 0.7004)])
def test_of_equals_none_is_best_and_none_is_at_an_edge(accuracies, seeds):
    runs = repeated(dict(zip((1e-7, 3e-7, 1e-6), accuracies, strict=True)), seeds)
    assert "edge" not in cautions(runs)
    assert edge_of(runs, "learning_rate") is None


def test_a_rate_beyond_that_diverged_was_tried_so_that_there_is_no_edge():
    runs = repeated({1e-4: 0.4, 1e-3: 0.5, 1e-2: 0.8})
    gone = [run([row(1), row(2, None, test_loss=None)], "diverged", learning_rate=0.1, seed=seed) for seed in (0, 1)]
    assert "edge" in cautions(runs)
    found = cautions([*runs, *gone])
    assert "edge" not in found
    assert found["diverged"].startswith("2 of 2 seeds of lr 0.1 diverged: no seed is left for a mean, and")


def test_the_survivors_of_a_rate_do_not_make_it_the_best():
    runs = repeated({1e-4: 0.4, 1e-3: 0.5, 1e-2: 0.6})
    for each in runs[6:8]:
        each["epochs"][-1].update(test_loss=None, test_accuracy=None)
        move(each, "diverged", "not finite")
    assert "edge" not in cautions(runs)


def test_no_weight_decay_is_no_edge_for_there_is_nothing_below():
    runs = [trained(accuracy, weight_decay=decay) for decay, accuracy in ((0.0, 0.7), (1e-2, 0.6), (1.0, 0.2))]
    assert "edge" not in cautions(runs)


def test_two_values_have_no_inside():
    assert "edge" not in cautions([trained(0.5, learning_rate=1e-4), trained(0.6, learning_rate=1e-3)])


def test_different_data_are_named():
    found = cautions([trained(image_size=64), trained(image_size=96, per_class=100)])
    assert "training images a class and image size" in found["data"]


def test_different_precisions_are_named():
    assert "bf16 and fp32" in cautions([trained(precision="fp32"), trained(precision="bf16", seed=1)])["precision"]


def test_different_machines_are_told_by_what_differs():
    one, other = trained(), trained(seed=1)
    other["machine"] = {"device": "cuda:0", "torch": "2.9"}
    assert different_machines([one, other]) == ["device"]
    assert "differ in device" in cautions([one, other])["machine"]


def test_different_numbers_of_threads_are_told_with_what_they_change():
    one, other = trained(), trained(seed=1)
    one["machine"]["threads"], other["machine"]["threads"] = 2, 1
    told = cautions([one, other])["machine"]
    assert "different numbers of threads (1 and 2)" in told
    assert "seconds do not compare" in told
    assert "last bits" in told


def test_a_machine_that_was_updated_is_no_other_but_another_system_is():
    one, updated, other = trained(), trained(seed=1), trained(seed=2)
    one["machine"]["platform"] = "Linux-6.18.44-fc-v769-x86_64-with-glibc2.36"
    updated["machine"]["platform"] = "Linux-6.18.44-fc-v595-x86_64-with-glibc2.36"
    other["machine"]["platform"] = "macOS-26.1-arm64-arm-64bit"
    assert different_machines([one, updated]) == []
    assert different_machines([one, other]) == ["platform"]


def test_a_run_whose_machine_is_unknown_is_no_difference():
    one, other = trained(), trained(seed=1)
    other["machine"] = {}
    assert different_machines([one, other]) == []


def test_two_knobs_at_once_prove_nothing_about_one():
    found = cautions([trained(learning_rate=1e-4), trained(learning_rate=1e-3, weight_decay=1e-2)])
    assert "learning rate and weight decay" in found["several"]


def test_unequal_lengths_are_told_with_the_epoch_that_is_compared():
    runs = [trained(weight_decay=0.0, epochs=8), trained(weight_decay=1.0, epochs=5)]
    assert cautions(runs)["epochs"] == (
        "The runs have 5 to 8 epochs and are compared after 5 epochs, for λ 1 (seed 0) has no more."
    )


def test_a_run_that_diverged_holds_nobody_back():
    lost = run([row(1), row(2, None, test_loss=None)], "diverged", weight_decay=1.0)
    found = cautions([trained(weight_decay=0.0, epochs=8), trained(weight_decay=0.1, epochs=8), lost])
    assert "epochs" not in found
    assert "1 of 1 seed of λ 1 diverged" in found["diverged"]


def test_updates_are_compared_at_the_common_epoch():
    runs = [trained(weight_decay=0.0, epochs=8), trained(weight_decay=1.0, epochs=2)]
    assert "updates" not in cautions(runs)


def test_one_run_alone_is_compared_with_nothing():
    assert fairness([trained()]) == []
    assert fairness([trained(), run([], "queued", seed=1)]) == []


def test_pretrained_beside_from_scratch_is_said_in_words():
    runs = [
        trained(model="resnet18", updates=4),
        trained(model="resnet18", updates=40, weights="a" * 64, learning_rate=1e-3),
    ]
    assert "from scratch" in cautions(runs)["updates"]
    assert "pretrained" in cautions(runs)["updates"]
