"""A real server and a real Chromium for the journeys."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed")
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parent.parent.parent
# A shared machine can be slow; a journey says what happens, not how fast.
expect.set_options(timeout=180_000)

# Chromium must not look anything up: a journey that leaves this machine is an error.
FLAGS = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on the PATH")
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def cache(tmp_path, drawn_scenes) -> Path:
    shutil.copytree(drawn_scenes, tmp_path / "cache" / "data")
    return tmp_path / "cache"


def hpviz(arguments: list[str], **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hpviz", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


class Server:
    """`streamlit run app.py` on a free port, as people start it."""

    def __init__(self, cache: Path, below: str = "") -> None:
        """On that cache folder, its pages below the path `below`: lab/hpviz/."""
        self.cache, self._below = cache, below
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/{below}"
        self.start()

    def start(self) -> None:
        self._log = (self.cache.parent / "server.log").open("a")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                f"--server.port={self.port}",
                "--server.headless=true",
                f"--server.baseUrlPath={self._below}",
            ],
            cwd=ROOT,
            env={**os.environ, "HPVIZ_CACHE": str(self.cache)},
            stdout=self._log,
            stderr=self._log,
        )
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}_stcore/health", timeout=5):
                    return
            except OSError:
                try:
                    code = self.process.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    continue
                raise RuntimeError(f"the server ended with {code}: {self.log()}") from None
        raise RuntimeError(f"the server never answered: {self.log()}")

    def log(self) -> str:
        return (self.cache.parent / "server.log").read_text()

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        code = self.process.wait(timeout=60)
        self._log.close()
        return code


@pytest.fixture
def server(cache):
    running = Server(cache)
    yield running
    if running.process.poll() is None:
        running.end()


class Visitor:
    """A browser context on the app that notes every complaint and every request that leaves this machine."""

    def __init__(self, browser: Browser, url: str, **context) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 1200}, **context})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.left: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note_complaint)
        self.page.on("request", self._note_request)
        self.page.set_default_timeout(180_000)
        self.page.goto(url)

    def _note_complaint(self, told) -> None:
        # On the address of a page below the root, Streamlit looks for its server beside the page first.
        if told.type == "error" and "/_stcore/" not in told.location["url"]:
            self.complaints.append(f"{told.text} {told.location['url']}")

    def _note_request(self, request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            self.left.append(request.url)

    def choose_small_setting(self, epochs: int = 3) -> None:
        """The article's network on 60 scenes a class: an epoch takes about a second."""
        page = self.page
        expect(page.get_by_text("Nothing is training.").or_(page.get_by_test_id("stProgress"))).to_be_visible()
        page.get_by_text("Held fixed").click()
        self.choose("Model", "article-cnn", shown="Held fixed: article-cnn")
        self.fill("Training images a class", "60")
        held = page.get_by_text("Held fixed: ")  # what is found elsewhere may say so, too
        expect(held.filter(has_text="60 a class")).to_be_visible()
        self.fill("Epochs", str(epochs))
        expect(held.filter(has_text=f"{epochs} epochs")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stPopoverBody")).to_be_hidden()

    def choose(self, label: str, option: str, shown: str) -> None:
        """Pick from a list until the page shows it: the list closes by itself while the page around it still moves."""
        box = self.page.get_by_role("combobox", name=label)
        wanted = self.page.get_by_role("option", name=option).first
        for _ in range(10):
            box.fill("")
            box.fill(option)
            with suppress(PlaywrightTimeout):
                wanted.click(timeout=3_000)
                self.page.get_by_text(shown).wait_for(timeout=5_000)
                return
        raise AssertionError(f"{option} could not be chosen for {label}")

    def along(self, axis: str) -> None:
        """Draw the curves along another axis."""
        self.page.get_by_role("button", name="x: ").click()
        self.page.get_by_test_id("stPopoverBody").get_by_text(axis, exact=True).click()
        expect(self.page.get_by_role("button", name=f"x: {axis}")).to_be_visible()
        self.page.keyboard.press("Escape")

    def fill(self, label: str, text: str) -> None:
        box = self.page.get_by_role("spinbutton", name=label)
        box.fill(text)
        box.press("Enter")

    def press_on_slider(self, key: str, shown: str | None = None) -> None:
        """Move the slider by a key, until it shows where it stands."""
        slider = self.page.get_by_role("slider", name="Learning rate")
        slider.press(key)
        if shown is not None:
            expect(slider).to_have_attribute("aria-valuetext", shown)


@pytest.fixture
def visit(chromium, server):
    visitors = []

    def come(**context) -> Visitor:
        visitors.append(Visitor(chromium, server.url, **context))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()
