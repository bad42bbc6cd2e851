"""Every page can be read and reached: axe-core finds nothing, words in charts stand out, and the keyboard is seen."""

import re
import shutil
from collections import Counter
from itertools import pairwise, product

import pytest
from playwright.sync_api import expect

from hpviz.studies import LEARNING_RATE, STUDIES
from tests.browser.conftest import Server, Visitor

axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")

PAGES = ("overview", *(study.name.replace("-", "_") for study in STUDIES.values()), "grid", "compare", "runs", "data")
# So high that a page needs no scrolling: what is scrolled away is not looked at.
WIDE, NARROW = {"width": 1280, "height": 7_000}, {"width": 390, "height": 12_000}
LOOKS = tuple(product((WIDE, NARROW), (False, True)))
# The pages of studies are one page: one of them is looked at in all four looks, with all that unfolds on it.
BRIEFLY = {study.name.replace("-", "_") for study in STUDIES.values()} - {LEARNING_RATE.field}
# On a narrow screen Streamlit puts the sections of its navigation into lists in a way that HTML does not allow.
OF_NAVIGATION = ("list", "listitem")
IN_NAVIGATION = """node => node.closest("[data-testid='stSidebarNavItems']") !== null"""
# Streamlit gives the arrow of every list of choices, the cross of every list of several and the two signs beside every
# number the same names. The keyboard stops at the list and the number themselves, under their labels.
SAME_NAMES = {"Open", "Clear all", "Increment", "Decrement"}

FAINT_WORDS = """() => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = c => (c <= 10.31475 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const ground = channels(getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor);
    const share = node => node.closest("svg") === node ? 1 : getComputedStyle(node).opacity * share(node.parentElement);
    const faint = [];
    for (const text of document.querySelectorAll("svg.marks text")) {
        const style = getComputedStyle(text), [r, g, b, a = 1] = channels(style.fill);
        const part = a * style.fillOpacity * share(text);
        // The words of a confusion matrix stand on its cells.
        if (!text.textContent.trim() || !part || text.closest("[class*=confusion]")) continue;
        const seen = [r, g, b].map((c, place) => c * part + ground[place] * (1 - part));
        const [low, high] = [luminance(seen), luminance(ground)].sort((one, other) => one - other);
        const contrast = (high + 0.05) / (low + 0.05);
        if (contrast < 4.5) faint.push(`${text.textContent} at ${contrast.toFixed(2)}:1`);
    }
    return faint;
}"""

# A field in which one types shows its caret; a table draws the cell that has the keyboard.
IS_SEEN = """() => {
    const here = document.activeElement;
    if (here.matches("input[type=text], input[type=number], textarea, canvas")) return true;
    for (let node = here; node && node !== document.body; node = node.parentElement) {
        const style = getComputedStyle(node);
        if (style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2) return true;
    }
    return false;
}"""


@pytest.fixture(scope="module")
def visitor(chromium, drawn_scenes, tmp_path_factory):
    """Somebody on one server for all pages; the reference runs are there, so every page has its charts."""
    cache = tmp_path_factory.mktemp("axe") / "cache"
    shutil.copytree(drawn_scenes, cache / "data")
    server = Server(cache)
    someone = Visitor(chromium, f"{server.url}data")
    yield someone
    someone.context.close()
    server.end()


def opened(visitor, name):
    """The page of that name, in light and wide, once it has drawn everything."""
    page = visitor.page
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    page.goto(re.sub(r"(?<=\d/).*", "" if name == LEARNING_RATE.field else name, page.url))
    expect(page.locator("h1")).to_be_visible()
    page.add_style_tag(content="* { transition: none !important; }")  # a colour on its way to another is neither
    settle(page, dark=False)
    return page


def settle(page, dark):
    """Wait until nothing more comes: the server is done, for the theme that is on, and every chart is drawn."""
    expect(page.locator(f"html[data-drawn={'dark' if dark else 'light'}]")).to_be_attached()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)  # what moves changes its colours
    expect(page.locator("[data-testid=stVegaLiteChart]:not(:has(svg.marks, canvas.marks))")).to_have_count(0)


def switch(page, viewport, dark):
    """Another width and theme, under the page that is open; the charts' own colours come from the server."""
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme="dark" if dark else "light")
    settle(page, dark)


def problems(page):
    """What axe-core finds, from moderate to critical, but for what Streamlit's own navigation cannot help."""
    found = axe_playwright.Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        if rule["impact"] != "minor"
        for node in rule["nodes"]
        if rule["id"] not in OF_NAVIGATION or not page.locator(node["target"][0]).evaluate(IN_NAVIGATION)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page_in_light_and_dark_wide_and_narrow(visitor, name):
    page = opened(visitor, name)
    if name not in BRIEFLY:
        page.evaluate("document.querySelectorAll('details:not([open]) > summary').forEach(each => each.click())")
    for viewport, dark in LOOKS if name not in BRIEFLY else LOOKS[::3]:
        switch(page, viewport, dark)
        assert problems(page) == [], (viewport, dark)
        if name != "grid":  # the words of a heat map stand on its cells
            assert page.evaluate(FAINT_WORDS) == [], (viewport, dark)
    tree = page.locator("body").aria_snapshot()
    names = Counter(re.findall(r'- button "([^"]*)"', tree))
    assert {each for each, count in names.items() if count > 1} <= SAME_NAMES
    levels = [int(level) for level in re.findall(r'- heading "[^"]*" \[level=(\d)\]', tree)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_where_the_keyboard_is_is_always_seen(visitor):
    page = opened(visitor, LEARNING_RATE.field)
    for _ in range(45):
        page.keyboard.press("Tab")
        assert page.evaluate(IS_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 300)")


def test_the_slider_is_among_the_first_ten_stops_after_the_navigation(visitor):
    page = opened(visitor, LEARNING_RATE.field)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    slider = page.get_by_role("slider", name="Learning rate")
    stops = []
    while len(stops) < 10 and not slider.evaluate("node => node === document.activeElement"):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText"))
    assert slider.evaluate("node => node === document.activeElement"), stops


def test_what_held_and_what_did_not_is_on_the_first_screen(visitor):
    page = opened(visitor, "overview")
    page.set_viewport_size({"width": 1280, "height": 800})
    for title in ("Held", "Did not hold", "Within noise"):
        column = page.get_by_test_id("stVerticalBlock").filter(has=page.get_by_role("heading", name=f"{title}:")).last
        named = column.get_by_role("listitem")
        assert named.count() > 0
        for claim in named.all():
            box = claim.bounding_box()
            assert box["y"] + box["height"] <= 800
