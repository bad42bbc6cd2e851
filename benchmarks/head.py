"""What the machine that hpviz runs on, a cluster's head, spends on runs that train elsewhere: measured part by part.

Nothing trains here but for the seconds of an epoch: processes that tell the events of training, and no more, stand in.
"""

import importlib
import importlib.util
import json
import os
import random
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np
import psutil

from benchmarks.made_up_store import OTHER_IMAGES, fill, row
from hpviz.data.prepared import Identity, Prepared
from hpviz.data.scenes import SCENES_CLASSES, SCENES_FINGERPRINT
from hpviz.runs import cluster_run, executor, node, work
from hpviz.runs.crew import Wish
from hpviz.runs.document import Inputs
from hpviz.runs.recovery import DATABASE
from hpviz.runs.runner import Request, Runner
from hpviz.runs.store import RunStore
from hpviz.runs.worker import Work
from hpviz.spec import RunSpec, build_spec
from hpviz.training.checkpoint import NEWEST
from hpviz.training.events import Batch, Epoch, to_json

# A training process that trains nothing: it tells an update so many times a second, as a real one does.
TELLS = """
import json, sys, threading
every, event = float(sys.argv[1]), sys.argv[2]
tell = lambda line: print(line, flush=True)
stopped = threading.Event()
def train(number):
    while not stopped.wait(every):
        tell(event)
    tell(json.dumps({"end": number}))
tell('{"machine": {"device": "cpu", "name": "none", "precision": "fp32", "threads": 1}}')
for line in sys.stdin:
    order = json.loads(line)
    if "run" in order:
        threading.Thread(target=train, args=(order["number"],), daemon=True).start()
    elif "stop" in order:
        stopped.set()
"""
NEVER = 3600.0
EVENTS_A_SECOND = 1 / work.TELL_SECONDS  # of a run's progress, as a process of this machine tells it
EVENTS_OF_A_NODE = 1 / node.TELL_SECONDS
MANY_EVENTS = 500.0
STARTING_SECONDS = 0.3  # that a process takes until it tells, and may take longer where many begin

BATCH = Batch(3, 17, 57, images=544, seconds=1.2345678901234567, train_loss=0.8765432109876543)


def request(seed: int, epochs: int, **values: Any) -> Request:
    spec = build_spec(dataset="made up", fingerprint=OTHER_IMAGES, seed=seed, **values)
    return Request(spec, epochs, Inputs(data="made up", weights=None, classes=list(SCENES_CLASSES), test_images=600))


def in_its_process(run: Any, cache: Path, place: Any) -> Generator[Any]:
    """Work of a run that is told from a process of its own until it is stopped."""
    process = executor.TrainingProcess("cpu")
    try:
        for _ in process.start():
            yield None
        yield from process.train(run, cache, place)
    finally:
        process.end()


def told_from_processes(events: float, runs: int, seconds: float) -> float:
    """Cores that it takes to follow one of so many runs, each in a process that tells so many events a second."""
    command = [sys.executable, "-c", TELLS, str(1 / events if events else NEVER), json.dumps(to_json(BATCH))]
    with mock.patch.object(executor, "command_of", return_value=command):
        return following(in_its_process, runs, seconds, time.process_time)


class OnRay:
    """The same as tasks of a Ray cluster on this machine, followed as `runs.cluster_member` follows them."""

    def __init__(self, events: float) -> None:
        self._ray, self._every = importlib.import_module("ray"), 1 / events if events else NEVER

    def __call__(self, run: Any, cache: Path, place: Any) -> Generator[Any]:
        every = self._every

        def tell() -> Iterator[dict[str, Any]]:
            while True:
                yield {"event": "Batch", **vars(BATCH)}
                time.sleep(every)

        options = {"num_returns": "streaming", "num_cpus": 1, "_generator_backpressure_num_objects": 4}
        stream = self._ray.remote(tell).options(**options).remote()
        try:
            while True:
                told = self._ray.wait([stream], timeout=cluster_run.LOOK_SECONDS)[0]
                yield BATCH if told and self._ray.get(next(stream)) else None
        finally:
            self._ray.cancel(stream, force=True)


def following(work: Work, runs: int, seconds: float, spent: Callable[[], float]) -> float:
    """Cores that it takes to follow one run, of so many at once that tell of updates and never end an epoch."""
    begun = threading.Semaphore(0)

    def counted(run: Any, cache: Path, place: Any) -> Generator[Any]:
        events = work(run, cache, place)
        yield next(events)
        begun.release()
        yield from events

    with TemporaryDirectory() as cache, closing(Runner(Path(cache), "cpu", counted, Wish(jobs=runs))) as runner:
        for seed in range(runs):
            runner.submit(request(seed, epochs=100))
        for _ in range(runs):
            begun.acquire()
        time.sleep(STARTING_SECONDS * max(2, runs / 5))
        before, moment = spent(), time.perf_counter()
        time.sleep(seconds)
        return (spent() - before) / (time.perf_counter() - moment) / runs


def live(runs: int = 20, seconds: float = 5.0) -> dict[str, float]:
    """Cores for a run of this machine that tells ten updates a second, and the seconds of an event more."""
    usual = told_from_processes(EVENTS_A_SECOND, runs, seconds)
    some, many = (told_from_processes(events, 2, seconds) for events in (EVENTS_A_SECOND, MANY_EVENTS))
    return {"cores a run": usual, "seconds an event": (many - some) / (MANY_EVENTS - EVENTS_A_SECOND)}


def live_on_ray(runs: int = 6, seconds: float = 8.0) -> dict[str, float] | None:
    """The same over Ray: of this process, and of Ray's own on the head; None where there is no Ray."""
    if importlib.util.find_spec("ray") is None:
        return None
    ray = importlib.import_module("ray")
    ray.init("local", num_cpus=runs, include_dashboard=False, log_to_driver=False)
    try:

        def of_ray() -> float:
            """Processor time of Ray's servers, its workers left out: those compute on the nodes."""
            ours = psutil.Process().children(recursive=True)
            return float(sum(sum(each.cpu_times()[:2]) for each in ours if each.name() in ("raylet", "gcs_server")))

        ours = following(OnRay(EVENTS_OF_A_NODE), runs, seconds, time.process_time)
        servers = following(OnRay(EVENTS_OF_A_NODE), runs, seconds, of_ray)
    finally:
        ray.shutdown()
    return {"cores a run": ours, "cores of Ray a run": servers}


def writing(runs: int, epochs: int, folder: Path | None = None) -> dict[str, float]:
    """Epochs a second that the store takes from so many runs at once that do nothing but end epochs; CPU of each."""
    begin, moments, lock = threading.Barrier(runs), list[float](), threading.Lock()
    luck = random.Random(0)

    def work(run: Any, cache: Path, place: Any) -> Generator[Any]:
        spec = RunSpec(**run["spec"])
        begin.wait()
        with lock:
            moments.append(time.perf_counter())
        for epoch in range(1, run["target"] + 1):
            yield Epoch(row(epoch, spec, luck))
        with lock:
            moments.append(time.perf_counter())

    with TemporaryDirectory(dir=folder) as cache, closing(Runner(Path(cache), "cpu", work, Wish(jobs=runs))) as runner:
        before = time.perf_counter()
        for seed in range(runs):
            runner.submit(request(seed, epochs))
        submitted = time.perf_counter() - before
        used = None
        while runner.queue():
            if used is None and moments:
                used = time.process_time()
            time.sleep(0.01)
        computed = time.process_time() - (used or 0.0)
        ended = runner.runs()
    assert [len(run["epochs"]) for run in ended] == [epochs] * runs
    return {
        "epochs a second": runs * epochs / (max(moments) - min(moments)),
        "CPU seconds an epoch": computed / (runs * epochs),
        "seconds to submit a run": submitted / runs,
    }


def sync_seconds(folder: Path | None = None, times: int = 50) -> float:
    """The median of what the disk takes to make 4 kB safe: an epoch waits for several of these."""
    taken = []
    with TemporaryDirectory(dir=folder) as here, (Path(here) / "file").open("wb") as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def store_of(runs: int) -> dict[str, float]:
    """A store of so many finished runs: its bytes a run, a backup of it, reading it again after one has changed."""
    per_class = dict.fromkeys(SCENES_CLASSES, 300)
    identity = Identity(SCENES_FINGERPRINT, SCENES_CLASSES, per_class, per_class)
    with TemporaryDirectory() as folder:
        cache = Path(folder)
        ids = fill(cache, runs, identity, {"device": "cpu", "name": "none", "precision": "fp32", "threads": 2})
        with closing(RunStore(cache)) as store:
            first = store.get(ids[0])
            assert first is not None
            store.runs()
            backups, reads = list[float](), list[float]()
            for _ in range(3):
                store.put(first)
                begun = time.perf_counter()
                store.runs()
                reads.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                store.backup()
                backups.append(time.perf_counter() - begun)
            size = (cache / "runs" / DATABASE).stat().st_size
    return {
        "bytes a run": size / runs,
        "seconds of a backup": statistics.median(backups),
        "seconds to read again": statistics.median(reads),
    }


def bytes_of_checkpoint(model: str, image_size: int) -> int:
    """Of a checkpoint after an epoch of a few images."""
    from hpviz.training.loop import train
    from hpviz.training.numerics import machine, resolve_precision

    pixels = np.random.default_rng(0).integers(0, 256, (12, 3, image_size, image_size), dtype=np.uint8)
    labels = np.arange(12, dtype=np.int64) % 6
    data = Prepared("0" * 64, SCENES_CLASSES, pixels, labels, pixels[:6], labels[:6])
    spec = build_spec(
        dataset="benchmark",
        fingerprint=data.fingerprint,
        model=model,
        image_size=image_size,
        precision=resolve_precision("auto", machine("cpu")["device"]),
    )
    with TemporaryDirectory() as folder:
        deque(train(spec, data, epochs=1, checkpoint=Path(folder) / "checkpoint"), maxlen=0)
        return (Path(folder) / "checkpoint" / NEWEST).stat().st_size


def bytes_of_event() -> int:
    """Of an update that is told, as it travels."""
    return len(json.dumps(to_json(BATCH))) + 1


def bytes_of_epoch() -> int:
    """Of an epoch's row, as it travels and lies in the store."""
    spec = request(0, 1).spec
    return len(json.dumps(row(1, spec, random.Random(0)), separators=(",", ":")))
