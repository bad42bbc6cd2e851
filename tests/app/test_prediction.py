"""Predict, then run: a guess is remembered, and the page says how it went, noise included."""

from hpviz.studies import KERNEL_WIDTH, LEARNING_RATE
from hpviz.ui.study.prediction import outcome
from tests.analysis.made_up_runs import rows, run
from tests.app.pages import open_page, press, remember, texts


def guess(app, value):
    press(app, "Predict")
    next(pills for pills in app.pills if pills.label == LEARNING_RATE.title).set_value(value).run()
    assert not app.exception


def test_a_guess_is_held_against_what_came(runner):
    app = open_page(LEARNING_RATE)
    guess(app, 1e-4)
    assert "You guessed lr 1e-4. It takes its run, and another" in texts(app)
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
    told = "You guessed lr 1e-4, and it is ahead with 90.0%"
    assert f"{told} of lr 1e-2, which may be noise: more seeds would tell." in texts(app)
    remember(runner, 8, learning_rate=1e-4, top=0.9, seed=1)
    remember(runner, 8, learning_rate=1e-2, top=0.3, seed=1)
    app.run()
    assert f"{told}." in texts(app)


def ended(rate, accuracy, seed=0, status="finished"):
    document = run(rows(3, test_accuracy={1: accuracy}), status, learning_rate=rate, seed=seed)
    document["inputs"].update(classes=list("abcdef"), test_images=600)
    return document


def told_of(guess, *runs):
    return outcome(LEARNING_RATE, guess, runs, 600, 6)


def test_of_equals_none_is_ahead_whichever_was_guessed():
    tied = [ended(rate, 1 / 6) for rate in (1e-7, 3e-7, 1e-6)]
    assert told_of(3e-7, *tied) == "You guessed lr 3e-7: it is level with lr 1e-7 and lr 1e-6, at 16.7%."
    halves = [ended(1e-4, 0.5), ended(1e-3, 0.5002), ended(1e-2, 0.3)]
    assert told_of(1e-4, *halves) == "You guessed lr 1e-4: it is level with lr 1e-3, at 50.0%."
    assert "lr 1e-3 and lr 1e-4 are level, ahead with 50.0%" in told_of(1e-2, *halves)


def test_a_guess_whose_seeds_diverged_is_not_ahead_by_those_that_are_left():
    steady = [ended(1e-4, 0.41 + seed / 500, seed) for seed in range(4)]
    lucky = [ended(0.1, 0.7, seed) for seed in range(2)]
    gone = [ended(0.1, 0.5, seed, "diverged") for seed in (2, 3)]
    told = told_of(0.1, *steady, *lucky, *gone)
    assert "it is ahead with 43.3% of lr 1e-4, which may be noise" in told
    assert told.endswith("Counted as guessing, for they diverged: 2 of 4 seeds of lr 0.1.")
    assert told_of(0.1, *steady, *gone) == (
        "You guessed lr 0.1, and it diverged: there is no figure to hold against others."
    )


def test_there_is_nothing_to_guess_once_the_values_have_ended(runner):
    for value in (1e-4, 1e-2):
        remember(runner, 8, learning_rate=value)
    button = open_page(LEARNING_RATE).button(key="learning-rate:predict")
    assert button.disabled
    assert "nothing left to guess" in button.help


def test_until_the_guess_nothing_on_the_page_gives_the_answer_away(runner, references):
    made = [remember(runner, 8, learning_rate=value, top=top) for value, top in ((1e-4, 0.8), (1e-2, 0.4))]
    references(made)
    for each in made:
        runner.delete(each["id"])
    app = open_page(LEARNING_RATE)
    shown = len(app.get("vega_lite_chart"))
    press(app, "Predict")
    assert not app.get("vega_lite_chart")
    assert not app.dataframe
    assert not app.get("tab")
    assert all(figure not in texts(app) for figure in ("80.0%", "40.0%", "Different", "settle"))
    assert app.button(key="share-nothing").disabled
    guess(app, 1e-2)
    assert len(app.get("vega_lite_chart")) == shown
    assert "You guessed lr 1e-2 (40.0%); lr 1e-4 is ahead with 80.0%" in texts(app)


def test_a_question_can_be_left_without_a_guess(runner):
    remember(runner, 8, learning_rate=1e-4)
    app = open_page(LEARNING_RATE)
    press(app, "Predict")
    press(app, "Show without a guess")
    assert app.get("vega_lite_chart")
    assert "You guessed" not in texts(app)


def test_without_a_guess_nothing_is_said(runner):
    remember(runner, 8, learning_rate=1e-4)
    assert "You guessed" not in texts(open_page(LEARNING_RATE))


def test_a_setting_in_which_the_widest_kernel_does_not_fit_has_its_page_all_the_same(runner):
    remember(runner, 8, study=KERNEL_WIDTH, kernel_width=3, padding="valid", image_size=48)
    app = open_page(KERNEL_WIDTH, padding="valid", image_size="48")
    assert not app.exception
    assert "width 3" in texts(app)
