"""Tasks for a process that trains: results come back as they were, and whatever becomes of it the rest goes on."""

import hashlib
import json
import os
import signal
import threading
from collections import deque

import numpy as np
import pytest
import torch
import torchvision

from hpviz import weight_files
from hpviz.runs import executor, tasks
from hpviz.runs.desk import Desk
from hpviz.runs.executor import carry_out
from hpviz.runs.work import Failed
from hpviz.spec import BadInput
from hpviz.training.inside import from_json, to_json
from tests.charts.test_network import FOUND, PRETRAINED
from tests.runs.test_executor import hang


def finished(work):
    """The result of a task, and how far it said it had come."""
    steps = []
    try:
        while True:
            steps.append(next(work))
    except StopIteration as end:
        return end.value, steps


def stopped():
    """A process that waits for tasks, or would if it were not stopped."""
    taken = executor._take("cpu")
    deque(taken.start(), maxlen=0)
    hang(taken.pid)
    executor._give_back(taken)
    return taken


@pytest.fixture
def hanging(monkeypatch):
    """A task that never ends: the precision of a run is being checked by a process that was stopped."""
    monkeypatch.setattr(executor, "TASK_STOPPING_SECONDS", 0.2)
    steps = carry_out("check_precision", {"precision": "fp32", "device": "cpu"})
    next(steps)
    taken = stopped()
    yield steps, taken
    steps.close()
    if taken.is_alive:
        os.kill(taken.pid, signal.SIGCONT)


@pytest.mark.parametrize("found", [FOUND, PRETRAINED], ids=["from scratch", "pretrained"])
def test_what_was_found_inside_a_network_comes_back_as_it_was(found):
    back = from_json(json.loads(json.dumps(to_json(found))))
    assert (back.epoch, back.noise, back.layers) == (found.epoch, found.noise, found.layers)
    for ours, theirs in ((back.kernels, found.kernels), (back.start_kernels, found.start_kernels)):
        assert (ours is None) == (theirs is None)
        assert ours is None or np.array_equal(ours, np.asarray(theirs, np.float32))
    assert back.kernels.dtype == np.float32


def test_a_task_leaves_its_process_to_the_next(hanging):
    steps, taken = hanging
    os.kill(taken.pid, signal.SIGCONT)
    assert finished(steps)[0] is None
    assert finished(carry_out("check_precision", {"precision": "bf16", "device": "cpu"}))[0] is None
    again = executor._take("cpu")
    executor._give_back(again)
    assert again is taken


def test_a_killed_process_ends_its_task_in_a_sentence_and_the_next_one_goes_on(hanging):
    steps, taken = hanging
    threading.Timer(0.2, os.kill, (taken.pid, signal.SIGKILL)).start()
    with pytest.raises(Failed, match=r"was at this was killed \(signal 9\); try again"):
        finished(steps)
    assert finished(carry_out("check_precision", {"precision": "fp32", "device": "cpu"}))[0] is None


def test_a_task_that_hangs_can_be_cancelled(hanging):
    steps, taken = hanging
    assert next(steps).what == "loading PyTorch"
    steps.close()
    assert not taken.is_alive


def test_what_fails_there_is_the_same_sentence_here():
    with pytest.raises(BadInput, match="in which only newer NVIDIA GPUs compute"):
        tasks.check_precision("tf32", "cpu")
    with pytest.raises(BadInput, match="in which only newer NVIDIA GPUs compute"):
        finished(carry_out("check_precision", {"precision": "tf32", "device": "cpu"}))


def test_the_desk_tells_in_a_sentence_that_the_process_of_its_task_died(tmp_path):
    desk = Desk(tmp_path)

    def dies():
        steps = carry_out("check_precision", {"precision": "fp32", "device": "cpu"})
        yield next(steps)
        taken = stopped()
        threading.Timer(0.2, os.kill, (taken.pid, signal.SIGKILL)).start()
        yield from steps

    task = desk.task("dies", dies)
    assert task.wait(60)
    assert task.error == "The process that was at this was killed (signal 9); try again."


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    return path


def test_weights_are_looked_into_once_and_known_by_their_digest(weights, monkeypatch):
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert finished(tasks.find_weights(weights))[0] == (weights, digest)
    monkeypatch.setattr(executor, "carry_out", None)
    assert finished(tasks.find_weights(weights))[0] == (weights, digest)


def test_a_file_that_holds_no_resnet18_is_refused_though_it_was_never_opened_here(weights):
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(BadInput, match="damaged or no file of weights"):
        finished(tasks.find_weights(weights))


def test_torchvisions_file_is_known_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    digest = hashlib.sha256(b"its weights").hexdigest()
    monkeypatch.setattr(weight_files, "IMAGENET_URL", f"http://127.0.0.1:9/resnet18-{digest[:8]}.pth")
    path = weight_files.imagenet_file()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"its weights")
    monkeypatch.setattr(executor, "carry_out", None)
    assert finished(tasks.find_weights(None))[0] == (path, digest)
