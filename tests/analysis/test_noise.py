"""Different, or noise? Nothing is called different that is not, and what is different is found."""

from statistics import variance

import numpy as np
import pytest

from benchmarks.calibrate_noise import share_called_different, share_found
from hpviz.analysis import noise
from hpviz.analysis.noise import ALPHA, PRIOR_SPREAD, compare, contrast

MANY_IMAGES = 10**9  # so many that only the seeds make noise


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
    alone = contrast(near, {"a": 1, "b": -1}, MANY_IMAGES)
    together = contrast({**near, "c": [0.400, 0.41], "d": [0.2, 0.21]}, {"a": 1, "b": -1}, MANY_IMAGES)
    assert alone.error > together.error
    assert alone.freedom < together.freedom


def test_how_far_seeds_spread_is_found_out_once_for_all_pairs_of_a_screen(monkeypatch):
    asked = []
    monkeypatch.setattr(noise, "variance", lambda figures: asked.append(figures) or variance(figures))
    values = {number: [0.5, 0.5 + number / 100] for number in range(20)}
    assert len(compare(values, MANY_IMAGES)) == 190
    assert len(asked) <= 2 * len(values)  # for each pair anew, hundreds of values take minutes


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
    assert 2 * raw < pairs["a", "b"].p < 3 * raw  # Tukey asks for less than three tests on their own would
    assert "3 pairs together" in pairs["a", "b"].sentence


def test_a_value_with_one_seed_makes_no_pair_and_asks_the_others_for_nothing():
    two = {"a": [0.71, 0.72, 0.70], "b": [0.68, 0.67, 0.69]}
    (alone,) = compare(two, MANY_IMAGES)
    beside = compare({**two, "c": [0.5]}, MANY_IMAGES)[0]
    assert alone == beside


def test_equal_values_are_equal_and_nearly_equal_ones_are_not_zero_points_apart():
    level = {"a": [1 / 6, 1 / 6], "b": [1 / 6, 1 / 6]}
    (pair,) = compare(level, 600)
    assert pair.verdict == "within noise"
    assert pair.sentence.startswith("Within noise: a and b are equal (-")
    assert "above" not in pair.sentence
    (single,) = compare({"a": [1 / 6], "b": [1 / 6]}, 600)
    assert single.sentence == "One seed only of a and b: that a and b are equal may be luck; +2 seeds would tell."
    (near,) = compare({"a": [0.5, 0.5], "b": [0.5, 0.5004]}, 600)
    assert "b is less than 0.1 points above a" in near.sentence


def test_seeds_that_count_as_guesses_are_named():
    (pair,) = compare(
        {"a": [0.41, 0.42, 0.40, 0.41], "b": [0.7, 0.7, 1 / 6, 1 / 6]}, 600, {"a": "lr 1e-4", "b": "lr 0.1"}, {"b": 2}
    )
    assert pair.verdict == "within noise"
    assert "; 2 of 4 seeds of lr 0.1 diverged and count as guessing)." in pair.sentence


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
    found = contrast({"a": [2.0, 4.0], "b": [1.0, 3.0]}, {"a": 1.0, "b": -0.5}, offset=10.0)
    assert found.estimate == pytest.approx(12.0)
    assert found.freedom == 2


def test_what_was_known_beforehand_widens_a_small_spread_and_narrows_no_large_one():
    def error(spread):
        return contrast(
            {"a": [0.5 - spread, 0.5 + spread], "b": [0.4 - spread, 0.4 + spread]}, {"a": 1, "b": -1}, MANY_IMAGES
        ).error

    assert error(0.0) == pytest.approx(PRIOR_SPREAD * (3 / 5) ** 0.5)
    assert error(0.1) == pytest.approx(0.1 * 2**0.5)


def test_nothing_is_known_of_the_spread_of_single_seeds():
    with pytest.raises(ValueError, match="spread of seeds"):
        contrast({"a": [0.5], "b": [0.6]}, {"a": 1, "b": -1})


def test_accuracies_without_test_images_are_refused():
    with pytest.raises(ValueError, match="at least one test image"):
        compare({"a": [0.5, 0.6]}, 0)


# Calibration, on simulated seeds: a simulation for each promise


def screens(random, count, spreads, seeds, means=None):
    """So many screens of values that end at their means (or all alike), each with its spread and number of seeds."""
    for _ in range(count):
        yield {
            str(value): (0.6 + (means[value] if means else 0.0) + random.normal(0, spread, number)).tolist()
            for value, (spread, number) in enumerate(zip(spreads, seeds, strict=True))
        }


def share_covered(random, count, spreads, seeds, means):
    """The share of screens on which every interval covers the true difference of its pair."""
    return np.mean(
        [
            all(
                pair.interval[0] <= means[int(pair.first)] - means[int(pair.second)] <= pair.interval[1]
                for pair in compare(screen, MANY_IMAGES)
            )
            for screen in screens(random, count, spreads, seeds, means)
        ]
    )


def share_wrong(random, count, spreads, seeds):
    """The share of screens of like values on which any pair is called different."""
    return np.mean(
        [
            any(pair.verdict == "different" for pair in compare(screen, MANY_IMAGES))
            for screen in screens(random, count, spreads, seeds)
        ]
    )


@pytest.mark.parametrize(
    "seeds", [(3, 3), (3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3, 3), (2, 8), (2, 3, 5), (2, 2, 3, 8), (2, 2, 3, 5, 8)]
)
def test_the_intervals_of_1_3_6_and_10_pairs_cover_all_true_differences_together(seeds):
    random = np.random.default_rng(len(seeds))
    means = [0.0, 0.01, -0.02, 0.05, 0.25][: len(seeds)]
    assert share_covered(random, 400, [PRIOR_SPREAD] * len(seeds), seeds, means) >= 0.95


def test_they_cover_together_where_nothing_was_known_of_the_spread_either():
    """Losses have no prior: this is Tukey's range itself, so that 95% is met and not exceeded."""
    random, covered = np.random.default_rng(8), []
    for _ in range(1500):
        groups = {value: random.normal(0, 1, 4).tolist() for value in range(4)}
        reach = [contrast(groups, {one: 1, other: -1}, means=4).interval() for one in range(4) for other in range(one)]
        covered.append(all(low <= 0 <= high for low, high in reach))
    assert 0.945 <= np.mean(covered) <= 0.985


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("values", [2, 4])
def test_a_screen_of_like_values_calls_any_pair_different_in_at_most_five_of_a_hundred(seeds, values):
    random = np.random.default_rng(seeds)
    count = 2000 if values == 2 else 500
    assert share_wrong(random, count, [PRIOR_SPREAD] * values, [seeds] * values) <= ALPHA


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("spread", [0.005, 0.045])
def test_seeds_that_spread_less_or_more_than_expected_stay_within_the_bound(seeds, spread):
    assert share_wrong(np.random.default_rng(seeds), 1000, [spread] * 2, [seeds] * 2) <= 0.08


@pytest.mark.parametrize(("calm", "most"), [(0.03, 0.08), (0.01, 0.12)])
def test_a_value_that_spreads_three_or_nine_times_as_far_is_seldom_called_different_from_its_like(calm, most):
    random = np.random.default_rng(9)
    assert share_wrong(random, 300, [0.09, *[calm] * 6], [3] * 7) <= most


@pytest.mark.parametrize("test_images", [20, 200])
def test_perfect_scores_on_few_images_are_no_certainty(test_images):
    """Two nets that are as good, so good that most scores are perfect: luck of the images and nothing else."""
    random = np.random.default_rng(10)
    wrong = 0
    for _ in range(600):
        share = 1 - 1 / test_images
        scores = random.binomial(test_images, share, (2, 2)) / test_images
        (pair,) = compare({"a": scores[0].tolist(), "b": scores[1].tolist()}, test_images)
        wrong += pair.verdict == "different"
    assert wrong <= ALPHA * 600


@pytest.mark.parametrize("test_images", [600, 3000])
def test_the_calibration_s_own_draws_from_sixty_runs_stay_within_the_bound(test_images):
    random = np.random.default_rng(test_images)
    accuracies = random.normal(0.7, 0.03, 60).clip(0, 1)
    assert share_called_different(accuracies, 1000, 2, test_images, random) <= 0.08


def test_seeds_with_heavy_tails_stay_within_the_bound():
    random = np.random.default_rng(5)
    accuracies = [0.7 + 0.02 * random.standard_t(3, (2, 3)) for _ in range(1000)]
    calls = [compare({"a": one.tolist(), "b": other.tolist()}, 3000)[0].verdict for one, other in accuracies]
    assert calls.count("different") <= 0.08 * len(calls)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_rate_that_lost_a_seed_is_not_better_for_those_that_are_left(share):
    """What diverges counts as guessing: a rate no better on average is rarely called better by its survivors."""
    random, wrong, tried = np.random.default_rng(11), 0, 0
    for _ in range(600):
        kept = random.random(4) >= share
        level = (1 - share) * 0.7 + share / 6
        unsteady = np.where(kept, random.normal(0.7, 0.02, 4), 1 / 6)
        if kept.all():  # nobody can know of a loss that has not been seen
            continue
        (pair,) = compare({"steady": random.normal(level, 0.02, 4).tolist(), "unsteady": unsteady.tolist()}, 600)
        wrong, tried = wrong + (pair.verdict == "different" and pair.difference < 0), tried + 1
    assert wrong <= ALPHA * tried


@pytest.mark.parametrize(
    ("one", "other", "spread"),
    [
        (0.70, 0.33, 0.03),  # λ 0 against 1.0, the article CNN at 64 px
        (0.56, 0.17, 0.03),  # lr 1e-4 against 1e-7, ResNet18 from scratch at 64 px
        (0.56, 0.17, 0.044),  # the same at the spread that the calibration's runs have
    ],
)
def test_the_real_effects_are_found_from_two_seeds_a_value(one, other, spread):
    random = np.random.default_rng(6)
    better, worse = random.normal(one, spread, 60), random.normal(other, spread, 60)
    assert share_found(better, worse, 500, 2, 600, random) >= 0.97


def test_the_real_effects_are_found_among_four_values_too():
    random = np.random.default_rng(12)
    found = [
        compare(screen, 600)[0].verdict == "different"
        for screen in screens(random, 300, [0.03] * 4, [2] * 4, [0.0, -0.37, -0.1, -0.1])
    ]
    assert np.mean(found) >= 0.97


def test_a_difference_of_five_points_is_usually_found_from_five_seeds():
    random = np.random.default_rng(7)
    better, worse = random.normal(0.75, 0.015, 200), random.normal(0.70, 0.015, 200)
    assert share_found(better, worse, 500, 5, 3000, random) >= 0.9
