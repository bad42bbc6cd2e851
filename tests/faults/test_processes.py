"""Processes that are killed, interrupted, starved of disk or run beside each other: nothing shown is lost."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 6
MEASURED = re.compile("second|memory")


class Hpviz:
    """`python -m hpviz` in processes of their own, on one cache folder."""

    def __init__(self, folder: str, cache: Path) -> None:
        self.cache = cache
        self.run = ["run", "--data", folder, "--image-size", "48", "--batch-size", "2", "--epochs", str(EPOCHS)]

    def start(self, arguments: list[str], **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hpviz", *arguments, "--json", "--cache", str(self.cache)]
        # One thread: the figures must not depend on who else uses the machine's cores.
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, env=env, text=True, **pipes, **options)

    def finish(self, arguments: list[str], **options: Any) -> tuple[int, list[dict[str, Any]]]:
        process = self.start(arguments, **options)
        out, _ = process.communicate(timeout=300)
        return process.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def hpviz(folder, tmp_path):
    return Hpviz(folder, tmp_path / "cache")


@pytest.fixture(scope="module")
def uninterrupted(folder, tmp_path_factory):
    """The epochs of a run that nobody disturbed."""
    alone = Hpviz(folder, tmp_path_factory.mktemp("alone"))
    status, lines = alone.finish(alone.run)
    assert status == 0
    return list(epochs(lines))


def epochs(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The epoch lines without what a clock or the state of the machine's memory decides."""
    for line in lines:
        if line["event"] == "epoch":
            yield {name: value for name, value in line.items() if not MEASURED.search(name)}


def wait_for_epoch(process: subprocess.Popen[str], number: int) -> None:
    """Read until the process has told of that epoch; it is then in the midst of the next."""
    for line in process.stdout:
        told = json.loads(line)
        if told["event"] == "epoch" and told["epoch"] == number:
            return
    raise AssertionError(f"the process ended before epoch {number}: {process.stderr.read()}")


@pytest.mark.parametrize("moment", [1, EPOCHS - 1])
def test_a_killed_run_is_resumed_to_the_figures_of_an_uninterrupted_one(hpviz, uninterrupted, moment):
    process = hpviz.start(hpviz.run)
    wait_for_epoch(process, moment)
    process.kill()
    process.wait()
    status, (listed,) = hpviz.finish(["runs"])
    assert listed["status"] == "interrupted"
    assert listed["epochs"] >= moment
    status, lines = hpviz.finish(["resume"])
    assert status == 0
    assert list(epochs(lines)) == uninterrupted
    assert lines[-1] == {"event": "done", "id": listed["id"], "status": "finished", "reason": None}


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so_and_can_go_on(hpviz, uninterrupted, sign):
    process = hpviz.start(hpviz.run)
    wait_for_epoch(process, 2)
    process.send_signal(sign)
    assert process.wait() == 130
    err = process.stderr.read()
    assert "Traceback" not in err
    assert "terminate called" not in err
    assert hpviz.finish(["runs"])[1][0]["status"] == "interrupted"
    assert list(epochs(hpviz.finish(hpviz.run)[1])) == uninterrupted


def test_a_second_process_follows_and_takes_over_when_the_first_is_killed(hpviz, uninterrupted):
    first = hpviz.start(hpviz.run)
    wait_for_epoch(first, 1)
    second = hpviz.start(hpviz.run)
    wait_for_epoch(second, 1)
    first.kill()
    first.wait()
    later = [json.loads(line) for line in second.stdout]
    assert second.wait() == 0
    assert list(epochs(later)) == uninterrupted[1:]
    (run,) = hpviz.finish(["runs"])[1]
    assert run["status"] == "finished"


def test_another_process_stops_a_run_within_an_epoch_and_it_goes_on(hpviz, uninterrupted):
    process = hpviz.start(hpviz.run)
    told = json.loads(process.stdout.readline())
    wait_for_epoch(process, 1)
    assert hpviz.finish(["stop", told["id"][:6]])[0] == 0
    *_, last = process.stdout
    assert process.wait() == 0
    assert json.loads(last)["status"] == "stopped"
    assert list(epochs(hpviz.finish(["resume"])[1])) == uninterrupted


def test_a_full_disk_leaves_a_run_finished_that_was_being_extended_and_it_goes_on_once_there_is_room(
    hpviz, uninterrupted
):
    one_epoch = [*hpviz.run[:-1], "1"]
    assert hpviz.finish(one_epoch)[0] == 0

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, resource.RLIM_INFINITY))

    status, lines = hpviz.finish(hpviz.run, preexec_fn=little_room)
    assert status == 1
    assert lines[-1]["status"] == "finished"
    assert lines[-1]["reason"].startswith(f"Extending it to {EPOCHS} epochs failed: Disk full")
    (listed,) = hpviz.finish(["runs"])[1]
    assert (listed["status"], listed["epochs"], listed["target"]) == ("finished", 1, 1)
    assert list(epochs(hpviz.finish(["resume"])[1])) == uninterrupted
