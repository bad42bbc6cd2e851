"""`reproduce` as people and scripts use it: stopped and started again, recalled, refused in a sentence."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hpviz.cli import main
from hpviz.runs import executor

ROOT = Path(__file__).parent.parent
TINY = ["--image-size", "48", "--per-class", "8", "--epochs", "2", "--precision", "fp32"]


@pytest.fixture(scope="module")
def interrupted(folder, tmp_path_factory):
    """A cache folder in which `reproduce` was interrupted after its first epoch, its arguments, status and lines."""
    cache = tmp_path_factory.mktemp("reproduced")
    arguments = ["reproduce", "--data", folder, "--cache", str(cache), *TINY]
    begun = subprocess.Popen(
        [sys.executable, "-m", "hpviz", *arguments, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in begun.stdout:
        lines.append(json.loads(line))
        if lines[-1]["event"] == "epoch":
            begun.send_signal(signal.SIGINT)
            break
    rest, complaint = begun.communicate(timeout=120)
    lines += map(json.loads, rest.splitlines())
    return arguments, begun.returncode, lines, complaint


def call(capsys, arguments):
    status = main([*arguments, "--json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def events(lines, kind):
    return [line for line in lines if line["event"] == kind]


def test_it_goes_on_where_it_was_interrupted_and_then_recalls_the_same_table(interrupted, capsys):
    arguments, status, before, complaint = interrupted
    assert status == 130
    assert "every finished epoch is kept" in complaint
    assert not events(before, "reproduced")
    status, first = call(capsys, arguments)
    assert status == 0
    kept = events(before, "epoch")
    assert events(first, "epoch")[: len(kept)] == kept  # the very seconds: nothing was trained again
    assert len(events(first, "epoch")) == 16
    rows, [summed] = events(first, "reproduced"), events(first, "total")
    assert [line["id"] for line in rows] == [line["id"] for line in events(first, "run")]
    for line in rows:
        told = [each for each in events(first, "epoch") if each["id"] == line["id"]]
        assert line["seconds"] == pytest.approx(sum(each["train_seconds"] + each["test_seconds"] for each in told))
        assert line["accuracy"] == told[-1]["test_accuracy"]
        assert line["ratio"] == pytest.approx(line["seconds"] / line["author_seconds"])
    assert (summed["runs"], summed["author_seconds"]) == (8, 5_800)
    assert summed["seconds"] == pytest.approx(sum(line["seconds"] for line in rows))
    assert sum(summed["claims"].values()) > 20
    status, second = call(capsys, arguments)
    assert status == 0
    assert {line["cached"] for line in events(second, "run")} == {True}
    assert events(second, "reproduced") == rows
    assert events(second, "total") == [summed]
    assert main(arguments) == 0
    shown = re.sub(r"[\s│]+", " ", capsys.readouterr().out)
    for words in ("batch 64 (for batch 450)", "5,800", "GTX 1060", "did not hold", "--seeds 2"):
        assert words in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seeds", "0"], "Seeds should be from 1"),
        (["--epochs", "0"], "Epochs should be from 1"),
        (["--image-size", "32"], "does not fit"),
        (["--data", "/no/such/folder"], "neither a data set nor a folder"),
        (["--weights", "/no/such/file"], "/no/such/file"),
        (["--preset", "slow"], "slow"),
        (["--lr", "1"], "--lr"),
        (["learning-rate"], "learning-rate"),
    ],
    ids=lambda given: "" if isinstance(given, str) else " ".join(given),
)
def test_what_cannot_be_is_one_sentence_before_anything_is_trained(capsys, folder, options, words):
    given = [] if "--data" in options else ["--data", folder]
    status, [line] = call(capsys, ["reproduce", *given, *options])
    assert status == 2
    assert words in line["message"]
    assert call(capsys, ["runs"]) == (0, [])


def test_the_article_without_weights_names_the_way_out(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(executor, "_idle", {})  # a process that is warm has another environment
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    status, [line] = call(capsys, ["reproduce", "--preset", "article"])
    assert status == 2
    assert "ImageNet weights could not be downloaded" in line["message"]
    assert "--weights FILE" in line["message"]
