"""The verb that opens the app, in a checkout; tests/test_wheel.py has the installed one."""

import argparse
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil

from benchmarks.visitors import ROOT, Server
from hpviz.cli import app
from hpviz.terminal import JsonLines


def test_the_app_is_opened_on_the_cache_that_is_named_and_ends_in_order(tmp_path):
    cache = tmp_path / "cache"
    command = [sys.executable, "-m", "hpviz", "app", "--cache", str(cache)]
    server = Server(tmp_path / "other", folder=ROOT, command=command)
    try:
        served = psutil.Process(server.process.pid)
        assert served.cmdline()[-3:] == ["streamlit", "run", str(ROOT / "app.py")]
        assert served.environ()["HPVIZ_CACHE"] == str(cache)
    finally:
        assert server.end() == 0


def test_where_a_process_cannot_become_the_server_it_waits_for_it_and_leaves_ctrl_c_to_it(monkeypatch):
    """Windows, simulated: there exec gives the prompt back at once."""
    serving = "import os, sys; sys.exit(len(os.environ['HPVIZ_CACHE']))"
    monkeypatch.setattr(app, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(app, "command_of", lambda *_: [sys.executable, "-c", serving])
    before = signal.getsignal(signal.SIGINT)
    try:
        assert app.open_app(argparse.Namespace(cache=Path("/seven!"), ray=None), JsonLines()) == 7
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
