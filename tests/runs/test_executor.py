"""Runs train in a process of their own: the same numbers, and whatever becomes of it the rest goes on."""

import json
import os
import signal
import subprocess
import sys
from collections import deque

import psutil
import pytest

from hpviz.data.catalogue import identify, resolve
from hpviz.plan import Setting, request
from hpviz.runs import executor
from hpviz.runs.crew import Wish
from hpviz.runs.document import ACTIVE
from hpviz.runs.runner import Runner
from hpviz.runs.work import carry_out
from hpviz.spec import BadInput
from tests.made_up import request as made_up
from tests.made_up import rest, until

FIELDS = {"image_size": 32, "batch_size": 8, "precision": "fp32", "padding": "same"}


@pytest.fixture
def runner(tmp_path):
    made = Runner(tmp_path, "cpu", wish=Wish(jobs=1, threads=1))
    yield made
    made.close()


def asked(folder, cache, epochs=2, **values):
    """A run of a few seconds."""
    source = resolve(folder, cache)
    steps = identify(source, cache)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return request(Setting(source, end.value, epochs, FIELDS), **values)


def of_numbers(rows):
    """Rows without what a clock or a meter says."""
    measured = ("train_seconds", "test_seconds", "images_per_second", "peak_memory_bytes")
    return [{name: value for name, value in row.items() if name not in measured} for row in rows]


def process():
    """The one process that trains now."""
    (found,) = executor.training()
    return found


def hang(pid):
    """Stop a process, and wait for that: it heeds a signal only when it is given a core, and until then it goes on."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


def test_the_numbers_are_those_of_training_in_this_process(runner, folder, tmp_path, tmp_path_factory):
    one = asked(folder, tmp_path)
    runner.submit(one)
    theirs = rest(runner, one.spec.run_id)
    here = Runner(tmp_path_factory.mktemp("here"), "cpu", carry_out, Wish(threads=1))
    here.submit(one)
    ours = rest(here, one.spec.run_id)
    here.close()
    assert of_numbers(theirs["epochs"]) == of_numbers(ours["epochs"])
    assert theirs["status"] == ours["status"] == "finished"
    assert theirs["machine"] == ours["machine"]


def test_the_process_that_computes_is_known_behind_one_that_only_starts_it(monkeypatch):
    """As python.exe of an environment is on Windows."""
    command = executor.command_of
    monkeypatch.setattr(executor, "command_of", lambda *words: ["sh", "-c", '"$@"; exit', "sh", *command(*words)])
    started = executor.TrainingProcess("cpu")
    try:
        deque(started.start(), maxlen=0)
        assert psutil.Process(started.pid).ppid() == started._process.pid
    finally:
        started.end()


def test_a_killed_process_interrupts_its_run_and_nothing_else(runner, folder, tmp_path):
    one, other = asked(folder, tmp_path, epochs=500), asked(folder, tmp_path, seed=1)
    runner.submit(one)
    runner.submit(other)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
    os.kill(process().pid, signal.SIGKILL)
    ended = rest(runner, one.spec.run_id)
    assert ended["status"] == "interrupted"
    assert "killed (signal 9); resume it" in ended["reason"]
    assert rest(runner, other.spec.run_id)["status"] == "finished"
    known = ended["epochs"]
    runner.submit(runner.resumption(one.spec.run_id, len(known) + 2))
    resumed = rest(runner, one.spec.run_id)
    assert resumed["status"] == "finished"
    assert resumed["epochs"][: len(known)] == known


def test_one_that_hangs_can_be_stopped(runner, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "STOPPING_SECONDS", 0.2)
    one = asked(folder, tmp_path, epochs=500)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 1)
    hang(process().pid)
    runner.stop(one.spec.run_id)
    assert rest(runner, one.spec.run_id)["status"] == "stopped"
    again = asked(folder, tmp_path, seed=1)
    runner.submit(again)
    assert rest(runner, again.spec.run_id)["status"] == "finished"


def test_a_stopped_run_leaves_its_process_to_the_next(runner, folder, tmp_path):
    one, next_one = asked(folder, tmp_path, epochs=500), asked(folder, tmp_path, seed=1)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 1)
    first = process().pid
    runner.stop(one.spec.run_id)
    assert rest(runner, one.spec.run_id)["status"] == "stopped"
    runner.submit(next_one)
    seen = set()
    while runner.run(next_one.spec.run_id)["status"] in ACTIVE:
        seen |= {each.pid for each in executor.training()}
    assert seen <= {first}


def test_what_fails_there_is_told_here_in_the_same_sentence(runner, folder, tmp_path):
    one = made_up()
    runner.submit(one)
    assert rest(runner, one.spec.run_id)["status"] == "failed"
    assert "are no longer at made up" in runner.refused[one.spec.run_id]


def test_a_device_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="There is no device cuda:77"):
        executor.machine("cuda:77")


TRAINS = """
import json, sys, threading
from pathlib import Path
from hpviz.runs import executor
from hpviz.runs.crew import Wish
from hpviz.runs.runner import Runner
from hpviz.runs.document import ACTIVE
from tests.made_up import until
from tests.runs.test_executor import asked
cache, folder, epochs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
one = asked(folder, cache, epochs=epochs)
runner = Runner(cache, "cpu")
runner.submit(one)
until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= min(epochs, 2))
print(json.dumps({"pids": [each.pid for each in executor.training()], "torch": "torch" in sys.modules}), flush=True)
until(lambda: runner.run(one.spec.run_id)["status"] not in ACTIVE)
runner.close()
"""


def trainer(folder, cache, epochs):
    return subprocess.Popen(
        [sys.executable, "-c", TRAINS, str(cache), folder, str(epochs)], stdout=subprocess.PIPE, text=True
    )


def test_whoever_asks_needs_no_torch_and_leaves_no_process_behind(folder, tmp_path):
    asking = trainer(folder, tmp_path, 2)
    assert not json.loads(asking.stdout.readline())["torch"]
    assert asking.wait() == 0
    assert not executor.training()


def test_a_killed_server_takes_its_processes_with_it(folder, tmp_path):
    asking = trainer(folder, tmp_path, 500)
    (pid,) = json.loads(asking.stdout.readline())["pids"]
    asking.kill()
    asking.wait()
    until(lambda: not is_training(pid))


def is_training(pid):
    """Whether a process of that number still computes: one that nobody waited for stays as a name only."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
