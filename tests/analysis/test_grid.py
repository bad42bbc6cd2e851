"""Two hyperparameters at a time: which runs a cell has, where the ridge runs, and when nobody can tell."""

import numpy as np
import pytest

from hpviz.analysis.grid import Cell, Grid, grid_of, places
from hpviz.analysis.ridge import anchor_of, resting_on, ridge, rule_lines, slope, verdict
from tests.analysis.made_up_runs import rows, run

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
BATCHES = (8, 32, 128)
TESTS = 600


def grid(accuracies, values=RATES, values2=BATCHES, first="learning_rate", second="batch_size", tests=TESTS):
    """A grid of made-up accuracies, by cell a list of one a seed."""
    cells = {place: Cell(accuracies=tuple(each)) for place, each in accuracies.items()}
    cells = {(one, two): cells.get((one, two), Cell()) for two in values2 for one in values}
    return Grid(first, second, tuple(values), tuple(values2), cells, 8, 1 / 6, tests)


def planted(power, seeds=3, random=None, spread=0.02, curve=0.12, middle=3e-4):
    """A ridge that goes as batch^power: accuracy falls off as a parabola in decades; seeds scatter around it."""
    random = random or np.random.default_rng(0)
    along, across = places("learning_rate", RATES), places("batch_size", BATCHES)
    centre = np.mean(list(across.values()))
    return grid(
        {
            (rate, batch): [
                max(
                    1 / 6, 0.8 - curve * (along[rate] - np.log10(middle) - power * (across[batch] - centre)) ** 2 + luck
                )
                for luck in random.normal(0, spread, seeds)
            ]
            for rate in RATES
            for batch in BATCHES
        }
    )


def the_slope(made):
    return slope(made, ridge(made))


@pytest.mark.parametrize("power", [1.0, 0.5, 0.0])
def test_the_interval_of_the_slope_covers_a_planted_one_nineteen_times_in_twenty(power):
    random, held, tries = np.random.default_rng(1), 0, 60
    for _ in range(tries):
        found = the_slope(planted(power, random=random))
        held += found.agrees(power)
    assert held >= 0.9 * tries


@pytest.mark.parametrize(
    ("power", "says"),
    [
        (1.0, "agrees with the linear rule (1) and not with no dependence (0) or the square-root rule (½)"),
        (0.5, "agrees with the square-root rule (½) and not with no dependence (0) or the linear rule (1)"),
        (0.0, "agrees with no dependence (0) and not with the linear rule (1) or the square-root rule (½)"),
    ],
)
def test_a_clear_ridge_settles_which_rule_it_follows(power, says):
    made = planted(power, seeds=5, spread=0.005, curve=0.3)
    assert says in verdict(made, ridge(made))


def test_a_top_that_is_no_parabola_is_still_covered():
    """Accuracy that falls off thrice as fast above the best rate as below it."""
    random, held, tries = np.random.default_rng(3), 0, 40
    along, across = places("learning_rate", RATES), places("batch_size", BATCHES)
    for _ in range(tries):
        start, made = random.uniform(-0.25, 0.25), {}
        for batch in BATCHES:
            for rate in RATES:
                away = along[rate] - np.log10(3e-4) - start - 0.5 * (across[batch] - across[32])
                falls = 0.1 * away**2 * (3 if away > 0 else 1)
                made[rate, batch] = [max(1 / 6, 0.8 - falls + luck) for luck in random.normal(0, 0.01, 3)]
        held += the_slope(grid(made)).agrees(0.5)
    assert held >= 0.95 * tries


def test_what_is_called_alike_holds_the_true_best_nineteen_times_in_twenty():
    random, held = np.random.default_rng(2), 0
    for _ in range(40):
        best = ridge(planted(0.0, random=random, spread=0.03))[1]
        held += 3e-4 in best.alike
    assert held >= 38


def test_a_ridge_that_noise_blurs_cannot_tell_the_rules_apart():
    made = planted(0.5, seeds=2, spread=0.03, curve=0.04)
    assert "which cannot tell" in verdict(made, ridge(made))


def column(**seeds):
    """One column of a grid, by the learning rate as text."""
    return {(float(rate.replace("r", "").replace("_", "-")), 32): each for rate, each in seeds.items()}


def the_best(accuracies):
    values = sorted({rate for rate, _ in accuracies})
    (best,) = ridge(grid(accuracies, values=values, values2=(32,)))
    return best


def test_on_a_tie_nothing_is_best_and_both_are_named():
    best = the_best(column(r1e_5=[0.5, 0.52], r1e_4=[0.7, 0.72], r1e_3=[0.71, 0.71], r1e_2=[0.3, 0.32]))
    assert best.value is None
    assert best.equals == (1e-4, 1e-3)
    assert best.top is None


def test_a_best_at_the_edge_of_what_was_tried_has_no_top():
    best = the_best(column(r1e_5=[0.3, 0.32], r1e_4=[0.5, 0.52], r1e_3=[0.7, 0.72]))
    assert (best.value, best.edge, best.top) == (1e-3, True, None)


def test_where_a_range_ends_by_nature_its_end_is_no_edge():
    made = {(0.0, 32): [0.7, 0.71], (0.01, 32): [0.6, 0.61], (1.0, 32): [0.2, 0.21]}
    (best,) = ridge(grid(made, values=(0.0, 0.01, 1.0), values2=(32,), first="weight_decay"))
    assert (best.value, best.edge) == (0.0, False)


def test_an_edge_is_that_of_the_values_that_have_a_result():
    best = the_best(column(r1e_5=[0.3, 0.32], r1e_4=[0.7, 0.72], r1e_3=[]))
    assert best.edge


def test_one_seed_a_cell_goes_by_the_luck_of_the_test_images_and_says_so():
    best = the_best(column(r1e_5=[0.3], r1e_4=[0.70], r1e_3=[0.69], r1e_2=[0.5]))
    assert best.by_images
    assert best.alike == (1e-4, 1e-3)
    assert "One seed a cell" in resting_on([best])


def test_one_seed_beside_others_of_two_shows_no_difference():
    assert 1e-5 in the_best(column(r1e_5=[0.3], r1e_4=[0.70, 0.71], r1e_3=[0.4, 0.41])).alike


def test_a_diverged_cell_counts_as_guessing_and_has_no_mean():
    made = Grid(
        "learning_rate",
        "batch_size",
        (1e-4, 1e-3, 1e-2),
        (32,),
        {(1e-4, 32): Cell(accuracies=(0.5, 0.5)), (1e-3, 32): Cell(accuracies=(0.7, 0.71)), (1e-2, 32): Cell(lost=2)},
        8,
        1 / 6,
        TESTS,
    )
    assert made.cells[1e-2, 32].mean is None
    (best,) = ridge(made)
    assert (best.value, best.edge, best.alike) == (1e-3, False, (1e-3,))


def test_columns_without_two_results_have_no_best_and_do_not_hinder_the_slope():
    made = planted(1.0)
    cells = {place: cell if place[1] != 32 else Cell() for place, cell in made.cells.items()}
    cells[RATES[0], 32] = Cell(accuracies=(0.4,))
    holed = Grid(made.first, made.second, made.values, made.values2, cells, 8, made.chance, made.test_images)
    assert [best.value2 for best in ridge(holed)] == [8, 128]
    assert the_slope(holed).values2 == (8, 128)


def test_the_rules_are_straight_lines_through_the_best_determined_top():
    made = planted(0.5, seeds=5, spread=0.005, curve=0.3)
    bests = ridge(made)
    anchor, lines = anchor_of(made, bests), rule_lines(made, bests)
    across = places("batch_size", BATCHES)
    assert [line.rule.power for line in lines] == [1.0, 0.5]
    for line in lines:
        (left, low), (right, high) = line.points
        assert (high - low) / (right - left) == pytest.approx(line.rule.power)
        assert low + line.rule.power * (across[anchor.value2] - left) == pytest.approx(anchor.top)


def test_other_hyperparameters_have_no_rules():
    made = grid({}, values=(0.0, 0.5), first="dropout")
    assert (rule_lines(made, []), verdict(made, [])) == ([], "")


def test_a_slope_takes_two_columns_whose_best_lies_inside():
    made = planted(1.0)
    assert "cannot be told yet" in verdict(made, ridge(made)[:1])


# From runs to cells


def trained(rate, batch, top, seed=0, epochs=8, **values):
    return run(
        rows(epochs, test_accuracy={1: 0.2, epochs: top}), learning_rate=rate, batch_size=batch, seed=seed, **values
    )


def of_runs(runs):
    return grid_of(runs, "learning_rate", "batch_size", (1e-4, 1e-3), (8, 32))


def test_a_cell_has_its_seeds_with_mean_and_spread_and_others_stay_empty():
    made = of_runs(
        [trained(1e-4, 8, 0.6), trained(1e-4, 8, 0.7, seed=1), trained(1e-3, 32, 0.5), trained(1e-2, 8, 0.9)]
    )
    assert made.cells[1e-4, 8].mean == pytest.approx(0.65)
    assert made.cells[1e-4, 8].spread == pytest.approx(0.0707, abs=1e-4)
    assert made.cells[1e-3, 32].spread is None
    assert [place for place, cell in made.cells.items() if not cell.runs] == [(1e-3, 8), (1e-4, 32)]


def test_cells_are_compared_after_the_last_epoch_that_all_have():
    made = of_runs([trained(1e-4, 8, 0.8, epochs=8), trained(1e-3, 8, 0.5, epochs=4)])
    assert made.epochs == 4
    assert made.cells[1e-4, 8].mean == pytest.approx(0.2 + 0.6 * 3 / 7)


def test_each_run_at_an_end_of_its_own_where_these_are_given():
    runs = [trained(1e-4, 8, 0.8, epochs=8), trained(1e-3, 8, 0.5, epochs=4)]
    made = grid_of(
        runs, "learning_rate", "batch_size", (1e-4, 1e-3), (8,), {one["id"]: len(one["epochs"]) for one in runs}
    )
    assert [cell.mean for cell in made.cells.values()] == [pytest.approx(0.8), pytest.approx(0.5)]


def test_what_trains_is_in_no_mean_and_holds_nobody_back():
    under_way = run(rows(2), status="running", learning_rate=1e-3, batch_size=8)
    made = of_runs([trained(1e-4, 8, 0.8), under_way])
    assert made.epochs == 8
    assert made.cells[1e-3, 8].mean is None
    assert made.cells[1e-3, 8].training == (under_way,)


def test_optimisers_are_words_in_their_order_on_an_axis():
    runs = [
        run(rows(3, test_accuracy={1: 0.5}), optimizer="sgd", momentum=0.9, batch_size=8),
        run(rows(3, test_accuracy={1: 0.6}), optimizer="adam", batch_size=8),
    ]
    made = grid_of(runs, "optimizer", "batch_size", ("sgd-momentum", "adam"), (8,))
    assert [cell.mean for cell in made.cells.values()] == [0.5, 0.6]
    assert places("optimizer", made.values) == {"sgd-momentum": 0.0, "adam": 1.0}
