"""Clusters of Ray on this machine, for tests, which are skipped where it has none."""

import sys

import psutil
import pytest

from hpviz.runs.crew import Wish

pytest.importorskip("ray", reason="Ray is not installed (requirements-cluster.txt)")
if sys.platform == "win32":
    pytest.skip("on Windows, Ray has no clusters of several nodes", allow_module_level=True)

ONE_THREAD = Wish(threads=1)
STORE_BYTES = 100 * 2**20  # what images and checkpoints of a test need, many times
# How soon a head takes a node that does not answer for lost: 3 s instead of 15.
IMPATIENT = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_failure_threshold": 3}


def begin(cores, nodes=0):
    """A cluster: a head that lends so many cores, and so many nodes of a core each, which are its `hosts`."""
    from ray.cluster_utils import Cluster as Nodes

    lent = {"num_cpus": cores, "object_store_memory": STORE_BYTES, "_system_config": IMPATIENT}
    made = Nodes(initialize_head=True, head_node_args=lent)
    made.hosts = [made.add_node(num_cpus=1, object_store_memory=STORE_BYTES) for _ in range(nodes)]
    return made


def lose(node):
    """All that runs on a node is gone at once, as when its machine is."""
    own = [psutil.Process(each.process.pid) for found in node.all_processes.values() for each in found]
    for process in [*own, *(child for each in own for child in each.children(recursive=True))]:
        process.kill()
