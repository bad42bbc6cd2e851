"""Several runs at once: each with its own progress, its own end, and its own threads."""

import threading
import time
from contextlib import closing

import psutil
import pytest

from hpviz.runs import executor
from hpviz.runs import runner as runners
from hpviz.runs.crew import Load, Wish
from hpviz.runs.ownership import Device
from hpviz.runs.runner import Runner
from hpviz.training.events import Batch, Epoch, Resumed
from tests.made_up import request, rest, row, until
from tests.runs.test_executor import asked, of_numbers

WAIT = 60.0


class Held:
    """Work that begins at once and ends an epoch when it is let go."""

    def __init__(self):
        self.places, self.gates, self.fails = {}, {}, set()
        self.begun = threading.Semaphore(0)

    def __call__(self, run, cache, place):
        rows = [row(number) for number in range(1, len(run["epochs"]) + 1)]
        self.places[run["id"]] = place
        gate = self.gates.setdefault(run["id"], threading.Event())
        if rows:
            yield Resumed(rows)
        yield Batch(len(rows) + 1, 1, 2)
        self.begun.release()
        while not gate.wait(0.01):
            yield Batch(len(rows) + 1, 1, 2)
        if run["id"] in self.fails:
            raise RuntimeError("a kernel of oneDNN could not be made")
        for epoch in range(len(rows) + 1, run["target"] + 1):
            yield Epoch(row(epoch))


@pytest.fixture
def work():
    return Held()


@pytest.fixture
def runner(tmp_path, work, monkeypatch):
    monkeypatch.setattr(runners.executor, "machine_here", lambda device: {"device": "cpu", "name": "m", "threads": 4})
    monkeypatch.setattr(Load, "others", lambda self, cores: 0.0)
    with closing(Runner(tmp_path, "cpu", work)) as made:
        yield made
        for gate in work.gates.values():
            gate.set()


def submit(runner, *seeds, epochs=2):
    requests = [request(seed=seed, epochs=epochs) for seed in seeds]
    runner.pause()  # so that all wait when the first of them begins
    for one in requests:
        runner.submit(one)
    runner.go_on()
    return [one.spec.run_id for one in requests]


def began(work, count):
    for _ in range(count):
        assert work.begun.acquire(timeout=WAIT)


def test_runs_that_wait_together_train_together_each_with_its_progress(runner, work):
    ids = submit(runner, *range(8))
    began(work, 4)
    queue = runner.queue()
    places = [0, 0, 0, 0, 1, 2, 3, 4]
    assert [(entry["id"], entry["position"]) for entry in queue] == list(zip(ids, places, strict=True))
    assert {entry["view"]["text"] for entry in queue[:4]} == {"epoch 1/2 · 50%"}
    assert [work.places[run_id].threads for run_id in ids[:4]] == [1] * 4


def test_one_that_ends_makes_room_for_the_next(runner, work):
    runner.wish = Wish(jobs=4)
    ids = submit(runner, 1, 2, 3, 4, 5)
    began(work, 4)
    work.gates[ids[1]].set()
    began(work, 1)
    assert rest(runner, ids[1])["status"] == "finished"
    assert {entry["id"] for entry in runner.queue()} == {*ids} - {ids[1]}


def test_a_run_that_fails_or_is_stopped_is_nobody_elses_concern(runner, work):
    ids = submit(runner, 1, 2, 3)
    began(work, 3)
    work.fails.add(ids[0])
    work.gates[ids[0]].set()
    runner.stop(ids[1])
    assert rest(runner, ids[0])["status"] == "failed"
    assert rest(runner, ids[1])["status"] == "stopped"
    work.gates[ids[2]].set()
    assert rest(runner, ids[2])["status"] == "finished"


def test_its_threads_are_recorded_with_a_run_and_it_goes_on_with_them(runner, work):
    (first,) = submit(runner, 1)
    began(work, 1)
    assert work.places[first].threads == 4
    work.gates[first].set()
    assert rest(runner, first)["machine"]["threads"] == 4
    others = submit(runner, 2, 3)
    began(work, 2)
    work.gates[first].clear()
    submit(runner, 1, epochs=4)
    for run_id in others:
        work.gates[run_id].set()
    began(work, 1)
    assert [work.places[run_id].threads for run_id in (first, *others)] == [4, 2, 2]


def test_a_wish_holds_for_what_begins_after_it(runner, work):
    runner.wish = Wish(jobs=2, threads=3)
    ids = submit(runner, 1, 2, 3)
    began(work, 2)
    assert [entry["position"] for entry in runner.queue()] == [0, 0, 1]
    runner.wish = Wish(jobs=3)
    began(work, 1)
    assert [work.places[run_id].threads for run_id in ids] == [3, 3, 1]


def test_paused_nothing_begins_and_the_page_says_so(runner, work):
    runner.pause()
    runner.submit(request(seed=1))
    assert runner.is_paused
    assert [entry["view"]["text"] for entry in runner.queue()] == ["paused, waiting"]
    assert not work.begun.acquire(timeout=0.3)
    runner.go_on()
    began(work, 1)


def test_closing_interrupts_all_that_train(runner, work, tmp_path):
    ids = submit(runner, 1, 2, 3)
    began(work, 3)
    runner.close()
    with closing(Runner(tmp_path, "cpu", work)) as later:
        assert [later.run(run_id)["status"] for run_id in ids] == ["interrupted"] * 3


def test_every_gpu_of_the_machine_trains_one_run(tmp_path, work, monkeypatch):
    machine = {"device": "cuda:0", "devices": ["cuda:0", "cuda:1"], "name": "two cards", "threads": 16}
    monkeypatch.setattr(runners.executor, "machine_here", lambda device: machine)
    with closing(Runner(tmp_path, "auto", work)) as runner:
        ids = submit(runner, 1, 2, 3)
        began(work, 2)
        assert [work.places[run_id].device for run_id in ids[:2]] == ["cuda:0", "cuda:1"]
        assert [entry["position"] for entry in runner.queue()] == [0, 0, 1]
        work.gates[ids[1]].set()
        began(work, 1)
        assert work.places[ids[2]].device == "cuda:1"
        assert rest(runner, ids[1])["machine"]["device"] == "cuda:1"
        for gate in work.gates.values():
            gate.set()


def test_processes_take_turns_at_a_device(tmp_path):
    one, other = Device(tmp_path, "cpu"), Device(tmp_path, "cpu")
    assert one.begin()
    assert one.begin()
    assert not other.begin()  # and stands in line from now on
    assert not one.begin()
    one.end()
    assert not other.begin()
    one.end()
    assert not one.begin()
    assert other.begin()
    assert not one.begin()
    one.wait_no_more()
    assert other.begin()


def test_its_numbers_are_the_same_to_the_last_bit_whatever_trains_beside_a_run(folder, tmp_path, tmp_path_factory):
    """And whatever pause it makes; the processes are real ones here."""
    requests = [asked(folder, tmp_path, epochs=3, seed=seed) for seed in (1, 2, 3)]
    ids = [one.spec.run_id for one in requests]
    with closing(Runner(tmp_path, "cpu", wish=Wish(jobs=3, threads=1))) as runner:
        for one in requests:
            runner.submit(one)
        until(lambda: any(runner.run(run_id)["epochs"] for run_id in ids))
        runner.pause()
        runner.go_on()
        together = [rest(runner, one.spec.run_id) for one in requests]
    alone_in = tmp_path_factory.mktemp("alone")
    with closing(Runner(alone_in, "cpu", wish=Wish(jobs=1, threads=1))) as runner:
        runner.submit(asked(folder, alone_in, epochs=3, seed=2))
        alone = rest(runner, requests[1].spec.run_id)
    assert [run["status"] for run in together] == ["finished"] * 3
    assert {run["machine"]["threads"] for run in together} == {1}
    assert of_numbers(together[1]["epochs"]) == of_numbers(alone["epochs"])


def test_a_run_that_is_paused_rests_until_it_goes_on_and_can_be_stopped_meanwhile(folder, tmp_path):
    one = asked(folder, tmp_path, epochs=500)
    with closing(Runner(tmp_path, "cpu")) as runner:
        runner.submit(one)
        until(lambda: runner.run(one.spec.run_id)["epochs"])
        runner.pause()
        (process,) = executor.training()
        until(lambda: rests(process.pid))
        assert runner.queue()[0]["view"]["text"].startswith("paused, epoch")
        it_goes_on_and_can_be_stopped(runner, one.spec.run_id, process.pid)


def it_goes_on_and_can_be_stopped(runner, run_id, pid):
    """A run that rests in that process."""
    known = len(runner.run(run_id)["epochs"])
    runner.go_on()
    until(lambda: len(runner.run(run_id)["epochs"]) > known)
    runner.pause()
    until(lambda: rests(pid))
    runner.stop(run_id)
    assert rest(runner, run_id)["status"] == "stopped"


def rests(pid):
    """Whether a process has computed nothing while half a second passed."""
    before, begun = psutil.Process(pid).cpu_times().user, time.monotonic()
    until(lambda: time.monotonic() - begun > 0.5)
    return psutil.Process(pid).cpu_times().user - before < 0.05
