"""Without Ray, or without asking for it: one sentence, and nothing of it is loaded."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from hpviz.cli import main
from hpviz.runs.cluster import Cluster, asked_for
from hpviz.spec import BadInput

ROOT = Path(__file__).parents[2]
has_ray = importlib.util.find_spec("ray") is not None


@pytest.mark.skipif(has_ray, reason="Ray is installed here")
def test_without_ray_whoever_asks_for_a_cluster_is_told_how_to_get_it(capsys):
    assert main(["run", "--ray", "auto"]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "Ray is not installed" in sentence
    assert "pip install -r requirements-cluster.txt" in sentence


@pytest.mark.skipif(has_ray, reason="Ray is installed here")
def test_without_ray_the_variable_is_answered_by_the_same_sentence(monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", "auto")
    with pytest.raises(BadInput, match="Ray is not installed"):
        asked_for(None)


def test_an_empty_address_asks_for_no_cluster(monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", " ")
    assert asked_for(None) is None
    monkeypatch.setenv("HPVIZ_RAY", "10.0.0.1:6379")
    assert asked_for("") is None


def test_its_client_is_refused_for_it_cannot_stream(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    with pytest.raises(BadInput, match="cannot stream"):
        Cluster("ray://10.0.0.1:10001")


def test_what_can_follow_a_cluster_loads_neither_ray_nor_torch():
    code = "import sys, hpviz.runs.runner, hpviz.runs.node; assert not {'ray', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
