"""Hand, eye and answer on one screen: where the parts of the bench lie, at rest and while something trains."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs import bundle
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.store import RunStore
from hpviz.spec import build_spec
from hpviz.studies import LEARNING_RATE, PRESETS
from tests.browser.test_journeys import MINUTES
from tests.made_up import row

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PARTS = ("launch", "progress", "legend", "curves", "answer")
CHARTS = "[data-testid=stVegaLiteChart]"
DIAGNOSED = re.compile(r"lr \S+ · (dead|good|still improving|under-fit|over-fit|unstable)")
HEIGHT = "document.querySelector('[data-testid=stMain]').scrollHeight"
BOX = "node => { const box = node.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom] }"


def remember(cache, rates):
    """Runs of these rates, as if they had been trained elsewhere in whatever precision that machine computes."""
    preset, runs = PRESETS["quick"], []
    for place, rate in enumerate(rates):
        settings = {**LEARNING_RATE.settings("quick"), "learning_rate": rate}
        sizes = {"image_size": preset.image_size, "per_class": preset.per_class}
        spec = build_spec(dataset="scenes", fingerprint=SCENES_FINGERPRINT, **sizes, **settings)
        inputs = {"data": "scenes", "weights": None, "classes": list(SCENES_CLASSES), "test_images": 600}
        runs.append(new_run(spec, inputs, preset.epochs))
        for epoch in range(1, preset.epochs + 1):
            put_epoch(runs[-1], row(epoch, accuracy=(0.2 + 0.05 * place) * epoch / preset.epochs))
        move(runs[-1], "finished")
    store = RunStore(cache)
    store.take_in(bundle.read(bundle.write(runs)))
    store.close()


def box(page, selector):
    """Left, top, right and bottom of what is drawn there, in pixels of the window as it opens."""
    found = page.locator(selector).first
    expect(found).to_be_visible()
    return found.evaluate(BOX)


def boxes(page):
    return {part: box(page, f".st-key-bench-{part}") for part in PARTS}


def come_to_rest(page):
    """Wait until the curves and the isolation plot are drawn, and nothing is any more."""
    expect(page.locator(f"{CHARTS} svg.marks").nth(3)).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def chips(page):
    return page.locator(".st-key-bench-legend").get_by_role("button", name=re.compile(r"^\W*\d+e-\d+$"))


def assert_on_one_screen(page):
    """Everything of the bench lies in the window as it opens, each part below the one before it."""
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    found = boxes(page)
    for above, below in itertools.pairwise(found.values()):
        assert above[3] <= below[1] + 1, found
    for left, top, right, bottom in found.values():
        assert (left, top) >= (0, 0), found
        assert right <= DESK["width"], found
        assert bottom <= DESK["height"], found
    for part, role in (("launch", "slider"), ("answer", "paragraph")):
        inside = page.locator(f".st-key-bench-{part}").get_by_role(role).first.evaluate(BOX)
        assert found[part][1] <= inside[1] <= inside[3] <= found[part][3] + 1, (part, found, inside)
    curves = [chart.evaluate(BOX) for chart in page.locator(f".st-key-bench-curves {CHARTS}").all()]
    assert [[round(right - left, -1), round(bottom - top, -1)] for left, top, right, bottom in curves] == [
        [370, 290]
    ] * 3
    # The plot of accuracy against the value and the diagnosis begin in the window, the plot with its first gridlines.
    assert page.locator(CHARTS).nth(3).evaluate(BOX)[1] <= DESK["height"] - 90, found
    assert page.get_by_text(DIAGNOSED).first.evaluate(BOX)[1] <= DESK["height"] - 40, found


def test_five_values_are_on_one_screen_and_on_a_phone_the_slider_and_a_chart(visit):
    visitor = visit(viewport=DESK)
    page = visitor.page
    come_to_rest(page)
    assert chips(page).count() == 5
    assert_on_one_screen(page)
    assert page.evaluate(HEIGHT) < 2_500
    phone = visit(viewport=PHONE).page
    come_to_rest(phone)
    slider = phone.get_by_role("slider", name="Learning rate").evaluate(BOX)
    chart = phone.locator(f".st-key-bench-curves {CHARTS}").first.evaluate(BOX)
    for left, top, right, bottom in (slider, box(phone, "[data-testid=stSliderThumbValue]"), chart):
        assert (left, top) >= (0, 0)
        assert right <= PHONE["width"]
        assert bottom <= PHONE["height"]
    assert phone.evaluate(HEIGHT) < 4_500
    assert visitor.complaints == []


def test_twelve_values_are_on_one_screen(cache, visit):
    remember(cache, LEARNING_RATE.slider_values[:12])
    page = visit(viewport=DESK).page
    come_to_rest(page)
    assert chips(page).count() == 12
    assert_on_one_screen(page)


def test_a_moved_slider_has_its_chip_at_once_and_nothing_jumps_while_it_trains(visit):
    visitor = visit(viewport=DESK)
    page = visitor.page
    come_to_rest(page)
    before = boxes(page)
    visitor.press_on_slider("ArrowRight")
    expect(chips(page).filter(has_text="◌")).to_have_text(re.compile("3e-4"))
    expect(page.get_by_text(re.compile(r"lr 3e-4 · epoch 1/8"))).to_be_visible(timeout=MINUTES)
    come_to_rest(page)
    assert_on_one_screen(page)
    for part in PARTS:
        assert boxes(page)[part][1] == pytest.approx(before[part][1], abs=1), part
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile("lr 3e-4 · stopped"))).to_be_visible(timeout=MINUTES)
    assert {part: box[1] for part, box in boxes(page).items()} == pytest.approx(
        {part: box[1] for part, box in before.items()}, abs=1
    )
    assert visitor.complaints == []
