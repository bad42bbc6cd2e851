"""Where runs train on this machine, on how many threads: its devices, what our runs hold of them, what is free."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Any

from hpviz.runs import executor, memory
from hpviz.runs.crew import Crew, Load, Situation, Wish, threads_of_next
from hpviz.runs.document import Run
from hpviz.runs.ownership import Device
from hpviz.runs.work import Place

# A second run is not begun beside another with less than that to be had: PyTorch alone takes a third of it.
ROOM_BYTES = 1.5 * 2**30
FULL = "waiting"
ELSEWHERE = "waiting for another hpviz process to leave the device"

Rates = Callable[[], Mapping[int, float]]


class Places:
    """The places of one process's runs; `locks` is where processes that share a cache take turns at a device.

    `wish` is what a person wants instead of what suits the machine; it may be changed at any time, and holds for the
    places that are taken from then on. While `paused` is set, runs in their places do not go on.
    """

    def __init__(self, locks: Path) -> None:
        self.wish, self.paused = Wish(), Event()
        self._locks = locks
        self._devices: dict[str, Device] = {}
        self._taken: dict[str, Place] = {}  # by run id
        self._load = Load(executor.processes)
        self._threads_before: int | None = None  # of the place that was taken last, until there is nothing left to do

    def look(self) -> None:
        """Note what other programs take; to be called now and then."""
        self._load.look()

    def take(self, run: Run, machine: Mapping[str, Any], waiting: int, rates: Rates) -> Place | str:
        """A place for a run, one of so many that wait; or else why there is none, in words.

        `rates` gives the images a second that runs like it have done by their number of threads.
        """
        devices = machine.get("devices") or [machine["device"]]
        used = [place.device for place in self._taken.values()]
        cores = machine.get("threads") or 1
        if devices == ["cpu"]:
            threads = self._threads(run, cores, waiting, rates)
        else:
            threads = self._threads_beside_gpus(cores, len(devices))
        if threads is None:
            return FULL
        for name in sorted(devices, key=used.count):
            if self._device(name).begin():
                place = self._taken[run["id"]] = Place(name, threads, self.paused)
                self._threads_before = threads
                return place
        return ELSEWHERE

    def crew(self, machine: Mapping[str, Any], waiting: int, rates: Rates) -> Crew:
        """How so many runs that are alike would be trained if they had the machine to themselves, but for others'
        programs.
        """
        devices = machine.get("devices") or [machine["device"]]
        cores = machine.get("threads") or 1
        if devices != ["cpu"]:
            jobs = self.wish.jobs or len(devices)
            return Crew(jobs, self.wish.threads or max(1, cores // jobs), "cuda")
        others = self._load.others(cores)
        threads = threads_of_next(Situation(cores, others, [], max(waiting, 1)), self.wish, rates) or 1
        return Crew(self.wish.jobs or max(1, (cores - round(others)) // threads), threads)

    def leave(self, run_id: str) -> None:
        """The run has left its place, if it ever had one."""
        if place := self._taken.pop(run_id, None):
            self._device(place.device).end()

    def nobody_waits(self) -> None:
        """There is no run that wants a place now."""
        for device in self._devices.values():
            device.wait_no_more()
        if not self._taken:
            self._threads_before = None

    def _device(self, name: str) -> Device:
        if name not in self._devices:
            self._devices[name] = Device(self._locks, name)
        return self._devices[name]

    def _threads(self, run: Run, cores: int, waiting: int, rates: Rates) -> int | None:
        """A run's threads on the processor: those it began with, else as many as suit the queue and the machine."""
        training = [place.threads for place in self._taken.values()]
        available = memory.available_bytes()
        if training and self.wish.jobs is None and available is not None and available < ROOM_BYTES:
            return None
        now = Situation(cores, self._load.others(cores), training, waiting, self._threads_before)
        return threads_of_next(now, Wish(self.wish.jobs, threads_of(run) or self.wish.threads), rates)

    def _threads_beside_gpus(self, cores: int, gpus: int) -> int | None:
        """One run a GPU, unless more are wished for, the cores shared among them."""
        jobs = self.wish.jobs or gpus
        return None if len(self._taken) >= jobs else self.wish.threads or max(1, cores // jobs)


def threads_of(run: Run) -> int | None:
    """The threads that a run has to go on with, if it goes on."""
    return run["machine"].get("threads") if run["epochs"] and "anew" not in run else None
