"""The script that follows the system's theme, by itself."""

import pytest

from hpviz.ui.theme import WATCH

BEGIN = """async (script) => {
    document.body.innerHTML = "<div data-testid='stApp' style='color-scheme: light'></div><div id='here'></div>";
    const switched = window.switched = [];
    const { default: call } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    window.call = (drawn, since) => call({
        data: { drawn, since },
        parentElement: document.getElementById("here"),
        setTriggerValue: (_, shown) => switched.push(`${drawn} to ${shown}`),
    });
    window.turn = (scheme) => { document.querySelector("[data-testid=stApp]").style.colorScheme = scheme };
}"""


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.evaluate(BEGIN, WATCH)
    yield page
    page.close()


def test_a_call_that_comes_late_and_is_ended_at_once_changes_nothing(page):
    page.evaluate("() => { turn('dark'); call('dark', 2); call('light', 1)?.() }")
    assert page.evaluate("document.documentElement.dataset.drawn") == "dark"
    page.evaluate("turn('light')")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("switched.length")
    assert page.evaluate("switched") == ["dark to light"]


def test_it_ends_with_its_element(page):
    page.clock.install()
    page.evaluate("call('light', 1)")
    page.evaluate("document.getElementById('here').remove()")
    page.emulate_media(color_scheme="dark")
    page.evaluate("turn('dark')")
    page.emulate_media(color_scheme="light")
    page.clock.run_for(30_000)
    assert page.evaluate("switched") == []
