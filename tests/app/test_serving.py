"""What a server does before anyone comes."""

import os
import subprocess
import sys

import pytest
from streamlit.web.server.app_discovery import discover_asgi_app

from benchmarks.visitors import Server
from hpviz.installation import APP
from tests.made_up import until

AHEAD = """
import asyncio, gc, sys, threading
from hpviz.ui.serving import serving

async def serve():
    async with serving(None):
        (thread,) = [each for each in threading.enumerate() if each.name == "hpviz-imports"]
        await asyncio.to_thread(thread.join)

asyncio.run(serve())
assert {"hpviz.ui.navigation", "pandas", "altair"} <= set(sys.modules)
assert "torch" not in sys.modules
assert gc.isenabled() and gc.get_freeze_count() > 10_000
"""


def test_a_server_imports_the_pages_without_a_visitor_and_never_looks_through_them_for_garbage():
    done = subprocess.run([sys.executable, "-c", AHEAD], cwd=APP.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_streamlit_finds_the_server_in_app_py_without_running_it():
    found = discover_asgi_app(APP)
    assert (found.is_asgi_app, found.import_string) == (True, "app:app")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no program is named to open a browser")
def test_a_server_that_has_a_screen_opens_a_browser_on_itself(tmp_path):
    opened, browser = tmp_path / "opened", tmp_path / "xdg-open"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n')
    browser.chmod(0o700)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    env = {**os.environ, "HPVIZ_CACHE": str(tmp_path / "cache"), "PATH": path}
    server = Server(tmp_path / "cache", "--server.headless=false", env=env)
    try:
        until(lambda: opened.exists() and opened.read_text().endswith("\n"))
    finally:
        assert server.end() == 0
    assert opened.read_text() == f"http://{server.address}\n"
