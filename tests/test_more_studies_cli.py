"""The studies that the article does not try, from the command line: what they ask for, and what is refused."""

import re

import pytest

from hpviz.cli import main, training
from hpviz.studies import OPTIMIZER, STUDIES, TRAINING_IMAGES

MORE = [study for study in STUDIES.values() if not study.article_values]


@pytest.fixture
def asked(monkeypatch, hpviz, folder):
    """The requests of a sweep, which would be trained next."""

    def ask(*arguments):
        found = []
        monkeypatch.setattr(training, "train_all", lambda runner, requests, *_: found.extend(requests) or 0)
        assert hpviz("sweep", *arguments, "--data", folder, "--precision", "fp32")[0] == 0
        return found

    return ask


@pytest.mark.parametrize("study", MORE, ids=lambda study: study.name)
def test_under_the_articles_preset_its_values_are_asked_for_at_the_articles_size_and_length(asked, study):
    # Of no class are more images compared than it has, which is 40 here.
    values = (10, 30) if study is TRAINING_IMAGES else study.quick_values
    given = ["--values", "10", "30"] if study is TRAINING_IMAGES else []
    requests = asked(study.name, "--preset", "article", *given)
    specs = [one.spec.model_dump() for one in requests]
    assert [study.value_of(spec) for spec in specs] == list(values)
    assert {one.epochs for one in requests} == {10}
    assert study.field == "image_size" or {spec["image_size"] for spec in specs} == {150}
    assert study.field == "per_class" or {spec["per_class"] for spec in specs} == {None}
    assert {spec["weights"] for spec in specs} == {None}


def test_optimisers_come_with_their_rates_unless_one_is_given_for_all(asked):
    rates = {value: brought["learning_rate"] for value, brought in OPTIMIZER.tuned.items()}
    for preset in ("quick", "article"):
        found = [one.spec.model_dump() for one in asked("optimizer", "--preset", preset)]
        assert {OPTIMIZER.value_of(spec): spec["learning_rate"] for spec in found} == rates
    assert {one.spec.learning_rate for one in asked("optimizer", "--lr", "1e-4")} == {1e-4}
    assert {one.spec.learning_rate for one in asked("batch-size", "--optimizer", "sgd")} == {1e-4}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["depth", "--image-size", "40"], "block 4 receives only .* fewer blocks"),
        (["depth", "--values", "2", "0"], "Depth should be greater than or equal to 1"),
        (["depth", "--values", "2.5"], "whole number"),
        (["width", "--values", "1", "8"], "Width should be less than or equal to 4"),
        (["dropout", "--values", "0", "1"], "Dropout should be less than or equal to 0.95"),
        (["optimizer", "--values", "adam", "lion"], "Optimiser 'lion' is not one of adam, adamw, sgd, sgd-momentum"),
        (["optimizer", "--lr", "0"], "Learning rate should be greater than 0"),
        (["schedule", "--values", "linear"], "Schedule 'linear' is not one of"),
        (["augmentation", "--crop", "64"], "larger than the image"),
        (["augmentation", "--values", "none", "rotate"], "Augmentation 'rotate' is not one of"),
        (["training-images", "--values", "10", "0"], "Per class should be greater than or equal to 1"),
        (["image-size", "--values", "64", "8"], "Image size should be greater than or equal to 16"),
        (["image-size", "--values", "64", "16", "--padding", "valid"], "block 3 receives only"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_what_cannot_be_is_one_sentence_before_anything_trains(hpviz, folder, arguments, words):
    status, lines = hpviz("sweep", *arguments, "--data", folder, "--precision", "fp32")
    assert status == 2
    [error] = lines
    assert re.search(words, error["message"])
    assert "\n" not in error["message"]
    assert hpviz("runs") == (0, [])


@pytest.mark.parametrize("study", MORE, ids=lambda study: study.name)
def test_the_article_claims_nothing_about_it_which_is_a_sentence_and_no_failure(hpviz, capsys, folder, study):
    status, [line] = hpviz("claims", study.name, "--data", folder)
    assert (status, line["event"]) == (0, "note")
    assert line["message"] == f"The article claims nothing about {study.title.lower()}, so there is nothing to judge."
    assert main(["claims", study.name, "--data", folder]) == 0
    assert capsys.readouterr().out.strip() == line["message"]
