"""Depth, width, schedules and the like from the command line: one sentence for what cannot be, and how far runs go."""

import re

import pytest

from hpviz.studies import Study
from tests.declared import declared


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--depth", "4", "--image-size", "32"], "block 3 receives only"),
        (["--depth", "4", "--image-size", "40"], "block 4 receives only .* fewer blocks"),
        (["--depth", "9"], "Depth should be less than or equal to 4"),
        (["--augmentation", "flip-crop", "--crop", "64"], "larger than the image"),
        (["--optimizer", "lion"], "Optimizer should be 'adam', 'adamw', 'sgd' or 'sgd-momentum'"),
        (["--width", "8"], "Width should be less than or equal to 4"),
        (["--dropout", "1"], "Dropout should be less than or equal to 0.95"),
        (["--schedule", "linear"], "Schedule should be 'constant'"),
        (["--horizon", "8"], "A constant learning rate has no horizon"),
        (["--model", "resnet18", "--depth", "2"], "article-cnn only"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_trained_is_one_sentence_before_anything_is(hpviz, folder, options, words):
    status, lines = hpviz("run", "--data", folder, "--precision", "fp32", *options)
    assert status == 2
    [error] = lines
    assert re.search(words, error["message"])
    assert "\n" not in error["message"]
    assert hpviz("runs") == (0, [])


def test_a_schedule_ends_with_the_epochs_asked_for_and_extended_it_is_another_run(hpviz, folder):
    run = ["run", "--data", folder, "--image-size", "32", "--padding", "same", "--batch-size", "40", "--depth", "1"]
    run += ["--width", "0.25", "--schedule", "cosine", "--precision", "fp32"]
    _, [short, *_] = hpviz(*run, "--epochs", "1")
    _, [longer, *_] = hpviz(*run, "--epochs", "2")
    _, [extended, *lines] = hpviz(*run, "--epochs", "2", "--horizon", "1")
    assert (short["spec"]["horizon"], longer["spec"]["horizon"]) == (1, 2)
    assert extended["id"] == short["id"] != longer["id"]
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [1, 2]


def test_equal_updates_are_a_switch(hpviz, folder):
    with declared(
        Study(name="training-images", field="per_class", question="How many images are enough?", quick_values=(10, 40))
    ):
        sweep = [
            "sweep",
            "training-images",
            "--data",
            folder,
            "--image-size",
            "32",
            "--padding",
            "same",
            "--width",
            "0.25",
        ]
        _, lines = hpviz(*sweep, "--batch-size", "10", "--precision", "fp32", "--epochs", "1", "--equal-updates")
    last = {line["id"]: line["updates"] for line in lines if line["event"] == "epoch"}
    assert list(last.values()) == [8, 8]
