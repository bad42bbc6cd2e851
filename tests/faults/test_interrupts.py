"""Impatience: Ctrl-C twice, a kill, a terminal that is closed, at every stage. One sentence, 130, epochs kept."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hpviz.runs.store import RunStore
from tests.analysis.made_up_runs import rows, run

ROOT = Path(__file__).parent.parent.parent
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP

# Python runs this before anything else: the process sends the signals to itself as soon as it imports a module.
AT_IMPORT = """
import os, sys
class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["IMPATIENT_AT"]:
            sys.meta_path.remove(self)
            for number in os.environ["IMPATIENT_BY"].split():
                os.kill(os.getpid(), int(number))
sys.meta_path.insert(0, Impatient())
"""


def start(*arguments: str, env: dict[str, str] | None = None, **streams: int) -> subprocess.Popen[str]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(
        [sys.executable, "-m", "hpviz", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(env or {})},
        text=True,
        **streams,
    )


def ended_in_order(process: subprocess.Popen[str]) -> None:
    """It ended as interrupted and said so in a line of its own."""
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.count("\n") == 1
    assert err.startswith("Interrupted")


def remembered() -> list[dict]:
    store = RunStore(Path(os.environ["HPVIZ_CACHE"]))
    try:
        return store.runs()
    finally:
        store.close()


@pytest.mark.parametrize("signals", [(INT, TERM), (HUP, INT)])
def test_a_second_signal_does_not_disturb_the_end_of_a_run(folder, signals):
    tiny = ["--image-size", "48", "--batch-size", "4", "--epochs", "200"]
    process = start("run", "--data", folder, *tiny, "--json")
    for line in process.stdout:
        if json.loads(line)["event"] == "epoch":
            break
    for number in signals:
        process.send_signal(number)
    ended_in_order(process)
    (kept,) = remembered()
    assert kept["status"] == "interrupted"
    assert kept["epochs"]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("hpviz.cli", ["runs"]),
        ("hpviz.studies", ["runs"]),
        ("torch", ["run", "--data", "{folder}"]),
        ("hpviz.charts.export", ["export", "{run}", "--to", "{place}/a.png"]),
    ],
    ids=["before anything is loaded", "while it is loading", "while PyTorch is loading", "in an export"],
)
def test_a_signal_while_something_is_loading_is_one_sentence(folder, tmp_path, module, arguments):
    (tmp_path / "sitecustomize.py").write_text(AT_IMPORT)
    store = RunStore(Path(os.environ["HPVIZ_CACHE"]))
    known = run(rows(2))
    store.put(known)
    store.close()
    given = [each.format(folder=folder, run=known["id"], place=tmp_path) for each in arguments]
    signals = {"IMPATIENT_AT": module, "IMPATIENT_BY": f"{INT:d} {TERM:d}", "PYTHONPATH": str(tmp_path)}
    ended_in_order(start(*given, env=signals))
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith("__")] == ["sitecustomize.py"]


def test_a_question_may_be_left_by_a_signal_and_nothing_is_deleted():
    store = RunStore(Path(os.environ["HPVIZ_CACHE"]))
    known = run(rows(2))
    store.put(known)
    store.close()
    ours, theirs = pty.openpty()
    process = start("delete", known["id"], stdin=theirs)
    seen = ""
    while "[y/N]" not in seen and process.poll() is None:
        seen += process.stdout.read(1)
    process.send_signal(INT)
    ended_in_order(process)
    os.close(ours)
    os.close(theirs)
    assert [each["id"] for each in remembered()] == [known["id"]]
