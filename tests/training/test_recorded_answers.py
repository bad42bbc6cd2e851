"""Answers on test images: packed without loss and small, remembered of the newest and the best epoch, kept in step."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hpviz.models import build
from hpviz.training import checkpoint, measure
from hpviz.training.events import Epoch, Resumed, from_json
from hpviz.training.images import split
from hpviz.training.loop import train
from hpviz.training.recorded_answers import (
    MOST_CLASSES,
    best_epoch,
    in_step,
    pack,
    packed_length,
    recorded,
    sound,
    unpack,
)


@given(st.data(), st.integers(2, MOST_CLASSES), st.integers(1, 300))
def test_what_is_packed_comes_back_in_the_length_foretold(data, classes, images):
    answers = data.draw(arrays.arrays(np.int64, images, elements=st.integers(0, classes - 1)))
    text = pack(answers, classes)
    assert np.array_equal(unpack(text, classes, images), answers)
    assert len(text) == packed_length(classes, images)


@given(st.text(max_size=40) | st.text(alphabet="0~!{}x", min_size=10, max_size=10), st.integers(2, 9))
def test_any_other_text_is_refused(text, classes):
    try:
        answers = unpack(text, classes, 20)
    except ValueError:
        return
    assert len(text) == packed_length(classes, 20)
    assert 0 <= answers.min() <= answers.max() < classes


@pytest.mark.parametrize("classes", [2, 6, 10, 100, MOST_CLASSES])
def test_a_thousand_images_take_at_most_1500_bytes(classes):
    assert packed_length(classes, 1_000) <= 1_500


def test_six_classes_take_less_than_half_a_kilobyte_per_thousand():
    assert packed_length(6, 1_000) == 469


def rows(*accuracies):
    return [{"epoch": epoch, "test_accuracy": each} for epoch, each in enumerate(accuracies, start=1)]


LABELS = np.array([0, 1, 2, 0])
SAID = {0.25: np.array([0, 0, 0, 1]), 0.5: np.array([0, 1, 0, 1]), 0.75: np.array([0, 1, 2, 1])}


def after(*accuracies, known_from=1):
    """What is remembered after epochs of these accuracies, of which those before `known_from` told no answers."""
    found = None
    for epoch in range(known_from, len(accuracies) + 1):
        found = recorded(found, rows(*accuracies[:epoch]), SAID[accuracies[epoch - 1]], LABELS, 3)
    return found


def epochs(found):
    return {name: found[name]["epoch"] for name in ("newest", "best") if name in found}


def test_the_best_epoch_is_the_first_of_the_highest_accuracy():
    assert best_epoch(rows(0.25, 0.75, None, 0.75)) == 2
    assert best_epoch(rows(None)) is None
    assert best_epoch([]) is None


def test_the_newest_and_the_best_epoch_are_remembered():
    assert epochs(after(0.25, 0.75, 0.5, 0.75)) == {"newest": 4, "best": 2}
    assert np.array_equal(unpack(after(0.75, 0.5)["best"]["said"], 3, 4), SAID[0.75])


def test_after_epochs_without_answers_the_best_is_known_once_it_is_better_than_all_of_them():
    assert epochs(after(0.5, 0.25, known_from=2)) == {"newest": 2}
    assert epochs(after(0.5, 0.5, known_from=2)) == {"newest": 2}
    assert epochs(after(0.5, 0.25, 0.75, 0.25, known_from=2)) == {"newest": 4, "best": 3}


def test_nothing_is_remembered_of_more_classes_than_fit():
    assert recorded(None, rows(0.5), SAID[0.5], LABELS, MOST_CLASSES + 1) is None


def test_answers_of_epochs_that_a_run_no_longer_ends_with_are_let_go():
    found, here = after(0.75, 0.5), rows(0.75, 0.5)
    assert in_step(found, here, 3, 4) == sound(found, here, 3, 4) == found
    assert epochs(in_step(found, rows(0.75, 0.5, 0.25), 3, 4)) == {"best": 1}  # trained on by an earlier version
    assert epochs(in_step(found, rows(0.25, 0.5), 3, 4)) == {"newest": 2}
    assert in_step(found, rows(0.75, 0.5, 0.25, 0.8), 3, 4) is None
    assert in_step(found, here, 3, 4, but=2) == {"labels": found["labels"], "best": found["best"]}


def test_answers_that_contradict_the_accuracy_of_their_epoch_are_no_sound_ones():
    found = after(0.75, 0.5)
    assert epochs(sound(found, rows(0.75, 0.25), 3, 4)) == {"best": 1}
    assert sound(found, rows(0.5, 0.25), 3, 4) is None
    no_class = {**found, "newest": {"epoch": 2, "said": pack(np.full(4, 3), 4)}}
    assert epochs(sound(no_class, rows(0.75, 0.0), 3, 4)) == {"best": 1}


SOUND = after(0.75, 0.5)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        [],
        {},
        {**SOUND, "labels": None},
        {**SOUND, "labels": SOUND["labels"] * 10**6},
        {**SOUND, "newest": None, "best": SOUND["newest"]},
        {"newest": SOUND["newest"], "best": SOUND["best"]},
        {"labels": SOUND["labels"], "newest": {"epoch": True, "said": "00"}, "best": {"epoch": "1"}},
        {"labels": SOUND["labels"], "newest": {"epoch": 2, "said": "0\n"}, "best": {"epoch": 1, "said": "é0"}},
        {"labels": SOUND["labels"], "newest": {"epoch": 2}, "best": [1, "00"]},
    ],
    ids=range(11),
)
def test_whatever_else_stands_there_is_let_go(bad):
    assert in_step(bad, rows(0.75, 0.5), 3, 4) is None
    assert in_step(SOUND, rows(0.75, 0.5), 0, 4) is in_step(SOUND, rows(0.75, 0.5), 3, 0) is None


# In training


def last(events):
    return [event for event in events if isinstance(event, Epoch)][-1]


def test_training_tells_what_was_answered_and_it_gives_the_accuracy_exactly(data, make_spec, monkeypatch):
    monkeypatch.setattr(measure, "PIXELS_AT_A_TIME", 4 * 32**2)  # three chunks, the last of two images
    told = [event for event in train(make_spec(), data, epochs=3) if isinstance(event, Epoch)]
    seen = []
    for event in told:
        seen.append(event.row)
        assert sound(event.answers, seen, 4, 10) == event.answers
        assert np.array_equal(unpack(event.answers["labels"], 4, 10), data.test_labels)
    assert epochs(told[-1].answers) == {"newest": 3, "best": best_epoch(seen)}


def test_answers_survive_in_the_checkpoint_and_resuming_tells_them(data, make_spec, tmp_path):
    whole = last(train(make_spec(), data, epochs=4))
    before = last(train(make_spec(), data, epochs=2, checkpoint=tmp_path))
    resumed, *events = train(make_spec(), data, epochs=4, checkpoint=tmp_path)
    assert isinstance(resumed, Resumed)
    assert resumed.answers == before.answers
    assert last(events).answers == whole.answers


def test_a_checkpoint_without_answers_goes_on_and_has_them_from_its_next_epoch_on(data, make_spec, tmp_path):
    spec = make_spec()
    list(train(spec, data, epochs=2, checkpoint=tmp_path))
    state = checkpoint.load(tmp_path, spec)
    del state["answers"]
    state["rows"][0]["test_accuracy"] = 1.0  # so that no later epoch is better
    checkpoint.save(tmp_path, spec, state)
    resumed, *events = train(spec, data, epochs=3, checkpoint=tmp_path)
    assert resumed.answers is None
    assert epochs(last(events).answers) == {"newest": 3}


def test_events_of_earlier_versions_have_no_answers():
    assert from_json({"event": "Epoch", "row": {"epoch": 1}}) == Epoch({"epoch": 1}, None)
    assert from_json({"event": "Resumed", "rows": []}) == Resumed([], None)


def test_answers_are_those_of_the_network_in_eval_mode(data, make_spec):
    network = build(make_spec(), 4)
    *_, score = measure.evaluate(network, split(make_spec(), data, "cpu").test, "fp32")
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(data.test_images) / 255)
    assert score.said.tolist() == logits.argmax(1).tolist()
