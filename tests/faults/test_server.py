"""The server under what people and other programs do to it: visits, signals, a taken port, a folder it cannot write."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus

from benchmarks.visitors import ROOT, Server
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.store import RunStore
from hpviz.ui.bench.bench import IDLE_SECONDS
from hpviz.ui.bench.motion import LIVE_SECONDS
from hpviz.ui.preload import needed
from tests.made_up import row, spec

PAGES = ("learning_rate", "overview", "compare", "runs", "data")


SMALL = "model=article-cnn&per_class=60&epochs=8"  # an epoch takes a second or less


def until(holds, seconds=240):
    """Wait until something holds, which it does on any machine that is not stuck; whether it did."""
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held


def status(address):
    """What a server answers there."""
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def cache(drawn_scenes, tmp_path):
    return shutil.copytree(drawn_scenes, tmp_path / "cache" / "data").parent


@pytest.fixture(scope="module")
def shared(drawn_scenes, tmp_path_factory):
    """One server for the tests that leave it as it was, and its cache folder."""
    cache = shutil.copytree(drawn_scenes, tmp_path_factory.mktemp("shared") / "cache" / "data").parent
    server = Server(cache)
    yield server, cache
    server.end()


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
    # What the server opens once for itself, as the thread of its queue does seconds after the start, is not a visit's.
    rounds = 6
    server = serve(cache)
    with ExitStack() as staying:
        for page in PAGES:
            staying.enter_context(server.visit(page)).draw()
        before = len(server.descriptors())
        for page in PAGES * rounds:
            with server.visit(page) as visitor:
                visitor.draw()
        assert until(lambda: len(server.descriptors()) < before + rounds), server.descriptors()


def runs(cache):
    """What the store holds, asked as another process would."""
    store = RunStore(cache)
    found = store.runs()
    store.close()
    return found


def says(visitor, words):
    """Whether the page, drawn now, says that."""
    visitor.draw()
    return any(words in text.replace("\\", "") for text in visitor.texts)


def test_of_two_servers_one_trains_and_the_other_follows_and_goes_on_when_the_first_is_killed(cache, serve):
    first, second = serve(cache), serve(cache)
    with first.visit("learning_rate", SMALL) as here, second.visit("learning_rate", SMALL) as there:
        for visitor in (here, there):
            visitor.draw()
        here.press("Train lr 1e-4")
        there.press("Train lr 1e-4")  # the same run is not trained twice
        assert until(lambda: says(there, "lr 1e-4 · epoch 2/8") or says(there, "lr 1e-4 · epoch 3/8"))
        first.process.kill()
        first.process.wait()
        assert until(lambda: says(there, "lr 1e-4 · interrupted after epoch"))
        (left,) = runs(cache)
        assert 1 <= len(left["epochs"]) < 8
        there.press("Resume lr 1e-4")
        assert until(lambda: runs(cache)[0]["status"] == "finished")
    (run,) = runs(cache)
    assert [row["epoch"] for row in run["epochs"]] == list(range(1, 9))
    assert run["epochs"][: len(left["epochs"])] == left["epochs"]
    assert [moment["status"] for moment in run["history"]] == [
        *("queued", "running", "interrupted"),
        *("queued", "running", "finished"),
    ]


def test_a_page_names_what_draws_its_charts_and_nothing_else_does(shared):
    root = f"http://{shared[0].address}/"
    for page in ("", "compare", "compare?x=updates"):
        with urllib.request.urlopen(f"{root}{page}") as answer:
            told = answer.headers["Link"]
        names = re.findall(r"<\./(static/js/[\w.-]+)>; rel=modulepreload; crossorigin; fetchpriority=low", told)
        assert len(names) == told.count("<") == len(set(names)) > 1
        assert any(name.startswith("static/js/ArrowVegaLiteChart.") for name in names)
    for place in (*names, "_stcore/health"):
        with urllib.request.urlopen(f"{root}{place}") as answer:
            assert answer.headers["Link"] is None


def test_a_streamlit_whose_files_are_called_otherwise_is_left_to_itself(tmp_path):
    for name, content in (
        ("ArrowVegaLiteChart.a.js", 'import{a}from"./one.b.js";import"./boot.c.js"'),
        ("one.b.js", 'export*from"./two.d.js"'),
        ("two.d.js", 'import"./one.b.js"'),
        ("boot.c.js", ""),
        ("other.e.js", ""),
    ):
        (tmp_path / name).write_text(content)
    assert set(needed(tmp_path, "./static/js/boot.c.js")) == {"ArrowVegaLiteChart.a.js", "one.b.js", "two.d.js"}
    (tmp_path / "ArrowVegaLiteChart.a.js").rename(tmp_path / "Chart.a.js")
    assert needed(tmp_path, "") == []


HOSTILE = (
    "epochs=" + "x" * 1_000_000,
    "&".join(f"key{number}={number}" for number in range(10_000)),
    "&".join(f"epochs={number}" for number in range(10_000)),
    "epochs=NaN&seed=-Infinity&per_class=1e999&learning_rate=%00%ff%F0%9F%98%80&values=NaN:0-999999999&x=x&log=2",
    "runs=" + ",".join("0123456789ab" for _ in range(10_000)) + "&specs=" + "[" * 100_000 + "&baseline=a&baseline=b",
    "runs=ffffffffffff&specs={%22epochs%22:1e999,%22same%22:{},%22runs%22:{%22a%22:[]}}&data[]=1&data=/etc/passwd",
    "judged=../../etc&missing=%3Cscript%3E&data=scenes:0123456789ab&runs-search=" + "%F0%9F%98%80" * 5_000,
    "&=&==&&%&%%%=%zz&\ud7ff=1&=x",
)


@pytest.mark.parametrize("page", PAGES)
def test_whatever_an_address_says_the_page_is_drawn_and_nothing_is_trained(page, shared):
    server, cache = shared
    for query in HOSTILE:
        with server.visit(page, query) as visitor:
            visitor.draw()
            assert visitor.texts, query[:80]
    assert runs(cache) == []


@pytest.mark.parametrize(
    ("label", "state", "told"),
    [
        ("Epochs", {"double_value": 1e9}, ""),  # what a number box cannot hold, Streamlit puts back within its bounds
        ("Epochs", {"int_value": -3}, ""),
        ("Batch size", {"int_value": 2**62}, ""),
        ("Image size (px)", {"int_value": 10**6}, "receives only 2×2 px from a 16 px image"),
        ("Training images a class", {"int_value": -1}, ""),
        ("Seed", {"int_value": -1}, ""),
        ("Weight decay λ", {"string_value": "9" * 400}, ""),
        ("Exact value", {"string_value": "1e999"}, "not a finite number"),
        ("Exact value", {"string_value": "-1"}, ""),
        ("Data", {"string_value": "/etc"}, ""),
        ("Optimiser", {"string_value": "evil"}, ""),
    ],
)
def test_what_a_widget_would_not_send_trains_nothing_and_is_in_nobodys_way(shared, label, state, told):
    server, cache = shared
    with server.visit("learning_rate", SMALL) as visitor:
        visitor.draw()
        visitor.draw(**{label: state})
        assert told in " ".join([*visitor.texts, *visitor.widgets]).replace("\\", ""), visitor.texts
    assert runs(cache) == []
    with server.visit("learning_rate", SMALL) as visitor:
        visitor.draw()
        assert "Train lr 1e-4" in visitor.widgets


def test_what_moves_is_told_and_what_an_epoch_changes_is_drawn(serve, cache):
    with serve(cache).visit("learning_rate", "model=article-cnn&per_class=60&epochs=400") as visitor:
        visitor.draw()
        assert not visitor.fragments  # nothing draws itself
        assert visitor.pulse.every == IDLE_SECONDS
        assert visitor.beat() == {"bars": {}, "rows": {}, "draw": False, "again": IDLE_SECONDS}
        visitor.press("Train lr 1e-4")
        visitor.draw()
        assert visitor.pulse.every == LIVE_SECONDS
        (run,) = runs(cache)
        moved, drawn = set(), set()

        def beat():
            told = visitor.beat()
            moved.update(words for name, (words, _) in told["bars"].items() if name == run["id"])
            moved.update(point["epoch"] for point in told["rows"]["live"])
            if told["draw"]:
                drawn.update(text for text in visitor.texts if "/400" in text)
            return drawn and len({each for each in moved if isinstance(each, float) and each % 1}) > 3

        assert until(beat)
        assert any("lr 1e-4 · epoch " in str(each) for each in moved)
        visitor.press("Stop")
        assert until(lambda: visitor.beat()["again"] == IDLE_SECONDS)
        assert visitor.beat()["bars"] == {}
        assert any(text.startswith("lr 1e-4 · stopped ") for text in visitor.texts), visitor.texts


def test_pages_are_told_to_ask_less_often_the_more_of_them_are_open(shared):
    server, _ = shared
    with ExitStack() as crowd:
        visitors = []
        for number in range(17):
            visitors.append(crowd.enter_context(server.visit("learning_rate" if number in (0, 16) else "compare")))
            visitors[-1].draw()
        assert visitors[-1].pulse.every > 2 * visitors[0].pulse.every
        assert visitors[0].beat()["again"] == visitors[-1].pulse.every  # one that was there before the crowd


def test_what_moves_on_a_page_is_told_to_that_page_only(shared):
    server, _ = shared
    with server.visit("learning_rate", SMALL) as one, server.visit("learning_rate", SMALL) as other:
        one.draw()
        other.draw()
        assert one.pulse.path != other.pulse.path
        for path in ("pulse/learning_rate", f"{one.pulse.path}x", f"lab/{one.pulse.path[:-1]}"):
            assert status(f"http://{server.address}/{path}") == 404
        assert status(f"http://{server.address}/below/a/path/{one.pulse.path}") == 200  # as a proxy may leave it
        path = one.pulse.path
    assert until(lambda: status(f"http://{server.address}/{path}") == 404)


@pytest.mark.parametrize("name", ["lab.example.org", "127.0.0.2", "localhost.example.org"])
def test_a_page_that_is_opened_by_another_name_says_what_to_set_and_nothing_more(shared, name):
    server, cache = shared
    for page in PAGES:
        with server.visit(page, SMALL, name) as visitor:
            visitor.draw()
            told = " ".join(visitor.texts).replace("\\", "")
            assert f"This page was opened as **{name}**" in told
            assert f"--server.allowedHosts={name} --server.allowedHosts=localhost" in told
            assert (visitor.widgets, visitor.fragments) == ({}, {})
    for own in ("localhost", "127.0.0.1"):
        with server.visit("learning_rate", SMALL, own) as visitor:
            visitor.draw()
            assert "Train lr 1e-4" in visitor.widgets
    assert runs(cache) == []


def test_the_name_that_a_server_was_started_for_opens_its_pages(cache, serve):
    server = serve(cache, "--server.allowedHosts=lab.example.org", "--server.allowedHosts=localhost")
    with server.visit("data", name="lab.example.org") as visitor:
        visitor.draw()
        assert "Data set" in visitor.widgets
    with pytest.raises(InvalidStatus), server.visit("data", name="other.example.org"):
        pass


def test_a_port_that_is_taken_is_told_in_a_sentence(shared, tmp_path):
    taken = shared[0].address.rpartition(":")[2]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={taken}", "--server.headless=true"]
    env = {**os.environ, "HPVIZ_CACHE": str(tmp_path / "cache")}
    second = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert second.returncode != 0
    assert f"Port {taken} is not available" in second.stdout + second.stderr
    assert "Traceback" not in second.stdout + second.stderr


@pytest.mark.parametrize("place", ["", "runs", "locks"])
def test_a_cache_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path, serve, place):
    (tmp_path / "cache" / place).parent.mkdir(exist_ok=True)
    (tmp_path / "cache" / place).write_text("a file stands where a folder should")
    server = serve(tmp_path / "cache")
    for page in PAGES:
        with server.visit(page) as visitor:
            visitor.draw()
            assert ["cannot be used" in text for text in visitor.texts] == [True]


def test_a_clock_that_was_set_back_or_forth_confuses_no_page(shared):
    server, cache = shared
    store = RunStore(cache)
    for moment, seed in (("1970-01-01T00:00:00.000+00:00", 0), ("2199-12-31T23:59:59.999+00:00", 1)):
        run = new_run(spec(seed=seed), {"data": "scenes", "weights": None}, 3)
        for epoch in range(1, 4):
            put_epoch(run, row(epoch))
        move(run, "finished")
        history = [{**each, "at": moment} for each in run["history"]]
        store.put({**run, "created": moment, "history": history})
    store.close()
    try:
        for page in PAGES:
            with server.visit(page) as visitor:
                visitor.draw()
                assert visitor.texts
    finally:
        store = RunStore(cache)
        for run in store.runs():
            store.remove(run["id"])
        store.close()
