"""Predict, then run: a guess is remembered, and the page says how it went, noise included."""

from hpviz.studies import KERNEL_WIDTH, LEARNING_RATE
from tests.app.pages import open_page, remember, texts


def guess(app, value):
    next(pills for pills in app.pills if pills.label == LEARNING_RATE.title).set_value(value).run()
    assert not app.exception


def test_a_guess_is_held_against_what_came(runner):
    app = open_page(LEARNING_RATE)
    guess(app, 1e-4)
    assert "Noted" in texts(app)
    remember(runner, 8, learning_rate=1e-4, top=0.6)
    app.run()
    assert "You guessed lr 1e-4. It takes its run, and another" in texts(app)
    remember(runner, 8, learning_rate=1e-3, top=0.7)
    app.run()
    assert "You guessed lr 1e-4 (60.0%); lr 1e-3 is ahead with 70.0%, which may be noise" in texts(app)


def test_a_guess_that_seeds_refute_was_wrong(runner):
    app = open_page(LEARNING_RATE)
    guess(app, 1e-2)
    for seed in range(3):
        remember(runner, 8, learning_rate=1e-2, top=0.3 + 0.01 * seed, seed=seed)
        remember(runner, 8, learning_rate=1e-4, top=0.8 + 0.01 * seed, seed=seed)
    app.run()
    assert "lr 1e-4 is ahead with 81.0%." in texts(app)


def test_a_right_guess_is_told_so(runner):
    app = open_page(LEARNING_RATE)
    guess(app, 1e-4)
    remember(runner, 8, learning_rate=1e-4, top=0.9)
    remember(runner, 8, learning_rate=1e-2, top=0.3)
    app.run()
    assert "You guessed lr 1e-4, and it is ahead with 90.0%." in texts(app)


def test_there_is_nothing_to_guess_once_the_values_have_ended(runner):
    for value in (1e-4, 1e-2):
        remember(runner, 8, learning_rate=value)
    app = open_page(LEARNING_RATE)
    assert "nothing left to guess" in texts(app)
    assert all(pills.label != LEARNING_RATE.title for pills in app.pills)


def test_without_a_guess_nothing_is_said(runner):
    remember(runner, 8, learning_rate=1e-4)
    assert "You guessed" not in texts(open_page(LEARNING_RATE))


def test_a_setting_in_which_the_widest_kernel_does_not_fit_has_its_page_all_the_same(runner):
    remember(runner, 8, study=KERNEL_WIDTH, kernel_width=3, padding="valid", image_size=48)
    app = open_page(KERNEL_WIDTH, padding="valid", image_size="48")
    assert not app.exception
    assert "Diagnosis" in texts(app)
