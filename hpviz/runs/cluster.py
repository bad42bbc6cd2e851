"""A Ray cluster as the place where runs train: what it has, what our runs hold of it, and how it is joined.

Ray queues what is asked of it, finds it a node, brings images there once and says when a node is lost. The runner hands
over as many runs as have room, so that what goes next stays its business. Ray is imported when a cluster is asked for,
and never otherwise.
"""

import importlib.util
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hpviz.data.prepared import Prepared
from hpviz.runs import cluster_run, node
from hpviz.runs.crew import Crew, Wish
from hpviz.runs.document import Run
from hpviz.runs.executor import BEAT_SECONDS, OPENMP
from hpviz.runs.places import FULL, Rates, threads_of
from hpviz.runs.work import Place
from hpviz.spec import BadInput

log = logging.getLogger(__name__)

NODE_SECONDS = 60.0  # that a cluster which has just been started may take to have a node
KNOCK_SECONDS = 5.0
MOST_MISSED = 5  # looks at which the head does not answer, until it is given up
CLOSING_SECONDS = 10.0
LOOK_SECONDS = 1.0  # how often it is asked which nodes there are
KEPT_IMAGES = 4  # data sets that the object store is asked to keep; a study has one
NO_NODE = "waiting for a node of the cluster"
ABSENT = (
    "Ray is not installed, so no cluster can be used: `pip install -r requirements-cluster.txt` brings it, and without "
    "--ray and HPVIZ_RAY runs train on this machine."
)
CLIENT = (
    "Ray's client (ray://) cannot stream results: run hpviz on a machine of the cluster, after `ray start` there, and "
    "give --ray auto."
)


@dataclass(frozen=True)
class Node:
    """A node that is alive, and what it lends: cores of its processor and GPUs."""

    id: str
    cores: int
    gpus: int

    def room(self, threads: int, on_gpus: bool) -> int:
        """How many runs of so many threads it trains side by side."""
        return self.gpus if on_gpus else self.cores // threads


def asked_for(given: str | None, device: str = "auto") -> "Cluster | None":
    """The cluster at the address given, else at that of HPVIZ_RAY; None if neither names one."""
    address = (os.environ.get("HPVIZ_RAY", "") if given is None else given).strip()
    return Cluster(address, device) if address else None


class Cluster:
    """The cluster at an address ("auto", "local", "10.0.0.1:6379"), whose nodes train on a device ("auto", "cpu",
    "cuda:0"): "auto" are its GPUs, or its processors where it has none. It is joined by `learn`.

    `wish` is what a person wants instead of what suits the cluster. While `paused` is set, nothing more is taken from
    runs, and Ray lets none get ahead of that. Raises BadInput if Ray is not installed.
    """

    def __init__(self, address: str, device: str = "auto") -> None:
        if importlib.util.find_spec("ray") is None:
            raise BadInput(ABSENT)
        if address.startswith("ray://"):
            raise BadInput(CLIENT)
        if device not in ("auto", "cpu", "cuda", "cuda:0"):
            raise BadInput(f"On a cluster the device should be auto, cpu or cuda:0, one a run; {device!r} was given.")
        self.address, self.wish, self.paused = address, Wish(), threading.Event()
        self.machine: dict[str, Any] = {}
        self._device = device
        self._nodes: list[Node] = []
        self._held: dict[str, Place] = {}  # by run id
        self._threads_before: int | None = None  # of the place that was taken last, until there is nothing left to do
        self._images: dict[tuple[str, int], Any] = {}  # where the object store has them, by fingerprint and size
        self._putting = threading.Lock()
        self._watching: threading.Thread | None = None
        self._has_joined, self._closed = False, threading.Event()

    @property
    def where(self) -> str:
        """What it is, in words."""
        nodes = self._training_nodes()
        if not nodes:
            return f"the Ray cluster at {self.address}, which has no node to train on now"
        lent = {"node": len(nodes), "core": sum(each.cores for each in nodes), "GPU": sum(each.gpus for each in nodes)}
        words = [f"{count:,} {what if count == 1 else f'{what}s'}" for what, count in lent.items() if count]
        return f"the Ray cluster at {self.address}: {', '.join(words)}"

    # Joining and leaving

    def learn(self) -> Iterator[None]:
        """Join it and ask its nodes what they are; then `machine` is known. None again and again meanwhile.

        They compute in bf16 if all of them do. Raises BadInput if there is no cluster, or no node with that device.
        """
        self._join()
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        until = time.monotonic() + NODE_SECONDS
        while not (nodes := self._training_nodes()) and time.monotonic() < until:
            self._closed.wait(BEAT_SECONDS)
            yield None
        if not nodes:
            what = "GPU" if self._device.startswith("cuda") else "node that lends a core"
            raise BadInput(f"The Ray cluster at {self.address} has no {what}; `ray start` on another machine adds one.")
        # Ray hides the GPUs from whoever asks for none.
        share = {"num_cpus": 0, "num_gpus": 0.01 if self._on_gpus(nodes) else 0}
        describe = ray.remote(node.describe)
        asked = [
            describe.options(**share, scheduling_strategy=NodeAffinitySchedulingStrategy(each.id, soft=True)).remote(
                self._on
            )
            for each in nodes
        ]
        while ray.wait(asked, num_returns=len(asked), timeout=BEAT_SECONDS)[1]:
            yield None
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
            raise BadInput(f"No node of the Ray cluster at {self.address} can train: {reasons[0]}")
        common = "bf16" if all(each["precision"] == "bf16" for each in machines) else "fp32"
        self.machine = {**machines[0], "precision": common}

    def _join(self) -> None:
        # hpviz sends no usage statistics, and so does no cluster that it starts.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        # One that has left is not to begin a cluster of its own by asking about the other.
        os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
        import ray

        if not ray.is_initialized():
            _knock(self.address)
            ours = {"py_modules": [str(Path(__file__).parents[1])], "env_vars": OPENMP}
            try:
                ray.init(self.address, log_to_driver=False, configure_logging=False, runtime_env=ours)
                self._has_joined = True
            except (ConnectionError, RuntimeError, ValueError, OSError) as error:
                told = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
                raise BadInput(
                    f"The Ray cluster at {self.address} cannot be joined from this machine ({told}); `ray start` makes "
                    "this machine a part of it."
                ) from None
        self._nodes = _nodes()
        self._watching = threading.Thread(target=self._watch, name="hpviz-cluster", daemon=True)
        self._watching.start()

    def _watch(self) -> None:
        """In a thread of its own: a head that does not answer must not hold up the queue.

        Ray ends a process whose head has been gone for a minute, and a server is to outlive that: so it leaves before.
        """
        import ray

        head, missed = ray.get_runtime_context().gcs_address, 0
        while not self._closed.wait(LOOK_SECONDS):
            try:
                _knock(head)
                missed = 0
            except BadInput:
                missed += 1
                self._nodes = []
                if missed < MOST_MISSED:
                    continue
                log.warning("the head of the Ray cluster at %s is gone; hpviz has to be begun again", self.address)
                self.close()
                return
            try:
                self._nodes = _nodes()
            except Exception as error:
                if self._nodes and not self._closed.is_set():
                    log.warning("the Ray cluster does not say which nodes it has: %s", error)
                self._nodes = []

    def close(self) -> None:
        """Leave it."""
        self._closed.set()
        # Ray ends a process that asks for its nodes while it leaves.
        if self._watching is not None and self._watching is not threading.current_thread():
            self._watching.join(CLOSING_SECONDS)
        if self._has_joined:
            import ray

            with suppress(Exception):
                ray.shutdown()

    # Places, as `runs.places.Places` has them

    def look(self) -> None:
        """A thread looks."""

    def take(self, run: Run, machine: Mapping[str, Any], waiting: int, rates: Rates) -> Place | str:
        """A place for a run, one of so many that wait; or else why there is none, in words."""
        nodes = self._training_nodes()
        if not nodes:
            return NO_NODE
        threads = threads_of(run) or self._threads(nodes, len(self._held) + waiting)
        if len(self._held) >= (self.wish.jobs or self._room(nodes, threads)):
            return FULL
        self._threads_before = threads
        place = self._held[run["id"]] = Place("cuda:0" if self._on_gpus(nodes) else "cpu", threads, self.paused)
        return place

    def crew(self, machine: Mapping[str, Any], waiting: int, rates: Rates) -> Crew:
        """How so many runs that are alike would be trained if they had the cluster to themselves."""
        nodes = self._training_nodes()
        threads = self._threads(nodes, max(waiting, 1)) if nodes else 1
        device = "cuda" if self._on_gpus(nodes) else "cpu"
        return Crew(self.wish.jobs or self._room(nodes, threads), threads, device)

    def leave(self, run_id: str) -> None:
        """The run has left its place, if it ever had one."""
        self._held.pop(run_id, None)

    def nobody_waits(self) -> None:
        """There is no run that wants a place now."""
        if not self._held:
            self._threads_before = None

    def _training_nodes(self) -> list[Node]:
        """Those with the device that is wanted."""
        if self._device != "cpu" and (with_gpus := [each for each in self._nodes if each.gpus]):
            return with_gpus
        return [] if self._device.startswith("cuda") else [each for each in self._nodes if each.cores]

    def _on_gpus(self, nodes: list[Node]) -> bool:
        return self._device != "cpu" and any(each.gpus for each in nodes)

    @property
    def _on(self) -> str:
        return "cuda:0" if self._on_gpus(self._nodes) else "cpu"

    def _room(self, nodes: list[Node], threads: int) -> int:
        """How many runs of so many threads train side by side: one a GPU, else as many as have their cores."""
        fitting = min(threads, max((each.cores for each in nodes), default=1) or 1)
        return max(sum(each.room(fitting, self._on_gpus(nodes)) for each in nodes), 1)

    def _threads(self, nodes: list[Node], runs: int) -> int:
        """The threads of each of so many runs. Any node can take any of them; what is asked for together is alike."""
        if self.wish.threads:
            return self.wish.threads
        if self._on_gpus(nodes):
            best = min(each.cores // each.gpus for each in nodes)
        else:
            cores = [each.cores for each in nodes]
            best = min(sum(cores) // runs, *cores)
        return max(1, min(best, self._threads_before or best))

    # Training

    def train(self, run: Run, cache: Path, place: Place) -> cluster_run.Steps:
        """The events of training a run on the cluster; closing it, or throwing Stop into it, ends that."""
        return cluster_run.train(run, cache, place, self._lent(place), self._put)

    def _lent(self, place: Place) -> dict[str, float]:
        """What Ray is to keep free for a run, which no node may have to spare if the run began elsewhere."""
        cores = min(place.threads, max((each.cores for each in self._training_nodes()), default=place.threads))
        return {"num_cpus": cores, "num_gpus": 0 if place.device == "cpu" else 1}

    def _put(self, data: Prepared) -> Any:
        """Where the object store has these images, from where each node fetches them once."""
        import ray

        name = data.fingerprint, int(data.train_images.shape[-1])
        with self._putting:
            if name not in self._images:
                while len(self._images) >= KEPT_IMAGES:
                    del self._images[next(iter(self._images))]
                arrays = {part: np.asarray(getattr(data, part)) for part in ("train_images", "test_images")}
                labels = {part: getattr(data, part) for part in ("train_labels", "test_labels")}
                self._images[name] = ray.put(Prepared(data.fingerprint, data.classes, **arrays, **labels))
            return self._images[name]


def _knock(address: str) -> None:
    """Raise BadInput if nobody listens at a host and port: Ray itself would wait there for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise BadInput(
                f"There is no Ray cluster at {address} ({error}); `ray start --head` begins one, and names its address."
            ) from None


def _nodes() -> list[Node]:
    import ray

    alive = [each for each in ray.nodes() if each["Alive"]]
    return [
        Node(each["NodeID"], int(each["Resources"].get("CPU", 0)), int(each["Resources"].get("GPU", 0)))
        for each in alive
    ]
