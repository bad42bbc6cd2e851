"""Without Ray, or without asking for it: one sentence, and nothing of it is loaded."""

import importlib.util
import subprocess
import sys
from collections import deque
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpviz import __main__ as program
from hpviz import gate
from hpviz.cli import app, main
from hpviz.cli.parser import parse
from hpviz.runs import cluster_run
from hpviz.runs import runner as runners
from hpviz.runs.cluster import Cluster, asked_for
from hpviz.runs.document import new_run
from hpviz.runs.work import Place
from hpviz.spec import BadInput
from hpviz.terminal import JsonLines
from tests.made_up import request, spec

ROOT = Path(__file__).parents[2]


@pytest.fixture
def without_ray(monkeypatch):
    """As where Ray is not installed, wherever this is run."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "ray" else found(name, *more))


@pytest.fixture
def as_with_ray(monkeypatch):
    """For what is decided before Ray is imported."""
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: name == "ray" or found(name, *more))


@pytest.mark.parametrize("verb", ["run", "app"])
def test_without_ray_whoever_asks_for_a_cluster_is_told_how_to_get_it(without_ray, capsys, verb):
    assert main([verb, "--ray", "auto"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "Ray is not installed" in sentence
    assert "pip install -r requirements-cluster.txt" in sentence


def test_without_ray_the_variable_is_answered_by_the_same_sentence(without_ray, monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", "auto")
    with pytest.raises(BadInput, match="Ray is not installed"):
        asked_for(None)


def test_an_empty_address_asks_for_no_cluster(monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", " ")
    assert asked_for(None) is None
    monkeypatch.setenv("HPVIZ_RAY", "10.0.0.1:6379")
    assert asked_for("") is None


def test_its_client_is_refused_for_it_cannot_stream(as_with_ray):
    with pytest.raises(BadInput, match="cannot stream"):
        Cluster("ray://10.0.0.1:10001")


def test_what_can_follow_a_cluster_loads_neither_ray_nor_torch():
    code = "import sys, hpviz.runs.runner, hpviz.runs.node; assert not {'ray', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_installed_command_opens_the_app_on_the_cluster_that_it_is_given(as_with_ray, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["hpviz", "--ray", "auto"])
    monkeypatch.setattr(program, "run", list)
    given = program.command()
    assert given == ["app", "--ray", "auto"]
    serving = "import os, sys; sys.exit(len(os.environ['HPVIZ_RAY']))"
    monkeypatch.setattr(app, "sys", SimpleNamespace(platform="win32"))  # where it stays, and tells how the server ended
    monkeypatch.setattr(app, "command_of", lambda *_: [sys.executable, "-c", serving])
    monkeypatch.setattr(app.signal, "signal", lambda *_: None)
    assert app.open_app(parse(given), JsonLines()) == len("auto")


def test_a_cluster_that_is_not_known_yet_is_one_that_is_being_joined_or_could_not_be(as_with_ray):
    cluster = Cluster("10.0.0.1:6379")
    assert cluster.where == "the Ray cluster at 10.0.0.1:6379, which is being joined"
    cluster.is_lost.set()
    assert cluster.where == "the Ray cluster at 10.0.0.1:6379, which could not be joined"


def test_whoever_resumes_a_run_of_a_lost_cluster_is_told_to_begin_again_and_not_to_resume(as_with_ray, tmp_path):
    cluster = Cluster("10.0.0.1:6379")
    with closing(runners.Runner(tmp_path, cluster=cluster)) as runner:
        runner._machine = {"device": "cpu"}  # as if it had been joined
        cluster.is_lost.set()
        with pytest.raises(BadInput, match="nothing trains there any more; begin hpviz again"):
            runner.submit(request())


# The gate holds there, too.


def test_pages_that_only_show_join_no_cluster_whatever_the_variable_says(tmp_path, for_pages, monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", "auto")
    for_pages(HPVIZ_READ_ONLY=1)
    runner = runners.shared(tmp_path)
    runner.warm_up()
    assert (runner.where, runner.queue()) == (None, [])
    runner.close()


def test_no_cluster_is_joined_and_nothing_is_trained_there_behind_pages_that_only_show(for_pages, as_with_ray):
    for_pages(HPVIZ_READ_ONLY=1)
    cluster = Cluster("127.0.0.1:1")
    for begin in (cluster.learn, lambda: cluster.train(remembered("", None), ROOT, Place("cpu", 1))):
        with pytest.raises(gate.ReadOnly):
            next(begin())


def remembered(data, weights):
    return new_run(spec(), {"data": str(data), "weights": weights and str(weights)}, 3)


def test_a_cluster_gets_neither_images_nor_weights_that_pages_may_not_read(tmp_path, for_pages, monkeypatch):
    for name in ("allowed", "elsewhere", "locks"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere/weights.pth").write_bytes(b"no weights")
    for_pages(HPVIZ_ROOTS=tmp_path / "allowed")

    def sent(*given):
        run, sent = remembered(*given), []
        with pytest.raises(gate.Outside):
            deque(cluster_run.train(run, tmp_path, Place("cpu", 1), {}, sent.append), maxlen=0)
        return sent

    assert sent(tmp_path / "elsewhere", None) == []
    monkeypatch.setattr(cluster_run, "images_of", lambda *_: iter(()))
    assert sent("scenes", tmp_path / "elsewhere/weights.pth") == []
