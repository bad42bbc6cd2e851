"""What this machine is, is known at once: from the processor, or as a process told it the last time."""

import ctypes
import json
import os
import threading
from collections import deque

import pytest
import torch

from hpviz import hardware
from hpviz.runs import executor, machines
from hpviz.runs.machines import NAME, known, learn
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.training import numerics

GPU = {
    "device": "cuda:0",
    "name": "Some GPU",
    "precision": "bf16",
    "threads": 8,
    "torch": "2.14.0+cu130",
    "platform": "Linux",
    "hpviz": "0.1.0",
    "devices": ["cuda:0", "cuda:1"],
}


@pytest.fixture(autouse=True)
def _a_build_for_gpus(monkeypatch):
    monkeypatch.setattr(hardware, "torch_build", lambda: hardware.Build("2.14.0+rocm", "other"))


def gone(choice):
    raise BadInput("There is no device cuda:0 that PyTorch can use here; `--device cpu` always works.")


@pytest.mark.parametrize("threads", [None, "77,2"])
def test_a_cpu_is_described_without_torch_as_a_process_with_torch_describes_it(tmp_path, monkeypatch, threads):
    monkeypatch.undo()
    if threads is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    process = executor.TrainingProcess("cpu")
    deque(process.start(), maxlen=0)
    process.end()
    assert known(tmp_path, "cpu") == process.machine


def test_where_torch_can_find_no_gpu_it_is_not_needed_to_choose_a_device(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "torch_build", lambda: hardware.Build("2.14.0+cpu", ""))
    assert known(tmp_path, "auto")["device"] == "cpu"
    assert known(tmp_path, "cuda:0") is None
    monkeypatch.setattr(hardware, "torch_build", lambda: hardware.Build("2.14.0+cu130", "NVIDIA"))
    assert (known(tmp_path, "auto") is None) == _has_driver()
    if torch.cuda.is_available():
        assert _has_driver()


def _has_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("__version__ = '2.9.1+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n", ("2.9.1+cpu", "")),
        ("__version__ = '2.9.1'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n", ("2.9.1", "NVIDIA")),
        ("__version__ = '2.9.1+rocm'\ncuda = None\nhip: Optional[str] = '7.1'\n", ("2.9.1+rocm", "other")),
        ("__version__ = '3.0'\n", ("3.0", "other")),  # it does not say
        ("", None),
    ],
)
def test_what_is_built_is_read_from_what_torch_says_of_itself(tmp_path, monkeypatch, version, expected):
    monkeypatch.undo()
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").touch()
    (tmp_path / "torch" / "version.py").write_text(version)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: _Spec(tmp_path / "torch" / "__init__.py"))
    assert hardware.torch_build() == expected


class _Spec:
    def __init__(self, origin):
        self.origin = str(origin)


def test_the_torch_that_is_installed_is_read_as_it_tells_itself(monkeypatch):
    monkeypatch.undo()
    gpus = "other" if torch.version.hip else "NVIDIA" if torch.version.cuda else ""
    assert hardware.torch_build() == hardware.Build(torch.__version__, gpus)


def test_what_a_process_told_is_remembered_for_the_device_that_was_asked_for(tmp_path):
    assert known(tmp_path, "auto") is None
    assert learn(tmp_path, "auto", lambda choice: GPU) == GPU
    assert known(tmp_path, "auto") == GPU
    assert known(tmp_path, "cuda:1") is None
    learn(tmp_path, "cuda:1", lambda choice: {**GPU, "device": "cuda:1", "devices": ["cuda:1"]})
    assert known(tmp_path, "cuda:1")["device"] == "cuda:1"
    assert known(tmp_path, "auto") == GPU


def test_a_newer_answer_corrects_what_was_remembered_and_a_refusal_drops_it(tmp_path):
    learn(tmp_path, "cuda:0", lambda choice: GPU)
    learn(tmp_path, "cuda:0", lambda choice: {**GPU, "precision": "fp32"})
    assert known(tmp_path, "cuda:0")["precision"] == "fp32"
    with pytest.raises(BadInput, match="There is no device"):
        learn(tmp_path, "cuda:0", gone)
    assert known(tmp_path, "cuda:0") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(machines, "__version__", "9.9"),
        lambda patch: patch.setattr(hardware, "torch_build", lambda: hardware.Build("9.9", "other")),
        lambda patch: patch.setattr("platform.python_version", lambda: "9.9"),
        lambda patch: patch.setattr(hardware, "cpu_name", lambda: "another"),
        lambda patch: patch.setattr(hardware, "threads", lambda: 77),
        lambda patch: patch.setenv("CUDA_VISIBLE_DEVICES", "1"),
    ],
    ids=["hpviz", "torch", "python", "processor", "threads", "gpus"],
)
def test_it_holds_until_something_changes_that_it_depends_on(tmp_path, monkeypatch, change):
    learn(tmp_path, "auto", lambda choice: GPU)
    change(monkeypatch)
    assert known(tmp_path, "auto") is None


def damaged(name, value):
    """The file as it is written, with one field of the machine changed."""
    return lambda text: json.dumps(json.loads(text) | {"machines": {"auto": {**GPU, name: value}}})


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:40],
        lambda text: "[" * 50_000,
        lambda text: "[1, 2]",
        lambda text: text + " " * 200_000,
        damaged("threads", 0),
        damaged("threads", "8"),
        damaged("device", "../../etc"),
        damaged("precision", "tf32"),
        damaged("devices", []),
        damaged("name", "x" * 10_000),
        damaged("more", 1),
    ],
)
def test_a_damaged_or_foreign_file_counts_as_absent_and_is_written_anew(tmp_path, damage):
    learn(tmp_path, "auto", lambda choice: GPU)
    (tmp_path / NAME).write_text(damage((tmp_path / NAME).read_text()))
    assert known(tmp_path, "auto") is None
    learn(tmp_path, "auto", lambda choice: GPU)
    assert known(tmp_path, "auto") == GPU


def test_nothing_but_a_file_of_the_cache_is_read_or_written(tmp_path):
    outside, cache = tmp_path / "outside", tmp_path / "cache"
    cache.mkdir()
    learn(tmp_path, "auto", lambda choice: GPU)
    (tmp_path / NAME).rename(outside)
    before = outside.read_bytes()
    (cache / NAME).symlink_to(outside)
    assert known(cache, "auto") is None
    learn(cache, "auto", lambda choice: {**GPU, "precision": "fp32"})
    assert outside.read_bytes() == before
    (cache / NAME).unlink()
    os.mkfifo(cache / NAME)
    assert known(cache, "auto") is None


def test_where_nothing_can_be_written_a_process_is_asked_again(tmp_path):
    assert learn(tmp_path / "none", "auto", lambda choice: GPU) == GPU
    assert known(tmp_path / "none", "auto") is None


def test_a_runner_answers_from_memory_until_a_process_says_otherwise(tmp_path, monkeypatch):
    learn(tmp_path, "auto", lambda choice: GPU)
    asked, told = threading.Event(), threading.Event()

    def learn_of_a_process(choice):
        asked.set()
        told.wait(60)
        yield

    monkeypatch.setattr(executor, "learn", learn_of_a_process)
    monkeypatch.setattr(executor, "machine", lambda choice: {**GPU, "precision": "fp32"})
    runner = Runner(tmp_path)
    assert runner.is_warm()
    assert runner.machine()["precision"] == "bf16"
    assert asked.wait(60)  # it is asked all the same
    told.set()
    runner.confirm()
    assert runner.machine()["precision"] == "fp32"
    runner.close()


def test_a_gpu_that_is_remembered_and_gone_is_refused_before_anything_trains(tmp_path):
    learn(tmp_path, "cuda:77", lambda choice: {**GPU, "device": "cuda:77"})
    runner = Runner(tmp_path, "cuda:77")
    assert runner.machine()["device"] == "cuda:77"
    with pytest.raises(BadInput, match="There is no device cuda:77"):
        runner.confirm()
    runner.close()
    assert known(tmp_path, "cuda:77") is None


def test_runs_may_train_on_every_gpu_unless_one_was_asked_for(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "Some GPU")
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (9, 0))
    assert numerics.machine("auto")["devices"] == ["cuda:0", "cuda:1", "cuda:2"]
    assert numerics.machine("cuda:1")["devices"] == ["cuda:1"]
    assert numerics.machine("cpu")["devices"] == ["cpu"]
