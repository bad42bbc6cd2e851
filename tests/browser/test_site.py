"""A published site opened from its folder, with the network cut: it draws, tells, moves, plays, and can be read."""

from itertools import product

import pytest
from playwright.sync_api import expect

from hpviz.studies import STUDIES
from tests.browser.test_axe import FAINT_WORDS
from tests.made_up import until

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture
def open_site(chromium, published):
    """Open a page of the site; the page, and whatever went wrong or was asked for elsewhere."""
    contexts = []

    def come(name="learning-rate", dark=False, **options):
        scheme = "dark" if dark else "light"
        contexts.append(chromium.new_context(offline=True, color_scheme=scheme, viewport=WIDE, **options))
        page, wrong = contexts[-1].new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda told: wrong.append(told.text) if told.type in ("error", "warning") else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not is_of_site(asked.url) else None)
        page.route(lambda url: not is_of_site(url), lambda route: route.abort())
        page.goto((published / f"{name}.html").as_uri())
        is_drawn(page, dark)
        return page, wrong

    def is_of_site(url):
        return url.startswith((published.as_uri(), "data:"))

    yield come
    for context in contexts:
        context.close()


def is_drawn(page, dark=False):
    expect(page.locator(f"html[data-drawn={'dark' if dark else 'light'}]")).to_be_attached()
    expect(page.locator(".chart:not(:has(svg.marks))")).to_have_count(0)


def end_of_curves(page):
    """How far to the right the lines of the accuracy reach, in pixels."""
    lines = page.locator("#setting-1-test_accuracy .mark-line path")
    return max(box["x"] + box["width"] for box in (line.bounding_box() for line in lines.all()))


def test_every_page_draws_its_charts_and_complains_of_nothing(open_site):
    page, wrong = open_site("index")
    assert page.locator("#corners svg.marks").is_visible()
    for study in STUDIES.values():
        page.get_by_role("navigation").get_by_role("link", name=study.title, exact=True).click()
        is_drawn(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(study.title)
        assert page.locator("#setting-1-train_loss .mark-line path").count() >= len(study.quick_values)
    assert wrong == []


def test_the_pointer_reads_all_lines_at_its_epoch(open_site):
    page, wrong = open_site()
    plot = page.locator("#setting-1-test_accuracy svg.marks").bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    tip = page.locator("#vg-tooltip-element.visible")
    expect(tip).to_contain_text("epoch")
    expect(tip).to_contain_text("1e-4")
    expect(tip).to_contain_text("(3 seeds)")
    expect(tip).not_to_contain_text("undefined")
    assert wrong == []


def test_training_is_played_again_by_button_and_slider(open_site):
    page, wrong = open_site()
    whole = end_of_curves(page)
    slider, told = page.get_by_role("slider", name="Epoch"), page.locator(".replay output")
    expect(told).to_have_text("8 of 8")
    slider.focus()
    slider.press("Home")
    expect(told).to_have_text("1 of 8")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "epoch 2 of 8")
    until(lambda: end_of_curves(page) < whole - 50)
    page.get_by_role("button", name="Play training").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(told).to_have_text("8 of 8")
    expect(page.get_by_role("button", name="Play training")).to_be_visible()
    until(lambda: end_of_curves(page) > whole - 1)
    assert wrong == []


def test_a_picture_moves_under_its_slider(open_site):
    page, wrong = open_site()
    before = page.locator("#picture-1 svg.marks").inner_html()
    page.locator("#picture-1 input[type=range]").first.press("End")
    until(lambda: page.locator("#picture-1 svg.marks").inner_html() != before)
    assert wrong == []


def test_it_turns_dark_with_the_system_and_keeps_what_was_set(open_site):
    page, wrong = open_site()
    page.get_by_role("slider", name="Epoch").press("Home")
    rate = page.locator("#picture-1 input[type=range]").first
    rate.press("End")
    at = rate.input_value()
    page.emulate_media(color_scheme="dark")
    is_drawn(page, dark=True)
    expect(page.locator(".replay output")).to_have_text("1 of 8")
    expect(page.locator("#picture-1 input[type=range]").first).to_have_value(at)
    assert page.evaluate(FAINT_WORDS.replace("[data-testid=stApp]", "body")) == []
    assert wrong == []


def test_a_chart_is_no_wider_than_its_place_before_it_is_drawn_anew(open_site):
    page, wrong = open_site("index")
    page.evaluate("document.body.style.width = '390px'")  # the window stays, so nothing has Vega draw anew
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 390
    assert wrong == []


def test_a_link_to_a_claim_opens_it(open_site):
    page, wrong = open_site("index")
    link = page.locator("a[href^='learning-rate.html#claim-']").first
    aim = link.get_attribute("href").partition("#")[2]
    link.click()
    expect(page.locator(f"details[id='{aim}']")).to_have_attribute("open", "")
    assert wrong == []


@pytest.mark.parametrize("name", ["index", "learning-rate"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(open_site, name):
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    page, _ = open_site(name, bypass_csp=True)  # axe is no part of the site
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    for dark, viewport in product((False, True), (WIDE, NARROW)):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme="dark" if dark else "light")
        is_drawn(page, dark)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = axe_playwright.Axe().run(page).response["violations"]
        assert [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]] == []
        assert page.evaluate(FAINT_WORDS.replace("[data-testid=stApp]", "body")) == []
