"""What somebody is typing, or has open, stays as it is while the page is drawn again.

A page that gives a widget its value sends it, even where it is the one that it had, and the browser then takes it for a
new one: what is typed into it is gone, and a list that was searched is whole again under the pointer.
"""

import pytest

from hpviz.runs.crew import Wish
from hpviz.studies import LEARNING_RATE
from hpviz.ui.learned.section import TABS
from hpviz.ui.learned.section import TITLE as LEARNED
from tests.app.pages import learned, page, remember
from tests.app.test_gate import PAGES

FOLDS = [
    *(("compare", title) for title in ("Table", "What differs", LEARNED)),
    *(("learning_rate", title) for title in ("The picture", "Table", "Cost", "What the article claims", LEARNED)),
]


def given(app):
    """The widgets whose value came from the page in the last draw."""
    assert not app.exception
    return sorted(_given(app._tree))


def _given(block):
    for element in block.children.values():
        if getattr(element.proto, "set_value", False):
            yield element.proto.label
        yield from _given(element) if hasattr(element, "children") else ()


@pytest.fixture
def runs(runner):
    return [remember(runner, 8, learning_rate=rate)["id"] for rate in (1e-4, 1e-3)]


def opened(name, runs):
    return page(name, runs=",".join(runs)) if name == "compare" else page(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_drawn_again_gives_no_widget_its_value(name, runs):
    app = opened(name, runs).run()
    app.run()
    assert given(app) == []


@pytest.mark.parametrize(("name", "fold"), FOLDS)
def test_nor_does_a_fold(name, fold, runs):
    app = opened(name, runs)
    app.session_state[f"{LEARNING_RATE.name if name == 'learning_rate' else name}:fold"] = fold
    app.run().run()
    assert given(app) == []


@pytest.mark.parametrize("tab", TABS)
def test_nor_does_what_the_net_learned(tab, runs):
    app = learned(LEARNING_RATE, tab).run()
    app.run()
    assert given(app) == []


def test_what_another_session_wishes_is_taken_over(runner):
    app = page("runs").run()
    runner.wish = Wish(jobs=3)
    app.run()
    assert given(app) == ["Runs side by side"]
    assert [box.value for box in app.number_input] == [3, None]
    app.run()
    assert given(app) == []


def test_a_run_that_was_deleted_leaves_the_choice(runner, runs):
    app = page("compare", runs=",".join(runs)).run()
    runner.delete(runs[0])
    app.run()
    assert app.multiselect(key="compare:runs").value == runs[1:]
