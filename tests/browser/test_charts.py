"""The charts under the pointer, and when the lights go out."""

import re
from contextlib import suppress

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from hpviz.charts.palette import spread
from tests.browser.test_journeys import drawing


def strokes(chart):
    """The colours of the lines in a chart."""
    return set(chart.locator(".mark-line path").evaluate_all("all => all.map(each => each.getAttribute('stroke'))"))


def test_the_pointer_reads_every_line_of_all_three_charts_at_its_epoch(visit):
    page = visit().page
    chart = drawing(page, "Test accuracy")
    expect(chart).to_be_visible()
    told = page.locator("#vg-tooltip-element.visible")
    for place in range(20):  # what still moves under the pointer takes its tooltip away
        chart.hover(position={"x": 150 + place, "y": 150})
        with suppress(PlaywrightTimeout):
            told.wait_for(timeout=2_000)
            break
    expect(told).to_contain_text(re.compile(r"epoch\s*\d"))
    for label in ("1e-7", "1e-5", "1e-4", "1e-3", "1e-2"):
        expect(told).to_contain_text(re.compile(rf"{label}\s*\d\d\.\d% · train \d\.\d+ · test \d\.\d+ \(\d seeds\)"))


def test_the_charts_follow_when_the_system_turns_dark_while_the_page_is_open(visit):
    page = visit(color_scheme="light").page
    chart = drawing(page, "Test accuracy")
    expect(chart).to_be_visible()
    assert strokes(chart) >= {spread(5, dark=False)[0]}
    page.emulate_media(color_scheme="dark")
    expect(chart.locator(f".mark-line path[stroke='{spread(5, dark=True)[0]}']").first).to_be_attached()
    assert not strokes(chart) & {*spread(5, dark=False)}
