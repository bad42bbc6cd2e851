"""Paths over a least-squares surface: what is exact about them is exact."""

import numpy as np
import pytest

from hpviz.theory.contours import contour, descend, draw_examples, gradients, loss

START = (-2.5, 0.5)


@pytest.mark.parametrize("condition", [1, 7, 25])
def test_the_surface_has_exactly_the_condition_number_asked_for_and_is_turned(condition):
    hessian = draw_examples(condition).hessian
    low, high = np.linalg.eigvalsh(hessian)
    assert (low, high) == (pytest.approx(1 / condition), pytest.approx(1.0))
    assert condition == 1 or abs(hessian[0, 1]) > 0.01


def test_the_full_gradient_is_the_mean_of_the_examples_gradients_and_the_slope_of_the_loss():
    examples, weights = draw_examples(9), np.array([0.7, -1.2])
    mean = gradients(examples, weights).mean(axis=0)
    assert mean == pytest.approx(examples.hessian @ weights)
    steps = 1e-5 * np.eye(2)
    slope = (loss(examples, weights + steps) - loss(examples, weights - steps)) / 2e-5
    assert mean == pytest.approx(slope, rel=1e-6)


def test_single_examples_disagree_even_at_the_bottom():
    at_bottom = gradients(draw_examples(9), np.zeros(2))
    assert at_bottom.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert at_bottom.std() > 0.1


def test_one_pass_of_batches_uses_every_example_once():
    examples = draw_examples(4, count=24)
    # So small a rate leaves the gradients as they are: a pass then sums all of them.
    path = descend(examples, batch_size=6, rate=1e-9, updates=4, start=START)
    moved = (path[0] - path[-1]) / 1e-9
    assert moved == pytest.approx(4 * gradients(examples, np.array(START)).mean(axis=0), rel=1e-4)


def test_the_whole_set_as_a_batch_descends_as_the_closed_form_says():
    examples = draw_examples(9)
    path = descend(examples, len(examples.targets), rate=0.7, updates=12, start=START)
    shrink = np.eye(2) - 0.7 * examples.hessian
    assert path[-1] == pytest.approx(np.linalg.matrix_power(shrink, 12) @ np.array(START))


def test_smaller_batches_end_farther_from_the_bottom_on_average():
    examples = draw_examples(4)
    ends = [np.linalg.norm(descend(examples, batch, 0.3, 400, START)[-200:], axis=1).mean() for batch in (48, 8, 1)]
    assert ends[0] < 0.01 < ends[1] < ends[2]


def test_paths_repeat_themselves_and_stop_beyond_the_limit():
    examples = draw_examples(9)
    first, second = (descend(examples, 1, 0.3, 50, START) for _ in range(2))
    assert (first == second).all()
    lost = np.linalg.norm(descend(examples, 48, 2.5, 500, START, limit=10.0), axis=1)
    assert lost[-1] > 10 >= lost[:-1].max()


def test_the_loss_is_the_same_all_along_a_contour():
    examples = draw_examples(9)
    losses = loss(examples, contour(examples.hessian, level=0.8)) - loss(examples, np.zeros(2))
    assert losses == pytest.approx(0.8)
