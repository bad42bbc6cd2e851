"""The server under what people and other programs do to it: visits, signals, a taken port, a folder it cannot write."""

import shutil
import time
from contextlib import ExitStack

import pytest

from benchmarks.visitors import ROOT, Server

PAGES = ("learning_rate", "overview", "compare", "runs", "data")


def until(holds, seconds=60):
    """Wait until something holds; whether it did."""
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held


@pytest.fixture
def cache(drawn_scenes, tmp_path):
    return shutil.copytree(drawn_scenes, tmp_path / "cache" / "data").parent


@pytest.fixture
def serve():
    """Starts servers and ends them with the test."""
    servers = []

    def start(cache, *options, **others):
        servers.append(Server(cache, *options, **others))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def test_a_page_shows_nothing_that_it_was_not_asked_to_wherever_the_server_is_started(tmp_path, serve):
    # With magic, a bare expression is shown, and Python before 3.11.8 may die while Streamlit looks for one.
    beside = tmp_path / "project"
    shutil.copytree(ROOT / ".streamlit", beside / ".streamlit")
    (beside / "app.py").write_text('import streamlit as st\n"by magic"\nst.write("asked for")\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serve(tmp_path / "cache", folder=elsewhere, app=beside / "app.py").visit("learning_rate") as visitor:
        visitor.draw()
        assert visitor.texts == ["asked for"]


def test_visits_leave_no_open_files_behind(cache, serve):
    server = serve(cache)
    with ExitStack() as staying:
        for page in PAGES:
            staying.enter_context(server.visit(page)).draw()
        before = len(server.descriptors())
        for page in PAGES * 4:
            with server.visit(page) as visitor:
                visitor.draw()
        assert until(lambda: len(server.descriptors()) <= before), server.descriptors()
