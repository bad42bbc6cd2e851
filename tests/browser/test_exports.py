"""The exported page in a browser without a network: it draws, answers to the pointer, and asks for nothing."""

import pytest
from playwright.sync_api import expect

from hpviz.analysis.comparison import compare_runs
from hpviz.charts.export import export
from tests.charts.test_card import HOSTILE, sweep


@pytest.fixture
def open_page(chromium, tmp_path):
    """Open an export of runs, offline; the page and whatever went wrong on it."""
    contexts = []

    def come(runs, width=1280, **options):
        file = tmp_path / "comparison.html"
        file.write_bytes(export(compare_runs(runs), "html", **options))
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, offline=True))
        page, wrong = contexts[-1].new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda told: wrong.append(told.text) if told.type in ("error", "warning") else None)
        page.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
        page.goto(file.as_uri())
        for name in ("test_accuracy", "train_loss", "test_loss"):
            expect(page.locator(f"#{name} svg.marks")).to_be_visible()
        return page, wrong

    yield come
    for context in contexts:
        context.close()


def dot(page):
    return page.locator("#test_accuracy .mark-symbol path").nth(2)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_draws_and_answers_without_a_network(open_page, width, dark):
    page, wrong = open_page(sweep([0.0, 0.01, 1.0], seeds=2), width, dark=dark)
    dot(page).hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    expect(tip).to_contain_text("Test accuracy")
    expect(tip).to_contain_text("λ")
    expect(tip).not_to_contain_text("undefined")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title() == "Weight decay: article-cnn on made up"
    assert wrong == []


def test_a_chart_is_no_wider_than_its_place_before_it_is_drawn_anew(open_page):
    page, _ = open_page(sweep([0.0, 0.01, 1.0], seeds=2), width=600)  # at 1280 it has three charts of 390 px in a row
    page.evaluate("document.body.style.width = '390px'")  # the window stays, so nothing has Vega draw anew
    assert page.evaluate("document.querySelector('main').scrollWidth") <= 390


def test_a_hostile_name_is_text_in_page_and_tooltip(open_page):
    runs = [document for place in "01" for document in sweep([0.0], dataset=HOSTILE, fingerprint=place * 64)]
    for place, document in enumerate(runs):
        document["spec"]["dataset"] = f"{HOSTILE}<img src=x onerror=alert(1)>{place}"
    page, wrong = open_page(runs)
    dot(page).hover(force=True)
    expect(page.locator("#vg-tooltip-element.visible")).to_contain_text(HOSTILE)
    expect(page.locator("h1 + p")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert wrong == []
