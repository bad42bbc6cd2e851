"""Processes that train and are killed, stopped, orphaned or out of their mind: a sentence, and nothing else suffers."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from filelock import FileLock, Timeout

from hpviz.runs import executor, memory
from hpviz.runs.crew import Wish
from hpviz.runs.runner import Runner
from hpviz.runs.work import Place, Stop, stopped
from hpviz.training.events import Batch, Epoch, Resumed
from tests.made_up import UPDATES, is_at_rest, request, rest, row, until
from tests.runs.test_executor import asked, hang, process, trainer

ROOT = Path(__file__).parent.parent.parent
LONG = 1000  # epochs, more than any test waits for


@pytest.fixture
def runner(tmp_path):
    executor.end_all()
    made = Runner(tmp_path / "cache", "cpu", wish=Wish(jobs=2, threads=1))
    yield made
    made.close()
    executor.end_all()


def begun(runner, one, epochs=1):
    """The id of a run that has been submitted and has that many epochs."""
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= epochs)
    return one.spec.run_id


def is_reaped(pid):
    """Whether not even the name of a process is left, as is that of a zombie."""
    return not Path(f"/proc/{pid}").exists()


def test_the_death_of_one_is_not_noticed_by_the_other_and_the_next_run_has_a_new_one(runner, folder):
    one = begun(runner, asked(folder, runner.cache, LONG))
    (first,) = executor.training()
    other = begun(runner, asked(folder, runner.cache, LONG, seed=1))
    os.kill(first.pid, signal.SIGKILL)
    run = rest(runner, one)
    assert (run["status"], "was killed (signal 9); resume it" in run["reason"]) == ("interrupted", True)
    until(lambda: is_reaped(first.pid))
    known = len(runner.run(other)["epochs"])
    third = begun(runner, asked(folder, runner.cache, LONG, seed=2))
    assert first.pid not in {each.pid for each in executor.training()}
    until(lambda: len(runner.run(other)["epochs"]) > known)
    for run_id in (other, third):
        runner.stop(run_id)
        assert rest(runner, run_id)["status"] == "stopped"


def test_where_the_system_says_so_a_killed_one_was_out_of_memory(runner, folder, tmp_path, monkeypatch):
    counter = tmp_path / "memory.events"
    counter.write_text("oom 0\noom_kill 4\n")
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "none")
    first = begun(runner, asked(folder, runner.cache, LONG))
    other = begun(runner, asked(folder, runner.cache, LONG, seed=1))
    victims = executor.training()

    def ended():
        return {run_id for run_id in (first, other) if is_at_rest(runner, run_id)}

    counter.write_text("oom 1\noom_kill 5\n")
    reasons = {}
    for victim in victims:  # of which the system ended one, and somebody else the other
        os.kill(victim.pid, signal.SIGKILL)
        # A process leaves its run before the end of that run is in the store.
        until(lambda: ended() - reasons.keys())
        (run,) = (runner.run(run_id) for run_id in ended() - reasons.keys())
        reasons[run["id"]] = run["status"], run["reason"]
    (failed, why), (interrupted, _) = reasons.values()
    assert (failed, interrupted) == ("failed", "interrupted")
    assert why.startswith("Out of memory: ")


def test_nobody_trains_a_run_beside_an_orphan(folder, tmp_path):
    cache = tmp_path / "cache"
    server = trainer(folder, cache, LONG)
    (orphan,) = json.loads(server.stdout.readline())["pids"]
    hang(orphan)  # so that it does not see that its server has gone
    server.kill()
    server.wait()
    runner = Runner(cache, "cpu", wish=Wish(jobs=1, threads=1))
    try:
        (run,) = runner.runs()
        assert run["status"] == "interrupted"
        held = cache / "locks" / f"run-{run['id']}.lock"
        with pytest.raises(Timeout):
            FileLock(held).acquire(timeout=0)
        left = {file: file.stat().st_mtime_ns for file in (cache / "checkpoints" / run["id"]).glob("*.pt")}
        known = len(run["epochs"])
        runner.submit(runner.resumption(run["id"], known + 2))
        until(lambda: any("another process" in entry["view"]["text"] for entry in runner.queue()))
        assert left == {file: file.stat().st_mtime_ns for file in left}
        os.kill(orphan, signal.SIGCONT)
        finished = rest(runner, run["id"])
    finally:
        os.kill(orphan, signal.SIGKILL) if psutil.pid_exists(orphan) else None
        runner.close()
    assert (finished["status"], len(finished["epochs"])) == ("finished", known + 2)
    assert finished["epochs"][:known] == run["epochs"]
    assert [each["epoch"] for each in finished["epochs"]] == list(range(1, known + 3))
    assert not held.exists()


def test_an_orphan_that_never_ends_keeps_nobody_from_stopping_what_waits_for_it(runner, folder):
    one = asked(folder, runner.cache)
    with FileLock(runner.store.locks / f"run-{one.spec.run_id}.lock"):
        runner.submit(one)
        until(lambda: any("another process" in entry["view"]["text"] for entry in runner.queue()))
        runner.stop(one.spec.run_id)
        assert rest(runner, one.spec.run_id)["status"] == "stopped"


def test_one_that_hangs_and_hears_nothing_keeps_nobody_waiting(monkeypatch, tmp_path):
    monkeypatch.setattr(executor, "STOPPING_SECONDS", 0.2)
    deaf = executor.TrainingProcess("cpu")
    for _ in deaf.start():
        pass
    hang(deaf.pid)
    more_than_a_pipe_holds = {"id": "0" * 12, "filler": "x" * 2**20}
    events = deaf.train(more_than_a_pipe_holds, tmp_path, Place("cpu", 1))
    assert next(events) is None
    assert list(stopped(events)) == []
    assert is_reaped(deaf.pid)


def test_what_was_told_before_a_stop_was_heard_is_not_lost(runner, folder):
    one = begun(runner, asked(folder, runner.cache, LONG))
    runner.stop(one)
    run = rest(runner, one)
    # As whoever goes on with it finds it, in the checkpoint.
    told = executor.in_its_process({**run, "target": LONG}, runner.cache, Place("cpu", 1))
    (rows,) = (event.rows for event in until_resumed(told))
    assert rows == run["epochs"]
    # Nobody listens for a while.
    newest = runner.cache / "checkpoints" / one / "newest.pt"
    seen = {newest.stat().st_ino}
    until(lambda: len(seen | {newest.stat().st_ino}) > 1)
    rows += [event.row for event in stopped(told) if isinstance(event, Epoch)]
    again = executor.in_its_process({**run, "epochs": rows, "target": LONG}, runner.cache, Place("cpu", 1))
    assert [event.rows for event in until_resumed(again)] == [rows]
    again.close()


def until_resumed(events):
    for event in events:
        if isinstance(event, Resumed):
            yield event
            return


def test_an_epoch_that_ends_while_a_run_is_stopped_is_recorded(tmp_path):
    def work(run, cache, place):
        try:
            yield Resumed([])
            while True:
                yield Batch(1, 1, UPDATES)
        except Stop:
            yield Epoch(row(1))

    runner, one = Runner(tmp_path, "cpu", work), request()
    try:
        runner.submit(one)
        until(lambda: any("epoch 1" in entry["view"]["text"] for entry in runner.queue()))
        runner.stop(one.spec.run_id)
        run = rest(runner, one.spec.run_id)
    finally:
        runner.close()
    assert (run["status"], run["epochs"]) == ("stopped", [row(1)])


# Python runs this before anything else: what prints while it trains, as libraries do.
NOISY = """
import os, sys
class Noise:
    def find_spec(self, name, path=None, target=None):
        if name == "hpviz.training.loop":
            print("noise", flush=True)
            os.write(1, b'{"event": "Epoch", "row": {}}')
if "hpviz.runs.training_process" in sys.orig_argv:
    sys.meta_path.insert(0, Noise())
"""


def test_what_a_library_prints_there_is_not_taken_for_an_event(runner, folder, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(NOISY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one = asked(folder, runner.cache)
    runner.submit(one)
    run = rest(runner, one.spec.run_id)
    assert (run["status"], len(run["epochs"])) == ("finished", 2)


@pytest.mark.parametrize("line", [b"\xff\xfe\n", b'{"event": "Epoch"}\n'])
def test_one_that_says_what_nobody_understands_is_ended_with_a_sentence(runner, folder, line):
    one = begun(runner, asked(folder, runner.cache, LONG))
    victim = process()
    # The other end of the pipe through which it tells its events. What else it has open may be closed by then.
    for end in Path(f"/proc/{victim.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if int(end.name) > 2 and "pipe" in os.readlink(end):
                with end.open("wb") as pipe:
                    pipe.write(line)
    run = rest(runner, one)
    assert run["status"] == "interrupted"
    assert "could not be understood" in run["reason"]
    until(lambda: is_reaped(victim.pid))


BROKEN = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ImportError("libtorch is broken")
if "hpviz.runs.training_process" in sys.orig_argv:
    sys.meta_path.insert(0, Broken())
"""


def test_where_pytorch_is_broken_a_run_says_so_and_the_next_is_tried(runner, folder, tmp_path, monkeypatch):
    runner.machine()
    executor.end_all()
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    one, other = asked(folder, runner.cache), asked(folder, runner.cache, seed=1)
    with monkeypatch.context() as broken:
        broken.setenv("PYTHONPATH", str(tmp_path))
        runner.submit(one)
        run = rest(runner, one.spec.run_id)
    assert run["status"] == "failed"
    assert run["reason"] == "PyTorch could not be loaded: ImportError: libtorch is broken"
    runner.submit(other)
    assert rest(runner, other.spec.run_id)["status"] == "finished"


SPEECHLESS = """
import os, sys
if "hpviz.runs.training_process" in sys.orig_argv:
    os._exit(3)
"""


def test_one_that_cannot_even_say_why_it_does_not_start_is_a_sentence(runner, folder, tmp_path, monkeypatch):
    runner.machine()
    executor.end_all()
    (tmp_path / "sitecustomize.py").write_text(
        'import os, sys\nif "training_process" in sys.orig_argv[-2]: os._exit(3)'
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one = asked(folder, runner.cache)
    runner.submit(one)
    run = rest(runner, one.spec.run_id)
    assert "could not be started" in run["reason"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_all_processes_of_a_command_is_one_sentence_and_leaves_none(folder, tmp_path, number):
    given = ["run", "--data", folder, "--image-size", "48", "--epochs", str(LONG), "--json", "--cache", str(tmp_path)]
    command = subprocess.Popen(
        [sys.executable, "-m", "hpviz", *given],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert any('"epoch"' in line for line in command.stdout)
    os.killpg(command.pid, number)
    _, err = command.communicate(timeout=120)
    assert (command.returncode, err.count("\n")) == (130, 1)
    assert err.startswith("Interrupted")
    with pytest.raises(ProcessLookupError):
        os.killpg(command.pid, 0)
    runner = Runner(tmp_path, "cpu")
    (run,) = runner.runs()
    runner.close()
    assert (run["status"], run["reason"]) == (
        "interrupted",
        "hpviz was closed; resume it to go on.",
    )
