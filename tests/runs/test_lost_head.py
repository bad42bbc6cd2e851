"""The head of a Ray cluster is lost: whoever follows it lives on, and whoever follows the next one finds the runs."""

import subprocess
import sys
from contextlib import closing

import psutil

from hpviz.runs.cluster import Cluster
from hpviz.runs.runner import Runner
from tests.made_up import rest, until
from tests.runs.nodes import ONE_THREAD, begin, lose

# It is a child of process 1, as a service is and what nohup leaves: Ray takes such a one for a process without a node.
FOLLOWS = """
import os, sys, time
begun_by = os.getpid()
if os.fork():
    os._exit(0)
while os.getppid() == begun_by:
    time.sleep(0.01)
from pathlib import Path
from hpviz.runs.cluster import Cluster
from hpviz.runs.crew import Wish
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from tests.made_up import rest, until
from tests.runs.test_executor import asked
cache, folder, address = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
runs = [asked(folder, cache, epochs=500, seed=seed) for seed in range(2)]
runner = Runner(cache, wish=Wish(threads=1), cluster=Cluster(address))
for each in runs:
    runner.submit(each)
until(lambda: len(runner.run(runs[0].spec.run_id)["epochs"]) >= 2)
print(os.getpid(), *(each.spec.run_id for each in runs), flush=True)
print([rest(runner, each.spec.run_id)["status"] for each in runs], flush=True)
try:
    runner.submit(runs[0])
except BadInput as error:
    print("nothing more is taken" if "nothing trains there any more" in str(error) else error, flush=True)
runner.close()
print("closed in order", flush=True)
"""


def test_a_lost_head_ends_nothing_here_and_the_next_one_finds_its_runs(folder, tmp_path):
    first = begin(cores=1)
    command = [sys.executable, "-c", FOLLOWS, str(tmp_path), folder, first.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        pid, *ids = following.stdout.readline().split()
        try:
            lose(first.head_node)
            told = following.stdout.read().splitlines()
            assert told == ["['interrupted', 'interrupted']", "nothing more is taken", "closed in order"]
        finally:
            if psutil.pid_exists(int(pid)):
                psutil.Process(int(pid)).kill()
    second = begin(cores=1)
    with closing(Runner(tmp_path, wish=ONE_THREAD, cluster=Cluster(second.address))) as later:
        lost = [later.run(run_id) for run_id in ids]
        assert all(run["reason"].startswith("The head of the cluster is gone") for run in lost)
        later.take_up()
        later.warm_up()
        until(lambda: len(later.run(ids[0])["epochs"]) > len(lost[0]["epochs"]))
        assert later.run(ids[0])["epochs"][: len(lost[0]["epochs"])] == lost[0]["epochs"]
        assert later.queue()[1]["id"] == ids[1]
        for run_id in ids:
            later.stop(run_id)
        assert rest(later, ids[0])["status"] == "stopped"
    second.shutdown()
