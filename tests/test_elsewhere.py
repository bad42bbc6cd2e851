"""A run, its resumption, a page: in a world that lacks what Windows and macOS lack.

It is no Windows: what is hidden, and what is refused, says `elsewhere/sitecustomize.py`. Every process that is begun
there, the workers' too, lives in the same world.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LIFE = """
import sys
from hpviz.cli import main
from hpviz.home import default_cache
from hpviz.runs import disk
from hpviz.runs.store import RunStore

def hpviz(*arguments):
    status = main([*arguments, "--json"])
    assert status == 0, (status, arguments)

folder, cache = sys.argv[1], default_cache()
tiny = ["--data", folder, "--image-size", "48", "--batch-size", "16", "--lr", "1e-3"]
hpviz("data", "--data", folder)
hpviz("run", *tiny, "--epochs", "2")
store = RunStore(cache)
(one,) = store.runs()
hpviz("resume", one["id"], "--epochs", "3")
hpviz("run", *tiny, "--epochs", "1", "--seed", "1")
store.backup()
(cache / "runs" / "cache.db").write_bytes(b"x" * 4096)
one, other = store.runs()
assert "restored from its backup" in store.notice
assert disk.free_prepared(cache) > 0
disk.trim(store, budget=0)
hpviz("export", one["id"], other["id"], "--to", str(cache.parent / "both.csv"))
hpviz("delete", other["id"])
store.close()
hpviz("doctor")
"""

PAGE = """
from streamlit.testing.v1 import AppTest
from hpviz.runs import desk as desks
from tests.app.conftest import Preparing
from tests.app.pages import ROOT

desks.Desk.prepare = lambda self, source, image_size: Preparing()
for file in ("app.py", "hpviz/ui/pages/runs.py", "hpviz/ui/pages/data.py"):
    app = AppTest.from_file(str(ROOT / file), default_timeout=60).run()
    assert not app.exception, app.exception
    assert not app.error, app.error
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Runs a script there, with a cache of its own; what it printed."""

    def act(script, *arguments):
        (tmp_path / "cache").mkdir(exist_ok=True)
        variables = {
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "tests" / "elsewhere", ROOT))),
            "FOREIGN": str(tmp_path),
            "HPVIZ_CACHE": str(tmp_path / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-c", script, *map(str, arguments)]
        ended = subprocess.run(
            command, env={**os.environ, **variables}, cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stderr
        return ended

    return act


def test_a_run_is_trained_resumed_exported_and_deleted_elsewhere(elsewhere, folder, tmp_path):
    ended = elsewhere(LIFE, folder)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    told = [(line["epoch"], line["peak_memory_bytes"]) for line in lines if line["event"] == "epoch"]
    assert told == [(epoch, None) for epoch in (1, 2, 1, 2, 3, 1)]
    assert [line["status"] for line in lines if line["event"] == "done"] == ["finished"] * 3
    assert lines[-1]["found"] == "all is well"
    assert len((tmp_path / "both.csv").read_text(encoding="utf-8").splitlines()) == 1 + 3 + 1
    assert ended.stderr.startswith("The run store's database was damaged and has been set aside")
    assert ended.stderr.count("\n") == 1


def test_pages_open_elsewhere(elsewhere):
    elsewhere(PAGE)
