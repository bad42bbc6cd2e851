"""Journeys of a person through the running app."""

import json
import re
import signal

from playwright.sync_api import expect

from hpviz.runs.store import RunStore
from tests.browser.conftest import hpviz

# A shared machine can train ten times slower than it should.
MINUTES = 240_000


def runs(cache):
    lines = hpviz(["runs", "--json", "--cache", str(cache)], check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def drawing(page, title):
    """The drawn node of the chart with that title."""
    chart = page.get_by_test_id("stVegaLiteChart").filter(has=page.get_by_text(title, exact=True))
    return chart.locator("svg.marks").first


def test_a_moved_slider_becomes_a_live_curve_and_a_second_visit_recalls_it(visit, cache):
    visitor = visit()
    page = visitor.page
    visitor.choose_small_setting(epochs=3)
    visitor.press_on_slider("ArrowRight")
    expect(page.get_by_text(re.compile(r"lr 3e-4 · epoch \d/3"))).to_be_visible(timeout=MINUTES)
    chart = drawing(page, "Test accuracy")
    chart.evaluate("node => { node.dataset.mark = 'first' }")
    expect(page.get_by_role("button", name="3e-4", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing is training.")).to_be_visible(timeout=MINUTES)
    # The same node survived the epochs: nothing flickered.
    assert chart.evaluate("node => node.dataset.mark") == "first"
    (run,) = runs(cache)
    assert (run["status"], run["epochs"], run["spec"]["learning_rate"]) == ("finished", 3, 3e-4)

    again = visit()
    again.choose_small_setting(epochs=3)
    expect(again.page.get_by_role("button", name="3e-4", exact=True)).to_be_visible()
    again.press_on_slider("ArrowRight")
    expect(again.page.get_by_text("lr 3e-4 = 3·10⁻⁴ = 0.0003")).to_be_visible()
    assert len(runs(cache)) == 1
    for one in (visitor, again):
        assert one.complaints == []
        assert one.left == []


def test_a_slider_that_is_moved_on_and_on_launches_the_value_where_it_ends(visit, cache):
    visitor = visit()
    page = visitor.page
    visitor.choose_small_setting(epochs=30)
    page.get_by_role("button", name="Train lr 1e-4").click()
    page.get_by_role("button", name="Pause all").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=MINUTES)
    # While nothing begins, it is the same how long a move takes here.
    for value in ("3e-4", "1e-3", "3e-3", "1e-2"):
        visitor.press_on_slider("ArrowRight", shown=value)
    expect(page.get_by_role("button", name="◌ 1e-2")).to_be_visible(timeout=MINUTES)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"lr 1e-2 · epoch \d+/30"))).to_be_visible(timeout=MINUTES)
    statuses = {run["spec"]["learning_rate"]: run["status"] for run in runs(cache)}
    assert statuses.pop(1e-4, "stopped") == "stopped"  # without a trace if it had not begun
    assert statuses == {1e-2: "running"}


def test_two_tabs_see_the_same_run_and_the_page_answers_while_it_trains(visit, cache):
    first, second = visit(), visit()
    for visitor in (first, second):
        visitor.choose_small_setting(epochs=30)
    first.page.get_by_role("button", name="Train lr 1e-4").click()
    for visitor in (first, second):
        expect(visitor.page.get_by_text(re.compile(r"lr 1e-4 · epoch ([2-9]|\d\d)/30"))).to_be_visible(timeout=MINUTES)
        visitor.along("updates")
    second.page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    for visitor in (first, second):
        expect(visitor.page.get_by_text(re.compile("lr 1e-4 · stopped after epoch"))).to_be_visible(timeout=MINUTES)
    assert [run["status"] for run in runs(cache)] == ["stopped"]


def test_two_tabs_that_ask_for_the_same_run_at_once_train_it_once(visit, server, cache):
    tabs = [visit(), visit()]
    for tab in tabs:
        tab.page.goto(f"{server.url}?model=article-cnn&per_class=60&epochs=3")
    buttons = [tab.page.get_by_role("button", name="Train lr 1e-4") for tab in tabs]
    for button in buttons:
        expect(button).to_be_visible()
    for button in buttons * 2:
        button.click(no_wait_after=True)
    for tab in tabs:
        expect(tab.page.get_by_role("button", name="1e-4", exact=True)).to_be_visible(timeout=MINUTES)
        expect(tab.page.get_by_text("Nothing is training.")).to_be_visible(timeout=MINUTES)
    store = RunStore(cache)
    (run,) = store.runs()
    store.close()
    assert [moment["status"] for moment in run["history"]] == ["queued", "running", "finished"]
    assert len(run["epochs"]) == 3


def test_a_killed_server_loses_nothing_and_one_click_resumes(visit, server, cache):
    visitor = visit()
    visitor.choose_small_setting(epochs=6)
    visitor.page.get_by_role("button", name="Train lr 1e-4").click()
    expect(visitor.page.get_by_text(re.compile(r"lr 1e-4 · epoch [2-5]/6"))).to_be_visible(timeout=MINUTES)
    server.end(signal.SIGKILL)
    before = runs(cache)[0]
    assert before["status"] == "interrupted"
    assert before["epochs"] >= 1
    server.start()
    back = visit()
    back.choose_small_setting(epochs=6)
    expect(back.page.get_by_text(f"lr 1e-4 · interrupted after epoch {before['epochs']}/6")).to_be_visible()
    for title in ("Test accuracy", "Train loss (nats)", "Test loss (nats)"):
        expect(drawing(back.page, title)).to_be_visible()
    back.page.get_by_role("button", name="Resume").click()
    expect(back.page.get_by_text(re.compile(r"lr 1e-4 · epoch \d+/6"))).to_be_visible(timeout=MINUTES)
    expect(back.page.get_by_text("Nothing is training.")).to_be_visible(timeout=MINUTES)
    (after,) = runs(cache)
    assert (after["status"], after["epochs"]) == ("finished", 6)


def test_another_process_stops_a_run_of_the_server(visit, cache):
    visitor = visit()
    visitor.choose_small_setting(epochs=30)
    visitor.page.get_by_role("button", name="Train lr 1e-4").click()
    expect(visitor.page.get_by_text(re.compile(r"lr 1e-4 · epoch ([2-9]|\d\d)/30"))).to_be_visible(timeout=MINUTES)
    (run,) = runs(cache)
    assert hpviz(["stop", run["id"], "--cache", str(cache)]).returncode == 0
    expect(visitor.page.get_by_text(re.compile("lr 1e-4 · stopped after epoch"))).to_be_visible(timeout=MINUTES)


def test_a_server_that_is_asked_to_end_leaves_a_clean_state(visit, server, cache):
    visitor = visit()
    visitor.choose_small_setting(epochs=30)
    visitor.page.get_by_role("button", name="Train lr 1e-4").click()
    expect(visitor.page.get_by_text(re.compile(r"lr 1e-4 · epoch [2-9]/30"))).to_be_visible(timeout=MINUTES)
    server.end(signal.SIGTERM)
    assert "terminate called" not in server.log()
    assert "Traceback" not in server.log()
    (run,) = runs(cache)
    assert run["status"] == "interrupted"
    assert "hpviz was closed" in run["reason"]


def test_what_is_typed_with_the_articles_slip_is_asked_about(visit, cache):
    visitor = visit()
    visitor.choose_small_setting(epochs=1)
    box = visitor.page.get_by_role("textbox", name="Exact value")
    box.fill("10e-5")
    box.press("Enter")
    expect(visitor.page.get_by_text("What was typed is 1e-4 = 10⁻⁴ = 0.0001")).to_be_visible()
    assert runs(cache) == []
    visitor.page.get_by_role("button", name="Train lr 1e-5").click()
    expect(visitor.page.get_by_role("button", name="1e-5", exact=True)).to_be_visible(timeout=MINUTES)
    assert [run["spec"]["learning_rate"] for run in runs(cache)] == [1e-5]


def test_runs_and_data_pages_show_what_there_is(visit, cache):
    visitor = visit()
    visitor.choose_small_setting(epochs=1)
    visitor.page.get_by_role("button", name="Train lr 1e-4").click()
    expect(visitor.page.get_by_role("button", name="1e-4", exact=True)).to_be_visible(timeout=MINUTES)
    visitor.page.get_by_role("link", name="Runs").click()
    expect(visitor.page.get_by_role("button", name="Free checkpoints")).to_be_visible()
    expect(visitor.page.get_by_test_id("stDataFrame")).to_have_count(1)
    visitor.page.get_by_role("link", name="Data").click()
    expect(visitor.page.get_by_role("heading", name="Samples")).to_be_visible()
    # A picture that a page no longer shows is gone from the server, and a browser that still asks for it complains.
    expect(visitor.page.get_by_test_id("stImage").first).to_be_visible()
    expect(visitor.page.locator("[data-test-script-state=notRunning]")).to_be_attached()
    visitor.page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth)")
    visitor.choose("Data set", "intel", shown="Intel Image Classification")
    expect(visitor.page.get_by_role("button", name="Fetch intel")).to_be_visible()
    assert visitor.complaints == []
    assert visitor.left == []
