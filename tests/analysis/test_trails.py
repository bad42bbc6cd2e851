"""What runs tell besides their last accuracies: exact on small cases, and the promises of the test that rests on it."""

import numpy as np
import pytest

from benchmarks.noise_power import hardness, shares, shifted, simulated
from hpviz.analysis.noise import Noise, compare, contrast, noise, seed_spread
from hpviz.analysis.power import Power, seeds_for
from hpviz.analysis.trails import Trail, luck_of_images, trail_of, watch
from hpviz.training.recorded_answers import recorded

DIFFERENCE = {"a": 1, "b": -1}
TWO = {"a": 2, "b": 2}


def answering(*rows):
    """A trail of seeds that are right about these images."""
    right = np.array(rows, bool)
    return Trail(right.mean(1, keepdims=True), right)


def luck(a, b, weights=DIFFERENCE, seeds=TWO):
    return luck_of_images(weights, {"a": a, "b": b}, seeds)


# The luck of the images


def test_images_that_all_nets_find_as_hard_cancel():
    net = answering([1, 1, 0, 0, 1], [1, 1, 0, 0, 1])
    assert luck(net, net) == 0.0


def test_images_that_each_value_has_for_its_own_count_in_full():
    one, other = answering([1, 1, 0, 0], [1, 1, 0, 0]), answering([0, 0, 1, 1], [0, 0, 1, 1])
    assert luck(one, other) == pytest.approx(np.var([1, 1, -1, -1], ddof=1) / 4)


def test_what_single_runs_happen_to_get_right_is_no_luck_of_the_images():
    """Answers that are drawn anew by each run vary from image to image, and that is in the spread of seeds already."""
    random = np.random.default_rng(0)
    alike = [answering(*(random.random((2, 500)) < 0.7)) for _ in range(400)]
    binomial = 2 * 0.7 * 0.3 / 500
    unfloored = [
        np.var(a.share_right - b.share_right, ddof=1) / 500 - (a.of_one_run + b.of_one_run) / 2 / 500
        for a, b in zip(alike[::2], alike[1::2], strict=True)
    ]
    assert np.mean(unfloored) == pytest.approx(0, abs=0.01 * binomial)
    assert all(0 <= luck(a, b) < 0.3 * binomial for a, b in zip(alike[::2], alike[1::2], strict=True))


def test_a_seed_that_is_better_on_all_images_makes_none_of_them_lucky():
    """An answer's variance within its value is that beyond what its run and its image make: 0 where they make all."""
    assert answering([1, 1, 1, 1], [0, 0, 0, 0]).of_one_run == 0.0
    assert answering([1, 0], [0, 1]).of_one_run == pytest.approx(1.0)


def test_the_luck_is_unknown_without_answers_of_all_seeds_on_the_same_images():
    net = answering([1, 0, 1], [1, 0, 1])
    assert luck(net, Trail(np.ones((2, 1)))) is None
    assert luck(net, answering([1, 0], [1, 0])) is None
    assert luck(net, net, seeds={"a": 3, "b": 2}) is None  # one of them diverged
    assert luck(answering([1, 0, 1]), net, seeds={"a": 1, "b": 2}) is None
    assert luck_of_images(DIFFERENCE, {"a": net}, TWO) is None
    assert luck(net, net, weights={"a": 1, "b": 1}) is None  # the images' own hardness does not cancel in a sum


def test_measured_luck_takes_the_place_of_what_is_assumed():
    net = answering([1, 1, 0, 0, 1], [1, 1, 0, 0, 1])
    groups = {"a": [0.6, 0.6], "b": [0.6, 0.6]}
    assumed, measured = contrast(groups, DIFFERENCE, 5), contrast(groups, DIFFERENCE, 5, trails={"a": net, "b": net})
    assert assumed.error**2 - measured.error**2 == pytest.approx(2 * 0.35 * (5 / 9 * 4 / 9) / 5)
    assert noise(groups, 5, trails={"a": net, "b": net}).images["a", "b"] == 0.0


def test_a_value_that_has_no_second_seed_yet_is_expected_to_share_its_luck_as_the_others_do():
    groups, trails = screen(np.random.default_rng(10), [0.03] * 3, [3, 3, 1], 400, [0.0, 0.1, 0.0])
    found = noise({**groups, "new": []}, 400, trails=trails).images
    assert found[0, 2] == found[1, "new"] == found[0, 1] < 0.35 * 0.4 / 400


# The spread of seeds, seen at several epochs


def watched(*rows):
    return watch({"a": Trail(np.array(rows, float))}, ["a"])


def test_epochs_that_move_together_are_one_look_and_such_as_do_not_several():
    random = np.random.default_rng(1)
    free, tied = random.normal(size=(200, 4)), np.repeat(random.normal(size=(200, 1)), 4, axis=1)
    assert watched(*free).looks == pytest.approx(4, abs=0.1)
    assert watched(*tied).looks == pytest.approx(1, abs=1e-9)
    assert watched([1, 2, 3], [3, 1, 2]).looks == 1  # two seeds alone tell nothing of it


def test_the_looks_are_right_in_the_mean_from_few_seeds_too():
    random = np.random.default_rng(2)
    covariance = 0.5 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    true = np.trace(covariance) ** 2 / (covariance**2).sum()
    found = [watched(*random.multivariate_normal(np.zeros(4), covariance, 9)).looks for _ in range(300)]
    assert np.mean(found) == pytest.approx(true, rel=0.1)


def test_the_last_epoch_counts_for_more_where_its_seeds_spread_further():
    tight, wild = [[0, 0, -1], [0, 0, 1], [0, 0, 0]], [[-1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert watched(*tight).looks == watched(*wild).looks == 1
    assert watched(*tight).pooled == pytest.approx(1.0)  # its own
    assert watched(*wild).pooled == pytest.approx(1 / 3)  # that of all


def test_runs_of_one_epoch_or_without_a_trail_are_judged_by_their_last_accuracies():
    groups = {"a": [0.7, 0.72], "b": [0.6, 0.63]}
    plain = seed_spread(groups, {})
    short = {value: Trail(np.array(each)[:, None]) for value, each in groups.items()}
    longer = {value: Trail(np.repeat(np.array(each)[:, None], 3, axis=1)) for value, each in groups.items()}
    assert seed_spread(groups, {}, short) == seed_spread(groups, {}, {"a": longer["a"]}) == plain
    assert seed_spread(groups, {}, longer).freedom == pytest.approx(plain.freedom)  # three times the same look


def test_a_lost_seed_is_in_no_trail_and_widens_its_own_value():
    groups = {"a": [0.7, 0.72, 1 / 6], "b": [0.6, 0.63, 0.61]}
    rows = {"a": [[0.71, 0.7], [0.70, 0.72]], "b": [[0.6, 0.6], [0.62, 0.63], [0.63, 0.61]]}
    trails = {value: Trail(np.array(each)) for value, each in rows.items()}
    found = seed_spread(groups, {"a": 1}, trails)
    assert found.squares["a"] == pytest.approx(np.var(groups["a"], ddof=1))
    assert found.freedoms["a"] == 2
    assert found.pooled < 0.02**2


def test_a_trail_goes_from_half_way_to_the_compared_epoch_with_its_answers():
    labels, said = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    rows = [{"test_accuracy": each} for each in (0.1, 0.2, 0.3, 0.75)]
    inputs = {"classes": ["x", "y"], "test_images": 4}
    run = {"epochs": rows, "inputs": inputs, "answers": recorded(None, rows, said, labels, 2)}
    found = trail_of([run, run])
    assert found.accuracies.tolist() == [[0.2, 0.3, 0.75]] * 2
    assert found.right.tolist() == [[True, True, False, True]] * 2
    assert trail_of([run, {**run, "answers": None}]).right is None
    cut = trail_of([{**run, "epochs": rows[:1]}])
    assert cut.accuracies.tolist() == [[0.1]]
    assert cut.right is None  # the answers are those of a later epoch
    assert trail_of([]) is None


# Calibration


def screen(random, spreads, seeds, images, differences):
    """Accuracies and trails of made-up nets on the same images; `differences` is how far each value is above 70%."""
    hard = hardness(random, images)
    trails = {
        value: simulated(random, spread, count, hard, 0.7 + more)
        for value, (spread, count, more) in enumerate(zip(spreads, seeds, differences, strict=True))
    }
    return {value: trail.accuracies[:, -1].tolist() for value, trail in trails.items()}, trails


def share_different(count, pair=(0, 1), any_pair=False, **made):
    random, found = np.random.default_rng(3), 0
    for _ in range(count):
        groups, trails = screen(random, **made)
        calls = compare(groups, made["images"], trails=trails)
        found += any(
            each.verdict == "different" for each in calls if any_pair or {each.first, each.second} == set(pair)
        )
    return found / count


LIKE = [
    ([0.03] * 2, [2] * 2),
    ([0.03] * 2, [5] * 2),
    ([0.03] * 2, [12] * 2),
    ([0.06] * 2, [2] * 2),
    ([0.02, 0.06], [2, 2]),
    ([0.02, 0.06], [5, 5]),
    ([0.03] * 4, [3] * 4),
    ([0.09, *[0.01] * 6], [3] * 7),
]


@pytest.mark.parametrize(("spreads", "seeds"), LIKE)
def test_like_values_are_called_different_on_at_most_five_screens_of_a_hundred(spreads, seeds):
    count = 400 if len(spreads) == 2 else 80
    allowed = 0.05 + 2 * (0.05 * 0.95 / count) ** 0.5  # two standard errors
    made = {"images": 200, "differences": [0.0] * len(spreads)}
    assert share_different(count, any_pair=True, spreads=spreads, seeds=seeds, **made) <= allowed


def test_a_wild_value_with_fewer_seeds_than_its_calm_neighbour_is_seldom_called_different_from_it():
    """7% of 1,000 screens, and 9% by last accuracies alone: two seeds hardly show that they are wild."""
    made = {"images": 200, "differences": [0.0] * 2}
    assert share_different(400, spreads=[0.02, 0.06], seeds=[5, 2], **made) <= 0.1


def test_five_points_are_found_from_five_seeds_in_two_tries_of_three_where_seeds_spread_by_three():
    """With the spread known to the digit it would be 75%: nothing but seeds that spread less lets it be more."""
    made = {"images": 658, "differences": [0.0, 0.05]}
    assert share_different(400, spreads=[0.03] * 2, seeds=[5] * 2, **made) >= 0.66


@pytest.mark.parametrize("images", [20, 200])
def test_perfect_scores_on_few_images_are_no_certainty_with_their_answers_either(images):
    random, wrong = np.random.default_rng(4), 0
    for _ in range(400):
        right = random.random((2, 2, images)) >= 1 / images
        groups = {value: each.mean(1).tolist() for value, each in enumerate(right)}
        trails = {value: Trail(each.mean(1, keepdims=True), each) for value, each in enumerate(right)}
        wrong += compare(groups, images, trails=trails)[0].verdict == "different"
    assert wrong <= 0.05 * 400


def test_power_is_held_against_the_same_noise_as_the_judgement():
    groups, trails = screen(np.random.default_rng(5), [0.03] * 2, [5] * 2, 658, [0.0, 0.03])
    power = Power(groups, 658, trails=trails)
    blur = noise(groups, 658, trails=trails)
    pair = compare(groups, 658, trails=trails)[0]
    assert power.different.tolist() == [pair.verdict == "different"]
    error = (sum(blur.seed[value] / 5 for value in groups) + blur.images[0, 1]) ** 0.5
    assert error >= contrast(groups, {0: 1, 1: -1}, 658, trails=trails).error * 0.999
    assert blur.freedom > 15


def test_as_many_seeds_as_are_said_to_be_needed_find_it_four_times_in_five():
    blur = Noise({0: 0.03**2, 1: 0.03**2}, {(0, 1): 0.0}, 100, 1.0)
    needed = seeds_for(0.05, blur, 2)
    assert needed == 6
    assert seeds_for(0.03, blur, 2) == 17
    assert seeds_for(0.03, blur, 4) > 17
    assert seeds_for(0.03, Noise(blur.seed, {(0, 1): 0.02**2}, 100, 1.0), 2) is None
    made = {"images": 300, "differences": [0.0, 0.05]}
    # A little less: where the last epoch happens to be the widest, its own spread counts for more.
    assert share_different(400, spreads=[0.03] * 2, seeds=[needed] * 2, **made) == pytest.approx(0.8, abs=0.08)


def test_the_benchmark_makes_runs_better_by_so_many_images_and_loses_none():
    groups, trails = screen(np.random.default_rng(6), [0.03], [6], 400, [0.0])
    better = shifted(trails[0], 5, np.random.default_rng(7))
    assert ((better.right.sum(1) - trails[0].right.sum(1)) == 20).all()
    assert (better.right >= trails[0].right).all()
    assert better.accuracies[:, -1] == pytest.approx(np.array(groups[0]) + 0.05)


def test_the_benchmark_counts_before_and_now():
    _, trails = screen(np.random.default_rng(8), [0.02], [10], 400, [0.0])
    before, now = shares(trails[0], 3, 5, 40, np.random.default_rng(9))
    assert 0 <= before <= now <= 1
    assert shares(trails[0], 3, 40, 5, np.random.default_rng(9)) == (1.0, 1.0)
