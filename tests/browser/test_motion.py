"""What moves while a run trains, before there is anything to measure."""

import re

from playwright.sync_api import expect

from hpviz.runs.store import RunStore
from tests.browser.test_journeys import MINUTES, drawing

LIVE = ".live_marks path"


def epochs(cache):
    store = RunStore(cache)
    (run,) = store.runs()
    store.close()
    return len(run["epochs"])


def test_the_curve_moves_inside_the_first_epoch_and_no_drawing_is_made_anew(visit, server, cache):
    visitor = visit()
    page = visitor.page
    # ResNet18, whose first epoch takes seconds on any machine, on numbers of images that no reference run has.
    page.goto(f"{server.url}?per_class=290&epochs=2")
    page.get_by_role("button", name="Train lr 1e-4").click()
    chart = drawing(page, "Train loss (nats)")
    expect(chart.locator(LIVE)).to_have_attribute("d", re.compile("L"), timeout=MINUTES)
    chart.evaluate("node => { node.dataset.mark = 'first' }")
    path = chart.locator(LIVE).get_attribute("d")
    expect(chart.locator(LIVE)).not_to_have_attribute("d", path, timeout=MINUTES)
    assert epochs(cache) == 0
    expect(page.get_by_text(re.compile(r"lr 1e-4 · epoch 1/2 · \d+%"))).to_be_visible()
    # The first epoch is measured: the same node, and its line goes on from there.
    expect(page.get_by_text(re.compile(r"lr 1e-4 · epoch 2/2 · \d+%"))).to_be_visible(timeout=MINUTES)
    expect(drawing(page, "Test accuracy")).to_be_visible()
    assert chart.evaluate("node => node.dataset.mark") == "first"
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("lr 1e-4 · stopped after epoch 1/2"))).to_be_visible(timeout=MINUTES)
    assert visitor.complaints == []
