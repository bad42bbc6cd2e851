"""A real Chromium on a page: what someone sees, and when."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PATIENCE = 300_000  # ms
SIZE = {"width": 1280, "height": 800}
CURVES = '[data-testid=stVegaLiteChart]:has-text("Test accuracy") svg.marks'
# How long after a key or the pointer was pressed the page first showed what is waited for, in ms.
WATCH = """([text, selector]) => {
    const note = () => { if (window.pressed && !window.seen) window.seen = performance.now() - window.pressed }
    for (const kind of ["keydown", "pointerdown"])
        addEventListener(kind, event => { if (!window.pressed) window.pressed = performance.now() }, true)
    new MutationObserver(() => {
        if (text && document.body.innerText.includes(text)) note()
        if (selector && document.querySelector(selector)) note()
    }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true})
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium that is on the PATH. Raises SystemExit if there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("This needs a Chromium on the PATH.")
    flags = ["--disable-background-networking", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str, shows: str = CURVES) -> Iterator[Page]:
    """A page in a profile of its own, from when it shows curves, or what is named, until the block ends."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator(shows).first.wait_for(state="attached")
    yield page
    context.close()


def seconds_until(page: Page, press: Any, text: str | None = None, selector: str | None = None) -> float:
    """Seconds from when `press` reaches the page until it shows that text or that element."""
    page.evaluate(WATCH, [text, selector])
    press()
    page.wait_for_function("window.seen")
    return float(page.evaluate("window.seen")) / 1e3
