"""The answer in one sentence: groups that noise does not tell apart, and nothing that the judgement does not bear."""

import re
from copy import deepcopy
from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hpviz.analysis.answer import answer_of
from hpviz.analysis.comparison import compare_runs
from hpviz.runs import bundle
from hpviz.runs.document import move
from tests.analysis.test_comparison import cut_short, diverged, known, made

SIX = ("a", "b", "c", "d", "e", "f")


def rates(accuracies, seeds=3, spread=0.01):
    """Seeds of each rate, up to `spread` about its accuracy."""
    offsets = (0.0, spread, -spread, spread / 2, -spread / 2)
    return [
        known(made(4, accuracy + offsets[seed], learning_rate=rate, seed=seed), SIX)
        for rate, accuracy in accuracies.items()
        for seed in range(seeds)
    ]


def answer(*runs):
    return answer_of(compare_runs(runs))


def sentence(*runs):
    return answer(*runs).sentence


LEVEL = {1e-7: 0.25, 1e-5: 0.74, 1e-4: 0.75, 1e-3: 0.76, 1e-2: 0.74}


def test_values_that_are_not_told_apart_are_one_group_and_the_others_are_so_far_below():
    found = answer(*rates(LEVEL))
    assert found.groups == (("1e-5", "1e-4", "1e-3", "1e-2"), ("1e-7",))
    assert found.finding == "1e-5 to 1e-2: no pair told apart (3 seeds)."
    assert re.fullmatch(r"1e-7: 4\d to 5\d points worse\.", found.rest)


def test_the_points_are_those_of_the_judgements_intervals():
    comparison = compare_runs(rates(LEVEL))
    intervals = [pair.interval for pair in comparison.pairs() if "1e-7" in (pair.first, pair.second)]
    low, high = min(-high for _, high in intervals), max(-low for low, _ in intervals)
    assert f"1e-7: {100 * low:.0f} to {100 * high:.0f} points worse." in answer_of(comparison).rest


def test_two_values_are_better_and_worse_or_not_told_apart():
    better = sentence(*rates({1e-4: 0.7, 1e-3: 0.5}))
    assert re.fullmatch(r"1e-4: 1\d to 2\d points better than 1e-3 \(3 seeds\)\.", better)
    assert sentence(*rates({1e-4: 0.7, 1e-3: 0.71}, 2)) == "1e-4 and 1e-3: not told apart (2 seeds)."


def test_the_best_is_named_where_it_is_told_apart_from_all():
    found = answer(*rates({1e-5: 0.2, 1e-4: 0.8, 1e-3: 0.5, 1e-2: 0.51}))
    assert found.groups == (("1e-4",), ("1e-3", "1e-2"), ("1e-5",))
    assert found.finding == "1e-4 is the best (3 seeds)."
    assert re.fullmatch(r"1e-3 and 1e-2: \d\d to \d\d points worse; 1e-5: \d\d to \d\d points worse\.", found.rest)


def test_a_chain_of_overlaps_names_the_pairs_that_differ():
    found = answer(*rates({1e-5: 0.60, 1e-4: 0.66, 1e-3: 0.72}, spread=0.02))
    assert found.groups == (("1e-5", "1e-4", "1e-3"),)
    assert re.fullmatch(r"1e-5 to 1e-3: only 1e-3 above 1e-5, by [\d.]+ to [\d.]+ points \(3 seeds\)\.", found.sentence)


def test_a_range_leaves_out_no_value_that_is_on_the_screen():
    found = answer(*rates({1e-5: 0.7, 1e-4: 0.2, 1e-3: 0.71, 1e-2: 0.7}))
    assert found.finding == "1e-5, 1e-3 and 1e-2: no pair told apart (3 seeds)."
    waiting = cut_short(1, 4, learning_rate=1e-4)
    alike = rates({1e-5: 0.7, 1e-3: 0.71, 1e-2: 0.7})
    assert answer(*alike, known(waiting, SIX)).finding.startswith("1e-5, 1e-3 and 1e-2:")


def test_a_value_is_called_by_itself_wherever_its_runs_are_from_unless_it_is_there_twice():
    own, others = rates({1e-5: 0.7}), bundle.read(bundle.write(rates({1e-4: 0.71, 1e-3: 0.7})))
    assert sentence(*own, *others) == "1e-5 to 1e-3: no pair told apart (3 seeds)."
    twice = sentence(*own, *bundle.read(bundle.write(own)))
    assert re.fullmatch(r"1e-5 and 1e-5 \(.+\) are equal: 70\.0% \(3 seeds\)\.", twice.replace("article-cnn", "1e-5"))


def test_words_are_listed_and_never_a_range():
    runs = [
        known(made(4, 0.7 + seed / 100, optimizer=name, seed=seed), SIX)
        for name in ("sgd", "adam", "adamw")
        for seed in range(2)
    ]
    assert " to " not in sentence(*runs).replace("2 to", "")
    assert sentence(*runs) == "Adam, AdamW and SGD are equal: 70.5% (2 seeds)."


def test_one_seed_shows_no_difference_and_says_what_would():
    told = sentence(*rates({1e-5: 0.2, 1e-4: 0.8, 1e-3: 0.5}, seeds=1))
    assert re.fullmatch(
        r"One seed a value shows no difference; \+1 seed each would tell \d+ points or more apart\.", told
    )
    mixed = sentence(*rates({1e-5: 0.2}, seeds=2), *rates({1e-4: 0.8}, seeds=1))
    assert mixed.startswith("One seed of 1e-4 shows no difference; +1 seed of it would tell")


@pytest.mark.parametrize("count", [2, 3, 5])
def test_what_one_more_seed_would_tell_apart_it_does(count):
    """Two values as far apart as was said, under two seeds that spread no further than expected."""
    values = {10.0**-power: 0.5 for power in range(2, 2 + count)}
    reach = int(re.search(r"tell (\d+) points", sentence(*rates(values, seeds=1)[:-1], *rates({1.0: 0.6}, 1)))[1])
    wide = {**values, 1.0: 0.5 + (reach + 1) / 100}
    assert answer(*rates(wide, seeds=2)).groups[0] == ("1",)


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_a_tie_is_equal_and_nothing_is_best(seeds):
    told = sentence(*rates(dict.fromkeys((1e-7, 3e-7, 1e-6), 1 / 6), seeds, spread=0.0))
    assert "equal" in told
    assert "16.7%" in told
    assert not re.search(r"best|better|above|ahead|worse|edge", told)


def test_a_value_with_one_seed_is_not_placed_and_said():
    found = answer(*rates({1e-5: 0.7, 1e-4: 0.2}), *rates({1e-3: 0.9}, seeds=1))
    assert found.groups == (("1e-5",), ("1e-4",))
    assert found.unjudged == {"1e-3": "one seed"}
    assert found.rest.endswith("1e-3: one seed.")


def test_stopped_and_running_runs_are_not_judged_and_named():
    runs = rates({1e-5: 0.7, 1e-4: 0.71})
    stopped = known(cut_short(2, 6, accuracy=0.9, learning_rate=1e-3), SIX)
    running = known(made(2, 0.9, learning_rate=1e-2), SIX)
    move(running, "running")
    found = answer(*runs, stopped, running)
    assert found.groups == (("1e-5", "1e-4"),)
    assert found.rest == "1e-3: stopped after epoch 2/6; 1e-2: in training."
    assert sentence(stopped) == "article-cnn: stopped after epoch 2/6."


def test_a_stopped_seed_of_a_judged_value_is_counted():
    runs = rates({1e-5: 0.7, 1e-4: 0.71})
    found = answer(*runs, known(cut_short(2, 6, "interrupted", learning_rate=1e-4, seed=7), SIX))
    assert found.rest == "1e-4: 1 of 4 seeds interrupted after epoch 2/6."


def test_seeds_that_diverged_are_counted_and_named_and_weigh_as_guesses():
    runs = rates({1e-4: 0.7, 1e-3: 0.71})
    lost = [known(diverged(learning_rate=0.1, seed=seed), SIX) for seed in range(3)]
    found = answer(*runs, *lost)
    assert found.groups == (("1e-4", "1e-3"), ("0.1",))
    assert "0.1: 3 of 3 seeds diverged" in found.rest


def test_one_value_is_told_for_itself():
    told = answer_of(compare_runs(rates({1e-4: 0.7}, seeds=1), "learning_rate")).sentence
    assert told == "1e-4: 70.0% after 4 epochs (1 seed); there is nothing to hold it against."


def test_what_cannot_be_compared_says_why():
    assert "not tested on the same images" in sentence(made(), made(fingerprint="1" * 64))
    running = [made(weight_decay=decay) for decay in (0.0, 1.0)]
    for run in running:
        move(run, "running")
    assert sentence(*running) == "No difference is judged before two values have ended. 0 and 1: in training."
    assert "was not noted" in sentence(known(made(), test_images=0), known(made(weight_decay=1.0), test_images=0))


# Whatever the runs

VALUES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)
SEED = st.tuples(
    st.sampled_from((0.1, 1 / 6, 0.5, 0.52, 0.55, 0.6, 0.7, 0.9)),
    st.sampled_from(("finished", "finished", "finished", "finished", "stopped", "diverged", "running")),
)


@st.composite
def screens(draw):
    runs = []
    for value in draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=5, unique=True)):
        for seed, (accuracy, status) in enumerate(draw(st.lists(SEED, min_size=1, max_size=4))):
            if status == "diverged":
                run = diverged(weight_decay=value, seed=seed)
            elif status == "stopped":
                run = cut_short(2, 4, weight_decay=value, seed=seed)
            else:
                run = made(4, accuracy, weight_decay=value, seed=seed)
                move(run, status) if status == "running" else None
            runs.append(known(run, SIX))
    return runs


@settings(
    max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(screens(), st.randoms(use_true_random=False))
def test_no_value_is_placed_above_one_that_it_is_not_told_apart_from(runs, random):
    comparison = compare_runs(runs)
    found = answer_of(comparison)
    placed = [label for group in found.groups for label in group]
    assert len(placed) == len(set(placed))
    assert {*placed, *found.unjudged} == {*comparison.groups}
    assert not {*placed} & {*found.unjudged}
    verdicts = {frozenset((pair.first, pair.second)): pair.verdict for pair in comparison.pairs()}
    for better, worse in combinations(found.groups, 2):
        for one in better:
            for other in worse:
                assert verdicts[frozenset((one, other))] == "different"
                assert fmean(comparison.accuracies[one]) > fmean(comparison.accuracies[other])
    if re.search(r"best|better|worse", found.sentence):
        assert len(found.groups) > 1
    assert found.sentence.count(". ") <= 1
    assert not re.search(r"\b(nan|None|inf)\b|\b1 seeds\b|\b0 of\b", found.sentence)
    shuffled = deepcopy(runs)
    random.shuffle(shuffled)
    assert answer_of(compare_runs(shuffled)) == found


def on_many(*runs):
    """The limit of runs that were tested on so many images that only seeds make noise."""
    return answer(*[{**run, "inputs": {**run["inputs"], "test_images": 10**6}} for run in runs]).limit


def test_where_noise_does_not_tell_all_apart_it_is_said_what_would():
    told = re.compile(r"Seeds spread by (\d+\.\d) points: it takes about (\d+) of each value to tell 3 points apart\.")
    calm, wild = (told.fullmatch(on_many(*rates({1e-4: 0.7, 1e-3: 0.71}, spread=spread))) for spread in (0.01, 0.1))
    assert float(calm[1]) < 3 < 9 < float(wild[1])
    assert int(calm[2]) < int(wild[2]) / 4
    few_images = "on 600 test images, without what each run answered, no number of them would tell 3 points apart."
    assert answer(*rates(LEVEL)).limit == f"Seeds spread by 1.7 points: {few_images}"


def test_nothing_is_said_of_limits_where_all_is_told_apart_or_nothing_is_judged():
    assert answer(*rates({1e-4: 0.7, 1e-3: 0.5})).limit == ""
    assert answer(*rates({1e-4: 0.7, 1e-3: 0.5}, seeds=1)).limit == ""
    assert answer(*rates({1e-4: 0.7})).limit == ""
