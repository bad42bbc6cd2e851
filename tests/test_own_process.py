"""What works for another process: apart from its terminal, behind people's other programs, alone with its line."""

import os
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from hpviz import cores, hardware, own_process
from hpviz.data import processes
from hpviz.runs.work import describe_failure
from tests.data import apart


@pytest.fixture
def another_system(monkeypatch):
    """A system of that name, as far as our own code asks for it."""

    def act(name):
        monkeypatch.setattr(own_process, "sys", SimpleNamespace(platform=name, stderr=sys.stderr))

    return act


@pytest.fixture
def process():
    """A process that works on images."""
    process = processes.Process()
    yield process
    process.end()


def test_what_works_in_a_process_reads_nothing_of_what_that_is_told(process):
    process.send(apart.what_is_read)
    process.send([1, 2])
    process.send([3])
    assert [process.receive(), process.receive()] == [["", ""], [""]]


def test_what_it_prints_is_no_answer(process):
    process.send(apart.printed)
    process.send([1])
    assert process.receive() == [1]


def test_a_process_gives_way_as_far_as_it_is_asked_to_and_never_comes_back():
    say = "import os; from hpviz.own_process import give_way; give_way(5, 5); give_way(5, 5); print(os.nice(0));"
    say += "give_way(10); print(os.nice(0))"
    mine = os.nice(0)
    told = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True).stdout.split()
    assert [*map(int, told)] == [max(mine, 5), min(max(mine, 5) + 10, 19)]


def test_windows_lowers_a_process_by_a_class(another_system, monkeypatch):
    given = []
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 0x4000, raising=False)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(nice=given.append))
    another_system("win32")
    own_process.give_way(10)
    assert given == [0x4000]


@pytest.mark.parametrize(("in_a_console", "flags"), [(True, 0x200), (False, 0x200 | 0x08000000), (None, 0x08000200)])
def test_on_windows_ctrl_c_is_for_whoever_started_it_and_no_window_opens(monkeypatch, in_a_console, flags):
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    stderr = None if in_a_console is None else SimpleNamespace(isatty=lambda: in_a_console)
    monkeypatch.setattr(own_process, "sys", SimpleNamespace(platform="win32", stderr=stderr))
    assert own_process.apart() == flags


def test_elsewhere_nothing_of_that_is_asked_for(another_system):
    for name in ("linux", "darwin"):
        another_system(name)
        assert own_process.apart() == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "was killed (signal 9)"),
        (1, "ended (exit status 1; see)"),
        (0xC0000005, "ended (exit status 0xc0000005; see)"),
    ],
)
def test_how_a_process_ended_is_told_as_its_system_does(code, words):
    assert own_process.how_ended(code, "; see") == words


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.",
        "[enforce fail] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
    ],
)
def test_want_of_memory_is_known_by_the_words_of_every_system(words):
    assert describe_failure(RuntimeError(words)).startswith("Out of memory: try a smaller batch")


def test_without_affinity_all_cores_are_ours_and_with_it_those_that_psutil_tells(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(cpu_affinity=lambda: [1, 3]))
    assert cores.usable() == {1, 3}
    monkeypatch.setattr(psutil, "Process", SimpleNamespace)  # as on macOS
    assert cores.usable() == set(range(os.cpu_count() or 1))


@pytest.mark.parametrize(("physical", "usable", "counted"), [(4, 8, 4), (None, 8, 8), (4, 2, 2)])
def test_hyper_threads_are_no_cores_where_linux_does_not_say_so_either(
    monkeypatch, tmp_path, physical, usable, counted
):
    monkeypatch.setattr(hardware, "CORES", tmp_path)
    monkeypatch.setattr(hardware, "usable", lambda: set(range(usable)))
    monkeypatch.setattr(hardware, "within_quota", lambda cores: cores)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: physical)
    assert hardware.physical_cores() == counted


def test_a_system_without_proc_tells_no_more_than_python_does(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "CPU_INFO", tmp_path / "none")
    assert hardware.cpu_name()
    assert not hardware.has_bf16()
