"""Each request counts by itself: what a slider takes back is its own, and one run is one training, whoever asks."""

import pytest

from hpviz.runs.crew import Wish
from hpviz.runs.document import cut_short, goal, recorded_anew
from hpviz.runs.runner import Runner
from hpviz.spec import BadInput
from tests.made_up import keep_checkpoint, request, row, until
from tests.runs.test_runner import WAIT, finished, status

BUSY = request(seed=9)


@pytest.fixture
def here(tmp_path, work):
    made = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    yield made
    work.gate.set()
    made.close()


@pytest.fixture
def elsewhere(tmp_path, here, work):
    """Another process's runner on the same cache folder."""
    made = Runner(tmp_path, "cpu", work, Wish(jobs=1))
    yield made
    work.gate.set()
    made.close()


@pytest.fixture
def busy(here, work):
    """The device is taken, so that whatever is asked for waits."""
    work.gate.clear()
    here.submit(BUSY)
    assert work.at_gate.wait(WAIT)
    return here


def move_on(runner, slot="slider"):
    """The slider leaves for a value on which it does not rest."""
    runner.propose(request(seed=77), slot, after=3600)


def asks(runner, one, slot="slider"):
    """The slider rests on a value until it has been asked for."""
    runner.propose(one, slot, after=0)
    until(lambda: runner.proposed(slot) is None)
    runner.queue()  # which waits for what is being submitted


def target(runner, one):
    return runner.run(one.spec.run_id)["target"]


# What a slider takes back


def other_button(here, elsewhere):
    return here, None


def other_page(here, elsewhere):
    return here, "another page's slider"


def other_process(here, elsewhere):
    return elsewhere, None


def other_process_slider(here, elsewhere):
    return elsewhere, "slider"


OTHERS = [other_button, other_page, other_process, other_process_slider]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("slider_first", [True, False])
def test_a_slider_that_moves_on_leaves_what_another_asked_for(busy, elsewhere, work, other, slider_first):
    runner, slot = other(busy, elsewhere)
    one = request(epochs=2)
    if slider_first:
        asks(busy, one)
    runner.submit(one, slot)
    if not slider_first:
        asks(busy, one)
    move_on(busy)
    assert status(busy, one) == "queued"
    work.gate.set()
    assert len(finished(busy, one)["epochs"]) == 2


@pytest.mark.parametrize("other", OTHERS)
def test_a_slider_that_moves_on_leaves_the_target_that_another_raised(busy, elsewhere, work, other):
    runner, slot = other(busy, elsewhere)
    asks(busy, request(epochs=2))
    runner.submit(request(epochs=5), slot)
    assert target(busy, request()) == 5
    move_on(busy)
    assert (status(busy, request()), target(busy, request())) == ("queued", 5)
    work.gate.set()
    assert len(finished(busy, request())["epochs"]) == 5


def test_the_target_falls_back_to_the_furthest_that_others_ask_for(busy, elsewhere):
    busy.submit(request(epochs=2))
    elsewhere.submit(request(epochs=4))
    asks(busy, request(epochs=9))
    assert target(busy, request()) == 9
    move_on(busy)
    assert target(busy, request()) == 4


def test_what_two_sliders_asked_for_goes_when_both_have_moved_on_and_leaves_no_trace(busy, elsewhere):
    one = request()
    asks(busy, one)
    asks(elsewhere, one)
    move_on(busy)
    assert status(busy, one) == "queued"
    move_on(elsewhere)
    assert busy.run(one.spec.run_id) is None
    assert [entry["id"] for entry in busy.queue()] == [BUSY.spec.run_id]


def test_a_withdrawn_run_is_what_it_was_even_when_another_process_withdraws_it(busy, elsewhere, work):
    one, further = request(epochs=2), request(epochs=6)
    work.gate.set()
    busy.submit(one)
    before = finished(busy, one)
    until(lambda: not busy.queue())
    work.gate.clear()
    work.at_gate.clear()
    busy.submit(request(seed=8))
    assert work.at_gate.wait(WAIT)
    asks(busy, further)
    asks(elsewhere, further)
    move_on(busy)
    move_on(elsewhere)
    after = busy.run(one.spec.run_id)
    assert {**after, "updated": None} == {**before, "updated": None}


def test_a_deleted_run_does_not_return_when_the_slider_moves_on(busy, elsewhere, work):
    one, further = request(epochs=2), request(epochs=6)
    work.gate.set()
    busy.submit(one)
    finished(busy, one)
    until(lambda: not busy.queue())
    work.gate.clear()
    work.at_gate.clear()
    busy.submit(request(seed=8))
    assert work.at_gate.wait(WAIT)
    asks(busy, further)
    elsewhere.stop(one.spec.run_id)
    elsewhere.delete(one.spec.run_id)
    move_on(busy)
    assert busy.run(one.spec.run_id) is None


def test_what_another_process_wrote_meanwhile_is_not_undone_by_a_slider(busy, elsewhere):
    one = request(epochs=2)
    asks(busy, one)
    elsewhere.stop(one.spec.run_id)
    elsewhere.submit(request(epochs=7))
    move_on(busy)
    run = busy.run(one.spec.run_id)
    assert (run["status"], run["target"]) == ("queued", 7)
    assert run["owner"] == elsewhere._owner.id


# Runs that train


@pytest.fixture
def training(here, work):
    """A run of 3 epochs, asked for by a button, in the midst of its first."""
    work.gate.clear()
    here.submit(request(epochs=3))
    assert work.at_gate.wait(WAIT)


@pytest.mark.parametrize("other_process", [False, True])
def test_a_slider_raises_the_target_of_a_run_that_trains(here, elsewhere, work, training, other_process):
    runner = elsewhere if other_process else here
    assert runner.propose(request(epochs=5), "slider", after=0) == "running"
    until(lambda: target(here, request()) == 5)
    work.gate.set()
    assert len(finished(here, request())["epochs"]) == 5
    assert work.started == [request().spec.run_id] * 2


@pytest.mark.parametrize("other_process", [False, True])
def test_an_extension_that_has_not_begun_goes_when_the_slider_moves_on(here, elsewhere, work, training, other_process):
    runner = elsewhere if other_process else here
    asks(runner, request(epochs=5))
    move_on(runner)
    assert target(here, request()) == 3
    work.gate.set()
    assert len(finished(here, request())["epochs"]) == 3


def test_only_the_rest_of_the_slider_raises_the_target(here, training):
    here.propose(request(epochs=5), "slider", after=3600)
    assert target(here, request()) == 3
    move_on(here)
    assert target(here, request()) == 3


def test_an_extension_that_goes_while_it_is_being_trained_towards_ends_where_others_wanted(here, work):
    """The training under way was begun with the further target."""
    work.gate.clear()
    here.submit(request(epochs=2))
    asks(here, request(epochs=50))
    assert work.at_gate.wait(WAIT)
    move_on(here)
    work.gate.set()
    run = finished(here, request())
    assert run["target"] == len(run["epochs"]) < 50


def test_a_run_that_only_a_slider_asked_for_goes_on_once_it_has_begun(here, work):
    work.gate.clear()
    here.propose(request(epochs=2), "slider", after=0)
    assert work.at_gate.wait(WAIT)
    asks(here, request(epochs=5))
    assert target(here, request()) == 5
    move_on(here)
    assert target(here, request()) == 2
    work.gate.set()
    assert len(finished(here, request())["epochs"]) == 2


def test_whoever_asks_for_a_run_that_is_being_stopped_gets_it(here, elsewhere, work):
    """The stop is noticed at the next step only, so both requests are there before anything comes of them."""
    work.gate.clear()
    here.submit(request())
    assert work.at_gate.wait(WAIT)
    with elsewhere.store.transaction():
        elsewhere.stop(request().spec.run_id)
        elsewhere.submit(request())
    assert not here.run(request().spec.run_id)["stop_requested"]
    work.gate.set()
    assert len(finished(here, request())["epochs"]) == 3


def test_a_target_that_an_older_version_set_counts_as_a_request(busy):
    one = request(epochs=2)
    asks(busy, one)
    run = busy.run(one.spec.run_id)
    busy.store.put({**run, "target": 6})
    move_on(busy)
    assert (status(busy, one), target(busy, one)) == ("queued", 6)


# One run, one training


def test_a_run_stopped_elsewhere_and_resumed_here_is_one_job_and_ends_finished(busy, elsewhere, work):
    one = request()
    busy.submit(one)
    elsewhere.stop(one.spec.run_id)
    busy.submit(one)
    assert [entry["id"] for entry in busy.queue()] == [BUSY.spec.run_id, one.spec.run_id]
    work.gate.set()
    run = finished(busy, one)
    until(lambda: not busy.queue())
    assert busy.run(one.spec.run_id) == run
    assert work.started.count(one.spec.run_id) == 1


def test_a_job_whose_run_another_process_stopped_leaves_the_queue(busy, elsewhere, work):
    one = request()
    busy.submit(one)
    elsewhere.stop(one.spec.run_id)
    assert [entry["id"] for entry in busy.queue()] == [BUSY.spec.run_id]
    work.gate.set()
    until(lambda: not busy.queue())
    assert status(busy, one) is None
    assert one.spec.run_id not in work.started


def test_a_run_that_was_taken_over_survives_the_end_of_the_process_that_had_queued_it(busy, elsewhere, work):
    one = request()
    busy.submit(one)
    elsewhere.stop(one.spec.run_id)
    elsewhere.submit(one)
    busy.close()
    assert status(elsewhere, one) in ("queued", "running")
    work.gate.set()
    assert len(finished(elsewhere, one)["epochs"]) == 3
    assert work.started.count(one.spec.run_id) == 1


def test_a_run_that_is_gone_and_is_asked_for_anew_is_not_ended_by_the_job_before(busy, elsewhere, work):
    one = request()
    busy.submit(one)
    elsewhere.stop(one.spec.run_id)
    busy.submit(one)
    work.gate.set()
    assert len(finished(busy, one)["epochs"]) == 3
    until(lambda: not busy.queue())
    assert [moment["status"] for moment in busy.run(one.spec.run_id)["history"]] == ["queued", "running", "finished"]


def test_two_processes_that_resume_a_run_at_once_train_it_once(here, elsewhere, work):
    one = request()
    work.gate.clear()
    here.submit(one)
    assert work.at_gate.wait(WAIT)
    here.stop(one.spec.run_id)
    until(lambda: status(here, one) == "stopped")
    here.submit(here.resumption(one.spec.run_id))
    assert elsewhere.submit(elsewhere.resumption(one.spec.run_id)) in ("queued", "running")
    work.gate.set()
    finished(here, one)
    until(lambda: not here.queue() and not elsewhere.queue())
    assert work.started.count(one.spec.run_id) == 2
    assert len(here.run(one.spec.run_id)["history"]) == 6


def test_a_run_that_waits_for_the_device_begins_when_its_holder_has_gone(here, elsewhere, work):
    work.gate.clear()
    here.submit(request(seed=1))
    assert work.at_gate.wait(WAIT)
    elsewhere.submit(request(seed=2))
    here.close()
    work.gate.set()
    assert len(finished(elsewhere, request(seed=2))["epochs"]) == 3


# Ends


def test_a_runner_that_is_closed_takes_nothing_more_and_can_be_closed_again(here):
    here.close()
    here.close()
    with pytest.raises(BadInput, match="being closed"):
        here.submit(request())


def test_a_close_that_was_interrupted_is_finished_by_the_next(here, elsewhere, work, monkeypatch):
    work.gate.clear()
    here.submit(request(seed=1))
    assert work.at_gate.wait(WAIT)
    here.submit(request(seed=2))
    join = here._supervisor.join

    def interrupted(timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(here._supervisor, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        here.close()
    monkeypatch.setattr(here._supervisor, "join", join)
    here.close()
    for seed in (1, 2):
        run = elsewhere.run(request(seed=seed).spec.run_id)
        assert (run["status"], run["reason"][:17]) == ("interrupted", "hpviz was closed;")


def waiting_again(busy, elsewhere, status, epochs=2):
    """A run of that status and so many epochs, which waits to go on."""
    one = request(epochs=6)
    run = elsewhere.store.get(BUSY.spec.run_id)
    rows = [row(epoch) for epoch in range(1, epochs + 1)]
    run |= {"id": one.spec.run_id, "spec": one.spec.model_dump(mode="json"), "epochs": rows, "owner": None}
    elsewhere.store.put({**run, "status": status, "reason": "As it was.", "target": 6})
    keep_checkpoint(busy.cache, one.spec.run_id)
    busy.submit(one)
    return one.spec.run_id


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
def test_a_run_that_waited_to_go_on_is_what_it_was_when_it_is_taken_out_of_the_queue(busy, elsewhere, status):
    run_id = waiting_again(busy, elsewhere, status)
    elsewhere.stop(run_id)
    run = busy.run(run_id)
    assert (run["status"], run["reason"], len(run["epochs"])) == (status, "As it was.", 2)


@pytest.mark.parametrize(("epochs", "where"), [(2, "to go on from epoch 2"), (0, "to begin its first epoch again")])
def test_nobody_takes_up_again_what_was_taken_out_of_the_queue_after_its_process_had_died(
    busy, elsewhere, epochs, where
):
    run_id = waiting_again(busy, elsewhere, "interrupted", epochs)
    busy.stop(run_id)
    run = busy.run(run_id)
    assert (run["status"], run["reason"]) == ("stopped", f"Stopped while it waited {where}; resume it to go on.")


# A session


def test_a_session_takes_back_all_that_it_asked_for_and_nothing_that_others_asked_for(busy, elsewhere):
    mine, both, theirs, anyones, again = (request(seed=seed) for seed in range(1, 6))
    for one in (mine, both, again):
        busy.submit(one, session="mine")
    for one in (both, theirs):
        busy.submit(one, session="theirs")
    busy.submit(anyones)
    elsewhere.submit(again)
    asks(busy, request(seed=6), "page/mine")
    asks(busy, request(seed=7), "page/theirs")
    busy.propose(request(seed=8), "other page/mine", after=3600)
    assert len(busy.asked("mine")) == 4
    assert busy.cancel("mine") == 2
    assert [entry["id"] for entry in busy.queue()] == [
        one.spec.run_id for one in (BUSY, both, again, theirs, anyones, request(seed=7))
    ]
    assert busy.run(mine.spec.run_id) is None
    assert busy.proposed("other page/mine") is None
    assert busy.asked("mine") == []


def test_a_session_that_takes_all_back_lets_go_on_what_has_begun(here, work):
    work.gate.clear()
    here.submit(request(epochs=2), session="mine")
    assert work.at_gate.wait(WAIT)
    here.submit(request(epochs=5), session="mine")
    assert here.cancel("mine") == 0
    work.gate.set()
    assert len(finished(here, request())["epochs"]) >= 2


NONSENSE = [5, "x", [], {}, None, [1], {"x": "y"}, {"target": "9", "status": "failed"}, [{"epoch": 7}], {"target": {}}]


@pytest.mark.parametrize("active", [False, True])
def test_nonsense_in_a_row_about_requests_hurts_nothing(busy, elsewhere, active):
    one = request(epochs=6)
    asks(busy, one)
    run = busy.run(one.spec.run_id)
    if not active:
        run |= {"status": "finished", "owner": None}
    for field in ("requests", "before", "ticket", "from_start", "anew", "extension"):
        for value in NONSENSE:
            elsewhere.store.put({**run, field: value})
            (read,) = [each for each in busy.runs() if each["id"] == run["id"]]
            assert goal(read) >= len(recorded_anew(read))
            cut_short(read)
            asks(elsewhere, one)
            move_on(elsewhere)
            busy.stop(run["id"])
            assert [entry["id"] for entry in busy.queue()] == [BUSY.spec.run_id]
