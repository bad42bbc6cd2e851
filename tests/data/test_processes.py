import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from hpviz.data import threads
from hpviz.data.processes import in_order
from hpviz.spec import BadInput
from tests.data import apart

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 2)


def flat(batches):
    return [result for batch in batches for result in batch]


def started(folder: Path, count: int) -> list[int]:
    """The processes that have begun to work for ever, once there are so many."""
    until = time.monotonic() + 60
    while len(found := [int(path.name) for path in folder.iterdir()]) < count:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_gone(pids: list[int]) -> bool:
    until = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(is_alive, pids))


def test_results_come_in_order_from_processes_of_which_none_stays():
    told = flat(in_order(apart.doubled, range(100), batch=7, enough=0))
    assert [number for number, _ in told] == [2 * number for number in range(100)]
    pids = {pid for _, pid in told}
    assert os.getpid() not in pids
    assert not any(map(is_alive, pids))
    assert not [thread for thread in threading.enumerate() if thread.name == "hpviz-images"]


@pytest.mark.parametrize("count", [0, 1, 99])
def test_few_items_are_not_worth_a_process(count):
    told = flat(in_order(apart.doubled, range(count), batch=7, enough=100))
    assert [number for number, _ in told] == [2 * number for number in range(count)]
    assert {pid for _, pid in told} <= {os.getpid()}


def test_one_core_is_not_worth_a_process(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert {pid for _, pid in flat(in_order(apart.doubled, range(100), enough=0))} == {os.getpid()}


def test_a_process_that_is_killed_ends_the_work_with_one_sentence():
    with pytest.raises(BadInput, match=r"^A process that worked on the images was killed \(signal 9\)[^.]*\.$"):
        flat(in_order(partial(apart.killed_at, 40), range(100), batch=7, enough=0))


def test_an_error_of_the_work_comes_through_as_it_is():
    with pytest.raises(FileNotFoundError) as caught:
        flat(in_order(partial(apart.missing_at, 40), range(100), batch=7, enough=0))
    assert caught.value.filename == "/nowhere/40"


def test_one_that_waits_hears_a_sign_of_life_and_leaving_ends_processes_in_the_middle_of_an_item(tmp_path):
    batches = in_order(partial(apart.for_ever, tmp_path), range(10), batch=1, enough=0)
    assert next(batches) == []
    pids = started(tmp_path, 2)
    batches.close()
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_the_one_that_began_it(tmp_path, end):
    parent = subprocess.Popen(
        [sys.executable, "-c", f"from tests.data import apart; apart.begin(apart.Path({str(tmp_path)!r}))"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    pids = started(tmp_path, 2)
    parent.send_signal(end)
    parent.communicate()
    assert all_gone(pids)


def test_the_cores_are_those_that_this_process_may_use(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(threads, "CPU_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert threads.cores() == 6
    for quota, cores in (("max 100000", 6), ("250000 100000", 2), ("10000 100000", 1), ("9000000 100000", 6)):
        threads.CPU_QUOTA.write_text(quota)
        assert threads.cores() == cores
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(256)), raising=False)
    threads.CPU_QUOTA.write_text("max 100000")
    assert threads.cores() == threads.MOST
