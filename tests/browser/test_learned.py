"""What the net learned: from a photo that changed to what two nets make of it; every tab can be read."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import hpviz
from tests.browser.test_axe import FAINT_WORDS, NARROW, WIDE, problems, settle, switch

SMALL = "per_class=60&epochs=1&learning_rate=1e-3&batch_size=16"


@pytest.fixture
def trained(cache):
    """Two values that answer otherwise: one that learns, one that its weight decay lets learn nothing."""
    small = ["--per-class", "60", "--epochs", "1", "--lr", "1e-3", "--batch-size", "16"]
    hpviz(["sweep", "weight-decay", "--values", "0", "1.0", *small, "--cache", str(cache)], check=True)
    return cache


def chosen(page, tab):
    """The section at one of its tabs."""
    page.get_by_role("radio", name=tab).click()
    settle(page, dark=False)


def test_a_photo_that_changed_is_looked_at_through_both_nets_and_every_tab_can_be_read(trained, visit, server):
    visitor = visit()
    page = visitor.page
    page.goto(f"{server.url}weight_decay?{SMALL}")
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    settle(page, dark=False)
    page.get_by_role("tab", name="What the net learned").click()
    expect(page.get_by_text("one value gets them right with every seed")).to_be_visible()
    settle(page, dark=False)
    opened = page.get_by_role("button", name=re.compile("^Look at")).first
    name = opened.inner_text().split("Look at ")[1]
    expect(page.get_by_role("img", name=f"Test photo {name}", exact=True)).to_be_visible()
    assert_readable(page)

    opened.click()
    expect(page.get_by_role("radio", name="On one photo")).to_be_checked()
    expect(page.get_by_role("img", name=f"Test photo {name}, as the net sees it: 64 px")).to_be_visible()
    expect(page.get_by_text(re.compile("^It answers"))).to_have_count(2)
    settle(page, dark=False)
    told = page.get_by_text(re.compile("^It answers")).all_inner_texts()
    assert sorted("which is its label" in each for each in told) == [False, True]
    assert page.get_by_text(re.compile("block 3: 10 maps of 4×4")).count() == 2
    assert_readable(page)
    chosen(page, "Kernels and weights")
    assert_readable(page)
    assert visitor.complaints == []
    assert visitor.left == []


def assert_readable(page):
    """In light and wide, and in dark and narrow: axe-core finds nothing, and words in charts stand out."""
    for viewport, dark in ((NARROW, True), (WIDE, False)):
        switch(page, viewport, dark)
        assert problems(page) == [], (viewport, dark)
        assert page.evaluate(FAINT_WORDS) == [], (viewport, dark)
