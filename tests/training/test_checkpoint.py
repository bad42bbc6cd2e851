"""Checkpoints survive what happens to files."""

import errno
import os
from pathlib import Path

import pytest
import torch

from hpviz.training import checkpoint
from hpviz.training.checkpoint import NEWEST, PREVIOUS, load, save, settle


@pytest.fixture
def spec(make_spec):
    return make_spec()


def state(epoch):
    return {"rows": [{"epoch": epoch, "loss": None}], "weights": torch.full((1000,), float(epoch))}


def test_what_was_saved_last_is_loaded(spec, tmp_path):
    assert load(tmp_path, spec) is None
    save(tmp_path, spec, state(1))
    save(tmp_path, spec, state(2))
    loaded = load(tmp_path, spec)
    assert loaded["rows"] == [{"epoch": 2, "loss": None}]
    assert torch.equal(loaded["weights"], torch.full((1000,), 2.0))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: b"\x00" * len(content),
        lambda content: content.replace(b"\x00\x00\x00\x40", b"\x00\x00\x01\x40", 1),
    ],
    ids=["empty", "torn", "zeros", "one flipped bit in a weight"],
)
def test_a_damaged_newest_falls_back_to_the_one_before(spec, tmp_path, damage):
    save(tmp_path, spec, state(1))
    save(tmp_path, spec, state(2))
    newest = tmp_path / NEWEST
    content = newest.read_bytes()
    newest.write_bytes(damage(content))
    assert newest.read_bytes() != content
    assert load(tmp_path, spec)["rows"][0]["epoch"] == 1


def test_a_kill_before_the_rename_leaves_the_one_before(spec, tmp_path, monkeypatch):
    save(tmp_path, spec, state(1))

    def die(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            save(tmp_path, spec, state(2))
    assert load(tmp_path, spec)["rows"][0]["epoch"] == 1


def test_a_kill_between_the_renames_leaves_the_one_before(spec, tmp_path):
    save(tmp_path, spec, state(1))
    (tmp_path / NEWEST).replace(tmp_path / PREVIOUS)
    assert load(tmp_path, spec)["rows"][0]["epoch"] == 1


def test_a_full_disk_is_told_as_such_and_costs_nothing_saved_before(spec, tmp_path, monkeypatch):
    save(tmp_path, spec, state(1))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.os, "fsync", full)
        with pytest.raises(OSError, match="No space left") as caught:
            save(tmp_path, spec, state(2))
    assert caught.value.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == [NEWEST]
    assert load(tmp_path, spec)["rows"][0]["epoch"] == 1


def test_a_planted_pickle_is_never_run(spec, tmp_path):
    canary = tmp_path / "canary"

    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {canary}",)

    torch.save({"version": checkpoint.VERSION, "run": spec.run_id, "bomb": Bomb()}, tmp_path / "planted")
    content = (tmp_path / "planted").read_bytes()
    (tmp_path / NEWEST).write_bytes(content + checkpoint.hashlib.sha256(content).digest())
    assert load(tmp_path, spec) is None
    assert not canary.exists()


def test_once_training_has_ended_only_the_newest_is_kept(spec, tmp_path):
    save(tmp_path, spec, state(1))
    save(tmp_path, spec, state(2))
    settle(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NEWEST]


def test_a_checkpoint_is_a_file_that_torch_reads(spec, tmp_path):
    save(tmp_path, spec, state(1))
    assert torch.load(tmp_path / NEWEST, weights_only=True)["run"] == spec.run_id
