"""The command line beside other processes, and before runs whose checkpoints are gone: what it asks and tells."""

import json
import threading

import pytest

from hpviz import follow
from hpviz.cli import main
from hpviz.follow import follow_all
from hpviz.home import default_cache
from hpviz.runs.crew import Wish
from hpviz.runs.document import move, new_run, put_epoch
from hpviz.runs.runner import Runner
from hpviz.terminal import JsonLines
from tests.made_up import Work, request, rest, row, until
from tests.runs.test_runner import WAIT

TINY = ["--image-size", "48", "--batch-size", "8", "--precision", "fp32"]


@pytest.fixture
def hpviz(capsys):
    """Run a verb with --json; its exit status and its lines."""

    def run(*arguments):
        status = main([*arguments, "--json"])
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def events(lines, kind):
    return [line for line in lines if line["event"] == kind]


def lose(found):
    for file in (default_cache() / "checkpoints").glob(f"{found}/*.pt"):
        file.unlink()


def damage(found):
    (file,) = (default_cache() / "checkpoints").glob(f"{found}/*.pt")
    file.write_bytes(file.read_bytes()[:-100])


# A checkpoint that is gone


@pytest.mark.parametrize("loss", [lose, damage])
@pytest.mark.parametrize("verb", ["run", "sweep", "resume"])
def test_a_run_without_its_checkpoint_is_asked_about_before_anything_trains(hpviz, folder, verb, loss):
    run = ["run", "--data", folder, *TINY]
    _, two = hpviz(*run, "--epochs", "2")
    run_id = two[0]["id"]
    loss(run_id)
    values = ["learning-rate", "--model", "article-cnn", "--values", "1e-3", "1e-4"]
    what = {"run": run, "sweep": ["sweep", *values, *run[1:]], "resume": ["resume", run_id[:6]]}[verb]
    again = [*what, "--epochs", "3"]
    status, (error,) = hpviz(*again)
    assert status == 2
    assert run_id in error["message"]
    assert "`--from-start`" in error["message"]
    (listed,) = hpviz("runs")[1]
    assert (listed["status"], listed["epochs"]) == ("finished", 2)
    status, lines = hpviz(*again, "--from-start")
    assert status == 0
    own = [line for line in events(lines, "epoch") if line["id"] == run_id]
    assert [line["epoch"] for line in own] == [1, 2, 3]
    assert {line["status"] for line in events(lines, "done")} == {"finished"}


def test_at_a_terminal_it_is_a_question(folder, capsys, monkeypatch):
    run = ["run", "--data", folder, *TINY, "--epochs"]
    assert main([*run, "1"]) == 0
    lose("*")
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "n")
    assert main([*run, "2"]) == 0
    assert asked == ["Train them again from epoch 1? [y/N] "]
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["epochs"] == 1
    monkeypatch.setattr("builtins.input", lambda text: "y")
    assert main([*run, "2"]) == 0
    assert "epoch   2" in capsys.readouterr().out


# A precision that cannot be computed here


@pytest.mark.parametrize("status", ["finished", "interrupted"])
def test_going_on_with_a_run_in_tf32_on_a_cpu_is_refused_in_a_sentence(hpviz, status):
    one = request(precision="tf32")
    with_one = Runner(default_cache(), "cpu")
    run = new_run(one.spec, one.inputs, 3)
    put_epoch(run, row(1))
    move(run, status)
    with_one.store.put(run)
    with_one.close()
    code, (error,) = hpviz("resume", run["id"], "--epochs", "3", "--from-start", "--device", "cpu")
    assert code == 2
    assert "in tf32" in error["message"]
    (listed,) = hpviz("runs")[1]
    assert (listed["status"], listed["epochs"]) == (status, 1)


# Beside other processes


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def runners(tmp_path, work):
    """The command line's and another process's."""
    made = Runner(tmp_path, "cpu", work, Wish(jobs=1)), Runner(tmp_path, "cpu", work, Wish(jobs=1))
    yield made
    work.gate.set()
    for runner in made:
        runner.close()


@pytest.fixture
def following(runners, monkeypatch):
    """Follow requests in a thread, as the command line does; the result is [exit status] once it has ended."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    threads = []

    def begin(*requests):
        ended = []
        thread = threading.Thread(target=lambda: ended.append(follow_all(runners[0], requests, JsonLines())))
        thread.start()
        threads.append(thread)
        return ended

    yield begin
    for thread in threads:
        thread.join(WAIT)


def told(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def is_followed(runner, one):
    until(lambda: runner.run(one.spec.run_id) is not None)


def test_a_run_that_is_deleted_while_it_is_followed_is_told_and_the_others_are_trained(
    runners, work, following, capsys
):
    own, other = runners
    first, second = request(seed=1), request(seed=2)
    other.submit(request(epochs=1, seed=1))
    rest(other, first.spec.run_id)
    until(lambda: not other.queue())
    work.gate.clear()
    other.submit(request(seed=9))
    assert work.at_gate.wait(WAIT)
    ended = following(first, second)
    is_followed(own, second)
    with other.store.transaction():
        other.stop(first.spec.run_id)
        other.delete(first.spec.run_id)
    work.gate.set()
    until(lambda: ended)
    lines = told(capsys)
    assert ended == [1]
    assert events(lines, "error")[0]["message"] == (
        f"Run {first.spec.run_id} was deleted by another process while it was followed here."
    )
    (done,) = events(lines, "done")
    assert (done["id"], done["status"]) == (second.spec.run_id, "finished")


def test_a_run_that_another_takes_out_of_the_queue_while_it_is_followed_was_stopped(runners, work, following, capsys):
    own, other = runners
    first, second = request(seed=1), request(seed=2)
    work.gate.clear()
    other.submit(request(seed=9))
    assert work.at_gate.wait(WAIT)
    ended = following(first, second)
    is_followed(own, second)
    other.stop(first.spec.run_id)
    work.gate.set()
    until(lambda: ended)
    assert ended == [0]
    ends = [(done["id"], done["status"], done["reason"]) for done in events(told(capsys), "done")]
    reason = "It was taken out of the queue before it began."
    assert ends == [(first.spec.run_id, "stopped", reason), (second.spec.run_id, "finished", None)]


def test_a_slider_of_another_process_that_moves_on_leaves_a_command_line_its_run(runners, work, following, capsys):
    _, other = runners
    one = request()
    work.gate.clear()
    other.submit(request(seed=9))
    assert work.at_gate.wait(WAIT)
    other.propose(one, "slider", after=0)
    is_followed(other, one)
    ended = following(one)
    until(lambda: len(other.run(one.spec.run_id)["requests"]) == 2)
    other.propose(request(seed=7), "slider", after=3600)
    work.gate.set()
    until(lambda: ended)
    assert ended == [0]
    assert [line["epoch"] for line in events(told(capsys), "epoch")] == [1, 2, 3]


def test_a_run_that_another_process_takes_over_is_followed_on(runners, work, following, capsys):
    own, other = runners
    one = request()
    work.gate.clear()
    other.submit(request(seed=9))
    assert work.at_gate.wait(WAIT)
    ended = following(one)
    is_followed(own, one)
    # Its own thread, which reads from outside the transaction, looks at the queue when all of it is done.
    with other._changed, other.store.transaction():
        other.stop(one.spec.run_id)
        other.submit(one)
    work.gate.set()
    until(lambda: ended)
    assert ended == [0]
    assert events(told(capsys), "done")[0]["status"] == "finished"
    assert own.queue() == []


def test_what_another_process_asks_of_a_run_that_trains_here_is_trained_before_the_end(runners, work, following):
    own, other = runners
    work.gate.clear()
    ended = following(request(epochs=2))
    assert work.at_gate.wait(WAIT)
    assert other.submit(request(epochs=6)) == "running"
    work.gate.set()
    until(lambda: ended)
    assert ended == [0]
    run = own.run(request().spec.run_id)
    assert (run["status"], len(run["epochs"])) == ("finished", 6)


def test_an_extension_that_fails_is_an_exit_status_of_1_though_the_run_stays_finished(runners, work, following, capsys):
    own, _ = runners
    own.submit(request(epochs=2))
    until(lambda: own.run(request().spec.run_id)["status"] == "finished")
    own._work = _fail
    ended = following(request(epochs=4))
    until(lambda: ended)
    assert ended == [1]
    (done,) = events(told(capsys), "done")
    assert done["status"] == "finished"
    assert done["reason"].startswith("Extending it to 4 epochs failed: Out of memory")


def _fail(run, cache, place):
    raise MemoryError


def test_what_is_told_of_a_run_is_of_one_recording(runners, work, following, capsys):
    """A checkpoint that an older backup brought is behind: the epochs told before are told again, as they are now."""
    own, _ = runners
    own.submit(request(epochs=3))
    until(lambda: own.run(request().spec.run_id)["status"] == "finished")
    work.done[request().spec.run_id], work.accuracy = 1, 0.9
    ended = following(request(epochs=5))
    until(lambda: ended)
    lines = told(capsys)
    last = max(place for place, line in enumerate(lines) if line["event"] == "run")
    curve = [(line["epoch"], line["test_accuracy"]) for line in events(lines[last:], "epoch")]
    assert curve == [(epoch, 0.9) for epoch in range(1, 6)]
