"""Which run next? On planted grids: seeds go where they tell something, and nowhere else."""

import numpy as np
import pytest

from hpviz.analysis.next_runs import Known, advise, brief, next_run, why_not
from hpviz.analysis.noise import compare, noise
from hpviz.analysis.power import Power

HOUR = 3_600.0
A, B, C = 1e-4, 1e-3, 1e-2
CLOSE = {A: [0.80, 0.78, 0.79, 0.785, 0.795], B: [0.795, 0.775, 0.785, 0.78, 0.79]}


def known(accuracies, seconds=10.0, test_images=3_000, **more):
    """What is known of values that each take as long, or as long as `seconds` says of each."""
    given = seconds if isinstance(seconds, dict) else dict.fromkeys(accuracies, seconds)
    return Known(
        **{
            "accuracies": accuracies,
            "test_images": test_images,
            "seconds": given,
            "names": {value: f"{value:g}" if isinstance(value, float) else value for value in accuracies},
            "lost": {},
            "under_way": {},
            "taken": {value: range(len(each)) for value, each in accuracies.items()},
            **more,
        }
    )


def named(runs):
    return [(run.value, run.seed) for run in runs]


def test_values_without_a_run_get_a_first_seed_before_any_gets_another():
    advice = advise(known({A: [], B: [0.7], C: []}), HOUR)
    assert named(advice.runs)[:2] == [(A, 0), (C, 0)]
    assert advice.runs[0].why == "0.0001 has no run yet."


def test_values_of_one_seed_each_get_a_second_because_one_never_shows_a_difference():
    advice = advise(known({A: [0.8], C: [0.3]}), HOUR)
    assert named(advice.runs)[:2] == [(A, 1), (C, 1)]
    assert advice.runs[0].settles == ((A, C),)
    assert "50.0 points apart" in advice.runs[0].why


def test_what_is_settled_gets_no_seed_and_what_is_open_does():
    grid = {A: [0.80, 0.79, 0.81], B: [0.77, 0.75, 0.74], C: [0.30, 0.31, 0.29]}
    assert {(pair.first, pair.second): pair.verdict for pair in compare(grid, 3_000)}[A, B] == "within noise"
    advice = advise(known(grid), HOUR)
    assert {run.value for run in advice.runs} == {A, B}
    assert all(run.settles == ((A, B),) for run in advice.runs)


def test_two_equal_values_and_one_far_away_leave_nothing_to_train():
    advice = advise(known({A: [0.80, 0.78, 0.79], B: [0.79, 0.80, 0.78], C: [0.30, 0.31, 0.29]}), HOUR)
    assert (advice.runs, advice.later) == ((), ())
    assert advice.standing == {(A, B): "not worth more", (A, C): "different", (B, C): "different"}


def test_where_every_pair_is_different_nothing_is_left():
    advice = advise(known({A: [0.8, 0.81], B: [0.5, 0.51], C: [0.2, 0.21]}), HOUR)
    assert (advice.runs, advice.later, advice.out_of_reach) == ((), (), ())


def test_a_small_difference_is_told_with_what_it_would_take():
    names = {A: "1e-4", B: "1e-3"}
    many = advise(known(CLOSE, test_images=100_000), HOUR)
    (pair,) = many.out_of_reach
    assert pair.seeds
    assert pair.seeds > 10
    assert why_not(pair, names, 100_000).startswith("1e-4 and 1e-3 are 0.5 points apart: some ")
    few = advise(known(CLOSE, test_images=600), HOUR)
    assert why_not(few.out_of_reach[0], names, 600).endswith("on 600 test images no number of seeds would tell.")


def test_the_number_of_seeds_that_it_would_take_is_about_right():
    (pair,) = advise(known(CLOSE, test_images=100_000), HOUR).out_of_reach
    # The spread that is expected of seeds, about these means.
    spread = noise(CLOSE, 100_000).seed[A] ** 0.5

    def is_different(count):
        places = np.linspace(-1, 1, count)
        scattered = spread * places / places.std(ddof=1)
        (found,) = compare({A: (0.79 + scattered).tolist(), B: (0.785 + scattered).tolist()}, 100_000)
        return found.verdict == "different"

    assert not is_different(round(0.7 * pair.seeds))
    assert is_different(round(1.4 * pair.seeds))


def test_what_is_named_fits_into_the_time_and_the_rest_is_for_later():
    grid = known({A: [0.8], B: [0.6], C: [0.3]})
    for budget in (0, 9, 25, 40, 100):
        advice = advise(grid, budget)
        assert sum(run.seconds for run in advice.runs) <= budget
        assert advice.runs or advice.later
    assert not advise(grid, 9).runs
    assert len(advise(grid, 25).runs) == 2
    assert set(named(advise(grid, 25).runs)) <= set(named(advise(grid, HOUR).runs))


def test_cheap_runs_that_settle_as_much_go_first():
    grid = {A: [0.8], B: [0.3], C: [0.8]}
    assert {run.value for run in advise(known(grid, seconds={A: 100.0, B: 10.0, C: 10.0}), 30).runs} == {B, C}
    assert {run.value for run in advise(known(grid, seconds={A: 10.0, B: 10.0, C: 100.0}), 30).runs} == {A, B}


def test_as_long_as_nobody_knows_how_long_a_run_takes_the_first_step_alone_is_for_now():
    advice = advise(known({A: [], B: []}, seconds=None), 60)
    assert named(advice.runs) == [(A, 0), (B, 0)]
    assert advice.later
    assert {run.seconds for run in advice.runs} == {None}


def test_a_run_of_unknown_length_is_taken_for_the_longest():
    advice = advise(known({A: [], B: []}, seconds={A: 40.0, B: None}), 60)
    assert named(advice.runs) == [(A, 0)]


def test_seeds_that_are_taken_are_not_named_again_and_the_page_s_first_seed_is_the_first():
    advice = advise(known({A: [0.8], C: [0.3]}, taken={A: {5, 6}, C: {5}}), 20, first_seed=5)
    assert named(advice.runs) == [(C, 6), (A, 7)] or named(advice.runs) == [(A, 7), (C, 6)]


def test_what_is_under_way_counts_as_trained():
    grid = {A: [0.8], C: [0.3]}
    assert advise(known(grid, under_way={A: 1, C: 1}), HOUR).runs == ()
    assert {run.value for run in advise(known(grid, under_way={A: 1}), HOUR).runs} == {C}


def test_the_same_input_gets_the_same_advice():
    random = np.random.default_rng(3)
    grid = {float(value): random.normal(0.7, 0.03, 2).tolist() for value in range(6)}
    assert advise(known(grid), 300) == advise(known(grid), 300)


def test_equal_means_are_no_difference_that_seeds_would_tell():
    advice = advise(known({A: [0.7, 0.7, 0.7], B: [0.7, 0.7, 0.7]}, test_images=600), HOUR)
    assert advice.runs == ()
    assert "equal so far" in why_not(advice.out_of_reach[0], {A: "a", B: "b"}, 600)


def test_a_value_whose_seeds_diverged_counts_as_guessing_and_is_settled_like_others():
    lost = known({A: [0.8, 0.79], C: [1 / 6, 1 / 6]}, lost={C: 2})
    assert advise(lost, HOUR).standing == {(A, C): "different"}
    half = known({A: [0.8, 0.79], C: [0.75, 1 / 6]}, lost={C: 1})
    assert advise(half, HOUR).standing == {(A, C): "open"}
    assert {run.value for run in advise(half, HOUR).runs} <= {A, C}


def test_values_that_are_words_are_advised_like_numbers():
    advice = advise(known({"sgd": [0.4], "adam": [0.8]}), HOUR)
    assert set(named(advice.runs)[:2]) == {("sgd", 1), ("adam", 1)}


@pytest.mark.parametrize("values", [0, 1])
def test_a_page_of_one_value_or_none_has_nothing_to_settle(values):
    grid = dict(list({A: [0.7]}.items())[:values])
    assert advise(known(grid), HOUR).runs == ()


def test_one_run_after_the_other_ends_and_says_what_the_whole_grid_says_with_fewer_runs():
    random = np.random.default_rng(0)
    whole = {value: random.normal(mean, 0.02, 8).tolist() for value, mean in {A: 0.8, B: 0.79, C: 0.4}.items()}
    taken = {value: [] for value in whole}
    while (run := next_run(known(taken), most=8)) is not None:
        assert run.seed == len(taken[run.value])
        taken[run.value].append(whole[run.value][run.seed])
    assert Power(taken, 3_000, most=8).standing == Power(whole, 3_000, most=8).standing
    assert sum(map(len, taken.values())) <= 16  # of 24


def test_the_probability_foretold_is_the_share_that_comes_true():
    """Of pairs as they look after two seeds, as many are told apart after six as was foretold; seeds spread as said."""
    random, foretold, found = np.random.default_rng(1), [], []
    for _ in range(300):
        means = {A: 0.6, B: 0.6 + random.normal(0, 0.06)}
        six = {value: random.normal(mean, 0.03, 6).tolist() for value, mean in means.items()}
        power = Power({value: each[:2] for value, each in six.items()}, 3_000)
        foretold.append(power.chances(np.array([[6.0, 6.0]]))[0, 0])
        found.append(compare(six, 3_000)[0].verdict == "different")
    assert np.mean(found) == pytest.approx(np.mean(foretold), abs=0.07)
    sure, unlikely = np.array(foretold) > 0.9, np.array(foretold) < 0.1
    assert np.mean(np.array(found)[sure]) > 0.85
    assert np.mean(np.array(found)[unlikely]) < 0.15


def test_runs_are_told_in_a_line():
    advice = advise(known({A: [0.8], C: [0.3]}), HOUR)
    assert brief(advice.runs, {A: "1e-4", C: "1e-2"}) == "+1 seed of 1e-4 and 1e-2"
