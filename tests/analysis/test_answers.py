"""Which images runs got right: matrices that give the accuracy, and photos that changed over all seeds."""

import numpy as np
import pytest

from hpviz.analysis.answers import Answers, accuracy_by_class, answers_of, changed, confusion
from hpviz.training.recorded_answers import pack, recorded
from tests.analysis.made_up_runs import run
from tests.made_up import row

CLASSES = ["sea", "street", "forest"]
LABELS = [0, 0, 1, 1, 2, 2]


def answered(*said, labels=LABELS, **spec):
    """A run that gave these answers, epoch after epoch."""
    labels, document = np.array(labels), run([], **spec)
    document["inputs"].update(classes=CLASSES, test_images=len(labels))
    for epoch, each in enumerate(said, start=1):
        accuracy = int((np.array(each) == labels).sum()) / len(labels)
        document["epochs"].append(row(epoch, accuracy))
        found = recorded(document.get("answers"), document["epochs"], np.array(each), labels, len(CLASSES))
        document["answers"] = found
    return document


RIGHT, NOT_4, NOT_0 = LABELS, [0, 0, 1, 1, 0, 2], [1, 0, 1, 1, 2, 2]


def seeds(*said, **spec):
    return [answered(each, seed=seed, **spec) for seed, each in enumerate(said)]


def test_a_run_answers_after_its_newest_and_its_best_epoch():
    found = answered(NOT_4, RIGHT, NOT_0)
    newest, best = answers_of(found), answers_of(found, "best")
    assert (newest.epoch, newest.said.tolist(), newest.labels.tolist()) == (3, NOT_0, LABELS)
    assert (best.epoch, best.right.all()) == (2, True)


def test_a_run_without_answers_or_with_those_of_another_recording_has_none():
    assert answers_of(run([row(1)])) is None
    other = answered(NOT_0)
    other["epochs"][0]["test_accuracy"] = 0.5
    assert answers_of(other) is None
    other["answers"]["newest"]["said"] = "~~"
    assert answers_of(other) is None


def test_a_confusion_matrix_has_labels_in_rows_and_gives_the_accuracy_exactly():
    document = answered([1, 0, 1, 2, 2, 2])
    matrix = confusion(answers_of(document), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 2]]
    assert matrix.trace() / matrix.sum() == document["epochs"][0]["test_accuracy"]


def test_accuracy_by_class_is_unknown_for_a_class_without_images():
    by_class = accuracy_by_class(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
    assert by_class[:2].tolist() == [0.75, 1.0]
    assert np.isnan(by_class[2])


def test_a_photo_changes_where_all_seeds_of_one_value_are_right_and_all_of_another_wrong():
    found = changed({"low": seeds(RIGHT, NOT_0), "high": seeds(NOT_4, NOT_4, learning_rate=0.1)})
    (image,) = found.images  # on image 0 a seed of "low" is wrong, but no value is wrong with all of its seeds
    assert (image.place, image.label, image.right, image.wrong) == (4, 2, ("low",), ("high",))
    assert sorted(image.said.values()) == [0, 0, 2, 2]
    assert (found.seeds, found.notes) == (2, ())


def test_the_most_telling_photos_come_first_and_classes_take_turns():
    wrong_alike, wrong_apart = [1, 1, 2, 2, 0, 0], [1, 1, 2, 2, 0, 1]
    found = changed({"a": seeds(RIGHT, RIGHT), "b": seeds(wrong_alike, wrong_apart, learning_rate=0.1)})
    assert [image.place for image in found.images] == [0, 2, 4, 1, 3, 5]
    unsure = [[0, 0, 1, 1, 2, 2], [1, 1, 2, 2, 0, 2]]
    found = changed(
        {
            "a": seeds(RIGHT, RIGHT),
            "b": seeds(wrong_alike, wrong_alike, learning_rate=0.1),
            "c": seeds(*unsure, learning_rate=0.2),
        }
    )
    assert found.images[0].place == 5  # the only one on which the third value has made up its mind, too
    assert found.images[0].right == ("a", "c")


def test_luck_explains_as_many_changes_as_dealing_the_runs_out_anew_gives():
    found = changed({"a": seeds(RIGHT, RIGHT), "b": seeds(NOT_4, NOT_4, learning_rate=0.1)})
    assert found.by_chance == pytest.approx(2 / 6, rel=0.05)  # of the 6 ways to deal out two right and two wrong ones
    alone = changed({"a": seeds(RIGHT), "b": seeds(NOT_4, learning_rate=0.1)})
    assert alone.by_chance == len(alone.images) == 1


def test_a_single_seed_is_told():
    found = changed({"a": seeds(RIGHT), "b": seeds(NOT_4, NOT_4, learning_rate=0.1)})
    assert [image.place for image in found.images] == [4]
    assert found.seeds == 1
    assert "a single seed" in found.notes[0]


def test_only_runs_that_were_tested_on_the_same_images_are_put_together():
    elsewhere = seeds(NOT_4, NOT_4, fingerprint="1" * 64)
    relabelled = [answered(NOT_0, labels=NOT_0, learning_rate=0.2)]
    without = [run([row(1)], learning_rate=0.3)]
    found = changed({"a": seeds(RIGHT, RIGHT), "b": elsewhere, "c": relabelled, "d": without})
    assert found.images == ()
    assert len(found.epochs) == 2
    assert found.notes == (
        "1 run of 6 recorded before answers were kept: left out.",
        "3 runs of 6 tested on other images: left out.",
    )


def test_answers_of_different_epochs_are_told():
    found = changed({"a": [answered(NOT_0, RIGHT)], "b": [answered(NOT_4, learning_rate=0.1)]})
    assert found.notes[0] == "The answers are of different epochs: 1 and 2."
    assert set(found.epochs.values()) == {1, 2}


def test_answers_that_were_worked_out_stand_in_for_those_a_run_lacks():
    bare = run([row(1, 5 / 6)], learning_rate=0.1)
    bare["inputs"].update(classes=CLASSES, test_images=6)
    worked_out = {bare["id"]: Answers(1, np.array(NOT_4), np.array(LABELS))}
    found = changed({"a": seeds(RIGHT, RIGHT), "b": [bare]}, found=worked_out)
    assert [image.place for image in found.images] == [4]


def test_nothing_changes_within_one_value_or_without_any():
    assert changed({"a": seeds(RIGHT, NOT_4)}).images == ()
    assert changed({}).images == ()
    assert changed({"a": [], "b": []}).epochs == {}


def test_a_matrix_of_500_classes_is_as_good():
    labels = np.arange(500)
    document = run([row(1, 1.0)])
    document["inputs"].update(classes=[f"class {each}" for each in labels], test_images=500)
    text = pack(labels, 500)
    document["answers"] = {"labels": text, "newest": {"epoch": 1, "said": text}}
    assert confusion(answers_of(document), 500).trace() == 500
