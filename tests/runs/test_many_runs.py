"""Two hundred runs at once: on one store, recorded as every run is, none loses an epoch or waits in vain."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hpviz.analysis.comparison import compare_runs
from hpviz.runs import database, worker
from hpviz.runs.crew import Wish
from hpviz.runs.recovery import DATABASE, read_sidecars
from hpviz.runs.runner import Runner
from hpviz.runs.store import RunStore
from hpviz.training.events import Batch, Epoch
from tests.made_up import request, rest, row, until

RUNS, EPOCHS = 200, 4
RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
IN_MEMORY = Path("/dev/shm")
WAIT = 60.0


@pytest.fixture
def cache(tmp_path) -> Iterator[Path]:
    """A folder in memory where there is one: not how fast a disk is, but what is written to it is the question."""
    if not IN_MEMORY.is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir=IN_MEMORY, prefix="hpviz-test-") as folder:
        yield Path(folder)


def measured(spec, epoch):
    """A row that only this run has, and only after this epoch."""
    return row(epoch, (spec["seed"] * EPOCHS + epoch) / 1000, train_loss=spec["learning_rate"])


def one_of(number):
    return request(epochs=EPOCHS, seed=number, learning_rate=RATES[number % len(RATES)])


class AtOnce:
    """Work that begins when all have begun, with many moments within an epoch."""

    def __init__(self, runs):
        self._begin = threading.Barrier(runs, timeout=WAIT)

    def __call__(self, run, cache, place):
        self._begin.wait()
        for epoch in range(1, run["target"] + 1):
            for update in range(1, 6):
                yield Batch(epoch, update, 5, images=update, seconds=0.1, train_loss=1.0)
            yield Epoch(measured(run["spec"], epoch))


def watch(store, ended, faults):
    """What a page of another process sees meanwhile: of every run the epochs from the first on, and never fewer."""
    seen = dict[str, int]()
    while not ended.is_set():
        for run in store.runs():
            epochs = [each["epoch"] for each in run["epochs"]]
            if epochs != list(range(1, len(epochs) + 1)) or len(epochs) < seen.get(run["id"], 0):
                faults.append((run["id"], epochs))
            seen[run["id"]] = len(epochs)


def test_two_hundred_runs_at_once_lose_no_epoch_and_double_none(cache):
    requests = [one_of(number) for number in range(RUNS)]
    ended, faults = threading.Event(), []
    with closing(RunStore(cache)) as page, closing(Runner(cache, "cpu", AtOnce(RUNS), Wish(jobs=RUNS))) as runner:
        watching = threading.Thread(target=watch, args=(page, ended, faults))
        watching.start()
        for one in requests:
            runner.submit(one)
        until(lambda: not runner.queue())
        ended.set()
        watching.join()
    assert faults == []

    with closing(RunStore(cache)) as store:
        runs = {run["id"]: run for run in store.runs()}
        assert store.told == []
    assert runs.keys() == {one.spec.run_id for one in requests}
    for run in runs.values():
        assert run["status"] == "finished"
        assert run["epochs"] == [measured(run["spec"], epoch) for epoch in range(1, EPOCHS + 1)]
    copies = {run["id"]: run["epochs"] for run in read_sidecars(cache / "checkpoints", cache / "imported")}
    assert copies == {run_id: run["epochs"] for run_id, run in runs.items()}
    groups = compare_runs(list(runs.values()), "learning_rate").groups
    assert [len(group) for group in groups.values()] == [RUNS // len(RATES)] * len(RATES)


def test_threads_that_write_wait_for_each_other_however_long(cache, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.0)  # of another process
    with closing(RunStore(cache)) as store:
        threads = [threading.Thread(target=store.note, args=(str(number), number)) for number in range(8)]
        with store.transaction():
            store.note("first", True)
            for thread in threads:
                thread.start()
            threads[0].join(timeout=0.2)
            assert all(thread.is_alive() for thread in threads)
        for thread in threads:
            thread.join(WAIT)
        assert [store.noted(str(number)) for number in range(8)] == list(range(8))


def test_a_thread_that_waits_to_write_lets_a_damaged_database_be_mended(cache):
    with closing(RunStore(cache)) as store:
        store.note("kept", 1)
        store.backup()
        entered, damaged = threading.Event(), threading.Event()

        def write():
            with store.transaction():
                store.note("within", 1)
                entered.set()
                damaged.wait(WAIT)
                store.note("after", 1)

        writer = threading.Thread(target=write)
        writer.start()
        assert entered.wait(WAIT)
        (cache / "runs" / DATABASE).write_bytes(b"no database" * 1000)
        reader = threading.Thread(target=store.runs)
        reader.start()
        damaged.set()
        for thread in (writer, reader):
            thread.join(WAIT)
            assert not thread.is_alive()
        assert [store.noted(key) for key in ("kept", "within", "after")] == [1, 1, 1]


def test_a_document_is_read_once_for_every_time_it_is_written(cache, monkeypatch):
    with closing(RunStore(cache)) as store, closing(Runner(cache, "cpu", AtOnce(1), Wish(jobs=1))) as runner:
        runner.pause()
        runner.submit(one_of(0))
        run = store.get(one_of(0).spec.run_id)
        job, reads = worker.Job(run["id"], run["owner"], run["ticket"]), []
        monkeypatch.setattr(store, "get", lambda run_id: reads.append(run_id) or RunStore.get(store, run_id))
        for _ in range(3):
            assert worker.asked_of(store, job, store.written_at(job.id)) == (EPOCHS, False)
        assert len(reads) == 1
        runner.submit(request(epochs=9, seed=0, learning_rate=RATES[0]))
        assert worker.asked_of(store, job, store.written_at(job.id)).target == 9
        assert store.written() == {job.id: store.written_at(job.id)}
        runner.stop(job.id)
        assert worker.asked_of(store, job, store.written_at(job.id)) is None


def test_two_states_of_a_run_are_told_apart_where_the_clock_is_slower_than_the_store(cache, monkeypatch):
    with closing(RunStore(cache)) as store, closing(Runner(cache, "cpu", AtOnce(1), Wish(jobs=1))) as runner:
        runner.pause()
        runner.submit(one_of(0))
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() // 0.05 * 0.05)
        run, seen = store.get(one_of(0).spec.run_id), []
        for target in (5, 6, 7):
            store.put({**run, "target": target})
            seen.append(store.written_at(run["id"]))
        assert len(set(seen)) == len(seen)
        runner.stop(run["id"])


def test_runs_that_end_during_a_backup_share_the_next(cache, monkeypatch):
    begun, go_on, copies = threading.Semaphore(0), threading.Event(), []
    with closing(Runner(cache, "cpu", AtOnce(6), Wish(jobs=6))) as runner:

        def backup():
            begun.release()
            go_on.wait(WAIT)
            copies.append(len([run for run in runner.runs() if run["status"] == "finished"]))

        monkeypatch.setattr(runner.store, "backup", backup)
        ids = [one_of(number).spec.run_id for number in range(6)]
        for number in range(6):
            runner.submit(one_of(number))
        assert begun.acquire(timeout=WAIT)
        for run_id in ids:
            rest(runner, run_id)
        until(lambda: len(runner.queue()) <= 2)
        go_on.set()
        until(lambda: not runner.queue())
    assert copies[-1] == 6
    assert len(copies) == 2
