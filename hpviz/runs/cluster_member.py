"""A process that is a member of a Ray cluster for whoever started it: it has runs trained there and tells their events.

    python -m hpviz.runs.cluster_member ADDRESS DEVICE

It speaks as a training process does, but follows many runs at once. Ray ends its members without a word where their
node is gone: that is why the server is none, and lives on. Only here is Ray imported, and PyTorch only on the nodes.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from hpviz.data.prepared import Prepared
from hpviz.runs import cluster_run, node
from hpviz.runs.cluster import Node, name_of, training_nodes
from hpviz.runs.executor import OPENMP, Died
from hpviz.runs.training_process import Line, failure
from hpviz.runs.work import Place, agreed, stopped
from hpviz.spec import BadInput
from hpviz.training.events import to_json

NODE_SECONDS = 60.0  # that a cluster which has just been started may take to have a node
KNOCK_SECONDS = 5.0
MOST_MISSED = 5  # looks at which the head does not answer, until it is given up
LOOK_SECONDS = 1.0  # how often it is asked which nodes there are
KEPT_IMAGES = 4  # data sets that the object store is asked to keep; a study has one


def main(address: str, device: str) -> None:
    """Join the cluster, say what its nodes are, then have trained there what comes."""
    # Ctrl-C is for whoever started this process, which ends with that one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = Line(device)
    if not os.environ.get("HPVIZ_DEBUG"):
        # Ray tells there, in pages of its log, of nodes and heads that are lost; a sentence here says as much.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as this process
    try:
        join(address)
        line.tell({"machine": common_machine(address, device)})
    except Exception as error:
        line.tell(failure(error))
        return
    threading.Thread(target=watch, args=(line,), name="hpviz-nodes", daemon=True).start()
    images = Images()
    while True:
        order = line.runs.get()
        threading.Thread(target=_train, args=(line, order, images), daemon=True).start()


def join(address: str) -> None:
    """Become a member of the cluster. Raises BadInput if there is none."""
    knock(address)
    # The OpenMP of a node waits as ours does; hpviz itself is sent along, so that all compute with this one.
    ours = {"py_modules": [str(Path(__file__).parents[1])], "env_vars": OPENMP}
    try:
        ray.init(address, log_to_driver=False, configure_logging=False, runtime_env=ours)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        told = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise BadInput(
            f"Nothing can join {name_of(address)} from here ({told}); `ray start` makes this machine a part of one."
        ) from None


def common_machine(address: str, device: str) -> dict[str, Any]:
    """What a node is, in the precision that all of them compute in: bf16 if all do. Waits for the first of them.

    Raises BadInput if there is none with that device, or none that can train.
    """
    until = time.monotonic() + NODE_SECONDS
    while not (lent := training_nodes(alive(), device)) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    if not lent:
        what = "GPU" if device.startswith("cuda") else "node that lends a core"
        raise BadInput(f"There is no {what} in {name_of(address)}; `ray start` on another machine adds one.")
    on_gpus = device != "cpu" and bool(lent[0].gpus)
    # Ray hides the GPUs from whoever asks for none.
    describe = ray.remote(num_cpus=0, num_gpus=0.01 if on_gpus else 0)(node.describe)
    asked = [
        describe.options(scheduling_strategy=NodeAffinitySchedulingStrategy(each.id, soft=True)).remote(
            "cuda:0" if on_gpus else "cpu"
        )
        for each in lent
    ]
    machines, reasons = [], []
    for each in asked:
        try:
            told: dict[str, Any] | node.Failure = ray.get(each)
        except ray.exceptions.RayError as error:
            reasons.append(cluster_run.sentence_of(error))
            continue
        if isinstance(told, node.Failure):
            reasons.append(told.sentence)
        else:
            machines.append(told)
    if not machines:
        raise BadInput(f"No node of {name_of(address)} can train: {reasons[0]}")
    common = "bf16" if all(each["precision"] == "bf16" for each in machines) else "fp32"
    return {**machines[0], "precision": common}


def alive() -> list[Node]:
    """The nodes that are."""
    found = [each for each in ray.nodes() if each["Alive"]]
    return [
        Node(each["NodeID"], int(each["Resources"].get("CPU", 0)), int(each["Resources"].get("GPU", 0)))
        for each in found
    ]


def watch(line: Line) -> None:
    """Tell which nodes there are, whenever that changes; end this process once the head is gone.

    Ray would do so, too, but a minute later.
    """
    head, missed, known = ray.get_runtime_context().gcs_address, 0, None
    while missed < MOST_MISSED:
        try:
            knock(head)
            found, missed = alive(), 0
        except Exception:
            found, missed = [], missed + 1
        if found != known:
            line.tell({"nodes": [vars(each) for each in found]})
            known = found
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def knock(address: str) -> None:
    """Raise BadInput if nobody listens at a host and port: Ray itself would wait there for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise BadInput(
                f"There is no Ray cluster at {address} ({error}); `ray start --head` begins one, and names its address."
            ) from None


class Images:
    """Where the object store has images, from where each node fetches them once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Any] = {}  # by fingerprint and size
        self._putting = threading.Lock()

    def put(self, data: Prepared) -> Any:
        """The same for the same images."""
        name = data.fingerprint, int(data.train_images.shape[-1])
        with self._putting:
            if name not in self._kept:
                while len(self._kept) >= KEPT_IMAGES:
                    del self._kept[next(iter(self._kept))]
                arrays = {part: np.asarray(getattr(data, part)) for part in ("train_images", "test_images")}
                labels = {part: getattr(data, part) for part in ("train_labels", "test_labels")}
                self._kept[name] = ray.put(Prepared(data.fingerprint, data.classes, **arrays, **labels))
            return self._kept[name]


def _train(line: Line, order: Mapping[str, Any], images: Images) -> None:
    """Tell a run's events until it has ended or is stopped."""
    run, number = order["run"], order["number"]
    place = Place(order["device"], order["threads"], line.paused)
    events = agreed(run, cluster_run.train(run, Path(order["cache"]), place, order["lent"], images.put))

    def tell(event: Any) -> None:
        if event is not None:
            line.tell({"number": number, **to_json(event)})

    try:
        for event in events:
            tell(event)
            if number in line.stopped:
                deque(map(tell, stopped(events)), maxlen=0)
                break
        line.tell({"number": number, "end": True})
    except Exception as error:
        died = {"died": isinstance(error, Died), "of_memory": isinstance(error, Died) and error.of_memory}
        line.tell({"number": number, **failure(error), **died})


if __name__ == "__main__":
    main(*sys.argv[1:])
