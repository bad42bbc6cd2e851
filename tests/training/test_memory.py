"""What training held, as the system tells it."""

import pytest
import torch

from hpviz.training import memory
from hpviz.training.memory import MemoryMeter

MEBIBYTE = 2**20

needs_proc = pytest.mark.skipif(not memory.CLEAR_REFS.exists(), reason="this system does not tell peak memory")


@needs_proc
def test_the_peak_counts_what_was_held_and_given_back():
    meter = MemoryMeter("cpu")
    held = torch.ones(64 * MEBIBYTE // 4)
    del held
    peak = meter.peak()
    assert peak is not None
    assert 60 * MEBIBYTE < peak < 120 * MEBIBYTE


@needs_proc
def test_what_evaluation_holds_after_the_first_epoch_is_not_charged_to_training():
    meter = MemoryMeter("cpu")
    first = meter.peak()
    held = torch.ones(64 * MEBIBYTE // 4)
    assert meter.peak() == first
    del held


def test_where_the_system_does_not_tell_the_peak_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "none")
    assert MemoryMeter("cpu").peak() is None


@pytest.mark.parametrize("refuses", [True, False], ids=["refused", "absent"])
def test_where_the_peak_cannot_start_anew_that_of_the_process_s_life_is_not_told(monkeypatch, tmp_path, refuses):
    if refuses:
        (tmp_path / "clear_refs").mkdir()  # opening it to write raises OSError, even for root
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "clear_refs")
    assert MemoryMeter("cpu").peak() is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_the_peak_is_that_of_its_allocator():
    meter = MemoryMeter("cuda:0")
    held = torch.ones(64 * MEBIBYTE // 4, device="cuda:0")
    del held
    assert meter.peak() == 64 * MEBIBYTE
