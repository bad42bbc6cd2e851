"""Output of any encoding, or none: nothing dies of a character, and JSON lines stay JSON."""

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpviz import cli
from hpviz.cli import main
from hpviz.home import default_cache
from hpviz.runs.store import RunStore
from tests.analysis.made_up_runs import rows, run
from tests.test_cli import TINY

ROOT = Path(__file__).parent.parent
NAME = "фото é λ 图 \\xe9"
ENCODINGS = ["cp1252", "latin-1", "ascii", "cp437", "cp037", "utf-8", "utf-16"]


@pytest.fixture
def said(monkeypatch):
    """Run the command line with streams of an encoding: its status, and what came out, decoded by that encoding."""

    def act(encoding, *arguments):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        status = main([*map(str, arguments)])
        return status, *(stream.buffer.getvalue().decode(encoding) for stream in (out, err))

    return act


@pytest.fixture
def known():
    store = RunStore(default_cache())
    document = run(rows(2), dataset=NAME)
    store.put(document)
    store.close()
    return document


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_text_is_written_readably_whatever_the_encoding(said, known, encoding):
    status, out, err = said(encoding, "runs")
    assert (status, err) == (0, "")
    assert ("λ 0" in out) if encoding.startswith("utf") else "lambda 0" in out
    assert ("图" in out) if encoding.startswith("utf") else "\\u56fe" in out
    status, out, err = said(encoding, "runs", "--cache", "λ\udce9.txt/\0")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_lines_are_json_and_tell_the_same_whatever_the_encoding(said, known, encoding):
    status, out, _ = said(encoding, "runs", "--json")
    (line,) = [json.loads(each) for each in out.splitlines()]
    assert (status, line["spec"]["dataset"]) == (0, NAME)
    assert (NAME in out.replace("\\\\", "\\")) == encoding.startswith("utf")
    status, out, _ = said(encoding, "run", "--data", "/nowhere/λ", "--json")
    assert (status, json.loads(out)["event"]) == (2, "error")


def test_help_is_written_in_ascii(said):
    for verb in ([], ["run"], ["sweep"], ["export"]):
        status, out, err = said("ascii", *verb, "--help")
        assert (status, err) == (0, "")
        assert "usage: python -m hpviz" in out


def test_a_training_is_told_in_ascii_and_its_folder_need_not_be_utf8(said, folder, tmp_path):
    named = shutil.copytree(folder, tmp_path / os.fsdecode(b"caf\xe9"))
    status, out, err = said("ascii", "run", "--data", named, *TINY)
    assert (status, err) == (0, "")
    assert "caf\\xe9 48 px - lr 1e-4" in out
    assert "epoch   2" in out
    place = tmp_path / os.fsdecode(b"\xe9")
    place.mkdir()
    ids = [each["id"] for each in map(json.loads, said("ascii", "runs", "--json")[1].splitlines())]
    for file in (place / "a.csv", place / "a.json"):
        status, out, _ = said("ascii", "export", *ids, "--to", file, "--json")
        assert (status, json.loads(out)["file"]) == (0, str(file))
        assert said("ascii", "export", *ids, "--to", file)[0] == 0
        assert file.exists()
    assert said("ascii", "import", place / "a.json", "--cache", place / "cache")[0] == 0


def test_closed_and_full_streams_end_with_a_status_and_no_traceback(known):
    script = f'exec "{sys.executable}" -m hpviz "$@"'
    for redirected, arguments, status in (
        (">&- 2>&- <&-", ["runs"], 0),
        (">&-", ["runs", "--json"], 0),
        ("2>&-", ["dance"], 2),
        (">/dev/full", ["runs"], 1),
        (">/dev/full", ["runs", "--json"], 1),
        ("2>/dev/full", ["dance"], 2),
    ):
        ended = subprocess.run(
            ["sh", "-c", f"{script} {redirected}", "sh", *arguments], cwd=ROOT, capture_output=True, check=False
        )
        assert ended.returncode == status, (redirected, ended.stderr)
        assert ended.stderr.count(b"\n") == (status == 1)
        assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "lines"])
def test_a_reader_that_goes_away_ends_it_without_a_word(known, form):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "hpviz", "runs", *form], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (130, b"")


def test_an_ascii_machine_without_home_user_or_a_folder_to_be_in_trains(folder, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    environment = {
        "PYTHONPATH": str(ROOT),
        "HPVIZ_CACHE": os.environ["HPVIZ_CACHE"],
        "OMP_NUM_THREADS": "1",
        "HOME": "",
        "TMPDIR": "/nowhere",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "COLUMNS": "0",
        "TERM": "dumb",
    }
    script = f'cd "{gone}"; rmdir "{gone}"; exec "{sys.executable}" -m hpviz "$@"'

    def ended(*arguments):
        return subprocess.run(["sh", "-c", script, "sh", *arguments], env=environment, capture_output=True, check=False)

    trained = ended("run", "--data", folder, *TINY)
    assert (trained.returncode, trained.stderr) == (0, b"")
    assert b"lambda 0" in trained.stdout
    gone.mkdir()
    refused = ended("export", "abc", "--to", "a.png")
    assert refused.returncode == 2
    assert b"was deleted" in refused.stderr


@pytest.mark.parametrize(("system", "status"), [("win32", 130), ("linux", 1)])
def test_windows_says_otherwise_that_a_reader_has_gone(known, monkeypatch, system, status):
    class Gone(io.StringIO):
        def write(self, text):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(cli, "sys", SimpleNamespace(platform=system, argv=[], stdout=Gone(), stderr=sys.stderr))
    monkeypatch.setattr(sys, "stdout", Gone())
    assert main(["runs", "--json"]) == status
