"""Runs spread over a Ray cluster, a head and two nodes on this machine: the same numbers, whatever node is lost."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from hpviz.analysis.fairness import different_machines
from hpviz.data.prepared import Prepared
from hpviz.home import default_cache
from hpviz.runs import runner as runners
from hpviz.runs.cluster import Cluster
from hpviz.runs.crew import Wish
from hpviz.runs.document import ACTIVE
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.training.checkpoint import NEWEST, is_sound, write
from tests.made_up import rest, until
from tests.runs.nodes import ONE_THREAD, begin, lose
from tests.runs.test_executor import asked, of_numbers
from tests.runs.test_side_by_side import it_goes_on_and_can_be_stopped, rests

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def nodes():
    """A head that only keeps the books, and two nodes of a core each."""
    made = begin(cores=0, nodes=2)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def runner(nodes, tmp_path_factory):
    """One for all, as a server has it: each test has runs of its own."""
    cache = tmp_path_factory.mktemp("cluster")
    with closing(Runner(cache, wish=ONE_THREAD, cluster=Cluster(nodes.address))) as made:
        yield made


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """What the same run comes to on this machine, on one thread."""
    with closing(Runner(tmp_path_factory.mktemp("here"), "cpu", wish=Wish(1, 1))) as made:

        def train(request):
            made.submit(request)
            return rest(made, request.spec.run_id)

        yield train


def moments(run):
    return [moment["status"] for moment in run["history"]]


def trainers():
    """The processes in which nodes train now: Ray names them after their task."""
    return [each for each in psutil.process_iter(["cmdline"]) if "ray::hpviz" in " ".join(each.info["cmdline"] or ())]


def test_a_sweep_spreads_over_the_nodes_and_has_the_numbers_of_one_machine(runner, here, folder):
    rates = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1)
    requests = [asked(folder, runner.cache, learning_rate=rate) for rate in rates]
    for one in requests:
        runner.submit(one)
    together = set()

    def are_at_rest():
        together.add(sum(entry["position"] == 0 for entry in runner.queue()))
        return not any(run["status"] in ACTIVE for run in runner.runs())

    until(are_at_rest)
    runs = [runner.run(one.spec.run_id) for one in requests]
    assert [(run["status"], len(run["epochs"])) for run in runs] == [("finished", 2)] * 8
    assert max(together) == 2
    assert all(is_sound(runner.cache / "checkpoints" / run["id"]) for run in runs)
    of_one_machine = here(requests[3])
    assert of_numbers(runs[3]["epochs"]) == of_numbers(of_one_machine["epochs"])
    assert different_machines([runs[3], of_one_machine]) == []
    assert runs[3]["machine"] == of_one_machine["machine"]


def test_a_run_can_be_stopped_resumed_and_extended(runner, here, folder):
    one = asked(folder, runner.cache, epochs=500, seed=10)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
    until(lambda: any(entry["view"]["text"].startswith("epoch ") for entry in runner.queue()))
    runner.stop(one.spec.run_id)
    stopped = rest(runner, one.spec.run_id)
    assert stopped["status"] == "stopped"
    until(lambda: not trainers())
    done = len(stopped["epochs"])
    runner.submit(runner.resumption(one.spec.run_id, done + 1))
    resumed = rest(runner, one.spec.run_id)
    assert (resumed["status"], len(resumed["epochs"])) == ("finished", done + 1)
    runner.submit(runner.resumption(one.spec.run_id, done + 2))
    extended = rest(runner, one.spec.run_id)
    assert extended["epochs"][: done + 1] == resumed["epochs"]
    assert of_numbers(extended["epochs"]) == of_numbers(
        here(asked(folder, runner.cache, epochs=done + 2, seed=10))["epochs"]
    )


def test_a_killed_process_costs_no_epoch_and_asks_nobody(runner, here, folder):
    one = asked(folder, runner.cache, epochs=30, seed=20)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
    (trainer,) = trainers()
    trainer.send_signal(signal.SIGKILL)
    ended = rest(runner, one.spec.run_id)
    assert moments(ended) == ["queued", "running", "finished"]
    assert of_numbers(ended["epochs"]) == of_numbers(here(one)["epochs"])


def test_a_paused_run_rests_on_its_node(runner, folder):
    one = asked(folder, runner.cache, epochs=500, seed=30)
    runner.submit(one)
    until(lambda: runner.run(one.spec.run_id)["epochs"])
    runner.pause()
    (trainer,) = trainers()
    until(lambda: rests(trainer.pid))
    it_goes_on_and_can_be_stopped(runner, one.spec.run_id, trainer.pid)
    runner.go_on()


def test_what_is_looked_at_is_trained_first(runner, folder):
    requests = [
        asked(folder, runner.cache, epochs=epochs, seed=seed) for seed, epochs in enumerate([500, 500, 1, 1], 40)
    ]
    for one in requests:
        runner.submit(one)
    ids = [one.spec.run_id for one in requests]
    until(lambda: [entry["position"] for entry in runner.queue()] == [0, 0, 1, 2])
    runner.look_at([ids[3]])
    assert [entry["id"] for entry in runner.queue()][2:] == [ids[3], ids[2]]
    for run_id in ids:
        runner.stop(run_id)
    until(lambda: not runner.queue())  # some had not begun, and are gone


def test_what_fails_there_is_told_here_in_the_same_sentence(runner, folder):
    other, one = asked(folder, runner.cache, epochs=1, seed=50), asked(folder, runner.cache, seed=51)
    runner.submit(other)
    assert rest(runner, other.spec.run_id)["status"] == "finished"
    checkpoints = runner.cache / "checkpoints"
    write(checkpoints / one.spec.run_id, (checkpoints / other.spec.run_id / NEWEST).read_bytes())
    runner.submit(one)
    assert rest(runner, one.spec.run_id)["status"] == "failed"
    assert "belongs to another run" in runner.refused[one.spec.run_id]


def test_whoever_follows_may_die_and_the_app_goes_on_with_its_runs_and_says_where(nodes, folder, monkeypatch):
    given = ["--data", folder, "--image-size", "32", "--padding", "same", "--epochs", "40", "--threads", "1"]
    command = [sys.executable, "-m", "hpviz", "run", *given, "--ray", nodes.address, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as following:
        run, first, second = (json.loads(following.stdout.readline()) for _ in range(3))
        following.kill()
    assert [first["epoch"], second["epoch"]] == [1, 2]
    monkeypatch.setenv("HPVIZ_RAY", nodes.address)
    with closing(runners.shared(default_cache())) as runner:
        lost = runner.run(run["id"])
        assert lost["status"] == "interrupted"
        runner.machine()
        for page in ("runs", "overview"):
            app = AppTest.from_file(str(ROOT / "hpviz" / "ui" / "pages" / f"{page}.py"), default_timeout=60).run()
            assert not app.exception
            (told,) = (each.value for each in app.caption if "Runs train on" in each.value)
            assert told.endswith("2 nodes, 2 cores.")
            assert not any(each.value.startswith("This machine:") for each in app.caption)
        until(lambda: runner.run(run["id"])["status"] == "finished")
        ended = runner.run(run["id"])
        assert len(ended["epochs"]) == 40
        assert ended["epochs"][: len(lost["epochs"])] == lost["epochs"]


def test_nodes_find_the_same_images_at_one_place(monkeypatch):
    from hpviz.runs import cluster_member

    monkeypatch.setattr(cluster_member.ray, "put", lambda data: (data.fingerprint, data.train_images.shape[-1]))
    images, labels = cluster_member.Images(), np.zeros(1, np.int64)

    def put(fingerprint, size):
        pixels = np.zeros((1, 3, size, size), np.uint8)
        return images.put(Prepared(fingerprint, ("sea",), pixels, labels, pixels, labels))

    first = put("one", 8)
    assert put("one", 8) is first  # the object store has them already, and each node fetches them once
    assert [put("one", 4), put("two", 8)] == [("one", 4), ("two", 8)]


def test_a_cluster_that_is_not_there_is_told_in_a_sentence(tmp_path):
    runner = Runner(tmp_path, cluster=Cluster("127.0.0.1:1"))
    with closing(runner), pytest.raises(BadInput, match=r"There is no Ray cluster at 127\.0\.0\.1:1"):
        runner.machine()


def test_a_sweep_outlives_a_node_and_no_epoch_is_lost_or_trained_twice(runner, nodes, here, folder):
    lasting = [asked(folder, runner.cache, epochs=15, seed=seed) for seed in (60, 61)]
    short = [asked(folder, runner.cache, epochs=2, seed=seed) for seed in range(62, 68)]
    for one in [*lasting, *short]:
        runner.submit(one)
    until(lambda: all(len(runner.run(one.spec.run_id)["epochs"]) >= 2 for one in lasting))
    lost = nodes.hosts.pop()
    lose(lost)
    known = [runner.run(one.spec.run_id)["epochs"] for one in lasting]
    nodes.remove_node(lost, allow_graceful=False)
    ended = [rest(runner, one.spec.run_id) for one in [*lasting, *short]]
    assert [(run["status"], len(run["epochs"])) for run in ended] == [("finished", 15)] * 2 + [("finished", 2)] * 6
    assert all(moments(run) == ["queued", "running", "finished"] for run in ended)
    for one, run, before in zip(lasting, ended, known, strict=False):
        assert run["epochs"][: len(before)] == before
        assert of_numbers(run["epochs"]) == of_numbers(here(one)["epochs"])
