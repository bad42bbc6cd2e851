"""The runner: one training a run, whoever asks and however often; nothing shown is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hpviz.data.progress import Progress
from hpviz.runs import bundle
from hpviz.runs.crew import Wish
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.training.events import Evaluating
from tests.made_up import Work, request, until

WAIT = 20


def status(runner, one):
    run = runner.run(one.spec.run_id)
    return run and run["status"]


def finished(runner, one):
    until(lambda: status(runner, one) == "finished")
    return runner.run(one.spec.run_id)


def test_a_run_is_trained_once_and_recalled_after(runner, work):
    one = request()
    assert runner.submit(one) == "queued"
    assert [row["epoch"] for row in finished(runner, one)["epochs"]] == [1, 2, 3]
    assert runner.submit(one) == "cached"
    assert work.started == [one.spec.run_id]


def test_an_imported_run_is_not_resumed_but_its_spec_can_be_trained_beside_it(runner, work):
    one = request()
    runner.submit(one)
    sent = bundle.write([finished(runner, one)])
    runner.delete(one.spec.run_id)
    (foreign,) = runner.store.take_in(bundle.read(sent))
    with pytest.raises(BadInput, match="trained elsewhere"):
        runner.resumption(foreign["id"], 8)
    assert runner.submit(one) == "queued"
    assert len(finished(runner, one)["epochs"]) == 3
    assert {run["id"] for run in runner.runs()} == {foreign["id"], one.spec.run_id}


def test_fewer_epochs_are_recalled_and_more_go_on_from_the_last(runner, work):
    one = request(epochs=3)
    runner.submit(one)
    finished(runner, one)
    assert runner.submit(request(epochs=2)) == "cached"
    assert runner.submit(request(epochs=5)) == "queued"
    until(lambda: len(runner.run(one.spec.run_id)["epochs"]) == 5)
    assert work.started == [one.spec.run_id] * 2


def test_eight_threads_and_a_second_runner_train_a_run_once(runner, work, tmp_path):
    second = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    one = request()
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda place: [runner, second][place % 2].submit(one), range(8)))
        finished(runner, one)
    finally:
        second.close()
    assert work.started == [one.spec.run_id]


def test_more_epochs_asked_for_while_it_trains_are_trained_too(runner, work):
    work.gate.clear()
    runner.submit(request(epochs=2))
    work.at_gate.wait(WAIT)
    assert runner.submit(request(epochs=4)) == "running"
    work.gate.set()
    until(lambda: len(runner.run(request().spec.run_id)["epochs"]) == 4)


def test_a_stop_ends_the_run_within_the_epoch_and_keeps_what_was_shown(runner, work):
    one = request()
    work.gate.clear()
    runner.submit(one)
    work.at_gate.wait(WAIT)
    runner.stop(one.spec.run_id)
    until(lambda: status(runner, one) == "stopped")
    assert work.closed == [one.spec.run_id]
    work.gate.set()
    assert runner.submit(one) == "queued"
    assert len(finished(runner, one)["epochs"]) == 3


def test_another_process_stops_a_run_through_the_store(runner, work, tmp_path):
    one = request()
    work.gate.clear()
    runner.submit(one)
    work.at_gate.wait(WAIT)
    other = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    other.stop(one.spec.run_id)
    other.close()
    until(lambda: status(runner, one) == "stopped")
    assert runner.run(one.spec.run_id)["reason"]


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(
    "step", [Progress("preparing the images", 1, 9), Progress("loading PyTorch", 0, 0), Evaluating(1, 5, 9)], ids=str
)
def test_a_stop_is_heard_whatever_goes_on(tmp_path, step, elsewhere):
    under_way, closed = threading.Event(), threading.Event()

    def endless(run, cache, place):
        try:
            while True:
                under_way.set()
                yield step
        finally:
            closed.set()

    runner, other = Runner(tmp_path, "cpu", endless, Wish(jobs=1)), Runner(tmp_path, "cpu", endless, Wish(jobs=1))
    try:
        runner.submit(request())
        assert under_way.wait(WAIT)
        (other if elsewhere else runner).stop(request().spec.run_id)
        until(lambda: status(runner, request()) == "stopped")
        assert closed.is_set()
    finally:
        runner.close()
        other.close()


def test_a_run_that_is_taken_out_of_the_queue_before_it_began_leaves_no_trace(runner, work):
    work.gate.clear()
    first, second = request(seed=1), request(seed=2)
    runner.submit(first)
    work.at_gate.wait(WAIT)
    runner.submit(second)
    assert runner.stop(second.spec.run_id) == "queued"
    assert [entry["id"] for entry in runner.queue()] == [first.spec.run_id]
    assert [run["id"] for run in runner.runs()] == [first.spec.run_id]
    work.gate.set()
    finished(runner, first)
    assert runner.stop(second.spec.run_id) is None
    assert work.started == [first.spec.run_id]


def test_a_run_that_was_stopped_in_its_first_epoch_has_begun_and_stays(runner, work):
    one = request()
    for _ in range(2):
        work.gate.clear()
        work.at_gate.clear()
        runner.submit(one)
        assert work.at_gate.wait(WAIT)
        assert runner.stop(one.spec.run_id) == "running"
        until(lambda: status(runner, one) == "stopped" and not runner.queue())
    work.gate.clear()
    work.at_gate.clear()
    runner.submit(request(seed=9))
    assert work.at_gate.wait(WAIT)
    runner.submit(runner.resumption(one.spec.run_id))
    runner.stop(one.spec.run_id)
    run = runner.run(one.spec.run_id)
    assert (run["status"], run["reason"]) == ("stopped", "Stopped by hand; resume it to go on.")


def test_what_is_resumed_goes_next_whatever_else_is_looked_at(runner, work):
    stopped, again = request(seed=5), request(seed=6)
    for one in (stopped, again):
        work.gate.clear()
        work.at_gate.clear()
        runner.submit(one)
        assert work.at_gate.wait(WAIT)
        runner.stop(one.spec.run_id)
        until(lambda: not runner.queue())
    work.at_gate.clear()
    busy, first, looked_at = request(seed=1), request(seed=2), request(seed=3)
    runner.submit(busy)
    assert work.at_gate.wait(WAIT)
    for one in (first, looked_at):
        runner.submit(one)
    runner.look_at([looked_at.spec.run_id])
    for one in (stopped, again):
        runner.submit(runner.resumption(one.spec.run_id), goes_next=True)
    order = [one.spec.run_id for one in (busy, stopped, again, looked_at, first)]
    assert [entry["id"] for entry in runner.queue()] == order
    runner.submit(first, goes_next=True)  # it waits already, and is asked for again
    assert [entry["id"] for entry in runner.queue()] == [*order[:1], first.spec.run_id, *order[1:4]]


def test_only_the_value_on_which_the_slider_rests_is_trained(runner, work):
    for rate in (1e-5, 3e-5, 1e-4):
        runner.propose(request(learning_rate=rate), "slider", after=3600)
    last = request(learning_rate=3e-4)
    runner.propose(last, "slider", after=0.2)
    finished(runner, last)
    assert work.started == [last.spec.run_id]
    assert [run["id"] for run in runner.runs()] == [last.spec.run_id]


def test_a_newer_move_withdraws_one_that_waits_in_the_queue_without_a_trace(runner, work):
    work.gate.clear()
    busy, old, new = request(seed=9), request(learning_rate=1e-5), request(learning_rate=1e-3)
    runner.submit(busy)
    work.at_gate.wait(WAIT)
    runner.propose(old, "slider", after=0)
    until(lambda: runner.run(old.spec.run_id) is not None)
    runner.propose(new, "slider", after=0)
    until(lambda: runner.run(new.spec.run_id) is not None)
    assert runner.run(old.spec.run_id) is None
    work.gate.set()
    finished(runner, new)
    assert work.started == [busy.spec.run_id, new.spec.run_id]


def test_a_withdrawn_run_is_again_what_it_was_before(runner, work):
    old = request(epochs=2, learning_rate=1e-5)
    runner.submit(old)
    finished(runner, old)
    work.gate.clear()
    runner.submit(request(seed=9))
    work.at_gate.wait(WAIT)
    runner.propose(request(epochs=5, learning_rate=1e-5), "slider", after=0)
    until(lambda: status(runner, old) == "queued")
    runner.propose(request(learning_rate=1e-3), "slider", after=3600)
    assert status(runner, old) == "finished"
    assert len(runner.run(old.spec.run_id)["epochs"]) == 2


def test_what_someone_looks_at_is_trained_first(runner, work):
    work.gate.clear()
    busy, first, looked_at = request(seed=1), request(seed=2), request(seed=3)
    runner.submit(busy)
    work.at_gate.wait(WAIT)
    runner.submit(first)
    runner.submit(looked_at)
    runner.look_at([looked_at.spec.run_id])
    assert [entry["id"] for entry in runner.queue()] == [one.spec.run_id for one in (busy, looked_at, first)]
    work.gate.set()
    finished(runner, first)
    assert work.started == [one.spec.run_id for one in (busy, looked_at, first)]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Out of memory"),
        (OSError(28, "No space left on device"), "Disk full"),
        (BadInput("The images have changed."), "The images have changed."),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_fails_its_run_with_a_sentence_and_not_the_worker(tmp_path, error, words):
    work = Work()

    def fail_once(run, cache, place):
        if not work.started:
            work.started.append(run["id"])
            raise error
        return work(run, cache, place)

    runner = Runner(tmp_path, "cpu", fail_once, Wish(jobs=1))
    try:
        bad, good = request(seed=1), request(seed=2)
        runner.submit(bad)
        runner.submit(good)
        finished(runner, good)
        assert status(runner, bad) == "failed"
        assert words in runner.run(bad.spec.run_id)["reason"]
    finally:
        runner.close()


def test_closing_interrupts_and_the_next_runner_goes_on_from_there(tmp_path, work):
    first = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    one, waits = request(seed=1), request(seed=2)
    work.gate.clear()
    first.submit(one)
    work.at_gate.wait(WAIT)
    first.submit(waits)
    first.close()
    work.gate.set()
    second = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    try:
        assert [status(second, run) for run in (one, waits)] == ["interrupted", "interrupted"]
        second.submit(second.resumption(one.spec.run_id))
        assert len(finished(second, one)["epochs"]) == 3
    finally:
        second.close()


def test_a_run_in_work_cannot_be_deleted_and_a_finished_one_can(runner, work):
    one = request()
    work.gate.clear()
    runner.submit(one)
    work.at_gate.wait(WAIT)
    with pytest.raises(BadInput, match="stop it before"):
        runner.delete(one.spec.run_id)
    work.gate.set()
    finished(runner, one)
    runner.delete(one.spec.run_id)
    assert runner.run(one.spec.run_id) is None
    assert not (runner.store.checkpoints / one.spec.run_id).exists()


def test_an_end_that_cannot_be_recorded_is_told_and_recorded_later(runner, work, monkeypatch):
    one, put = request(), runner.store.put
    work.gate.clear()
    runner.submit(one)
    work.at_gate.wait(WAIT)

    def full(run):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner.store, "put", full)
    work.gate.set()
    until(lambda: status(runner, one) == "failed")
    monkeypatch.setattr(runner.store, "put", put)
    assert "Disk full" in runner.run(one.spec.run_id)["reason"]
    other = request(seed=5)
    runner.submit(other)
    finished(runner, other)
    assert runner.store.get(one.spec.run_id)["status"] == "failed"
