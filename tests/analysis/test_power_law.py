"""The power law of learning curves: what is fitted, how sure that is, and where nothing is."""

import json
import math
from html import escape

import numpy as np
import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.analysis.learning_curve import law_in_words, law_rows, place_of
from hpviz.analysis.power_law import NoLaw, fit, told
from hpviz.analysis.story import Story
from hpviz.charts.card import card
from hpviz.charts.conclusion import key_of
from hpviz.charts.looks import look_of
from hpviz.charts.page import page
from hpviz.charts.panels import panels_of
from hpviz.runs.document import move
from tests.analysis.made_up_runs import rows, run

NUMBERS = (10, 30, 100, 300)
CLASSES = ["a", "b", "c", "d", "e", "f"]


def drawn(exponent, images_luck, seed_luck, numbers=NUMBERS, seeds=3, source=None):
    """Errors along a power law: each number's images are lucky or not, and so is each seed."""
    source = source or np.random.default_rng(0)
    return {
        number: [
            math.exp(math.log(1.3) - exponent * math.log(number) + luck + source.normal(0, seed_luck))
            for _ in range(seeds)
        ]
        for number in numbers
        for luck in [source.normal(0, images_luck)]
    }


@pytest.mark.parametrize(("images_luck", "seed_luck"), [(0, 0.05), (0.03, 0.05), (0.06, 0.02)])
@pytest.mark.parametrize("numbers", [NUMBERS, (10, 20, 50, 100, 200, 500)], ids=len)
def test_the_interval_covers_the_exponent_and_the_band_the_line_in_95_of_100_cases(numbers, images_luck, seed_luck):
    source = np.random.default_rng(1)
    laws = [fit(drawn(0.4, images_luck, seed_luck, numbers, source=source)) for _ in range(400)]
    exponent = np.mean([law.interval[0] <= 0.4 <= law.interval[1] for law in laws])
    line = np.mean([law.band(3000)[0] <= 1.3 * 3000**-0.4 <= law.band(3000)[1] for law in laws])
    assert exponent >= 0.93  # two standard errors of 400 cases below 0.95
    assert line >= 0.93


def test_four_numbers_with_three_seeds_tell_the_exponent_to_a_quarter():
    law = fit(drawn(0.4, 0, 0.05))
    low, high = law.interval
    assert law.exponent == pytest.approx(0.4, abs=0.05)
    assert high - low < 0.2
    assert (law.fewest, law.most, law.values) == (10, 300, 4)


def test_errors_on_a_line_are_found_on_it():
    law = fit({number: [2 * number**-0.5] * 2 for number in (16, 64, 256)})
    assert law.exponent == pytest.approx(0.5)
    assert law.error(1024) == pytest.approx(2 / 32)
    assert law.interval == pytest.approx((0.5, 0.5))
    assert not law.bends


def test_it_is_said_what_ten_times_the_images_are_worth_and_what_is_an_extrapolation():
    words = told(fit(drawn(0.3, 0, 0.02)))
    assert words.startswith("Test error falls as n^−0.3")
    assert "ten times the images, about half the errors." in words or "about 5" in words
    assert "Extrapolated, if the line goes on: 3,000 images a class would leave an error of" in words


def test_where_values_bend_beyond_the_luck_of_seeds_nothing_is_predicted():
    floor = {number: [0.1 + 3 / number * luck for luck in (1, 1.002, 0.998)] for number in (10, 20, 40, 80, 160, 320)}
    law = fit(floor)
    assert law.bends
    assert "Extrapolated" not in told(law)
    assert "predicts nothing" in told(law)


def test_values_on_a_line_seldom_seem_to_bend():
    source = np.random.default_rng(2)
    assert np.mean([fit(drawn(0.4, 0, 0.05, source=source)).bends for _ in range(400)]) < 0.08


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ({}, "three numbers of images"),
        ({10: [0.5, 0.5], 100: [0.3, 0.3]}, "three numbers of images"),
        ({10: [0.5], 30: [0.4], 100: [0.3]}, "One seed each"),
        ({10: [0.5, 0.5], 30: [0.4, 0.4], 100: [0.3]}, "two seeds each"),
        ({10: [0.5, 0.5], 30: [0.4, 0.4], 100: [0.0, 0.1]}, "error of 0"),
        ({10: [0.3, 0.31], 30: [0.4, 0.41], 100: [0.5, 0.51]}, "does not fall"),
        ({10: [0.3, 0.3], 30: [0.3, 0.3], 100: [0.3, 0.3]}, "does not fall"),
        ({10: [0.5, 0.6], 30: [0.6, 0.5], 100: [0.45, 0.55]}, "leave the fall of the test error open"),
    ],
)
def test_where_there_is_no_law_one_sentence_says_why(errors, why):
    with pytest.raises(NoLaw, match=why):
        fit(errors)


def made(per_class, accuracy, seed, status="finished", epochs=3, images=None):
    curve = rows(epochs, test_accuracy={1: 0.2, epochs: accuracy})
    for row in curve:
        row["images"] = (images or 6 * per_class) * row["epoch"]
    document = run(curve, status, per_class=per_class, seed=seed)
    document["inputs"].update(classes=CLASSES, test_images=600)
    return document


def learned():
    return [made(number, 1 - (1.3 + 0.05 * seed) * number**-0.33, seed) for number in NUMBERS for seed in range(3)]


def test_runs_that_differ_in_their_images_have_a_law_and_a_line_over_what_was_tried():
    comparison = compare_runs(learned())
    assert law_in_words(comparison).startswith("Test error falls as n^−0.")
    line = law_rows(comparison)
    assert {row["kind"] for row in line} == {"law", "beyond"}
    assert [min(row["value"] for row in line), max(row["value"] for row in line)] == pytest.approx([10, 600])
    assert all(row["low"] <= row["error"] <= row["high"] for row in line)


def test_runs_that_diverged_leave_no_law():
    lost = made(100, 0.7, 9)
    lost["epochs"][-1].update(test_loss=None, test_accuracy=None)
    move(lost, "diverged", "not finite")
    comparison = compare_runs([*learned(), lost])
    assert law_in_words(comparison).startswith("Seeds diverged")
    assert law_rows(comparison) == []


def test_the_plot_draws_the_law_where_there_is_one_and_its_specification_is_the_same_without():
    with_law, without = (
        panels(runs) for runs in (learned(), [each for each in learned() if each["spec"]["seed"] == 0])
    )
    assert with_law.charts["isolation"] == without.charts["isolation"]
    kinds = [{row["kind"] for row in each.datasets["isolation"]} for each in (with_law, without)]
    assert kinds == [{"run", "mean", "law", "beyond"}, {"run", "mean"}]
    assert with_law.titles["isolation"] == "Last test error against training images a class"
    assert "grey: power law" in key(learned())


def test_what_the_law_says_is_in_every_text_of_what_is_shared():
    comparison = compare_runs(learned())
    words = law_in_words(comparison)
    assert words in Story(comparison).description
    assert escape(words) in page(comparison, "", x="epoch", log_loss=False, dark=False)
    assert "What are more images worth?" in json.dumps(card(comparison))


def panels(runs):
    comparison = compare_runs(runs)
    return panels_of(comparison, look_of(comparison, "epoch", False, dark=False), dark=False)


def key(runs):
    comparison = compare_runs(runs)
    return key_of(Story(comparison), look_of(comparison, "epoch", False, dark=False))


def test_other_comparisons_have_no_word_of_it():
    assert law_in_words(compare_runs([run(rows(1), weight_decay=decay) for decay in (0, 1)])) == ""


def test_all_images_stand_at_as_many_as_an_epoch_has_seen():
    whole = [made(None, 1 - (1.3 + 0.05 * seed) * 1000**-0.33, seed, images=6 * 1000) for seed in range(3)]
    assert place_of(whole[0], "per_class") == 1000
    line = law_rows(compare_runs([*learned(), *whole]))
    assert max(row["value"] for row in line if row["kind"] == "law") == pytest.approx(1000)
    held_out = run(rows(1), per_class=None, validation_fraction=0.5)
    held_out["inputs"]["classes"] = CLASSES
    assert place_of(held_out, "per_class") == round(14_034 / 0.5 / 6)
