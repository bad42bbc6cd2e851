"""How many runs train side by side, on how many threads each."""

from types import SimpleNamespace

import psutil
import pytest

from hpviz.runs import crew
from hpviz.runs.crew import Load, Situation, Wish, measured_rates, threads_of_next


def threads(cores=2, others=0.0, training=(), waiting=1, before=None, wish=None, rates=None):
    now = Situation(cores, others, training, waiting, before)
    return threads_of_next(now, wish or Wish(), lambda: rates or {})


def test_a_run_alone_has_every_core():
    assert threads(cores=2) == 2
    assert threads(cores=16) == 16


def test_several_that_wait_share_the_cores():
    assert threads(cores=2, waiting=4) == 1
    assert threads(cores=2, waiting=3, training=[1]) == 1
    assert threads(cores=8, waiting=2) == 4
    assert threads(cores=8, waiting=100) == 1


def test_an_odd_one_that_would_be_left_alone_counts():
    """Two rounds on one thread each are no sooner done than three runs in turn on both cores."""
    assert threads(cores=2, waiting=3) == 2
    assert threads(cores=2, waiting=5, rates={1: 1100.0, 2: 1640.0}) == 1


def test_a_run_waits_while_the_cores_are_taken():
    assert threads(cores=2, training=[2]) is None
    assert threads(cores=2, training=[1, 1], waiting=5) is None


def test_of_an_odd_core_the_next_run_makes_use():
    assert threads(cores=2, training=[1]) == 1
    assert threads(cores=8, training=[4, 1]) == 3


def test_the_last_of_a_sweep_trains_as_the_others_did():
    assert threads(cores=2, before=1) == 1
    assert threads(cores=2, others=1.0, before=2) == 1


@pytest.mark.parametrize(("others", "expected"), [(0.3, 2), (1.0, 1), (2.0, 1), (40.0, 1)])
def test_what_another_program_takes_is_left_to_it_but_for_one_core(others, expected):
    assert threads(cores=2, others=others) == expected


def test_beside_a_busy_program_runs_come_one_after_the_other():
    assert threads(cores=2, others=1.0, training=[1], waiting=3) is None


def test_runs_that_were_measured_to_gain_nothing_side_by_side_come_in_turn():
    """Two of 60 images a second are no more than one of 235, as where the memory is what everyone waits for."""
    assert threads(waiting=4, rates={2: 235.0, 1: 60.0}) == 2
    assert threads(waiting=4, rates={2: 235.0, 1: 120.0}) == 2
    assert threads(waiting=4, rates={2: 235.0, 1: 160.0}) == 1


def test_what_was_asked_for_is_done():
    assert threads(wish=Wish(jobs=1), waiting=4) == 2
    assert threads(wish=Wish(jobs=1), waiting=4, training=[2]) is None
    assert threads(wish=Wish(jobs=3), waiting=4, training=[1, 1]) == 1
    assert threads(wish=Wish(threads=1)) == 1
    assert threads(wish=Wish(threads=2), training=[1]) is None
    assert threads(wish=Wish(threads=4), cores=2) == 4
    assert threads(wish=Wish(jobs=2, threads=2), cores=2, training=[2]) == 2


def run(threads, rate, name="a machine", **spec):
    return {
        "updated": "2026-11-26T00:00:00",
        "origin": None,
        "machine": {"name": name, "device": "cpu", "torch": "2.14", "threads": threads},
        "spec": {"model": "article-cnn", "batch_size": 32} | spec,
        "epochs": [{"images_per_second": rate}],
    }


def test_rates_are_those_of_runs_that_compute_the_same_on_this_machine():
    like = run(1, 0.0)
    runs = [run(1, 900.0), run(1, 1000.0), run(1, 1100.0), run(2, 1500.0), run(2, 9.0, name="another")]
    others = [run(2, 9.0, batch_size=256), run(1, 9.0) | {"origin": {}}, run(1, 9.0) | {"epochs": []}]
    assert measured_rates(runs + others, like["spec"], like["machine"]) == {1: 1000.0, 2: 1500.0}


def test_a_rate_or_a_seed_changes_no_pace():
    like = run(1, 0.0, learning_rate=0.1, seed=3)
    assert measured_rates([run(2, 7.0, learning_rate=0.2, seed=4)], like["spec"], like["machine"]) == {2: 7.0}


class Machine:
    """Four processors, of which `busy` seconds have been computed since the start, some by process 7."""

    def __init__(self, monkeypatch):
        self.now, self.user, self.seven = 1000.0, 50.0, 20.0
        monkeypatch.setattr(crew.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(crew.psutil, "cpu_count", lambda: 4)
        monkeypatch.setattr(crew.psutil, "cpu_times", lambda: SimpleNamespace(user=self.user, idle=9.0, iowait=9.0))
        monkeypatch.setattr(crew.psutil, "Process", self.process)

    def process(self, pid):
        if pid != 7:
            raise psutil.NoSuchProcess(pid)
        return SimpleNamespace(cpu_times=lambda: SimpleNamespace(user=self.seven, system=0.0))

    def passes(self, seconds, user, seven=0.0):
        self.now, self.user, self.seven = self.now + seconds, self.user + user, self.seven + seven


def test_another_program_that_computes_is_seen_and_ours_are_not(monkeypatch):
    machine = Machine(monkeypatch)
    load = Load(lambda: [7, 8])
    machine.passes(2.0, user=5.0, seven=3.0)
    assert load.others(cores=4) == 1.0
    assert load.others(cores=3) == 0.0  # it has the fourth


def test_only_the_last_seconds_count(monkeypatch):
    machine = Machine(monkeypatch)
    load = Load(lambda: [7])
    for _ in range(60):
        machine.passes(1.0, user=2.0)
        load.look()
    assert load.others(cores=4) == 2.0
    machine.passes(1.0, user=0.0)
    assert load.others(cores=4) == 0.0


def test_a_burst_takes_no_threads_from_a_run_and_a_program_that_computes_on_does(monkeypatch):
    machine = Machine(monkeypatch)
    load = Load(lambda: [7])
    for user in (0.2, 2.0, 2.0):  # the browser that draws the page on which a run was just asked for
        machine.passes(1.0, user=user)
        load.look()
    assert load.others(cores=4) == pytest.approx(0.2)
    for _ in range(4):
        machine.passes(1.0, user=2.0)
        load.look()
    assert load.others(cores=4) == pytest.approx(2.0)


def test_after_a_long_silence_the_time_since_the_last_look_counts(monkeypatch):
    machine = Machine(monkeypatch)
    load = Load(lambda: [7])
    machine.passes(60.0, user=120.0)
    assert load.others(cores=4) == pytest.approx(2.0)


def refuse():
    raise PermissionError


def test_a_machine_that_does_not_tell_counts_as_free(monkeypatch):
    machine = Machine(monkeypatch)
    monkeypatch.setattr(crew.psutil, "cpu_times", refuse)
    load = Load(lambda: [8])
    machine.passes(2.0, user=8.0)
    assert load.others(cores=4) == 0.0
