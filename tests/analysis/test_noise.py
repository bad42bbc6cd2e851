"""Different, or noise? Nothing is called different that is not, and what is different is found."""

import numpy as np
import pytest

from benchmarks.calibrate_noise import share_called_different, share_found
from hpviz.analysis.noise import ALPHA, PRIOR_SPREAD, compare, contrast

MANY_IMAGES = 10**9  # so many that only the seeds make noise


def groups(random, values, seeds, spread=PRIOR_SPREAD, mean=0.7):
    return {f"v{value}": random.normal(mean, spread, seeds).tolist() for value in range(values)}


def test_one_seed_a_value_never_shows_a_difference():
    (pair,) = compare({"a": [0.95], "b": [0.10]}, 3000)
    assert pair.verdict == "one seed only"
    assert pair.interval is None
    assert pair.p is None
    assert "+2 seeds" in pair.sentence


def test_one_seed_is_not_enough_beside_a_value_that_has_many():
    verdicts = {
        (p.first, p.second): p.verdict for p in compare({"a": [0.9, 0.91, 0.9], "b": [0.1], "c": [0.2, 0.21]}, 3000)
    }
    assert verdicts == {("a", "b"): "one seed only", ("a", "c"): "different", ("b", "c"): "one seed only"}


def test_two_seeds_a_value_suffice_for_a_large_effect():
    (pair,) = compare({"0": [0.71, 0.69], "1.0": [0.17, 0.19]}, 600, {"0": "λ 0", "1.0": "λ 1"})
    assert pair.verdict == "different"
    assert pair.difference == pytest.approx(0.52)
    assert pair.sentence.startswith("Different: λ 0 is 52.0 points above λ 1 (")
    assert "2 and 2 seeds" in pair.sentence


def test_the_author_s_repeats_at_two_batch_sizes_are_within_noise():
    (pair,) = compare({256: [0.8117, 0.779], 450: [0.7703, 0.792]}, 3000)
    assert pair.verdict == "within noise"


def test_the_spread_of_seeds_is_pooled_over_the_values_on_the_screen():
    near = {"a": [0.70, 0.71], "b": [0.60, 0.61]}
    alone = compare(near, MANY_IMAGES)[0]
    together = compare({**near, "c": [0.400, 0.41], "d": [0.2, 0.21]}, MANY_IMAGES)[0]
    assert alone.interval[1] - alone.interval[0] > together.interval[1] - together.interval[0]


def test_a_wild_value_is_not_judged_by_its_calm_neighbours():
    calm = {f"c{number}": [0.70, 0.701, 0.699] for number in range(6)}
    pairs = compare({"wild": [0.30, 0.60, 0.80], **calm}, MANY_IMAGES)
    assert {pair.verdict for pair in pairs if "wild" in (pair.first, pair.second)} == {"within noise"}


def test_few_test_images_make_a_difference_uncertain():
    accuracies = {"a": [0.850, 0.851, 0.849], "b": [0.780, 0.781, 0.779]}
    assert compare(accuracies, 100_000)[0].verdict == "different"
    assert compare(accuracies, 100)[0].verdict == "within noise"


def test_the_luck_of_the_images_is_known_to_the_digit():
    accuracies, weights = {"a": [0.8, 0.8], "b": [0.7, 0.7]}, {"a": 1, "b": -1}
    few, many = (contrast(accuracies, weights, test_images=count).error ** 2 for count in (10**4, 10**12))
    assert few - many == pytest.approx(0.35 * (0.8 * 0.2 + 0.7 * 0.3) / 10**4, rel=1e-3)


def test_two_seeds_that_happen_to_agree_do_not_make_a_small_difference_certain():
    (pair,) = compare({"a": [0.70, 0.70], "b": [0.72, 0.72]}, MANY_IMAGES)
    assert pair.verdict == "within noise"


def test_what_was_known_of_accuracies_says_nothing_of_losses():
    losses = {"a": [0.50, 0.501], "b": [0.52, 0.521]}
    assert contrast(losses, {"a": 1, "b": -1}).freedom == 2
    assert contrast(losses, {"a": 1, "b": -1}).p < ALPHA


def test_certainty_is_not_had_from_perfect_scores_on_few_images():
    (pair,) = compare({"a": [1.0, 1.0], "b": [0.95, 0.95]}, 20)
    assert pair.verdict == "within noise"


def test_the_interval_leaves_out_zero_exactly_if_the_pair_is_different():
    random = np.random.default_rng(1)
    for _ in range(200):
        accuracies = {f"v{value}": random.normal(0.7 - 0.03 * value, 0.02, 3).tolist() for value in range(4)}
        for pair in compare(accuracies, 3000):
            low, high = pair.interval
            assert (low > 0 or high < 0) == (pair.verdict == "different") == (pair.p <= ALPHA)
            assert low < pair.difference < high


def test_more_pairs_on_the_screen_ask_for_more_evidence():
    screen = {"a": [0.71, 0.72, 0.70], "b": [0.68, 0.67, 0.69], "c": [0.68, 0.67, 0.69]}
    pairs = {(pair.first, pair.second): pair for pair in compare(screen, MANY_IMAGES)}
    raw = contrast(screen, {"a": 1, "b": -1}, MANY_IMAGES).p
    assert pairs["a", "b"].p == pytest.approx(3 * raw)
    assert "3 pairs together" in pairs["a", "b"].sentence


def test_holm_asks_the_least_evident_pair_for_no_more_than_one_test():
    accuracies = {"a": [0.90, 0.92, 0.91], "b": [0.50, 0.52, 0.51], "c": [0.60, 0.62, 0.61]}
    pairs = {(pair.first, pair.second): pair for pair in compare(accuracies, MANY_IMAGES)}
    least = contrast(accuracies, {"b": 1, "c": -1}, MANY_IMAGES)
    assert pairs["b", "c"].p == pytest.approx(least.p)
    assert pairs["b", "c"].verdict == "different"


def test_the_sentence_names_the_better_value_first_whichever_order_they_have():
    (pair,) = compare({"a": [0.30, 0.31], "b": [0.70, 0.71]}, 3000)
    assert pair.difference < 0
    assert "b is 40.0 points above a (3" in pair.sentence


def test_values_without_a_run_are_passed_over():
    assert compare({"a": [], "b": [0.5, 0.51]}, 100) == []


def test_equal_figures_are_no_difference_and_no_division_by_zero():
    found = contrast({"a": [1.0, 1.0], "b": [1.0, 1.0]}, {"a": 1, "b": -1})
    assert (found.estimate, found.p) == (0.0, 1.0)


def test_a_contrast_weighs_the_means_and_adds_its_offset():
    found = contrast({"a": [2.0, 4.0], "b": [1.0, 1.0]}, {"a": 1.0, "b": -0.5}, offset=10.0)
    assert found.estimate == pytest.approx(12.5)
    assert found.freedom == 2


def test_nothing_is_known_of_the_spread_of_single_seeds():
    with pytest.raises(ValueError, match="spread of seeds"):
        contrast({"a": [0.5], "b": [0.6]}, {"a": 1, "b": -1})


def test_accuracies_without_test_images_are_refused():
    with pytest.raises(ValueError, match="at least one test image"):
        compare({"a": [0.5, 0.6]}, 0)


# Calibration, on simulated seeds


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_like_and_like_are_called_different_in_at_most_eight_of_a_hundred_pairs(seeds):
    random = np.random.default_rng(seeds)
    assert 0.01 <= share_different(random, seeds, PRIOR_SPREAD) <= 0.08


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("spread", [0.005, 0.045])
def test_seeds_that_spread_less_or_more_than_expected_stay_within_the_bound(seeds, spread):
    assert share_different(np.random.default_rng(seeds), seeds, spread) <= 0.08


def share_different(random, seeds, spread):
    screens = (groups(random, 2, seeds, spread) for _ in range(2000))
    return np.mean([compare(screen, MANY_IMAGES)[0].verdict == "different" for screen in screens])


@pytest.mark.parametrize("test_images", [600, 3000])
def test_the_calibration_s_own_draws_from_sixty_runs_stay_within_the_bound(test_images):
    random = np.random.default_rng(test_images)
    accuracies = random.normal(0.7, 0.03, 60).clip(0, 1)
    assert share_called_different(accuracies, 2000, 2, test_images, random) <= 0.08


def test_a_screen_of_four_equal_values_calls_anything_different_as_rarely():
    random = np.random.default_rng(4)
    screens = [compare(groups(random, 4, 3), MANY_IMAGES) for _ in range(1000)]
    assert np.mean([any(pair.verdict == "different" for pair in pairs) for pairs in screens]) <= 0.08


def test_seeds_with_heavy_tails_stay_within_the_bound():
    random = np.random.default_rng(5)
    accuracies = [0.7 + 0.02 * random.standard_t(3, (2, 3)) for _ in range(2000)]
    calls = [compare({"a": one.tolist(), "b": other.tolist()}, 3000)[0].verdict for one, other in accuracies]
    assert calls.count("different") <= 0.08 * len(calls)


@pytest.mark.parametrize(
    ("one", "other", "spread"),
    [
        (0.70, 0.33, 0.03),  # λ 0 against 1.0, the article CNN at 64 px
        (0.56, 0.17, 0.03),  # lr 1e-4 against 1e-7, ResNet18 from scratch at 64 px
    ],
)
def test_the_real_effects_are_found_from_two_seeds_a_value(one, other, spread):
    random = np.random.default_rng(6)
    better, worse = random.normal(one, spread, 60), random.normal(other, spread, 60)
    assert share_found(better, worse, 1000, 2, 600, random) >= 0.97


def test_a_difference_of_five_points_is_usually_found_from_five_seeds():
    random = np.random.default_rng(7)
    better, worse = random.normal(0.75, 0.015, 200), random.normal(0.70, 0.015, 200)
    assert share_found(better, worse, 500, 5, 3000, random) >= 0.9
