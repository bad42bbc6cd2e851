"""What moves while a run trains, before there is anything to measure."""

import re

from playwright.sync_api import expect

from hpviz.runs.store import RunStore
from tests.browser.conftest import Server, Visitor
from tests.browser.test_journeys import MINUTES, drawing

LIVE = ".live_marks path"


def epochs(cache):
    store = RunStore(cache)
    (run,) = store.runs()
    store.close()
    return len(run["epochs"])


def test_the_curve_moves_inside_the_first_epoch_and_no_drawing_is_made_anew(visit, server, cache):
    visitor = visit()
    page, messages = visitor.page, []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: messages.append(frame)))
    # ResNet18, whose first epoch takes seconds on any machine, on numbers of images that no reference run has.
    page.goto(f"{server.url}?per_class=290&epochs=2")
    page.get_by_role("button", name="Train lr 1e-4").click()
    chart = drawing(page, "Train loss (nats)")
    expect(chart.locator(LIVE)).to_have_attribute("d", re.compile("L"), timeout=MINUTES)
    chart.evaluate("node => { node.dataset.mark = 'first' }")
    words, share = page.get_by_text(re.compile(r"lr 1e-4 · epoch 1/2 · \d+%")), page.get_by_role("progressbar")
    line = chart.locator(LIVE)

    def moves_and_is_not_drawn():
        """Whether line, words and bar go on without a message of Streamlit's; the run's beginning may still draw."""
        path, told, done = line.get_attribute("d"), words.inner_text(), share.get_attribute("aria-valuenow")
        drawn = len(messages)
        expect(line).not_to_have_attribute("d", path, timeout=MINUTES)
        expect(words).not_to_have_text(told)
        expect(share).not_to_have_attribute("aria-valuenow", done)
        return len(messages) == drawn

    assert any(moves_and_is_not_drawn() for _ in range(3))
    assert epochs(cache) == 0
    # The first epoch is measured: the same node, and its line goes on from there.
    expect(page.get_by_text(re.compile(r"lr 1e-4 · epoch 2/2 · \d+%"))).to_be_visible(timeout=MINUTES)
    expect(drawing(page, "Test accuracy")).to_be_visible()
    assert chart.evaluate("node => node.dataset.mark") == "first"
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("lr 1e-4 · stopped after epoch 1/2"))).to_be_visible(timeout=MINUTES)
    assert visitor.complaints == []


def test_a_page_that_may_not_ask_what_moves_is_drawn_instead(visit, server):
    visitor = visit()
    page = visitor.page
    page.route("**/pulse/**", lambda route: route.fulfill(status=403))
    page.goto(f"{server.url}?model=article-cnn&per_class=60&epochs=200")
    page.get_by_role("button", name="Train lr 1e-4").click()
    for number in (2, 5):
        expect(page.get_by_text(re.compile(rf"lr 1e-4 · epoch [{number}-9]\d*/200"))).to_be_visible(timeout=MINUTES)
    expect(drawing(page, "Test accuracy").locator(".mark-symbol path").nth(1)).to_be_attached()


def test_a_page_below_a_path_moves_as_well(chromium, cache):
    server = Server(cache, below="lab/hpviz/")
    visitor = Visitor(chromium, server.url)
    for page in ("", "batch_size"):
        with visitor.page.expect_response(lambda told: told.url.startswith(f"{server.url}pulse/")) as answer:
            visitor.page.goto(f"{server.url}{page}?model=article-cnn")
        assert answer.value.status == 200
    visitor.context.close()
    server.end()


def test_what_draws_charts_is_fetched_ahead_and_once(visit, server):
    visitor, asked = visit(), []
    visitor.page.on("request", lambda request: asked.append(request.url))
    with visitor.page.expect_response(server.url) as answer:
        visitor.page.goto(server.url)
    names = re.findall(r"static/js/[\w.-]+", answer.value.headers["link"])
    expect(visitor.page.locator("svg.marks").first).to_be_visible(timeout=MINUTES)
    assert names
    assert [asked.count(f"{server.url}{name}") for name in names] == [1] * len(names)
    assert visitor.complaints == []


def test_a_page_is_drawn_once_for_every_turn_of_the_theme_however_often_it_has_turned(visit, server):
    page, asked = visit().page, []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(frame)))
    page.goto(f"{server.url}compare")
    expect(page.locator("html[data-drawn=light]")).to_be_attached()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    before = len(asked)
    for scheme in ("dark", "light") * 3:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f"html[data-drawn={scheme}]")).to_be_attached()
    assert len(asked) - before == 6
