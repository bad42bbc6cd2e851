"""A Ray cluster as the place where runs train: what it has, what our runs hold of it, and how it is joined.

Ray queues what is asked of it, finds it a node, brings images there once and says when a node is lost. The runner hands
over as many runs as have room, so that what goes next stays its business. Ray is in a process of its own, the member.
"""

import importlib.util
import itertools
import json
import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpviz.gate import refuse_changes
from hpviz.installation import IS_INSTALLED
from hpviz.own_process import apart, command_of, environment
from hpviz.runs.crew import Crew, Wish
from hpviz.runs.document import Run
from hpviz.runs.executor import BEAT_SECONDS, STOPPING_SECONDS, Died, only_for_us
from hpviz.runs.places import FULL, Rates, threads_of
from hpviz.runs.work import Failed, Place, Stop
from hpviz.spec import BadInput
from hpviz.training.events import from_json

if TYPE_CHECKING:
    from hpviz.data.progress import Progress
    from hpviz.training.events import Event

CLOSING_SECONDS = 10.0
MEMBER = 0  # the number of what the member tells of itself
GONE: dict[str, Any] = {"gone": True}  # what is told last, of everything: the member has ended
NO_NODE = "waiting for a node of the cluster"
LOST = "The head of the cluster is gone; begin hpviz again, or resume it, to go on from the last epoch."
NO_MORE = "The head of the cluster is gone, so nothing trains there any more; begin hpviz again to join the next."
BRINGS_IT = "pip install 'hpviz[cluster]'" if IS_INSTALLED else "pip install -r requirements-cluster.txt"
ABSENT = (
    f"Ray is not installed, so no cluster can be used: `{BRINGS_IT}` brings it where there is one for this Python, and "
    "without --ray and HPVIZ_RAY runs train on this machine."
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
    runs, and Ray lets none get ahead of that. Once it `is_lost`, nothing trains there any more. Raises BadInput if Ray
    is not installed.
    """

    def __init__(self, address: str, device: str = "auto") -> None:
        if importlib.util.find_spec("ray") is None:
            raise BadInput(ABSENT)
        if address.startswith("ray://"):
            raise BadInput(CLIENT)
        if device not in ("auto", "cpu", "cuda", "cuda:0"):
            raise BadInput(f"On a cluster the device should be auto, cpu or cuda:0, one a run; {device!r} was given.")
        self.address, self.wish, self.paused, self.is_lost = address, Wish(), threading.Event(), threading.Event()
        self.machine: dict[str, Any] = {}
        self._device = device
        self._nodes: list[Node] = []
        self._held: dict[str, Place] = {}  # by run id
        self._threads_before: int | None = None  # of the place that was taken last, until there is nothing left to do
        self._member: subprocess.Popen[str] | None = None
        self._numbers = itertools.count(MEMBER + 1)
        self._told: dict[int, queue.SimpleQueue[dict[str, Any]]] = {MEMBER: queue.SimpleQueue()}  # by order
        self._telling, self._telling_rest, self._rests = threading.Lock(), threading.Lock(), False

    @property
    def where(self) -> str:
        """What it is, in words."""
        nodes = self._training_nodes()
        if self.is_lost.is_set() and self.machine:
            return f"{name_of(self.address)}, whose head is gone; begin hpviz again to join the next"
        if self.is_lost.is_set():
            return f"{name_of(self.address)}, which could not be joined"
        if not self.machine:
            return f"{name_of(self.address)}, which is being joined"
        if not nodes:
            return f"{name_of(self.address)}, which has no node to train on now"
        lent = {"node": len(nodes), "core": sum(each.cores for each in nodes), "GPU": sum(each.gpus for each in nodes)}
        words = [f"{count:,} {what if count == 1 else f'{what}s'}" for what, count in lent.items() if count]
        return f"{name_of(self.address)}: {', '.join(words)}"

    # Joining and leaving

    def learn(self) -> Iterator[None]:
        """Join it, and ask its nodes what they are; then `machine` is known. None again and again meanwhile.

        Raises BadInput if there is no cluster, or no node with that device, and ReadOnly, which is one, where nothing
        is to be started.
        """
        refuse_changes()
        with only_for_us():
            self._member = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
                command_of("hpviz.runs.cluster_member", self.address, self._device),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                # hpviz sends no usage statistics, and so does no cluster that it starts.
                env=environment(RAY_USAGE_STATS_ENABLED="0"),
                creationflags=apart(),
            )
        threading.Thread(target=self._listen, name="hpviz-cluster", daemon=True).start()
        while not self.machine:
            if (told := self._next_of(MEMBER)) is None:
                yield None
            elif told == GONE:
                raise BadInput(f"The process that joins {name_of(self.address)} has ended; the log says why.")
            elif "failed" in told:
                raise BadInput(told["failed"])
            else:
                self.machine = told["machine"]

    def close(self) -> None:
        """Leave it: what is still trained there ends with the member."""
        if self._member is not None:
            with suppress(OSError, ValueError):
                self._member.stdin.close()  # type: ignore[union-attr]
            try:
                self._member.wait(CLOSING_SECONDS)
            except subprocess.TimeoutExpired:
                self._member.kill()

    def _listen(self) -> None:
        """In a thread of its own, until the member ends."""
        try:
            for line in self._member.stdout:  # type: ignore[union-attr]
                told = json.loads(line)
                if "nodes" in told:
                    self._nodes = [Node(**each) for each in told["nodes"]]
                elif (heard := self._told.get(told.get("number", MEMBER))) is not None:
                    heard.put(told)
        finally:  # one that cannot be understood any more is of no use
            self._member.kill()  # type: ignore[union-attr]
            self._nodes = []
            self.is_lost.set()
            for heard in list(self._told.values()):
                heard.put(GONE)

    def _next_of(self, number: int) -> dict[str, Any] | None:
        """What was told of an order; None where there is nothing new."""
        try:
            return self._told[number].get(timeout=BEAT_SECONDS)
        except queue.Empty:
            return None

    def _tell(self, order: Mapping[str, Any]) -> None:
        with self._telling, suppress(OSError, ValueError):  # where it has ended, `_listen` says so
            self._member.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]
            self._member.stdin.flush()  # type: ignore[union-attr]

    # Places, as `runs.places.Places` has them

    def look(self) -> None:
        """A thread looks."""

    def take(self, run: Run, machine: Mapping[str, Any], waiting: int, rates: Rates) -> Place | str:
        """A place for a run, one of so many that wait; or else why there is none, in words. Died once it is lost."""
        if self.is_lost.is_set():
            raise Died(LOST)
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
        return training_nodes(self._nodes, self._device)

    def _on_gpus(self, nodes: list[Node]) -> bool:
        return self._device != "cpu" and any(each.gpus for each in nodes)

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

    def train(self, run: Run, cache: Path, place: Place) -> "Generator[Progress | Event | None]":
        """The events of training a run on the cluster; None where nothing new happened. Closing it ends that.

        So does throwing Stop into it, after which it tells the rest. Raises BadInput, Failed (in a sentence) or Died.
        """
        refuse_changes()
        number = next(self._numbers)
        self._told[number] = queue.SimpleQueue()
        ended = self.is_lost.is_set()  # if only from here on, `_listen` finds the queue
        try:
            if ended:
                raise Died(LOST)
            where = {"device": place.device, "threads": place.threads, "lent": self._lent(place)}
            self._tell({"number": number, "run": run, "cache": str(cache.absolute()), **where})
            while True:
                self._keep_pace()
                told = self._next_of(number)
                ended = told is not None and "event" not in told
                if told is None:
                    yield None
                elif "event" in told:
                    yield _event(told)
                elif "end" in told:
                    return
                else:
                    raise _error(told)
        except Stop:
            yield from self._stop(number)
            ended = True
        finally:
            if not ended:
                deque(self._stop(number), maxlen=0)
            del self._told[number]

    def _stop(self, number: int) -> "Iterator[Progress | Event]":
        """End what is trained by that order; yields what nobody had heard yet."""
        self._tell({"stop": number})
        until = time.monotonic() + STOPPING_SECONDS + CLOSING_SECONDS
        while time.monotonic() < until:
            told = self._next_of(number)
            if told is not None and "event" not in told:
                return
            if told is not None:
                yield _event(told)

    def _keep_pace(self) -> None:
        """Let the member rest while runs are paused."""
        with self._telling_rest:
            if self._rests != self.paused.is_set():
                self._rests = not self._rests
                self._tell({"rest": self._rests})

    def _lent(self, place: Place) -> dict[str, float]:
        """What Ray is to keep free for a run, which no node may have to spare if the run began elsewhere."""
        cores = min(place.threads, max((each.cores for each in self._training_nodes()), default=place.threads))
        return {"num_cpus": cores, "num_gpus": 0 if place.device == "cpu" else 1}


def name_of(address: str) -> str:
    """The cluster at an address, in words."""
    return "this machine's Ray cluster" if address == "auto" else f"the Ray cluster at {address}"


def training_nodes(nodes: Sequence[Node], device: str) -> list[Node]:
    """Those with the device that is wanted: GPUs unless there are none, or none are wanted."""
    if device != "cpu" and (with_gpus := [each for each in nodes if each.gpus]):
        return with_gpus
    return [] if device.startswith("cuda") else [each for each in nodes if each.cores]


def _event(told: dict[str, Any]) -> "Progress | Event":
    return from_json({name: value for name, value in told.items() if name != "number"})


def _error(told: Mapping[str, Any]) -> Exception:
    if told == GONE:
        return Died(LOST)
    if told["died"]:
        return Died(told["failed"], told["of_memory"])
    return BadInput(told["failed"]) if told["bad_input"] else Failed(told["failed"])
