"""Runs spread over a Ray cluster, a head and two nodes on this machine: the same numbers, whatever node is lost."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from hpviz.analysis.fairness import different_machines
from hpviz.cli import main
from hpviz.home import default_cache
from hpviz.runs import runner as runners
from hpviz.runs.cluster import Cluster
from hpviz.runs.crew import Wish
from hpviz.runs.document import ACTIVE
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.training.checkpoint import NEWEST, is_sound, write
from tests.made_up import rest, until
from tests.runs.test_executor import asked, of_numbers
from tests.runs.test_side_by_side import rests

ray = pytest.importorskip("ray", reason="Ray is not installed (requirements-cluster.txt)")

ROOT = Path(__file__).parents[2]
ONE_THREAD = Wish(threads=1)
STORE_BYTES = 100 * 2**20  # what images and checkpoints of a test need, many times


@pytest.fixture(scope="module")
def nodes():
    """A head that only keeps the books, and two nodes of a core each."""
    from ray.cluster_utils import Cluster as Nodes

    made = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES})
    made.hosts = [made.add_node(num_cpus=1, object_store_memory=STORE_BYTES) for _ in range(2)]
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def runner(nodes, tmp_path):
    with closing(Runner(tmp_path, wish=ONE_THREAD, cluster=Cluster(nodes.address))) as made:
        yield made


def of_the_local_executor(request, cache):
    """What the same run comes to on this machine, on one thread."""
    with closing(Runner(cache, "cpu", wish=Wish(1, 1))) as here:
        here.submit(request)
        return rest(here, request.spec.run_id)


def moments(run):
    return [moment["status"] for moment in run["history"]]


def trainers():
    """The processes in which nodes train now: Ray names them after their task."""
    return [each for each in psutil.process_iter(["cmdline"]) if "ray::hpviz" in " ".join(each.info["cmdline"] or ())]


def test_a_sweep_spreads_over_the_nodes_and_has_the_numbers_of_one_machine(runner, folder, tmp_path, tmp_path_factory):
    requests = [asked(folder, tmp_path, learning_rate=rate) for rate in (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1)]
    for one in requests:
        runner.submit(one)
    together = 0
    while any(run["status"] in ACTIVE for run in runner.runs()):
        together = max(together, sum(entry["position"] == 0 for entry in runner.queue()))
    runs = [runner.run(one.spec.run_id) for one in requests]
    assert [(run["status"], len(run["epochs"])) for run in runs] == [("finished", 2)] * 8
    assert together == 2
    assert all(is_sound(tmp_path / "checkpoints" / run["id"]) for run in runs)
    assert runner.where == f"the Ray cluster at {ray.get_runtime_context().gcs_address}: 2 nodes, 2 cores"
    here = of_the_local_executor(requests[3], tmp_path_factory.mktemp("here"))
    assert of_numbers(runs[3]["epochs"]) == of_numbers(here["epochs"])
    assert different_machines([runs[3], here]) == []
    assert runs[3]["machine"] == here["machine"]


def test_a_run_can_be_stopped_resumed_and_extended(runner, folder, tmp_path, tmp_path_factory):
    one = asked(folder, tmp_path, epochs=500)
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
    again = asked(folder, tmp_path, epochs=done + 2)
    here = of_the_local_executor(again, tmp_path_factory.mktemp("here"))
    assert of_numbers(extended["epochs"]) == of_numbers(here["epochs"])


def test_a_killed_process_costs_no_epoch_and_asks_nobody(runner, folder, tmp_path, tmp_path_factory):
    one = asked(folder, tmp_path, epochs=60)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
    (trainer,) = trainers()
    trainer.send_signal(signal.SIGKILL)
    ended = rest(runner, one.spec.run_id)
    assert moments(ended) == ["queued", "running", "finished"]
    here = of_the_local_executor(one, tmp_path_factory.mktemp("here"))
    assert of_numbers(ended["epochs"]) == of_numbers(here["epochs"])


def test_a_paused_run_rests_on_its_node(runner, folder, tmp_path):
    one = asked(folder, tmp_path, epochs=500)
    runner.submit(one)
    until(lambda: runner.run(one.spec.run_id)["epochs"])
    runner.pause()
    (trainer,) = trainers()
    until(lambda: rests(trainer.pid))
    known = len(runner.run(one.spec.run_id)["epochs"])
    runner.go_on()
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) > known)
    runner.pause()
    until(lambda: rests(trainer.pid))
    runner.stop(one.spec.run_id)
    assert rest(runner, one.spec.run_id)["status"] == "stopped"


def test_what_is_looked_at_is_trained_first(runner, folder, tmp_path):
    requests = [asked(folder, tmp_path, epochs=epochs, seed=seed) for seed, epochs in enumerate([500, 500, 1, 1])]
    for one in requests:
        runner.submit(one)
    ids = [one.spec.run_id for one in requests]
    until(lambda: [entry["position"] for entry in runner.queue()] == [0, 0, 1, 2])
    runner.look_at([ids[3]])
    assert [entry["id"] for entry in runner.queue()][2:] == [ids[3], ids[2]]
    for run_id in ids[:2]:
        runner.stop(run_id)


FOLLOWS = """
import sys
from pathlib import Path
from hpviz.runs.cluster import Cluster
from hpviz.runs.crew import Wish
from hpviz.runs.runner import Runner
from tests.made_up import until
from tests.runs.test_executor import asked
cache, folder, address = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
one = asked(folder, cache, epochs=40)
runner = Runner(cache, wish=Wish(threads=1), cluster=Cluster(address))
runner.submit(one)
until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
print(one.spec.run_id, "torch" in sys.modules, flush=True)
sys.stdin.read()
"""


def test_whoever_follows_a_cluster_loads_no_torch_and_dies_without_losing_a_run(nodes, folder, tmp_path):
    command = [sys.executable, "-c", FOLLOWS, str(tmp_path), folder, nodes.address]
    following = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    run_id, has_torch = following.stdout.readline().split()
    assert has_torch == "False"
    following.kill()
    following.wait()
    with closing(Runner(tmp_path, wish=ONE_THREAD, cluster=Cluster(nodes.address))) as runner:
        lost = runner.run(run_id)
        assert lost["status"] == "interrupted"
        runner.take_up()
        runner.warm_up()
        until(lambda: runner.run(run_id)["status"] == "finished")
        ended = runner.run(run_id)
        assert len(ended["epochs"]) == 40
        assert ended["epochs"][: len(lost["epochs"])] == lost["epochs"]


def test_what_fails_there_is_told_here_in_the_same_sentence(runner, folder, tmp_path):
    other, one = asked(folder, tmp_path, epochs=1, seed=1), asked(folder, tmp_path)
    runner.submit(other)
    assert rest(runner, other.spec.run_id)["status"] == "finished"
    checkpoints = tmp_path / "checkpoints"
    write(checkpoints / one.spec.run_id, (checkpoints / other.spec.run_id / NEWEST).read_bytes())
    runner.submit(one)
    assert rest(runner, one.spec.run_id)["status"] == "failed"
    assert "belongs to another run" in runner.refused[one.spec.run_id]


def test_the_command_line_trains_there(nodes, folder, tmp_path, capsys):
    given = ["--data", folder, "--image-size", "32", "--padding", "same", "--epochs", "1", "--threads", "1"]
    assert main(["run", *given, "--ray", nodes.address, "--cache", str(tmp_path), "--json"]) == 0
    *_, done = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert done["status"] == "finished"


def test_the_app_says_where_runs_train(nodes, monkeypatch):
    monkeypatch.setenv("HPVIZ_RAY", nodes.address)
    with closing(runners.shared(default_cache())) as runner:
        runner.machine()
        app = AppTest.from_file(str(ROOT / "hpviz" / "ui" / "pages" / "runs.py"), default_timeout=60).run()
        assert not app.exception
        assert any("Runs train on the Ray cluster at" in caption.value for caption in app.caption)


def test_a_cluster_that_is_not_there_is_told_in_a_sentence(tmp_path):
    runner = Runner(tmp_path, cluster=Cluster("127.0.0.1:1"))
    with closing(runner), pytest.raises(BadInput, match=r"There is no Ray cluster at 127\.0\.0\.1:1"):
        runner.machine()


def test_a_lost_node_costs_no_epoch_and_no_run(runner, nodes, folder, tmp_path, tmp_path_factory):
    requests = [asked(folder, tmp_path, epochs=40, seed=seed) for seed in range(2)]
    for one in requests:
        runner.submit(one)
    until(lambda: sum(len(run["epochs"]) >= 2 for run in runner.runs()) == 2)
    nodes.remove_node(nodes.hosts.pop(), allow_graceful=False)
    ended = [rest(runner, one.spec.run_id) for one in requests]
    assert [(run["status"], len(run["epochs"])) for run in ended] == [("finished", 40)] * 2
    assert all(moments(run) == ["queued", "running", "finished"] for run in ended)
    for one, run in zip(requests, ended, strict=True):
        here = of_the_local_executor(one, tmp_path_factory.mktemp("here"))
        assert of_numbers(run["epochs"]) == of_numbers(here["epochs"])


def test_a_lost_head_ends_nothing_here_and_the_next_one_finds_the_run(runner, nodes, folder, tmp_path):
    from ray.cluster_utils import Cluster as Nodes

    one = asked(folder, tmp_path, epochs=500)
    runner.submit(one)
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) >= 2)
    nodes.head_node.kill_all_processes(check_alive=False, allow_graceful=False)
    lost = rest(runner, one.spec.run_id)
    assert lost["status"] == "interrupted"
    assert lost["reason"].startswith("The head of the cluster is gone")
    runner.close()
    again = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES})
    with closing(Runner(tmp_path, wish=ONE_THREAD, cluster=Cluster(again.address))) as later:
        later.take_up()
        later.warm_up()
        until(lambda: len(later.run(one.spec.run_id)["epochs"]) > len(lost["epochs"]))
        assert later.run(one.spec.run_id)["epochs"][: len(lost["epochs"])] == lost["epochs"]
        later.stop(one.spec.run_id)
        assert rest(later, one.spec.run_id)["status"] == "stopped"
    again.shutdown()
