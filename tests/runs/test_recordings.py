"""What is recorded stays: through extensions that come to nothing, and through trainings that begin again."""

import dataclasses
import os

import pytest

from hpviz.runs.crew import Wish
from hpviz.runs.document import cut_short, goal, move, new_run, put_epoch
from hpviz.runs.ownership import Owner
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from hpviz.training.events import Diverged, Epoch
from tests.made_up import Work, keep_checkpoint, request, row, until
from tests.runs.test_runner import WAIT, status

ONE = request(epochs=3)
FURTHER = request(epochs=9)
ID = ONE.spec.run_id


class Fragile(Work):
    """Work that raises `error` when it is about to begin with epoch `at`."""

    error: Exception | None = None
    at = 5

    def __call__(self, run, cache, place):
        for event in super().__call__(run, cache, place):
            yield event
            if self.error and isinstance(event, Epoch) and event.row["epoch"] == self.at - 1:
                raise self.error


@pytest.fixture
def work():
    return Fragile()


def at_rest(runner):
    until(lambda: runner.run(ID)["status"] not in ("queued", "running") and not runner.queue())
    return runner.run(ID)


def accuracies(run):
    return [line["test_accuracy"] for line in run["epochs"]]


# A finished run stays finished


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "Extending it to 9 epochs failed: Disk full"),
        (MemoryError(), "Extending it to 9 epochs failed: Out of memory"),
        (BadInput("The images have changed."), "Extending it to 9 epochs failed: The images have changed."),
        (ZeroDivisionError("division by zero"), "Extending it to 9 epochs failed: ZeroDivisionError"),
    ],
)
def test_a_finished_run_whose_extension_fails_stays_finished_and_goes_on_later(runner, work, before, error, words):
    work.error = error
    runner.submit(FURTHER)
    run = at_rest(runner)
    assert (run["status"], len(run["epochs"]), run["target"]) == ("finished", 4, 4)
    assert run["reason"].startswith(words)
    assert (cut_short(run), goal(run)) == ("failed", 9)
    work.error = None
    runner.submit(runner.resumption(ID))
    run = at_rest(runner)
    assert (run["status"], len(run["epochs"]), run["target"], run["reason"]) == ("finished", 9, 9, None)
    assert cut_short(run) is None


def waiting_for_the_device(runner, work):
    work.gate.clear()
    work.at_gate.clear()
    runner.submit(request(seed=8))
    assert work.at_gate.wait(WAIT)
    runner.submit(FURTHER)


def in_its_first_new_epoch(runner, work):
    work.gate.clear()
    work.at_gate.clear()
    runner.submit(FURTHER)
    assert work.at_gate.wait(WAIT)


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (waiting_for_the_device, None),
        (in_its_first_new_epoch, "Extending it to 9 epochs was stopped after epoch 3; resume it to go on."),
    ],
)
def test_a_finished_run_whose_extension_is_stopped_stays_finished(runner, work, before, moment, reason):
    moment(runner, work)
    runner.stop(ID)
    until(lambda: status(runner, ONE) == "finished")
    run = runner.run(ID)
    assert (run["epochs"], run["target"], run["reason"]) == (before["epochs"], 3, reason)


def test_an_extension_that_its_process_left_is_not_taken_up_again_once_it_is_cancelled(runner, work, before):
    runner.store.put({**before, "extension": {"target": 9, "status": "interrupted"}})
    waiting_for_the_device(runner, work)
    runner.stop(ID)
    run = runner.run(ID)
    assert (run["status"], cut_short(run), goal(run)) == ("finished", "stopped", 9)


@pytest.mark.parametrize("moment", [waiting_for_the_device, in_its_first_new_epoch])
def test_a_finished_run_stays_finished_when_hpviz_is_closed_while_it_is_extended(runner, work, before, moment):
    moment(runner, work)
    runner.close()
    second = Runner(runner.cache, "cpu", work, Wish(jobs=1))
    run = second.run(ID)
    second.close()
    assert run["status"] == "finished"
    assert run["reason"].startswith("Extending it to 9 epochs was interrupted after epoch 3. hpviz was closed")
    assert (run["epochs"], cut_short(run), goal(run)) == (before["epochs"], "interrupted", 9)


@pytest.mark.parametrize("active", ["queued", "running"])
def test_a_finished_run_stays_finished_when_the_process_that_extends_it_dies(runner, before, active):
    dead = Owner(runner.store.locks)
    rest = {name: before[name] for name in ("status", "reason", "target", "inputs")} | {"extension": None}
    run = {**before, "target": 9, "requests": {"somebody": 9}, "ticket": "one", "before": rest}
    move(run, active, owner=dead.id)
    runner.store.put(run)
    dead.release()
    run = runner.run(ID)
    assert (run["status"], run["epochs"], run["target"]) == ("finished", before["epochs"], 3)
    assert run["reason"].startswith("Extending it to 9 epochs was interrupted after epoch 3. The process")
    assert runner.submit(runner.resumption(ID)) == "queued"
    assert len(at_rest(runner)["epochs"]) == 9


def test_an_end_of_an_extension_that_cannot_be_recorded_is_told_as_it_is(runner, work, before, monkeypatch):
    in_its_first_new_epoch(runner, work)
    put = runner.store.put

    def full(run):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner.store, "put", full)
    work.gate.set()
    until(lambda: status(runner, ONE) == "finished")
    assert "Extending it to 9 epochs failed: Disk full" in runner.run(ID)["reason"]
    monkeypatch.setattr(runner.store, "put", put)


def test_a_run_that_had_what_one_of_two_asked_for_stays_finished_for_it(runner, work):
    work.error = MemoryError()
    work.gate.clear()
    runner.submit(ONE)
    assert work.at_gate.wait(WAIT)
    runner.submit(FURTHER)
    work.gate.set()
    run = at_rest(runner)
    assert (run["status"], len(run["epochs"])) == ("finished", 4)
    assert "failed: Out of memory" in run["reason"]


def test_an_extension_that_diverges_is_a_result(runner, work, before):
    class Diverging(Work):
        def __call__(self, run, cache, place):
            for event in super().__call__(run, cache, place):
                yield event
                if isinstance(event, Epoch) and event.row["epoch"] == 5:
                    yield Diverged(5, "The loss stopped being a finite number in epoch 5.")

    runner._work = Diverging()
    runner._work.done = work.done
    runner.submit(FURTHER)
    run = at_rest(runner)
    assert (run["status"], len(run["epochs"])) == ("diverged", 5)
    assert run["epochs"][:3] == before["epochs"]


# A checkpoint that is gone


def lose(runner):
    for file in (runner.cache / "checkpoints" / ID).glob("*.pt"):
        file.unlink()


def damage(runner):
    newest = runner.cache / "checkpoints" / ID / "newest.pt"
    newest.write_bytes(newest.read_bytes()[:-1])
    newest.with_name("previous.pt").write_bytes(b"")


@pytest.mark.parametrize("loss", [lose, damage])
def test_a_run_without_its_checkpoint_is_not_trained_from_epoch_1_unless_that_was_agreed(runner, work, before, loss):
    loss(runner)
    assert runner.begins_anew(FURTHER)
    assert not runner.begins_anew(ONE)
    work.accuracy = 0.9
    runner.submit(FURTHER)
    run = at_rest(runner)
    assert (run["status"], run["epochs"]) == ("finished", before["epochs"])
    assert "--from-start" in run["reason"]
    runner.submit(runner.resumption(ID, from_start=True))
    assert accuracies(at_rest(runner)) == [0.9] * 9


def test_rows_of_two_recordings_never_stand_in_one_curve(runner, work, before):
    lose(runner)
    work.accuracy = 0.9
    seen = []
    put = runner.store.put

    def watch(run):
        if run["id"] == ID:
            seen.append(accuracies(run))
        put(run)

    runner.store.put = watch
    runner.submit(dataclasses.replace(FURTHER, from_start=True))
    run = at_rest(runner)
    assert all(curve in ([0.5] * 3, [0.9] * len(curve)) for curve in seen)
    assert all(len(curve) >= 3 for curve in seen)
    assert accuracies(run) == [0.9] * 9
    assert "anew" not in run
    assert run["created"] > before["created"]


def test_a_restart_that_is_stopped_keeps_what_was_recorded_and_goes_on_from_its_own_epochs(runner, work, before):
    lose(runner)
    work.accuracy, work.error, work.at = 0.9, MemoryError(), 3
    runner.submit(dataclasses.replace(FURTHER, from_start=True))
    run = at_rest(runner)
    assert (run["status"], run["epochs"], run["created"]) == ("finished", before["epochs"], before["created"])
    work.error = None
    assert not runner.begins_anew(FURTHER)
    runner.submit(runner.resumption(ID))
    assert accuracies(at_rest(runner)) == [0.9] * 9
    assert work.done[ID] == 9


@pytest.mark.parametrize("behind", [True, False])
def test_after_a_backup_was_restored_rows_come_from_one_recording(runner, work, behind):
    run = new_run(ONE.spec, ONE.inputs, 6)
    for epoch in range(1, 6 if behind else 3):
        put_epoch(run, row(epoch, 0.1))
    move(run, "stopped")
    runner.store.put(run)
    keep_checkpoint(runner.cache, ID)
    work.accuracy, work.done[ID] = 0.9, 2 if behind else 5
    runner.submit(runner.resumption(ID))
    assert accuracies(at_rest(runner)) == [0.9] * 6


def test_going_on_from_ones_own_checkpoint_is_the_same_recording(runner, work, before):
    runner.submit(FURTHER)
    run = at_rest(runner)
    assert run["created"] == before["created"]
    assert run["epochs"][:3] == before["epochs"]


def test_a_checkpoint_that_is_a_pipe_counts_as_none(runner, before):
    lose(runner)
    os.mkfifo(runner.cache / "checkpoints" / ID / "newest.pt")
    assert runner.begins_anew(FURTHER)


# A precision that cannot be computed here


def test_a_run_in_tf32_is_refused_on_a_cpu_before_anything_is_queued(runner, work):
    one = request(precision="tf32")
    for ask in (lambda: runner.submit(one), lambda: runner.propose(one, "slider", after=0), lambda: runner.check(one)):
        with pytest.raises(BadInput, match="in tf32, in which only newer NVIDIA GPUs compute"):
            ask()
    assert runner.runs() == []
    assert runner.proposed("slider") is None
    assert work.started == []


def test_a_run_in_tf32_that_has_its_epochs_is_recalled_anywhere_and_not_extended(runner, work):
    one = request(epochs=2, precision="tf32")
    run = new_run(one.spec, one.inputs, 2)
    for epoch in (1, 2):
        put_epoch(run, row(epoch))
    move(run, "finished")
    runner.store.put(run)
    assert runner.submit(one) == "cached"
    with pytest.raises(BadInput, match="tf32"):
        runner.submit(runner.resumption(run["id"], 5))
    assert runner.run(run["id"]) == run | {"updated": runner.run(run["id"])["updated"]}
