"""An optimiser comes with the learning rate that was tuned for it: still one comparison, and said so."""

import shlex

import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.evidence import SortedRuns, comparable
from hpviz.analysis.fairness import fairness
from hpviz.analysis.story import Story
from hpviz.studies import OPTIMIZER
from hpviz.ui.compare.choice import is_of, richest
from tests.analysis.made_up_runs import rows, run
from tests.test_sixth_study import setting_of

NAMES = ["Adam", "AdamW", "SGD", "SGD with momentum"]


def each(*values, seeds=2, **fields):
    """Runs of optimisers, each at its tuned rate unless told otherwise."""
    return [
        run(rows(3, test_accuracy={1: 0.5}), **{**OPTIMIZER.tuned[value], "optimizer": value, **fields, "seed": seed})
        for value in values or OPTIMIZER.quick_values
        for seed in range(seeds)
    ]


def told(runs, kind):
    return [caution.sentence for caution in fairness(runs) if caution.kind == kind]


def test_optimisers_at_their_rates_are_one_comparison_of_optimisers_whoever_chose_the_runs():
    for runs in (each(), each("sgd", "sgd-momentum"), each("adam", "sgd")):
        comparison = compare_runs(runs)
        assert (comparison.study, comparison.legend) == (OPTIMIZER, "optimiser")
        assert set(comparison.groups) <= set(NAMES)
        assert Story(comparison).title == "Optimiser: article-cnn on made up"
    assert list(compare_runs(each()).groups) == NAMES


def test_it_is_said_which_rates_those_are_and_nothing_is_held_against_them():
    assert told(each(), "several") == []
    assert told(each(), "tuned") == [
        "Each optimiser at the learning rate tuned for it on the quick preset: Adam 3e-4, AdamW 3e-4, SGD 3e-2 and SGD "
        "with momentum 1e-2."
    ]
    assert told(compare_runs(each("sgd", "sgd-momentum")).runs, "tuned")


def test_one_rate_for_all_is_said_to_be_tuned_for_none():
    runs = each("adam", "sgd", learning_rate=1e-3)
    assert compare_runs(runs).differing == ("optimizer",)
    assert told(runs, "tuned") == [
        "The learning rate was not tuned for each optimiser: all at lr 1e-3. Tuned on the quick preset: Adam 3e-4 and "
        "SGD 3e-2."
    ]


def test_rates_that_differ_otherwise_are_a_second_difference():
    runs = [*each("adam"), *each("sgd", learning_rate=1e-3)]
    comparison = compare_runs(runs)
    assert (comparison.study, set(comparison.differing)) == (None, {"optimizer", "learning_rate"})
    [sentence] = told(runs, "several")
    assert "learning rate" in sentence
    assert told(runs, "tuned") == []
    other_momentum = each("sgd", momentum=0.5)
    assert "learning_rate" in compare_runs([*each("adam"), *other_momentum]).differing


def test_the_evidence_has_each_setting_once_at_tuned_rates_or_at_one():
    at_one = {run["id"]: run for run in [*each(), *each(learning_rate=3e-4)]}
    found = comparable([*at_one.values(), *each(batch_size=64)], "optimizer")
    kinds = sorted(
        (len(evidence.values), str(evidence.setting.get("learning_rate")), evidence.setting["batch_size"])
        for evidence in found
    )
    assert kinds == [(4, "0.0003", 32), (4, "None", 32), (4, "None", 64)]
    assert all({evidence.seeds(value) for value in evidence.values} == {2} for evidence in found)


def test_what_is_tuned_alike_needs_no_evidence_of_its_own():
    [evidence] = comparable(each("adam", "adamw"), "optimizer")
    assert (evidence.values, evidence.setting["learning_rate"]) == (["adam", "adamw"], 3e-4)
    assert len(comparable(each("adam", "sgd"), "optimizer")) == 1


def test_a_claim_that_compares_optimisers_asks_for_one_rate():
    assert all("learning_rate" in group.setting for group in SortedRuns(each()).by("optimizer"))


@pytest.mark.parametrize("fields", [{}, {"learning_rate": 1e-3}, {"learning_rate": 1e-4}, {"batch_size": 64}], ids=str)
def test_the_command_of_its_story_trains_the_very_runs_again(fields):
    runs = each(**fields)
    command = Story(compare_runs(runs)).command
    assert ("--lr" in shlex.split(command)) == ("learning_rate" in fields)
    assert {one.spec.run_id for one in setting_of(command)} == {one["id"] for one in runs}


def test_its_runs_are_known_as_its_own_where_runs_are_chosen():
    runs = [*each(), *each("adamw", batch_size=64)]
    assert {run["id"] for run in richest(runs, OPTIMIZER)} == {run["id"] for run in each()}
    assert not any(is_of(run, OPTIMIZER) for run in each("sgd", learning_rate=1e-4))
