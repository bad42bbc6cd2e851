"""Answers stay with the epochs they are of: in store, sidecar and bundle, whatever is recorded anew."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hpviz.runs import bundle
from hpviz.runs.document import new_run, put_answers, put_epoch
from hpviz.runs.recovery import DATABASE
from hpviz.runs.store import RunStore
from hpviz.spec import BadInput
from hpviz.training.events import Epoch, Resumed
from hpviz.training.recorded_answers import recorded, sound, unpack
from tests.analysis.made_up_runs import run
from tests.made_up import Work, request, row, until

CLASSES, LABELS = ["sea", "street"], np.array([0, 0, 1, 1])
INPUTS = {"data": "made up", "weights": None, "classes": CLASSES, "test_images": len(LABELS)}
SAID = {0.25: np.array([0, 1, 0, 0]), 0.5: np.array([0, 0, 0, 0]), 0.75: np.array([0, 0, 1, 0])}
ONE = replace(request(epochs=3), inputs=INPUTS)
ID = ONE.spec.run_id


def answered(*accuracies, **spec):
    """A run whose epochs had these accuracies, and what was answered then."""
    document = run([], **spec)
    document["inputs"] = dict(INPUTS)
    for epoch, accuracy in enumerate(accuracies, start=1):
        put_epoch(document, row(epoch, accuracy))
        found = recorded(document.get("answers"), document["epochs"], SAID[accuracy], LABELS, 2)
        put_answers(document, found)
    return {**document, "target": len(accuracies)}


def said(document, which="newest"):
    """(epoch, answers) as a run remembers them."""
    found = document["answers"][which]
    return found["epoch"], unpack(found["said"], 2, 4).tolist()


class Answering(Work):
    """Work that tells what was answered, as training does; it remembers it as a checkpoint would."""

    kept = None

    def __call__(self, run, cache, place):
        rows = []
        for event in super().__call__(run, cache, place):
            if isinstance(event, Resumed):
                rows = list(event.rows)
                event = Resumed(event.rows, self.kept)
            elif isinstance(event, Epoch):
                rows.append(event.row)
                self.kept = recorded(self.kept, rows, SAID[event.row["test_accuracy"]], LABELS, 2)
                event = Epoch(event.row, self.kept)
            yield event


@pytest.fixture
def work():
    return Answering()


@pytest.fixture
def one():
    return ONE


def test_a_run_that_was_trained_remembers_its_answers_also_where_only_its_sidecar_is_left(runner, before, tmp_path):
    assert said(before) == (3, SAID[0.5].tolist())
    assert said(before, "best") == (1, SAID[0.5].tolist())
    runner.close()
    for path in (tmp_path / "runs" / DATABASE, tmp_path / "backup" / DATABASE):
        path.unlink(missing_ok=True)
    assert RunStore(tmp_path).get(ID)["answers"] == before["answers"]


def test_an_extension_keeps_the_best_and_has_another_newest(runner, before):
    runner.submit(replace(ONE, epochs=5))
    until(lambda: len(runner.run(ID)["epochs"]) == 5)
    document = runner.run(ID)
    assert (said(document)[0], said(document, "best")[0]) == (5, 1)


def test_answers_of_two_recordings_never_stand_with_the_epochs_of_the_other(runner, work, before):
    work.done[ID], work.accuracy, work.kept = 0, 0.75, None
    (runner.cache / "checkpoints" / ID / "newest.pt").unlink()
    seen, put = [], runner.store.put

    def watch(document):
        seen.append(document)
        return put(document)

    runner.store.put = watch
    runner.submit(replace(ONE, epochs=4, from_start=True))
    until(lambda: len(runner.run(ID)["epochs"]) == 4 and not runner.queue())
    assert any(document.get("anew") for document in seen)
    assert all(sound(each["answers"], each["epochs"], 2, 4) == each["answers"] for each in seen)
    assert said(runner.run(ID)) == (4, SAID[0.75].tolist())
    assert said(runner.run(ID), "best") == (1, SAID[0.75].tolist())


def test_an_epoch_that_is_recorded_again_takes_its_answers_with_it():
    document = answered(0.75, 0.5)
    put_epoch(document, row(2, 0.5))
    assert document["answers"].keys() == {"labels", "best"}
    put_epoch(document, row(1, 0.5))
    assert "answers" not in document


def test_a_run_that_an_earlier_version_trained_further_has_no_answers_that_are_not_its_own(tmp_path):
    store, document = RunStore(tmp_path), answered(0.75, 0.5)
    document["epochs"].append(row(3, 0.25))
    store.put(document)
    assert store.get(document["id"])["answers"].keys() == {"labels", "best"}
    document["epochs"].append(row(4, 0.8))
    store.put(document)
    assert "answers" not in store.get(document["id"])


@pytest.mark.parametrize(
    "answers",
    [None, 7, [], {}, {"labels": "x" * 10**6}, {"labels": "??", "newest": {"epoch": 2, "said": ["?"]}}, "answers"],
    ids=range(7),
)
def test_doctored_answers_are_let_go_and_the_run_is_read(tmp_path, answers):
    store, document = RunStore(tmp_path), answered(0.75, 0.5)
    store.put({**document, "answers": answers})
    read = store.get(document["id"])
    assert "answers" not in read
    assert read["epochs"] == document["epochs"]
    assert store.notice is None


# Bundles


def told(*runs):
    return json.loads(bundle.write(runs))


def test_a_bundle_carries_answers_exactly_and_as_often_as_it_is_passed_on():
    ours = answered(0.75, 0.5)
    once = bundle.read(bundle.write([ours]))
    assert once[0]["answers"] == ours["answers"]
    assert bundle.read(bundle.write(once)) == once


def test_a_run_is_the_same_with_its_answers_and_without_them():
    ours = answered(0.75, 0.5)
    [whole] = bundle.read(bundle.write([ours]))
    del ours["answers"]
    [bare] = bundle.read(bundle.write([ours]))
    assert (bare["id"], "answers" in bare) == (whole["id"], False)


def test_only_a_bundle_with_answers_asks_for_a_version_that_knows_them():
    with_answers, without = answered(0.5), answered(0.5, seed=1)
    del without["answers"]
    assert told(without)["hpviz_bundle"] == bundle.FIRST_FORMAT
    assert told(without, with_answers)["hpviz_bundle"] == bundle.FORMAT


@pytest.mark.parametrize(
    "change",
    [
        {"newest": {"epoch": 1, "said": "00"}},
        {"newest": {"epoch": 2, "said": "0" * 10**6}},
        {"newest": {"epoch": 2, "said": "~~"}},
        {"newest": {"epoch": "2", "said": "00"}},
        {"newest": {"epoch": 2, "said": "00", "more": 1}},
        {"labels": "0"},
        {"labels": None},
        {"surprise": 1},
    ],
    ids=str,
)
def test_answers_that_are_not_those_of_its_epochs_are_refused_in_a_sentence(change):
    spoilt = told(answered(0.75, 0.5))
    spoilt["runs"][0]["answers"] |= change
    with pytest.raises(BadInput, match="This bundle cannot be used"):
        bundle.read(json.dumps(spoilt).encode())


def test_answers_that_contradict_their_epochs_do_not_go_out():
    document = answered(0.75, 0.5)
    document["epochs"][1]["test_accuracy"] = 0.25
    assert told(document)["runs"][0]["answers"].keys() == {"labels", "best"}


def test_a_bundle_that_answers_would_make_too_large_goes_out_without_them(monkeypatch):
    runs = [answered(0.75, 0.5, seed=seed) for seed in range(3)]
    size = len(bundle.write(runs))
    monkeypatch.setattr(bundle, "MAX_BYTES", size - 1)
    assert len(bundle.read(bundle.write(runs))) == 3
    assert not any("answers" in each for each in told(*runs)["runs"])


def test_a_new_run_has_no_answers():
    assert "answers" not in new_run(ONE.spec, INPUTS, 3)
