"""What the machine is, and what is asked of it."""

import json
import subprocess
import sys

import pytest
import torch

from hpviz import cores as own_cores
from hpviz import hardware
from hpviz.spec import BadInput
from hpviz.training.numerics import check_precision, machine, resolve_device, resolve_precision


def test_the_machine_is_described_in_plain_json():
    here = machine("cpu")
    assert json.loads(json.dumps(here)) == here
    assert here["device"] == "cpu"
    assert here["threads"] == torch.get_num_threads()
    assert here["precision"] == resolve_precision("auto", "cpu")


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sse\n", "bf16"),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", "bf16"),
        ("Features\t: fp asimd bf16 i8mm\n", "bf16"),
        ("flags\t\t: fpu avx2 avx512f\n", "fp32"),
        ("model name\t: bf16 in name only\n", "fp32"),
        ("", "fp32"),
    ],
)
def test_auto_is_bf16_only_where_the_cpu_has_it_in_hardware(tmp_path, monkeypatch, info, expected):
    monkeypatch.setattr(hardware, "CPU_INFO", tmp_path / "cpuinfo")
    hardware.CPU_INFO.write_text(info)
    assert resolve_precision("auto", "cpu") == expected
    assert resolve_precision("bf16", "cpu") == "bf16"
    assert resolve_precision("fp32", "cpu") == "fp32"


@pytest.mark.parametrize("choice", ["tf32", "fp64", ""])
def test_a_precision_a_cpu_cannot_do_is_refused_in_a_sentence(choice):
    with pytest.raises(BadInput, match="fp32 or bf16"):
        resolve_precision(choice, "cpu")


def test_only_what_a_device_computes_in_passes(monkeypatch):
    for precision in ("fp32", "bf16"):
        check_precision(precision, "cpu")
    with pytest.raises(BadInput, match="tf32"):
        check_precision("tf32", "cpu")
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    for generation, passes in (((7, 5), False), ((8, 0), True), ((9, 0), True)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, found=generation: found)
        if passes:
            check_precision("tf32", "cuda:0")
        else:
            with pytest.raises(BadInput, match="tf32"):
                check_precision("tf32", "cuda:0")
    monkeypatch.setattr(torch.version, "cuda", None)  # AMD
    with pytest.raises(BadInput, match="tf32"):
        check_precision("tf32", "cuda:0")


@pytest.mark.parametrize("choice", ["cuda:99", "cuda:x", "gpu", ""])
def test_a_device_that_is_not_here_is_refused_in_a_sentence(choice):
    with pytest.raises(BadInput, match="cpu"):
        resolve_device(choice)


def test_auto_finds_a_device():
    assert resolve_device("auto") == ("cuda:0" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(("quota", "expected"), [("100000 100000", 1), ("max 100000", None), ("10000 100000", 1)])
def test_a_containers_quota_bounds_the_cores(tmp_path, monkeypatch, quota, expected):
    monkeypatch.setattr(own_cores, "CPU_QUOTA", tmp_path / "none")
    without = hardware.physical_cores()
    monkeypatch.setattr(own_cores, "CPU_QUOTA", tmp_path / "cpu.max")
    own_cores.CPU_QUOTA.write_text(quota)
    assert hardware.physical_cores() == (expected or without)


def test_events_are_known_without_loading_torch():
    subprocess.run(
        [sys.executable, "-c", "import sys, hpviz.training.events; sys.exit('torch' in sys.modules)"], check=True
    )
