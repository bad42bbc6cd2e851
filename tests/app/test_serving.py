"""What a server imports before anyone comes."""

import subprocess
import sys

from streamlit.web.server.app_discovery import discover_asgi_app

from hpviz.installation import APP

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
