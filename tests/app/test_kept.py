"""What was made of runs is made once, until one of them changes."""

from hpviz.studies import LEARNING_RATE
from hpviz.ui.bench import verdict
from hpviz.ui.kept import Kept
from tests.app.pages import open_page, remember


def test_the_same_runs_are_looked_into_once_and_others_anew():
    kept, made = Kept(), []
    one, other = {"id": "one"}, {"id": "other"}
    for runs, key in (([one], "a"), ([one], "a"), ([one], "b"), ([one, other], "a"), ([dict(one)], "a"), ([one], "a")):
        kept.of(runs, key, lambda: made.append(1))
    assert len(made) == 4


def test_the_oldest_results_go():
    kept, made, run = Kept(most=2), [], {"id": "one"}
    for key in (1, 2, 3, 2, 3, 1):
        kept.of([run], key, lambda: made.append(1))
    assert len(made) == 4


def test_a_page_that_is_drawn_again_judges_nothing_again_until_a_run_changes(runner):
    for rate in (1e-4, 1e-2):
        remember(runner, 8, learning_rate=rate)
    app = open_page(LEARNING_RATE)
    before = verdict.answer.cache_info()
    app.run()
    assert verdict.answer.cache_info().misses == before.misses
    assert verdict.answer.cache_info().hits > before.hits
    remember(runner, 8, learning_rate=1e-3)
    app.run()
    assert verdict.answer.cache_info().misses == before.misses + 1
